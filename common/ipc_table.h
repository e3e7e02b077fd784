/* SPDX-License-Identifier: ISC */
/*
 * The table of messages and the gate in front of every handler: may this message come now? Phase,
 * count, size and number of descriptors are checked before any handler runs.
 */
#pragma once

#include "common/buf.h"

enum ipc_type {
#define ROW(name, direction, phases, frequency, body, fds) IPC_##name,
#include "common/ipc_messages.def"
#undef ROW
	IPC_TYPE_COUNT
};

enum ipc_direction {
	MONITOR_TO_CHILD,
	CHILD_TO_MONITOR,
	MONITOR_TO_USER,
	USER_TO_MONITOR,
	MONITOR_TO_PAM,
	PAM_TO_MONITOR,
	LISTENER_TO_NURSERY,
	NURSERY_TO_LISTENER,
	MONITOR_TO_GSS,
	GSS_TO_MONITOR,
};

/* Bits, so that a row can name several. */
enum ipc_phase {
	IPC_PHASE_START = 1 << 0,
	IPC_PHASE_LOGIN = 1 << 1,
	IPC_PHASE_OPEN = 1 << 2,
	IPC_PHASE_ENDING = 1 << 3,
};

enum ipc_frequency {
	IPC_FREQUENCY_ONCE,
	IPC_FREQUENCY_ONCE_A_KEX,
	IPC_FREQUENCY_ONE_PENDING,
	IPC_FREQUENCY_FREELY,
};

#define IPC_FDS_MAX    4
#define IPC_BODY_MAX   131072
#define IPC_PACKET_MAX (IPC_BODY_MAX + 1)

struct ipc_row {
	const char *name;
	enum ipc_direction direction;
	unsigned phases; /* enum ipc_phase, ored */
	enum ipc_frequency frequency;
	size_t body_max;
	size_t fds_max;
};

struct ipc_message {
	enum ipc_type type;
	struct bytes body;
	int fds[IPC_FDS_MAX];
	size_t fd_count;
};

/* One receiving end. Zeroed at the start but for `direction`. */
struct ipc_gate {
	enum ipc_direction direction;
	bool used[IPC_TYPE_COUNT]; /* and may not come again, or not before ipc_gate_again */
};

const struct ipc_row *ipc_row(enum ipc_type type);

/* RESULT_OK, or RESULT_PROTOCOL with *why (static text) when the row does not allow it. */
enum result ipc_gate_admit(struct ipc_gate *gate, enum ipc_phase phase,
    const struct ipc_message *message, const char **why) MUST_USE;

/* A ONCE_A_KEX or ONE_PENDING message may come again. */
void ipc_gate_again(struct ipc_gate *gate, enum ipc_type type);

/* A ONE_PENDING message that could have come did not, and may not any more. */
void ipc_gate_shut(struct ipc_gate *gate, enum ipc_type type);
