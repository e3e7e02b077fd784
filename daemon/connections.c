/* SPDX-License-Identifier: ISC */
/*
 * The connections that the listener knows of (edge: reads pipes, sends signals).
 */
#include "daemon/connections.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>

#include "common/fd.h"
#include "monitor/monitor.h"

enum result
connections_add(struct connections *connections, pid_t pid, int status_fd)
{
	if (connections->count == connections->room) {
		size_t room = connections->room == 0 ? 16 : connections->room * 2;
		struct connection *list = realloc(connections->list, room * sizeof(*list));

		if (list == NULL)
			return RESULT_MEMORY;
		connections->list = list;
		connections->room = room;
	}
	connections->list[connections->count++] = (struct connection){ pid, status_fd, false };
	connections->pending++;
	return RESULT_OK;
}

static void
settle(struct connections *connections, struct connection *connection)
{
	if (connection->is_logged_in)
		return;
	assert(connections->pending > 0);
	connection->is_logged_in = true;
	connections->pending--;
}

uint8_t
connections_hear(struct connections *connections, size_t i)
{
	struct connection *connection = &connections->list[i];
	uint8_t byte;
	size_t size;
	enum result result = fd_read(connection->status_fd, &byte, 1, &size);

	if (result == RESULT_AGAIN)
		return 0;
	if (result != RESULT_OK ||
	    (byte != MONITOR_STATUS_LOGGED_IN && byte != MONITOR_STATUS_ATTACK)) {
		fd_close(&connection->status_fd); /* the monitor is gone; SIGCHLD follows */
		return 0;
	}
	if (byte == MONITOR_STATUS_LOGGED_IN)
		settle(connections, connection);
	return byte;
}

void
connections_reap(struct connections *connections, pid_t pid)
{
	for (size_t i = 0; i < connections->count; i++) {
		struct connection *connection = &connections->list[i];

		if (connection->pid != pid)
			continue;
		settle(connections, connection);
		fd_close(&connection->status_fd);
		*connection = connections->list[--connections->count];
		return;
	}
}

void
connections_end_pending(const struct connections *connections)
{
	for (size_t i = 0; i < connections->count; i++) {
		if (!connections->list[i].is_logged_in)
			kill(connections->list[i].pid, SIGTERM);
	}
}

void
connections_clear(struct connections *connections)
{
	for (size_t i = 0; i < connections->count; i++)
		fd_close(&connections->list[i].status_fd);
	free(connections->list);
	*connections = (struct connections){ 0 };
}
