/* SPDX-License-Identifier: ISC */
/*
 * What wakes the child (edge): the network, the monitor, the descriptors of channels.
 */
#pragma once

#include "daemon/child/conn.h"

/* Serves the connection until it ends. Both descriptors are non-blocking and borrowed. RESULT_OK when
 * it ended in order, RESULT_CLOSED when the monitor went away, else what went wrong here. */
enum result loop_run(struct conn *conn, int network_fd, int ipc_fd) MUST_USE;
