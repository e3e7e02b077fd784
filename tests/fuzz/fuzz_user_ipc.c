/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes the monitor as a hostile user process sees it: a sequence of messages, each `u8 type, u8 descriptor,
 * u16 size, body`, sent through a real socket, so that the gate reads them as they come. Connections are
 * pending for it to answer, and places to listen on, one of which is to be closed again, and an agent and a
 * display of a session. spawn_helper is this file's, and so are errands.
 *
 * Whatever it says, the connection of the client stays, and each request has one answer.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/spawn.h"
#include "monitor/forward/relay.h"
#include "monitor/session/errand.h"
#include "monitor/session/sessions.h"
#include "tests/fuzz/monitor.h"

#define MESSAGES_MAX 32
#define PENDING      3
#define ACCEPTS      2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int user_end = -1;

enum result
spawn_helper(const struct spawn_plan *plan, int *socket, pid_t *pid)
{
	return fuzz_helper(&user_end, socket, pid);
}

/* Nobody removes what a liar says that there is. */
pid_t
errand_begin(const struct errand *errand, errand_deed *deed, const void *what)
{
	return 0;
}

bool
errand_await(pid_t pid, unsigned patience_ms)
{
	return false;
}

/* A descriptor of one of the kinds that a liar may send; -1: none. */
static int
make_fd(uint8_t kind)
{
	switch (kind % 7) {
	case 0:
		return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	case 1:
		return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	case 2:
		return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	case 3:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	case 6: {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		if (fd >= 0 && listen(fd, 1) < 0)
			abort();
		return fd;
	}
	default:
		return -1;
	}
}

static void
ask(struct monitor *monitor, uint32_t id)
{
	const struct tcp_request request = { id, bytes_of_text("host"), 80, bytes_of("", 0), 0 };
	uint8_t room[128];
	struct writer writer = writer_into(room, sizeof(room));
	struct ipc_message message = { .type = IPC_connect_tcp };

	tcp_request_put(&writer, &request);
	message.body = writer_bytes(&writer);
	monitor_handle(monitor, &message);
}

static void
say_number(struct monitor *monitor, enum ipc_type type, uint32_t number)
{
	uint8_t room[4];
	struct writer writer = writer_into(room, sizeof(room));
	struct ipc_message message = { .type = type };

	put_u32(&writer, number);
	message.body = writer_bytes(&writer);
	monitor_handle(monitor, &message);
}

static void
ask_listen(struct monitor *monitor, uint32_t id)
{
	const struct listen_request request = { id, FORWARD_TCP, bytes_of_text(""), id };
	uint8_t room[128];
	struct writer writer = writer_into(room, sizeof(room));
	struct ipc_message message = { .type = IPC_listen };

	listen_request_put(&writer, &request);
	message.body = writer_bytes(&writer);
	monitor_handle(monitor, &message);
}

/* A session's, of which the monitor does not wait for the answers here. */
static void
ask_own(struct monitor *monitor)
{
	static const uint32_t ids[] = { FORWARD_AGENT_ID, FORWARD_DISPLAY_ID };
	const struct x11_request request = { 0, true, bytes_of_text("a"), bytes_of_text("00"), 0 };
	struct listening *listening;
	struct session *session;

	if (sessions_add(monitor->sessions, 0, &session) != RESULT_OK ||
	    display_keep(&session->display, &request) != RESULT_OK)
		abort();
	session->agent_id = FORWARD_AGENT_ID;
	session->display_id = FORWARD_DISPLAY_ID;
	for (size_t i = 0; i < COUNT(ids); i++) {
		const struct listen_request entry = { .id = ids[i],
			.kind = i == 0 ? FORWARD_AGENT : FORWARD_X11 };

		if (listening_add(&monitor->relay->listening, &entry, bytes_of("", 0),
			&listening) != RESULT_OK)
			abort();
	}
}

/* What a session would say its agent and display are: nothing that a user process made up. */
static void
check_own(const struct monitor *monitor)
{
	const struct session *session = sessions_find(monitor->sessions, 0);
	const char *path = agent_path(monitor, session);

	assert(path == NULL || agent_path_is_sane(bytes_of_text(path), monitor->account->home));
	assert(!session->display.is_open ||
	       (session->display.number >= 10 && session->display.number < 1010));
}

/* What the child was told; by id, where there are several. */
struct told {
	size_t connected, accepted;
	size_t agents, displays; /* connections to them */
	size_t listening[PENDING], lost[PENDING], unlistened[PENDING];
};

static void
note(struct told *told, const struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	const uint32_t id = get_u32(&reader);
	const uint32_t reason = get_u32(&reader);

	if (id >= FORWARD_LISTENERS_MAX) {
		assert(message->type == IPC_accepted && id <= FORWARD_DISPLAY_ID);
		told->agents += id < FORWARD_DISPLAY_ID;
		told->displays += id == FORWARD_DISPLAY_ID;
		return;
	}
	assert(id < PENDING);
	switch (message->type) {
	case IPC_connected:
		told->connected++;
		return;
	case IPC_accepted:
		assert(told->listening[id] == 1 && told->unlistened[id] == 0);
		told->accepted++;
		return;
	case IPC_listening:
		if (told->listening[id]++ > 0)
			told->lost[id] += reason != 0;
		return;
	default:
		assert(message->type == IPC_unlistened);
		told->unlistened[id]++;
	}
}

/* Sockets that the child is handed are TCP's, or an agent's, and nobody listens on them. */
static void
hear(int child_end, uint8_t *room, struct told *told)
{
	struct ipc_message message;

	while (ipc_receive(child_end, room, &message) == RESULT_OK) {
		const size_t agents = told->agents;
		int protocol = 0, listens = 1;
		socklen_t size = sizeof(protocol);

		note(told, &message);
		assert((message.type == IPC_accepted) <= (message.fd_count == 1));
		if (message.fd_count > 0)
			assert(getsockopt(message.fds[0], SOL_SOCKET, SO_PROTOCOL, &protocol,
				   &size) == 0 &&
			       protocol == (told->agents > agents ? 0 : IPPROTO_TCP) &&
			       getsockopt(message.fds[0], SOL_SOCKET, SO_ACCEPTCONN, &listens,
				   &size) == 0 &&
			       listens == 0);
		ipc_message_clear(&message);
	}
}

/* The last one was to be closed: it is free now, whether it was listened on or not. */
static void
check(const struct told *told)
{
	assert(told->connected == PENDING);
	assert(told->accepted + told->agents + told->displays <= ACCEPTS);
	assert(told->displays <= 1); /* it is for a single connection */
	for (size_t id = 0; id < PENDING; id++) {
		assert(told->listening[id] >= 1 && told->listening[id] <= 2);
		assert(told->lost[id] == told->listening[id] - 1);
		assert(told->unlistened[id] == (id == PENDING - 1));
	}
}

/* Not ipc_send, which asserts what an honest sender keeps to. */
static void
send_raw(uint8_t type, struct bytes body, int fd)
{
	union {
		struct cmsghdr header;
		uint8_t room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec parts[2] = { { &type, 1 }, { (void *)body.data, body.size } };
	struct msghdr header = { .msg_iov = parts, .msg_iovlen = 2 };

	if (fd >= 0) {
		header.msg_control = &control;
		header.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
	}
	assert(sendmsg(user_end, &header, MSG_NOSIGNAL) == (ssize_t)(1 + body.size));
}

static void
feed(struct monitor *monitor, struct reader *reader)
{
	for (int i = 0; i < MESSAGES_MAX && reader->left > 0 && relay_fd(monitor->relay) >= 0;
	     i++) {
		uint8_t type = get_byte(reader);
		int fd = make_fd(get_byte(reader));
		size_t high = get_byte(reader);
		size_t want = high << 8 | get_byte(reader);

		send_raw(type, get_raw(reader, want < reader->left ? want : reader->left), fd);
		fd_close(&fd);
		relay_receive(monitor);
		assert(monitor->phase == IPC_PHASE_OPEN);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t room[IPC_PACKET_MAX];
	struct reader reader = reader_of(bytes_of(data, size));
	struct told told = { 0 };
	struct fuzz_monitor rig;

	fuzz_monitor_begin(&rig);
	phase_login(&rig.monitor);
	fuzz_monitor_open(&rig);
	for (uint32_t id = 0; id < PENDING; id++) {
		ask(&rig.monitor, id);
		ask_listen(&rig.monitor, id);
	}
	ask_own(&rig.monitor);
	say_number(&rig.monitor, IPC_unlisten, PENDING - 1);
	say_number(&rig.monitor, IPC_accept_more, ACCEPTS);
	feed(&rig.monitor, &reader);
	check_own(&rig.monitor);
	relay_end(&rig.monitor);
	hear(rig.child_end, room, &told);
	check(&told);
	fuzz_monitor_end(&rig);
	fd_close(&user_end);
	return 0;
}
