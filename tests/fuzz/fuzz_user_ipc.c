/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes the monitor as a hostile user process sees it: a sequence of messages, each `u8 type, u8
 * descriptor, u16 size, body`, sent through a real socket, so that the gate reads them as they come.
 * Connections are pending for it to answer. spawn_helper is this file's.
 *
 * Whatever it says, the connection of the client stays, and each request has one answer.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/spawn.h"
#include "monitor/forward/relay.h"
#include "tests/fuzz/monitor.h"

#define MESSAGES_MAX 32
#define PENDING      3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int user_end = -1;

enum result
spawn_helper(const struct spawn_plan *plan, int *socket, pid_t *pid)
{
	int sockets[2];

	if (ipc_pair(sockets) != RESULT_OK || fd_set_nonblocking(sockets[0]) != RESULT_OK ||
	    fd_set_nonblocking(sockets[1]) != RESULT_OK)
		abort();
	fd_close(&user_end);
	*socket = sockets[0];
	user_end = sockets[1];
	*pid = 0; /* nobody that could be killed */
	return RESULT_OK;
}

/* A descriptor of one of the kinds that a liar may send; -1: none. */
static int
make_fd(uint8_t kind)
{
	switch (kind % 6) {
	case 0:
		return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	case 1:
		return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	case 2:
		return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	case 3:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
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

/* Counts what the child was told of connections; their sockets are TCP's. */
static size_t
count_answers(int child_end, uint8_t *room)
{
	struct ipc_message message;
	size_t count = 0;

	while (ipc_receive(child_end, room, &message) == RESULT_OK) {
		int type = 0;
		socklen_t size = sizeof(type);

		assert(message.type == IPC_tcp_connected);
		if (message.fd_count > 0)
			assert(getsockopt(message.fds[0], SOL_SOCKET, SO_PROTOCOL, &type, &size) ==
				   0 &&
			       type == IPPROTO_TCP);
		count++;
		ipc_message_clear(&message);
	}
	return count;
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
	struct fuzz_monitor rig;

	fuzz_monitor_begin(&rig);
	phase_login(&rig.monitor);
	fuzz_monitor_open(&rig);
	for (uint32_t id = 0; id < PENDING; id++)
		ask(&rig.monitor, id);
	feed(&rig.monitor, &reader);
	relay_end(&rig.monitor);
	assert(count_answers(rig.child_end, room) == PENDING);
	fuzz_monitor_end(&rig);
	fd_close(&user_end);
	return 0;
}
