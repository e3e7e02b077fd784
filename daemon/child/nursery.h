/* SPDX-License-Identifier: ISC */
/*
 * The nursery (edge): a process that has started libcrypto and done nothing else, and forks a child for
 * each connection, so that a child costs a fork and not a program's start. It never sees a byte of the
 * network: children get their sockets from their monitors.
 */
#pragma once

#include "common/buf.h"

/* What a child does from its fork to its end: its exit status. `filter` is its system call filter. */
typedef int nursery_child(struct bytes filter);

/* Serves the listener at CHILD_IPC_FD until it closes its end; the exit status. */
int nursery_run(nursery_child *child);
