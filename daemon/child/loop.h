/* SPDX-License-Identifier: ISC */
/*
 * What wakes the child (edge): the network, the monitor, the descriptors of channels.
 */
#pragma once

#include "daemon/child/conn.h"
#include "daemon/child/qos.h"

/* Serves the connection until it ends. Both descriptors are non-blocking and borrowed. RESULT_OK when
 * it ended in order, RESULT_CLOSED when the monitor went away, else what went wrong here. */
enum result loop_run(struct conn *conn, const struct qos *qos, int ipc_fd) MUST_USE;
