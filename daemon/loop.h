/* SPDX-License-Identifier: ISC */
/*
 * All that can wake the listener (edge).
 */
#pragma once

#include "daemon/nursery.h"
#include "daemon/reload.h"
#include "daemon/sockets.h"
#include "monitor/monitor.h"

struct loop_inputs {
	struct sockets *sockets;
	struct nursery *nursery;
	struct reload *reload;
	struct buf *
	    handover; /* what a predecessor left, cleared when it was taken; empty: there was none */
	const char *pidfile; /* NULL: there is none */
	struct monitor_inputs
	    monitor;    /* what each monitor gets; endpoints and descriptors are filled in */
	bool serve_one; /* -d: one connection, then the end */
};

/* Blocks the signals that the loop takes from a descriptor; before the service is announced. */
enum result daemon_loop_take_signals(int *signal_fd) MUST_USE;

/* Serves until SIGTERM or SIGINT, or SIGQUIT: RESULT_CLOSED. After SIGHUP this process is another program. */
enum result daemon_loop_run(struct loop_inputs *inputs, int signal_fd) MUST_USE;
