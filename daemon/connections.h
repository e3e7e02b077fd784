/* SPDX-License-Identifier: ISC */
/*
 * The connections that the listener knows of: for each its monitor's pid and the pipe by which the
 * monitor says what becomes of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/macros.h"
#include "common/result.h"
#include "monitor/monitor.h"

struct connection {
	pid_t pid;     /* the monitor */
	int status_fd; /* owned; -1: closed */
	bool is_logged_in;
	bool is_leaving;                /* was told to make room */
	bool is_called;                 /* we made it, to a place of CallHome */
	char peer[MONITOR_ADDRESS_MAX]; /* where it comes from */
};

struct connections {
	struct connection *list; /* owned */
	size_t count, room;
};

/* Takes status_fd, but not where it fails: RESULT_MEMORY. */
enum result connections_add(
    struct connections *connections, pid_t pid, int status_fd, const char *peer) MUST_USE;

/* The next that its monitor has said, MONITOR_STATUS_*; 0: nothing, or the writer is gone. */
uint8_t connection_hear(struct connection *connection);

/* NULL: no connection's. */
struct connection *connections_find(const struct connections *connections, pid_t pid);

/* Its monitor ended. Another one takes its place in the list. */
void connections_remove(struct connections *connections, struct connection *connection);

/* Tells those that are not logged in to end. */
void connections_end_pending(const struct connections *connections);

void connections_clear(struct connections *connections);
