/* SPDX-License-Identifier: ISC */
/*
 * What wakes the child (edge): the network, the monitor, the descriptors of channels.
 */
#pragma once

#include "daemon/child/conn.h"
#include "daemon/child/qos.h"

/* The client: a socket, which is both, or two pipes. Both are non-blocking. */
struct network {
	int in_fd, out_fd;
};

/* Serves the connection until it ends. All descriptors are non-blocking and borrowed. RESULT_OK when
 * it ended in order, RESULT_CLOSED when the monitor went away, else what went wrong here. */
enum result loop_run(
    struct conn *conn, const struct network *network, const struct qos *qos, int ipc_fd) MUST_USE;
