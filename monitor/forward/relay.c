/* SPDX-License-Identifier: ISC */
/*
 * Passing requests to the user process (edge): its start, its messages behind a gate of their own,
 * its end. It runs as the user, so to the monitor it is as hostile as the child: what it may not say
 * ends it, and all it can do to the connection is to hand over sockets.
 */
#include "monitor/forward/relay.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/spawn.h"
#include "monitor/forward/answers.h"
#include "monitor/forward/ask.h"
#include "monitor/forward/leftovers.h"
#include "monitor/session/root_judge.h"

/* After so many messages the loop looks at others first. */
#define MESSAGES_A_TURN 16

/* How long it may leave what it is told unread when there is no room for more. */
#define USER_LISTENS_MS 1000

#define START_MAX       8192

enum result
relay_new(struct relay **out)
{
	TRY(mem_new(1, sizeof(**out), (void **)out));
	(*out)->fd = -1;
	TAILQ_INIT(&(*out)->requests);
	return RESULT_OK;
}

int
relay_fd(const struct relay *relay)
{
	return relay == NULL ? -1 : relay->fd;
}

/* --- Requests in flight ------------------------------------------------------------------------- */

struct relay_request *
relay_find(const struct relay *relay, uint32_t id)
{
	struct relay_request *request;

	TAILQ_FOREACH (request, &relay->requests, link) {
		if (request->id == id)
			break;
	}
	return request;
}

struct relay_request *
relay_find_serial(const struct relay *relay, uint32_t serial)
{
	struct relay_request *request;

	TAILQ_FOREACH (request, &relay->requests, link) {
		if (request->serial == serial)
			break;
	}
	return request;
}

void
relay_forget(struct relay *relay, struct relay_request *request)
{
	TAILQ_REMOVE(&relay->requests, request, link);
	relay->request_count--;
	free(request);
}

static enum result
remember(struct relay *relay, uint32_t id, struct relay_request **out)
{
	struct relay_request *request;

	if (relay->request_count >= RELAY_PENDING_MAX)
		return RESULT_LIMIT;
	TRY(mem_new(1, sizeof(*request), (void **)&request));
	request->id = id;
	request->serial = relay->next_serial++;
	TAILQ_INSERT_TAIL(&relay->requests, request, link);
	relay->request_count++;
	*out = request;
	return RESULT_OK;
}

/* --- Its start ---------------------------------------------------------------------------------- */

/* It reads whatever it is doing, but it may not have had its turn yet. */
static enum result
say(const struct relay *relay, enum ipc_type type, struct bytes body)
{
	struct pollfd user = { .fd = relay->fd, .events = POLLOUT };
	enum result result;

	do
		result = ipc_send(relay->fd, type, body, NULL, 0);
	while (result == RESULT_AGAIN && poll(&user, 1, USER_LISTENS_MS) > 0);
	return result;
}

static enum result
send_start(const struct monitor *monitor, const char *root, int socket)
{
	const struct account *account = monitor->account;
	struct user_start start = {
		.change_user = monitor->inputs->is_root,
		.uid = account->uid,
		.gid = account->gid,
		.group_count = (uint32_t)account->group_count,
		.user = bytes_of_text(account->name),
		.home = bytes_of_text(account->home),
		.log_level = (uint32_t)log_get_level(),
		.root = bytes_of_text(root),
	};
	uint8_t room[START_MAX];
	struct writer writer = writer_into(room, sizeof(room));

	if (account->group_count > IPC_GROUPS_MAX)
		return RESULT_LIMIT;
	for (size_t i = 0; i < account->group_count; i++)
		start.groups[i] = account->groups[i];
	user_start_put(&writer, &start);
	TRY(writer_end(&writer));
	return ipc_send(socket, IPC_user_start, writer_bytes(&writer), NULL, 0);
}

static enum result
send_accepts(const struct relay *relay, uint32_t count)
{
	uint8_t room[4];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, count);
	return say(relay, IPC_user_accept_more, writer_bytes(&writer));
}

static enum result
start_user(const struct monitor *monitor, struct relay *relay)
{
	const struct spawn_plan plan = {
		.name = "sallyport-user",
		.program_fd = monitor->inputs->user_program_fd,
	};
	char root[ROOT_PATH_MAX];
	enum result result;

	if (!root_judge(monitor, root))
		return RESULT_DENIED;
	if (relay->room == NULL)
		TRY(mem_room(IPC_PACKET_MAX, &relay->room));
	TRY(spawn_helper(&plan, &relay->fd, &relay->pid));
	result = send_start(monitor, root, relay->fd);
	if (result == RESULT_OK && relay->listening.accepts > 0)
		result = send_accepts(relay, relay->listening.accepts);
	if (result != RESULT_OK) {
		fd_close(&relay->fd); /* it ends by itself then */
		return result;
	}
	relay->gate = (struct ipc_gate){ .direction = USER_TO_MONITOR };
	relay->log_lines = 0;
	log_debug("user-process", "user process of %s is on pid %d", monitor->account->name,
	    (int)relay->pid);
	return RESULT_OK;
}

/* There is one process at a time: one that was killed must be reaped before the next is started. */
static enum result
ensure_user(const struct monitor *monitor, struct relay *relay)
{
	enum result result;

	if (relay->fd >= 0)
		return RESULT_OK;
	if (relay->pid != 0)
		return RESULT_CLOSED;
	result = start_user(monitor, relay);
	if (result != RESULT_OK)
		log_error("user-process", "cannot start the user process: %s (%s)",
		    result_text(result), strerror(errno));
	return result;
}

/* --- What it is asked --------------------------------------------------------------------------- */

static enum result
send_connect(const struct monitor *monitor, const struct relay_request *request,
    const struct user_connect *place)
{
	struct user_connect connect = *place;
	uint8_t room[1024];
	struct writer writer = writer_into(room, sizeof(room));

	connect.id = request->serial;
	connect.family = (uint32_t)settings_number(monitor->settings, KEYWORD_AddressFamily);
	user_connect_put(&writer, &connect);
	TRY(writer_end(&writer));
	return say(monitor->relay, IPC_user_connect, writer_bytes(&writer));
}

enum result
relay_connect(struct monitor *monitor, const struct user_connect *place)
{
	struct relay *relay = monitor->relay;
	struct relay_request *kept;
	enum result result;

	TRY(ensure_user(monitor, relay));
	TRY(remember(relay, place->id, &kept));
	kept->kind = (enum forward_kind)place->kind;
	result = send_connect(monitor, kept, place);
	if (result != RESULT_OK)
		relay_forget(relay, kept);
	return result;
}

enum result
relay_ask(struct monitor *monitor, enum ipc_type type, struct bytes body)
{
	TRY(ensure_user(monitor, monitor->relay));
	return say(monitor->relay, type, body);
}

void
relay_cancel(struct relay *relay, struct relay_request *request)
{
	uint8_t room[4];
	struct writer writer = writer_into(room, sizeof(room));

	/* If it cannot be told it makes a connection for nothing, and its answer is dropped. */
	put_u32(&writer, request->serial);
	if (relay->fd >= 0)
		(void)!ipc_send(relay->fd, IPC_user_cancel, writer_bytes(&writer), NULL, 0);
	relay_forget(relay, request);
}

/* --- What it says, and its end ------------------------------------------------------------------ */

static monitor_handler *const handlers[IPC_TYPE_COUNT] = {
#define HANDLER_USER_TO_MONITOR(name) [IPC_##name] = on_##name,
#include "common/ipc_handlers.def"
};

/* Nobody will answer what is pending: the child is told, so that its channels end. */
static void
forget_user(struct monitor *monitor, const char *why, bool is_killed)
{
	struct relay *relay = monitor->relay;
	struct relay_request *request;

	fd_close(&relay->fd);
	while ((request = TAILQ_FIRST(&relay->requests)) != NULL) {
		if (monitor->phase == IPC_PHASE_OPEN)
			answers_refuse(
			    monitor, request->id, SSH_OPEN_CONNECT_FAILED, bytes_of_text(why));
		relay_forget(relay, request);
	}
	listening_lose_all(monitor, why, is_killed);
}

static void
stop_user(struct monitor *monitor, const char *why)
{
	if (monitor->relay->pid > 0)
		kill(monitor->relay->pid, SIGKILL);
	forget_user(monitor, why, true);
}

bool
relay_await(const struct monitor *monitor, uint64_t deadline_ms)
{
	struct pollfd fds[] = {
		{ .fd = monitor->relay->fd, .events = POLLIN },
		{ .fd = monitor->child_pidfd, .events = POLLIN },
	};
	const uint64_t now_ms = clock_now_ms();
	int ready;

	if (now_ms >= deadline_ms || monitor->relay->fd < 0)
		return false;
	ready = poll(fds, COUNT(fds), (int)(deadline_ms - now_ms));
	return (ready < 0 && errno == EINTR) || (ready > 0 && fds[1].revents == 0);
}

static void
end_deaf(struct monitor *monitor, enum result result)
{
	if (result == RESULT_OK)
		return;
	log_error("user-process", "the user process of %s cannot be told: %s",
	    monitor->account->name, result_text(result));
	stop_user(monitor, "the user process does not listen");
}

void
relay_tell(struct monitor *monitor, enum ipc_type type, struct bytes body)
{
	if (monitor->relay->fd >= 0)
		end_deaf(monitor, say(monitor->relay, type, body));
}

void
relay_tell_accepts(struct monitor *monitor, uint32_t count)
{
	if (monitor->relay->fd >= 0)
		end_deaf(monitor, send_accepts(monitor->relay, count));
}

static enum result
handle(struct monitor *monitor, struct ipc_message *message)
{
	const char *why;
	enum result result;

	result = ipc_gate_admit(&monitor->relay->gate, monitor->phase, message, &why);
	if (result == RESULT_OK) {
		why = "its contents";
		result = handlers[message->type](monitor, message);
	}
	if (result != RESULT_OK)
		log_error("user-process-attack",
		    "the user process of %s sent what it may not: message %s, %s: %s",
		    monitor->account->name, ipc_row(message->type)->name, why, result_text(result));
	return result;
}

static enum result
receive_one(struct monitor *monitor)
{
	/* Closing a socket must not wait, whatever it was set to. */
	const struct linger no_linger = { .l_onoff = 0 };
	struct relay *relay = monitor->relay;
	CLEANUP(ipc_message_clear) struct ipc_message message = { 0 };

	TRY(ipc_receive(relay->fd, relay->room, &message));
	for (size_t i = 0; i < message.fd_count; i++) {
		(void)setsockopt(
		    message.fds[i], SOL_SOCKET, SO_LINGER, &no_linger, sizeof(no_linger));
		fd_refuse_descriptors(message.fds[i]);
	}
	return handle(monitor, &message);
}

void
relay_receive(struct monitor *monitor)
{
	enum result result = RESULT_OK;

	for (int i = 0; i < MESSAGES_A_TURN && result == RESULT_OK; i++) {
		if (relay_fd(monitor->relay) < 0)
			return;
		result = receive_one(monitor);
	}
	if (result == RESULT_OK || result == RESULT_AGAIN)
		return;
	if (result == RESULT_CLOSED)
		log_error("user-process", "the user process of %s ended", monitor->account->name);
	stop_user(monitor, "the user process ended");
}

bool
relay_child_ended(struct monitor *monitor, pid_t pid, int wait_status)
{
	struct relay *relay = monitor->relay;

	if (relay == NULL || pid <= 0)
		return false;
	if (leftovers_child_ended(relay, pid, wait_status))
		return true;
	if (relay->pid != pid)
		return false;
	relay->pid = 0; /* reaped: nobody may be killed by this number any more */
	log_debug("user-process", "user process %d ended, wait status %d", (int)pid, wait_status);
	stop_user(monitor, "the user process ended");
	return true;
}

/* One that was killed right now, with whom the connection ends, cleans up after itself no more. */
static bool
is_gone(const struct relay *relay)
{
	struct pollfd user = { .fd = relay->fd };

	return relay->fd >= 0 && poll(&user, 1, 0) > 0 && (user.revents & POLLHUP) != 0;
}

void
relay_end(struct monitor *monitor)
{
	struct relay *relay = monitor->relay;

	if (relay == NULL)
		return;
	ask_free(TAKE(relay->questions));
	forget_user(monitor, "the connection ends", is_gone(relay));
	leftovers_end(relay);
}

void
relay_free(struct relay *relay)
{
	if (relay == NULL)
		return;
	ask_free(relay->questions);
	fd_close(&relay->fd);
	while (!TAILQ_EMPTY(&relay->requests))
		relay_forget(relay, TAILQ_FIRST(&relay->requests));
	listening_clear(&relay->listening);
	free(relay->room);
	free(relay);
}
