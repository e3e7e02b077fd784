/* SPDX-License-Identifier: ISC */
/*
 * What wakes the user process: the monitor, sockets that connect, names that were looked up. Edge.
 */
#include "monitor/user/loop.h"

#include <errno.h>
#include <poll.h>

#include "common/clock.h"
#include "common/log.h"
#include "monitor/user/connect.h"

static enum result
take_connect(struct connects *connects, struct reader *reader)
{
	struct user_connect request;

	user_connect_get(reader, &request);
	TRY(reader_end(reader));
	return connects_begin(connects, &request, clock_now_ms());
}

static enum result
take_cancel(struct connects *connects, struct reader *reader)
{
	uint32_t id = get_u32(reader);

	TRY(reader_end(reader));
	return connects_cancel(connects, id);
}

/* user_start came before the loop, and the gate admits no second one. */
static enum result (*const handlers[IPC_TYPE_COUNT])(struct connects *, struct reader *) = {
	[IPC_user_connect] = take_connect,
	[IPC_user_cancel] = take_cancel,
};

static enum result
receive(int ipc_fd, struct ipc_gate *gate, uint8_t *room, struct connects *connects)
{
	CLEANUP(ipc_message_clear) struct ipc_message message = { 0 };
	struct reader reader;
	const char *why;

	TRY(ipc_receive(ipc_fd, room, &message));
	TRY(ipc_gate_admit(gate, IPC_PHASE_OPEN, &message, &why));
	if (handlers[message.type] == NULL)
		return RESULT_PROTOCOL;
	reader = reader_of(message.body);
	return handlers[message.type](connects, &reader);
}

static enum result
turn(int ipc_fd, struct ipc_gate *gate, uint8_t *room, struct connects *connects)
{
	struct pollfd polls[1 + CONNECTS_MAX] = { { ipc_fd, POLLIN, 0 } };
	size_t count = connects_polls(connects, polls + 1);
	int ready = poll(polls, 1 + count, connects_patience_ms(connects, clock_now_ms()));

	if (ready < 0)
		return errno == EINTR ? RESULT_OK : RESULT_SYSTEM;
	TRY(connects_wake(connects, polls + 1, count, clock_now_ms()));
	return polls[0].revents != 0 ? receive(ipc_fd, gate, room, connects) : RESULT_OK;
}

enum result
user_loop_run(int ipc_fd, struct ipc_gate *gate, uint8_t *room)
{
	CLEANUP(connects_freep) struct connects *connects = NULL;
	enum result result;

	TRY(connects_new(ipc_fd, &connects));
	do
		result = turn(ipc_fd, gate, room, connects);
	while (result == RESULT_OK);
	return result == RESULT_CLOSED ? RESULT_OK : result;
}
