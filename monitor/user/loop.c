/* SPDX-License-Identifier: ISC */
/*
 * What wakes the user process: the monitor, sockets that connect, names that were looked up, whoever connects to what
 * is listened on. Edge.
 */
#include "monitor/user/loop.h"

#include <errno.h>
#include <poll.h>

#include "common/clock.h"
#include "monitor/user/connect.h"
#include "monitor/user/listen.h"

/* What the monitor has asked for. */
struct services {
	struct connects *connects; /* owned */
	struct listens *listens;   /* owned */
};

static enum result
take_connect(const struct services *services, struct reader *reader)
{
	struct user_connect request;

	user_connect_get(reader, &request);
	TRY(reader_end(reader));
	return connects_begin(services->connects, &request, clock_now_ms());
}

static enum result
take_cancel(const struct services *services, struct reader *reader)
{
	uint32_t id = get_u32(reader);

	TRY(reader_end(reader));
	return connects_cancel(services->connects, id);
}

static enum result
take_listen(const struct services *services, struct reader *reader)
{
	struct user_listen request;

	user_listen_get(reader, &request);
	TRY(reader_end(reader));
	return listens_begin(services->listens, &request);
}

static enum result
take_unlisten(const struct services *services, struct reader *reader)
{
	uint32_t id = get_u32(reader);

	TRY(reader_end(reader));
	return listens_end(services->listens, id);
}

static enum result
take_accept_more(const struct services *services, struct reader *reader)
{
	uint32_t count = get_u32(reader);

	TRY(reader_end(reader));
	return listens_accept_more(services->listens, count);
}

/* user_start came before the loop, and the gate admits no second one. */
static enum result (*const handlers[IPC_TYPE_COUNT])(
    const struct services *services, struct reader *reader) = {
	[IPC_user_connect] = take_connect,
	[IPC_user_cancel] = take_cancel,
	[IPC_user_listen] = take_listen,
	[IPC_user_unlisten] = take_unlisten,
	[IPC_user_accept_more] = take_accept_more,
};

static enum result
receive(int ipc_fd, struct ipc_gate *gate, uint8_t *room, const struct services *services)
{
	CLEANUP(ipc_message_clear) struct ipc_message message = { 0 };
	struct reader reader;
	const char *why;

	TRY(ipc_receive(ipc_fd, room, &message));
	TRY(ipc_gate_admit(gate, IPC_PHASE_OPEN, &message, &why));
	if (handlers[message.type] == NULL)
		return RESULT_PROTOCOL;
	reader = reader_of(message.body);
	return handlers[message.type](services, &reader);
}

static int
sooner(int a_ms, int b_ms)
{
	if (a_ms < 0 || b_ms < 0)
		return a_ms < 0 ? b_ms : a_ms;
	return a_ms < b_ms ? a_ms : b_ms;
}

static enum result
turn(int ipc_fd, struct ipc_gate *gate, uint8_t *room, const struct services *services)
{
	struct pollfd polls[1 + CONNECTS_MAX + LISTENS_POLLS_MAX] = { { ipc_fd, POLLIN, 0 } };
	const uint64_t before_ms = clock_now_ms();
	const size_t connecting = connects_polls(services->connects, polls + 1);
	struct pollfd *listening = polls + 1 + connecting;
	const size_t listeners = listens_polls(services->listens, before_ms, listening);
	int ready = poll(polls, 1 + connecting + listeners,
	    sooner(connects_patience_ms(services->connects, before_ms),
		listens_patience_ms(services->listens, before_ms)));

	if (ready < 0)
		return errno == EINTR ? RESULT_OK : RESULT_SYSTEM;
	TRY(connects_wake(services->connects, polls + 1, connecting, clock_now_ms()));
	TRY(listens_wake(services->listens, listening, listeners, clock_now_ms()));
	return polls[0].revents != 0 ? receive(ipc_fd, gate, room, services) : RESULT_OK;
}

static enum result
serve(int ipc_fd, struct ipc_gate *gate, uint8_t *room, const struct services *services)
{
	enum result result;

	do
		result = turn(ipc_fd, gate, room, services);
	while (result == RESULT_OK);
	return result == RESULT_CLOSED ? RESULT_OK : result;
}

enum result
user_loop_run(int ipc_fd, struct ipc_gate *gate, uint8_t *room)
{
	struct services services = { NULL, NULL };
	enum result result = connects_new(ipc_fd, &services.connects);

	if (result == RESULT_OK)
		result = listens_new(ipc_fd, &services.listens);
	if (result == RESULT_OK)
		result = serve(ipc_fd, gate, room, &services);
	connects_free(services.connects);
	listens_free(services.listens);
	return result;
}
