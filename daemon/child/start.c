/* SPDX-License-Identifier: ISC */
/*
 * The child's biography (edge): forked by the nursery, it tells the monitor who it is, gives up what it
 * does not need, says so, takes its orders and the network, and serves the connection until it ends.
 */
#include "daemon/child/start.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/ipc.h"
#include "common/ipc_log.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/child/confine.h"
#include "daemon/child/conn.h"
#include "daemon/child/loop.h"

/* With it the monitor can end this process, whose parent it is not, and nobody else who had its number. */
static enum result
send_birth(void)
{
	CLEANUP(fd_close) int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	uint8_t room[4];
	struct writer writer = writer_into(room, sizeof(room));

	if (pidfd < 0)
		return RESULT_SYSTEM;
	put_u32(&writer, (uint32_t)getpid());
	return ipc_send(CHILD_IPC_FD, IPC_born, writer_bytes(&writer), &pidfd, 1);
}

static enum result
confine(struct bytes filter)
{
	const char *what_failed;

	TRY(confine_report_to(CHILD_IPC_FD));
	if (confine_self(filter, &what_failed) == RESULT_OK)
		return RESULT_OK;
	log_fatal("sandbox", "cannot confine the network process: %s", what_failed);
	return RESULT_SYSTEM;
}

/* The first message, with the network. Its views live in `room`. */
static enum result
receive_orders(uint8_t *room, struct child_start *start, struct network *network)
{
	struct ipc_gate gate = { .direction = MONITOR_TO_CHILD };
	struct ipc_message message;
	struct reader reader;
	const char *why;

	TRY(ipc_receive(CHILD_IPC_FD, room, &message));
	TRY(ipc_gate_admit(&gate, IPC_PHASE_START, &message, &why));
	reader = reader_of(message.body);
	child_start_get(&reader, start);
	network->in_fd = ipc_message_take_fd(&message, 0);
	network->out_fd = message.fd_count < 2 ? network->in_fd : ipc_message_take_fd(&message, 1);
	ipc_message_clear(&message);
	TRY(reader_end(&reader));
	return network->in_fd < 0 ? RESULT_MALFORMED : RESULT_OK;
}

static enum result
take_orders(struct network *network, struct qos *qos, struct conn **conn)
{
	CLEANUP(mem_freep) uint8_t *room = NULL;
	struct child_start start;

	TRY(mem_new(1, IPC_PACKET_MAX, (void **)&room));
	TRY(receive_orders(room, &start, network));
	log_set_level((enum log_level)start.policy.log_level);
	TRY(fd_set_nonblocking(network->in_fd));
	TRY(fd_set_nonblocking(network->out_fd));
	TRY(fd_set_nonblocking(CHILD_IPC_FD));
	qos_init(qos, network->out_fd, start.policy.qos_interactive, start.policy.qos_bulk);
	qos_choose(qos, true);
	return conn_new(&start, conn);
}

int
child_run(struct bytes filter)
{
	CLEANUP(conn_freep) struct conn *conn = NULL;
	struct network network; /* the kernel closes it with the process */
	struct qos qos;
	enum result result;

	ipc_log_to(CHILD_IPC_FD, IPC_log);
	signal(SIGPIPE, SIG_IGN);
	result = send_birth();
	if (result == RESULT_OK)
		result = confine(filter);
	if (result == RESULT_OK)
		result = ipc_send(CHILD_IPC_FD, IPC_ready, bytes_of(NULL, 0), NULL, 0);
	if (result == RESULT_OK)
		result = take_orders(&network, &qos, &conn);
	if (result == RESULT_OK)
		result = loop_run(conn, &network, &qos, CHILD_IPC_FD);
	if (result != RESULT_OK && result != RESULT_CLOSED)
		log_error("child-failed", "network process: %s", result_text(result));
	return result == RESULT_OK || result == RESULT_CLOSED ? 0 : 1;
}
