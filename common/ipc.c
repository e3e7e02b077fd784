/* SPDX-License-Identifier: ISC */
/*
 * One packet, one message, its descriptors (edge).
 */
#include "common/ipc.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "common/fd.h"
#include "common/log.h"

enum result
ipc_pair(int sockets[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) == 0)
		return RESULT_OK;
	log_error("ipc-pair", "socketpair: %s", strerror(errno));
	return RESULT_SYSTEM;
}

void
ipc_pair_close(int (*sockets)[2])
{
	fd_close(&(*sockets)[0]);
	fd_close(&(*sockets)[1]);
}

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int) * IPC_FDS_MAX)];
};

static void
attach_fds(struct msghdr *header, union control *control, const int *fds, size_t count)
{
	struct cmsghdr *cmsg;

	if (count == 0)
		return;
	header->msg_control = control;
	header->msg_controllen = CMSG_SPACE(sizeof(int) * count);
	cmsg = CMSG_FIRSTHDR(header);
	assert(cmsg != NULL);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int) * count);
	memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * count);
}

enum result
ipc_send(int socket, enum ipc_type type, struct bytes body, const int *fds, size_t count)
{
	uint8_t type_byte = (uint8_t)type;
	struct iovec parts[2] = { { &type_byte, 1 }, { (void *)body.data, body.size } };
	struct msghdr header = { .msg_iov = parts, .msg_iovlen = 2 };
	union control control = { 0 };
	ssize_t sent;

	assert(body.size <= ipc_row(type)->body_max && count <= ipc_row(type)->fds_max);
	attach_fds(&header, &control, fds, count);
	do
		sent = sendmsg(socket, &header, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return RESULT_OK;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return RESULT_AGAIN;
	if (errno == EPIPE || errno == ECONNRESET)
		return RESULT_CLOSED;
	return RESULT_SYSTEM;
}

/* Takes what came along even when the message is refused, so that nothing stays open. */
static void
detach_fds(struct msghdr *header, struct ipc_message *message)
{
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(header); cmsg != NULL;
	     cmsg = CMSG_NXTHDR(header, cmsg)) {
		size_t count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count && message->fd_count < IPC_FDS_MAX; i++)
			memcpy(&message->fds[message->fd_count++],
			    CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));
	}
}

/* A sender that goes with something unread is told of before what it sent: its last words are still there. */
static ssize_t
receive(int socket, struct msghdr *header)
{
	bool was_reset = false;
	ssize_t size;

	for (;;) {
		size = recvmsg(socket, header, MSG_CMSG_CLOEXEC);
		if (size >= 0 || (errno != EINTR && (errno != ECONNRESET || was_reset)))
			return size;
		was_reset |= errno == ECONNRESET;
	}
}

enum result
ipc_receive(int socket, uint8_t *room, struct ipc_message *message)
{
	struct iovec part = { room, IPC_PACKET_MAX };
	union control control = { 0 };
	struct msghdr header = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	ssize_t size;

	*message = (struct ipc_message){ 0 };
	size = receive(socket, &header);
	if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return RESULT_AGAIN;
	if (size < 0)
		return errno == ECONNRESET ? RESULT_CLOSED : RESULT_SYSTEM;
	detach_fds(&header, message);
	if (size == 0 && message->fd_count == 0)
		return RESULT_CLOSED;
	if (size == 0 || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ||
	    room[0] >= IPC_TYPE_COUNT) {
		ipc_message_clear(message);
		return RESULT_MALFORMED;
	}
	message->type = (enum ipc_type)room[0];
	message->body = bytes_of(room + 1, (size_t)size - 1);
	return RESULT_OK;
}

int
ipc_message_take_fd(struct ipc_message *message, size_t i)
{
	int fd;

	if (i >= message->fd_count)
		return -1;
	fd = message->fds[i];
	message->fds[i] = -1;
	return fd;
}

void
ipc_message_clear(struct ipc_message *message)
{
	for (size_t i = 0; i < message->fd_count; i++)
		fd_close(&message->fds[i]);
	message->fd_count = 0;
}
