/* SPDX-License-Identifier: ISC */
/*
 * The user process: what wakes it (plain poll), and its table of messages.
 */
#pragma once

#include "common/ipc.h"

/*
 * Serves the monitor at the other end of `ipc_fd` until it closes (RESULT_OK) or makes no sense
 * (another result). `room` has IPC_PACKET_MAX bytes.
 */
enum result user_loop_run(int ipc_fd, struct ipc_gate *gate, uint8_t *room) MUST_USE;
