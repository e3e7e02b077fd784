/* SPDX-License-Identifier: ISC */
/*
 * Each request goes through its states by itself: its name is looked up, its addresses are tried one
 * after the other, and the monitor gets the socket or the reason. A path is tried until there is room in the queue
 * behind it. Edge.
 */
#include "monitor/user/connect.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/fd.h"
#include "common/mem.h"
#include "common/ssh.h"
#include "monitor/user/resolve.h"

#define HOST_MAX   255 /* of a path, too */
#define ANSWER_MAX 1024

/* How long one address may take: less while there is another one to try. */
#define ATTEMPT_MS      15000
#define LAST_ATTEMPT_MS 120000

/* A local socket whose queue is full says so at once, and nothing says when it is not any more. */
#define QUEUE_RETRY_MS 20
#define QUEUE_WAIT_MS  30000

enum connect_state {
	CONNECT_WAITING,    /* for one of RESOLVERS_MAX places */
	CONNECT_RESOLVING,  /* the resolver's answer will come */
	CONNECT_CONNECTING, /* to addresses.list[next - 1] */
	CONNECT_QUEUED,     /* a path: its queue was full, and is tried again at deadline_ms */
};

struct connect_request {
	TAILQ_ENTRY(connect_request) link;
	uint32_t id;
	enum connect_state state;
	char *host; /* owned; or a path */
	unsigned port;
	uint32_t family;
	struct resolver resolver; /* owned; while resolving */
	struct addresses addresses;
	size_t next;          /* address to be tried next */
	int socket;           /* owned; while connecting; -1: none */
	uint64_t deadline_ms; /* of this attempt */
	uint64_t give_up_ms;  /* of a path */
	int error;            /* errno of the last attempt */
};

struct connects {
	int ipc_fd;                                             /* borrowed */
	TAILQ_HEAD(connect_requests, connect_request) requests; /* owned; the oldest first */
	size_t count, resolving;
};

enum result
connects_new(int ipc_fd, struct connects **out)
{
	TRY(mem_new(1, sizeof(**out), (void **)out));
	(*out)->ipc_fd = ipc_fd;
	TAILQ_INIT(&(*out)->requests);
	return RESULT_OK;
}

static void
remove_request(struct connects *connects, struct connect_request *request)
{
	if (request->state == CONNECT_RESOLVING)
		connects->resolving--;
	resolve_stop(&request->resolver);
	fd_close(&request->socket);
	TAILQ_REMOVE(&connects->requests, request, link);
	connects->count--;
	free(request->host);
	free(request);
}

void
connects_free(struct connects *connects)
{
	if (connects == NULL)
		return;
	while (!TAILQ_EMPTY(&connects->requests))
		remove_request(connects, TAILQ_FIRST(&connects->requests));
	free(connects);
}

/* --- Answers ------------------------------------------------------------------------------------ */

static enum result
answer(
    const struct connects *connects, uint32_t id, uint32_t reason, const char *text, const int *fd)
{
	uint8_t room[ANSWER_MAX];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, id);
	put_u32(&writer, reason);
	put_text(&writer, text);
	TRY(writer_end(&writer));
	return ipc_send(
	    connects->ipc_fd, IPC_user_connected, writer_bytes(&writer), fd, fd == NULL ? 0 : 1);
}

static enum result
refuse(struct connects *connects, struct connect_request *request, const char *text)
{
	uint32_t id = request->id;

	remove_request(connects, request);
	return answer(connects, id, SSH_OPEN_CONNECT_FAILED, text, NULL);
}

/* Whoever forwards wants each keystroke to arrive: the child writes when it has something. */
static enum result
hand_over(struct connects *connects, struct connect_request *request)
{
	CLEANUP(fd_close) int socket = request->socket;
	uint32_t id = request->id;
	int on = 1;

	request->socket = -1;
	remove_request(connects, request);
	setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return answer(connects, id, 0, "", &socket);
}

/* --- From state to state ------------------------------------------------------------------------ */

/* Starts with one address; RESULT_AGAIN while it is not decided. */
static enum result
try_address(struct connect_request *request, uint64_t now_ms)
{
	const union address *address = &request->addresses.list[request->next++];
	bool is_last = request->next == request->addresses.count;

	fd_close(&request->socket);
	request->deadline_ms = now_ms + (is_last ? LAST_ATTEMPT_MS : ATTEMPT_MS);
	request->socket =
	    socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (request->socket >= 0 &&
	    connect(request->socket, &address->any, resolve_address_size(address)) == 0)
		return RESULT_OK;
	if (request->socket >= 0 && (errno == EINPROGRESS || errno == EINTR))
		return RESULT_AGAIN;
	request->error = errno;
	return RESULT_NOT_FOUND;
}

static enum result
try_next(struct connects *connects, struct connect_request *request, uint64_t now_ms)
{
	enum result result = RESULT_NOT_FOUND;

	while (result == RESULT_NOT_FOUND && request->next < request->addresses.count)
		result = try_address(request, now_ms);
	if (result == RESULT_AGAIN)
		return RESULT_OK;
	if (result == RESULT_OK)
		return hand_over(connects, request);
	return refuse(connects, request, strerror(request->error));
}

static enum result
begin_connecting(struct connects *connects, struct connect_request *request, uint64_t now_ms)
{
	request->state = CONNECT_CONNECTING;
	return try_next(connects, request, now_ms);
}

/* 0, or errno. */
static int
connect_path(const char *path, int *out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP(fd_close) int fd = -1;

	if (strlen(path) >= sizeof(address.sun_path))
		return ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		fd_refuse_descriptors(fd);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return errno;
	*out = fd;
	fd = -1;
	return 0;
}

static enum result
try_path(struct connects *connects, struct connect_request *request, uint64_t now_ms)
{
	request->error = connect_path(request->host, &request->socket);
	if (request->error == 0)
		return hand_over(connects, request);
	if (request->error != EAGAIN || now_ms >= request->give_up_ms)
		return refuse(connects, request, strerror(request->error));
	request->state = CONNECT_QUEUED;
	request->deadline_ms = now_ms + QUEUE_RETRY_MS;
	return RESULT_OK;
}

static struct resolve_question
question(const struct connect_request *request)
{
	return (struct resolve_question){
		.host = request->host,
		.port = request->port,
		.family = request->family,
	};
}

/* The oldest that wait get the places that are free. */
static enum result
begin_lookups(struct connects *connects)
{
	struct connect_request *request = TAILQ_FIRST(&connects->requests);
	struct connect_request *following;
	struct resolve_question asked;

	for (; request != NULL && connects->resolving < RESOLVERS_MAX; request = following) {
		following = TAILQ_NEXT(request, link);
		if (request->state != CONNECT_WAITING)
			continue;
		asked = question(request);
		if (resolve_begin(&asked, &request->resolver) != RESULT_OK) {
			TRY(refuse(connects, request, strerror(errno)));
			continue;
		}
		request->state = CONNECT_RESOLVING;
		connects->resolving++;
	}
	return RESULT_OK;
}

static struct connect_request *
find(const struct connects *connects, uint32_t id)
{
	struct connect_request *request;

	TAILQ_FOREACH (request, &connects->requests, link) {
		if (request->id == id)
			break;
	}
	return request;
}

static enum result
add(struct connects *connects, const struct user_connect *asked, struct connect_request **out)
{
	CLEANUP(mem_freep) char *host = NULL;
	struct connect_request *request;

	TRY(mem_text(asked->host, &host));
	TRY(mem_new(1, sizeof(*request), (void **)&request));
	request->id = asked->id;
	request->host = TAKE(host);
	request->port = asked->port;
	request->family = asked->family;
	request->resolver.fd = -1;
	request->socket = -1;
	TAILQ_INSERT_TAIL(&connects->requests, request, link);
	connects->count++;
	*out = request;
	return RESULT_OK;
}

enum result
connects_begin(struct connects *connects, const struct user_connect *asked, uint64_t now_ms)
{
	struct connect_request *request;
	struct resolve_question literal;

	if (find(connects, asked->id) != NULL || asked->host.size > HOST_MAX)
		return RESULT_PROTOCOL;
	if (asked->kind != FORWARD_UNIX &&
	    (asked->kind != FORWARD_TCP || asked->port == 0 || asked->port > USHRT_MAX))
		return RESULT_PROTOCOL;
	if (connects->count >= CONNECTS_MAX)
		return answer(connects, asked->id, SSH_OPEN_RESOURCE_SHORTAGE,
		    "too many connections are being made", NULL);
	TRY(add(connects, asked, &request));
	if (asked->kind == FORWARD_UNIX) {
		request->give_up_ms = now_ms + QUEUE_WAIT_MS;
		return try_path(connects, request, now_ms);
	}
	literal = question(request);
	if (resolve_literal(&literal, &request->addresses) == RESULT_OK)
		return begin_connecting(connects, request, now_ms);
	return begin_lookups(connects);
}

enum result
connects_cancel(struct connects *connects, uint32_t id)
{
	struct connect_request *request = find(connects, id);

	if (request != NULL)
		remove_request(connects, request);
	return begin_lookups(connects); /* its place may be free now */
}

/* --- Waiting ------------------------------------------------------------------------------------ */

size_t
connects_polls(const struct connects *connects, struct pollfd *polls)
{
	const struct connect_request *request;
	size_t count = 0;

	TAILQ_FOREACH (request, &connects->requests, link) {
		if (request->state == CONNECT_RESOLVING)
			polls[count] = (struct pollfd){ request->resolver.fd, POLLIN, 0 };
		else /* a request that waits has no descriptor: poll passes over -1 */
			polls[count] = (struct pollfd){ request->socket, POLLOUT, 0 };
		count++;
	}
	return count;
}

int
connects_patience_ms(const struct connects *connects, uint64_t now_ms)
{
	const struct connect_request *request;
	uint64_t next = UINT64_MAX;

	TAILQ_FOREACH (request, &connects->requests, link) {
		if ((request->state == CONNECT_CONNECTING || request->state == CONNECT_QUEUED) &&
		    request->deadline_ms < next)
			next = request->deadline_ms;
	}
	if (next == UINT64_MAX)
		return -1;
	return next <= now_ms ? 0 : (int)(next - now_ms);
}

static enum result
wake_resolving(struct connects *connects, struct connect_request *request, uint64_t now_ms)
{
	char text[RESOLVE_TEXT_MAX];
	enum result result = resolve_finish(&request->resolver, &request->addresses, text);

	request->state = CONNECT_CONNECTING;
	connects->resolving--;
	if (result != RESULT_OK)
		return refuse(connects, request, text);
	return try_next(connects, request, now_ms);
}

static enum result
wake_connecting(
    struct connects *connects, struct connect_request *request, short events, uint64_t now_ms)
{
	socklen_t size = sizeof(request->error);

	if (events == 0 && now_ms < request->deadline_ms)
		return RESULT_OK;
	if (events == 0)
		request->error = ETIMEDOUT;
	else if (getsockopt(request->socket, SOL_SOCKET, SO_ERROR, &request->error, &size) < 0)
		request->error = errno;
	if (request->error == 0)
		return hand_over(connects, request);
	return try_next(connects, request, now_ms);
}

static enum result
wake_one(struct connects *connects, struct connect_request *request, short events, uint64_t now_ms)
{
	if (request->state == CONNECT_CONNECTING)
		return wake_connecting(connects, request, events, now_ms);
	if (request->state == CONNECT_QUEUED && now_ms >= request->deadline_ms)
		return try_path(connects, request, now_ms);
	if (request->state == CONNECT_RESOLVING && events != 0)
		return wake_resolving(connects, request, now_ms);
	return RESULT_OK;
}

enum result
connects_wake(struct connects *connects, const struct pollfd *polls, size_t count, uint64_t now_ms)
{
	struct connect_request *request = TAILQ_FIRST(&connects->requests);
	struct connect_request *following;

	assert(count == connects->count);
	for (size_t i = 0; request != NULL; i++, request = following) {
		following = TAILQ_NEXT(request, link);
		TRY(wake_one(connects, request, polls[i].revents, now_ms));
	}
	return begin_lookups(connects);
}
