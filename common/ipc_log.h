/* SPDX-License-Identifier: ISC */
/*
 * The log of a process that has none of its own: each event is a message to the monitor (edge).
 */
#pragma once

#include "common/ipc_table.h"

/*
 * From now on events go to `socket` as messages of this type (u32 level, string reason, string text). A
 * full socket loses the line. The socket is borrowed for the life of the process.
 */
void ipc_log_to(int socket, enum ipc_type type);
