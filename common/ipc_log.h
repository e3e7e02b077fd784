/* SPDX-License-Identifier: ISC */
/*
 * The log of a process that has none of its own: each event is a message to the monitor (edge).
 */
#pragma once

#include "common/ipc_table.h"
#include "common/log.h"

/*
 * From now on events go to `socket` as messages of this type (u32 level, string reason, string text). A
 * full socket loses the line. The socket is borrowed for the life of the process.
 */
void ipc_log_to(int socket, enum ipc_type type);

/* Such a message, as it was received. Its words are the sender's: views into the body, not yet quoted. */
struct ipc_log_line {
	enum log_level level;
	struct bytes reason, text;
};

/*
 * Reads one. What is more urgent than `most_urgent` is taken for that: whoever reads what strangers send, or is a
 * user, may be in their hands, and wakes nobody up. RESULT_PROTOCOL: there is no such level; wire errors.
 */
enum result ipc_log_get(
    struct bytes body, enum log_level most_urgent, struct ipc_log_line *line) MUST_USE;
