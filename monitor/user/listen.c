/* SPDX-License-Identifier: ISC */
/*
 * What is listened on for the client, from the monitor's request to each connection that is handed to it. Edge.
 */
#include "monitor/user/listen.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/ssh.h"
#include "monitor/session/display.h"
#include "monitor/user/agent_socket.h"
#include "monitor/user/display_sockets.h"

/* Names that are looked up at a time, a process each. */
#define RESOLVING_MAX 16

/* When there are no more descriptors, or no memory, those who connect wait so long before it is tried again. */
#define PAUSE_MS       200

#define NOTICE_MAX     512
#define ANSWER_MAX     1024
#define ORIGINATOR_MAX 64

struct listener {
	TAILQ_ENTRY(listener) link;
	uint32_t id;
	enum forward_kind kind;
	unsigned port;            /* that is asked for */
	bool is_resolving;        /* its name is looked up */
	struct resolver resolver; /* owned */
	struct listen_sockets sockets;
	char path[AGENT_PATH_MAX]; /* of an agent's socket, which goes with it; "": none */
};

struct listens {
	int ipc_fd;                               /* borrowed */
	TAILQ_HEAD(listener_list, listener) list; /* owned */
	size_t count, resolving;
	uint32_t accepts;         /* connections that may still be handed over */
	uint64_t paused_until_ms; /* 0: not paused */
	size_t turn;              /* who is served first rotates */
};

enum result
listens_new(int ipc_fd, struct listens **out)
{
	TRY(mem_new(1, sizeof(**out), (void **)out));
	(*out)->ipc_fd = ipc_fd;
	TAILQ_INIT(&(*out)->list);
	return RESULT_OK;
}

static void
stop_resolving(struct listens *listens, struct listener *listener)
{
	if (listener->is_resolving)
		listens->resolving--;
	listener->is_resolving = false;
	resolve_stop(&listener->resolver);
}

static void
remove_listener(struct listens *listens, struct listener *listener)
{
	stop_resolving(listens, listener);
	listen_sockets_close(&listener->sockets);
	if (listener->path[0] != '\0')
		agent_path_remove(listener->path);
	TAILQ_REMOVE(&listens->list, listener, link);
	listens->count--;
	free(listener);
}

void
listens_free(struct listens *listens)
{
	if (listens == NULL)
		return;
	while (!TAILQ_EMPTY(&listens->list))
		remove_listener(listens, TAILQ_FIRST(&listens->list));
	free(listens);
}

static struct listener *
find_listener(const struct listens *listens, uint32_t id)
{
	struct listener *listener;

	TAILQ_FOREACH (listener, &listens->list, link) {
		if (listener->id == id)
			break;
	}
	return listener;
}

/* --- Answers ------------------------------------------------------------------------------------ */

static enum result
answer(const struct listens *listens, const struct listen_answer *answer)
{
	uint8_t room[ANSWER_MAX];
	struct writer writer = writer_into(room, sizeof(room));

	listen_answer_put(&writer, answer);
	TRY(writer_end(&writer));
	return ipc_send(listens->ipc_fd, IPC_user_listening, writer_bytes(&writer), NULL, 0);
}

static enum result
refuse(struct listens *listens, struct listener *listener, const char *why)
{
	const struct listen_answer refusal = { .id = listener->id,
		.reason = listener->sockets.is_taken ? LISTEN_TAKEN : SSH_OPEN_CONNECT_FAILED,
		.text = bytes_of_text(why) };

	remove_listener(listens, listener);
	return answer(listens, &refusal);
}

/* --- The way to sockets ------------------------------------------------------------------------- */

static enum result
tell_sockets(struct listens *listens, struct listener *listener)
{
	char why[LISTEN_TEXT_MAX];
	const struct listen_answer done = { .id = listener->id,
		.port = listener->sockets.port,
		.device = listener->sockets.device,
		.inode = listener->sockets.inode };

	if (listener->sockets.count > 0)
		return answer(listens, &done);
	snprintf(why, sizeof(why), "%s", listener->sockets.why);
	return refuse(listens, listener, why);
}

static enum result
open_addresses(
    struct listens *listens, struct listener *listener, const struct addresses *addresses)
{
	listen_tcp_open(addresses, listener->port, &listener->sockets);
	return tell_sockets(listens, listener);
}

/* An address is taken as it is; what is none is a name. */
static enum result
get_addresses(const struct user_listen *request, const char *place, struct addresses *out)
{
	CLEANUP(mem_freep) char *another = NULL;
	struct resolve_question question = { .host = place, .family = request->family };
	struct addresses more;

	TRY(resolve_literal(&question, out));
	if (request->another.size == 0)
		return RESULT_OK;
	TRY(mem_text(request->another, &another));
	question.host = another;
	TRY(resolve_literal(&question, &more));
	assert(out->count == 1 && more.count == 1);
	out->list[out->count++] = more.list[0];
	return RESULT_OK;
}

static enum result
begin_lookup(struct listens *listens, struct listener *listener, const char *place,
    const struct user_listen *request)
{
	const struct resolve_question question = { .host = place, .family = request->family };

	if (listens->resolving >= RESOLVING_MAX)
		return refuse(listens, listener, "too many names are being looked up");
	if (resolve_begin(&question, &listener->resolver) != RESULT_OK)
		return refuse(listens, listener, strerror(errno));
	listener->is_resolving = true;
	listens->resolving++;
	return RESULT_OK;
}

static enum result
begin_tcp(struct listens *listens, struct listener *listener, const struct user_listen *request)
{
	CLEANUP(mem_freep) char *place = NULL;
	struct addresses addresses;

	TRY(mem_text(request->place, &place));
	if (get_addresses(request, place, &addresses) == RESULT_OK)
		return open_addresses(listens, listener, &addresses);
	return begin_lookup(listens, listener, place, request);
}

static enum result
begin_unix(struct listens *listens, struct listener *listener, const struct user_listen *request)
{
	CLEANUP(mem_freep) char *path = NULL;

	TRY(mem_text(request->place, &path));
	listen_unix_open(path, (mode_t)request->mask, request->replaces, &listener->sockets);
	return tell_sockets(listens, listener);
}

/* --- The agent and displays --------------------------------------------------------------------- */

static enum result
begin_agent(struct listens *listens, struct listener *listener, const struct user_listen *request)
{
	CLEANUP(mem_freep) char *home = NULL;
	struct listen_answer done = { .id = listener->id };

	if (mem_text(request->place, &home) != RESULT_OK ||
	    agent_socket_make(home, &listener->sockets.fds[0], listener->path) != RESULT_OK) {
		listener->path[0] = '\0';
		return refuse(listens, listener, strerror(errno));
	}
	listener->sockets.count = 1;
	done.text = bytes_of_text(listener->path);
	return answer(listens, &done);
}

static enum result
begin_display(struct listens *listens, struct listener *listener, const struct user_listen *request)
{
	const struct display_question question = { .offset = request->port,
		.count = DISPLAY_COUNT_MAX,
		.is_local = bytes_is(request->place, "localhost"),
		.family = request->family };
	struct listen_answer done = { .id = listener->id };
	int fds[DISPLAY_SOCKETS_MAX];
	unsigned number;

	if (display_sockets_make(&question, fds, &number) != RESULT_OK)
		return refuse(listens, listener, strerror(errno));
	for (size_t i = 0; i < COUNT(fds); i++) {
		if (fds[i] >= 0)
			listener->sockets.fds[listener->sockets.count++] = fds[i];
	}
	done.port = DISPLAY_PORT_BASE + number;
	return answer(listens, &done);
}

static const struct kind {
	enum forward_kind kind;
	enum result (*begin)(
	    struct listens *listens, struct listener *listener, const struct user_listen *request);
} kinds[] = {
	{ FORWARD_TCP, begin_tcp },
	{ FORWARD_UNIX, begin_unix },
	{ FORWARD_AGENT, begin_agent },
	{ FORWARD_STANDARD_AGENT, begin_agent },
	{ FORWARD_X11, begin_display },
};

static const struct kind *
find_kind(uint32_t number)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if ((uint32_t)kinds[i].kind == number)
			return &kinds[i];
	}
	return NULL;
}

enum result
listens_begin(struct listens *listens, const struct user_listen *request)
{
	const struct kind *kind = find_kind(request->kind);
	struct listener *listener;

	if (kind == NULL || request->id >= FORWARD_SLOTS_MAX ||
	    (request->id >= FORWARD_LISTENERS_MAX) != (request->kind >= FORWARD_AGENT) ||
	    find_listener(listens, request->id) != NULL || request->port > USHRT_MAX ||
	    (request->mask & ~0777U) != 0)
		return RESULT_PROTOCOL;
	TRY(mem_new(1, sizeof(*listener), (void **)&listener));
	listener->id = request->id;
	listener->kind = (enum forward_kind)request->kind;
	listener->port = request->port;
	listener->resolver.fd = -1;
	TAILQ_INSERT_TAIL(&listens->list, listener, link);
	listens->count++;
	return kind->begin(listens, listener, request);
}

static enum result
tell_ended(const struct listens *listens, uint32_t id)
{
	uint8_t room[4];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, id);
	return ipc_send(listens->ipc_fd, IPC_user_unlistened, writer_bytes(&writer), NULL, 0);
}

/* One that could not be made is not there any more; each request has its own answer all the same. */
enum result
listens_end(struct listens *listens, uint32_t id)
{
	struct listener *listener = find_listener(listens, id);

	if (id >= FORWARD_SLOTS_MAX)
		return RESULT_PROTOCOL;
	if (listener != NULL && listener->is_resolving)
		TRY(refuse(listens, listener, "cancelled"));
	else if (listener != NULL)
		remove_listener(listens, listener);
	return tell_ended(listens, id);
}

enum result
listens_accept_more(struct listens *listens, uint32_t count)
{
	if (count > FORWARD_ACCEPTS_MAX || listens->accepts > FORWARD_ACCEPTS_MAX - count)
		return RESULT_PROTOCOL;
	listens->accepts += count;
	return RESULT_OK;
}

/* --- Waiting ------------------------------------------------------------------------------------ */

static bool
accepts(const struct listens *listens, uint64_t now_ms)
{
	return listens->accepts > 0 && now_ms >= listens->paused_until_ms;
}

size_t
listens_polls(const struct listens *listens, uint64_t now_ms, struct pollfd *polls)
{
	const bool is_wanted = accepts(listens, now_ms);
	const struct listener *listener;
	size_t count = 0;

	TAILQ_FOREACH (listener, &listens->list, link) {
		if (listener->is_resolving)
			polls[count++] = (struct pollfd){ listener->resolver.fd, POLLIN, 0 };
		for (size_t i = 0; is_wanted && i < listener->sockets.count; i++)
			polls[count++] = (struct pollfd){ listener->sockets.fds[i], POLLIN, 0 };
	}
	return count;
}

int
listens_patience_ms(const struct listens *listens, uint64_t now_ms)
{
	if (listens->paused_until_ms <= now_ms)
		return -1;
	return (int)(listens->paused_until_ms - now_ms);
}

/* --- Connections -------------------------------------------------------------------------------- */

/* Whoever connects to a path has no address. */
static void
describe(const union address *address, socklen_t size, char *host, unsigned *port)
{
	char service[8] = "0";

	host[0] = '\0';
	*port = 0;
	if (address->any.sa_family != AF_INET && address->any.sa_family != AF_INET6)
		return;
	if (getnameinfo(&address->any, size, host, ORIGINATOR_MAX, service, sizeof(service),
		NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(host, ORIGINATOR_MAX, "unknown");
	*port = (unsigned)strtoul(service, NULL, 10);
}

static enum result
hand_over(struct listens *listens, const struct listener *listener, int fd,
    const union address *address, socklen_t size)
{
	struct accepted_notice notice = { .id = listener->id };
	uint8_t room[NOTICE_MAX];
	struct writer writer = writer_into(room, sizeof(room));
	char host[ORIGINATOR_MAX];
	unsigned port;
	const int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	describe(address, size, host, &port);
	notice.originator = bytes_of_text(host);
	notice.originator_port = port;
	accepted_notice_put(&writer, &notice);
	TRY(writer_end(&writer));
	listens->accepts--;
	return ipc_send(listens->ipc_fd, IPC_user_accepted, writer_bytes(&writer), &fd, 1);
}

/* Whoever waits goes on waiting: nothing is dropped, and nothing is tried in a circle. */
static void
pause_accepting(struct listens *listens, int error, uint64_t now_ms)
{
	log_info("forward-pause", "cannot accept connections now: %s", strerror(error));
	listens->paused_until_ms = now_ms + PAUSE_MS;
}

static enum result
accept_one(struct listens *listens, const struct listener *listener, int fd, uint64_t now_ms)
{
	union address address = { 0 };
	socklen_t size = sizeof(address);
	CLEANUP(fd_close)
	int accepted = accept4(fd, &address.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (accepted >= 0)
		return hand_over(listens, listener, accepted, &address, size);
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
		pause_accepting(listens, errno, now_ms);
	return RESULT_OK; /* anything else was that connection's own fault */
}

static enum result
wake_resolving(struct listens *listens, struct listener *listener)
{
	char text[RESOLVE_TEXT_MAX];
	struct addresses addresses;
	enum result result = resolve_finish(&listener->resolver, &addresses, text);

	stop_resolving(listens, listener);
	if (result != RESULT_OK)
		return refuse(listens, listener, text);
	return open_addresses(listens, listener, &addresses);
}

static struct listener *
find_socket(const struct listens *listens, int fd)
{
	struct listener *listener;

	TAILQ_FOREACH (listener, &listens->list, link) {
		if (listener->is_resolving && listener->resolver.fd == fd)
			return listener;
		for (size_t i = 0; i < listener->sockets.count; i++) {
			if (listener->sockets.fds[i] == fd)
				return listener;
		}
	}
	return NULL;
}

/* One connection of each socket in a turn, and another is first in the next. */
enum result
listens_wake(struct listens *listens, const struct pollfd *polls, size_t count, uint64_t now_ms)
{
	for (size_t i = 0; i < count; i++) {
		const struct pollfd *ready = &polls[(i + listens->turn) % count];
		struct listener *listener;

		if (ready->revents == 0)
			continue;
		listener = find_socket(listens, ready->fd);
		if (listener == NULL)
			continue;
		if (listener->is_resolving)
			TRY(wake_resolving(listens, listener));
		else if (accepts(listens, now_ms))
			TRY(accept_one(listens, listener, ready->fd, now_ms));
	}
	listens->turn++;
	return RESULT_OK;
}
