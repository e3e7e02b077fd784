/* SPDX-License-Identifier: ISC */
/*
 * May this message come now? Looks up the row and counts. Pure.
 */
#include "common/ipc_table.h"

#include <assert.h>

#define START  IPC_PHASE_START
#define LOGIN  IPC_PHASE_LOGIN
#define OPEN   IPC_PHASE_OPEN
#define ENDING IPC_PHASE_ENDING

static const struct ipc_row rows[IPC_TYPE_COUNT] = {
#define ROW(name, direction, phases, frequency, body, fds) \
	[IPC_##name] = { #name, direction, (phases), IPC_FREQUENCY_##frequency, body, fds },
#include "common/ipc_messages.def"
#undef ROW
};

const struct ipc_row *
ipc_row(enum ipc_type type)
{
	assert(type < IPC_TYPE_COUNT);
	return &rows[type];
}

static const char *
objection(const struct ipc_gate *gate, enum ipc_phase phase, const struct ipc_message *message)
{
	const struct ipc_row *row = ipc_row(message->type);

	if (row->direction != gate->direction)
		return "not from this side";
	if ((row->phases & phase) == 0)
		return "not in this phase";
	if (message->body.size > row->body_max)
		return "body too large";
	if (message->fd_count > row->fds_max)
		return "too many descriptors";
	if (row->frequency != IPC_FREQUENCY_FREELY && gate->used[message->type])
		return "not again";
	return NULL;
}

enum result
ipc_gate_admit(struct ipc_gate *gate, enum ipc_phase phase, const struct ipc_message *message,
    const char **why)
{
	*why = objection(gate, phase, message);
	if (*why != NULL)
		return RESULT_PROTOCOL;
	gate->used[message->type] = true;
	return RESULT_OK;
}

void
ipc_gate_again(struct ipc_gate *gate, enum ipc_type type)
{
	gate->used[type] = false;
}

void
ipc_gate_shut(struct ipc_gate *gate, enum ipc_type type)
{
	gate->used[type] = true;
}
