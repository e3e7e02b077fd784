/* SPDX-License-Identifier: ISC */
/*
 * The connections that the listener knows of: for each its monitor's pid and the pipe by which the
 * monitor says that somebody is logged in.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/macros.h"
#include "common/result.h"

struct connection {
	pid_t pid;     /* the monitor; 0: reaped */
	int status_fd; /* owned; -1: closed */
	bool is_logged_in;
};

struct connections {
	struct connection *list; /* owned */
	size_t count, room;
	size_t pending; /* not logged in */
};

enum result connections_add(struct connections *connections, pid_t pid, int status_fd) MUST_USE;

/* The pipe of connection `i` has something to say, MONITOR_STATUS_*, or its writer is gone: 0. */
uint8_t connections_hear(struct connections *connections, size_t i);

/* A process ended: forgets its connection. */
void connections_reap(struct connections *connections, pid_t pid);

/* Tells those that are not logged in to end. */
void connections_end_pending(const struct connections *connections);

void connections_clear(struct connections *connections);
