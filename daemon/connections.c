/* SPDX-License-Identifier: ISC */
/*
 * The connections that the listener knows of (edge: reads pipes, sends signals).
 */
#include "daemon/connections.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/fd.h"

enum result
connections_add(struct connections *connections, pid_t pid, int status_fd, const char *peer)
{
	struct connection *connection;

	if (connections->count == connections->room) {
		size_t room = connections->room == 0 ? 16 : connections->room * 2;
		struct connection *list = realloc(connections->list, room * sizeof(*list));

		if (list == NULL)
			return RESULT_MEMORY;
		connections->list = list;
		connections->room = room;
	}
	connection = &connections->list[connections->count++];
	*connection = (struct connection){ .pid = pid, .status_fd = status_fd };
	snprintf(connection->peer, sizeof(connection->peer), "%s", peer);
	return RESULT_OK;
}

uint8_t
connection_hear(struct connection *connection)
{
	uint8_t byte = 0;
	size_t size;
	enum result result;

	if (connection->status_fd < 0)
		return 0;
	result = fd_read(connection->status_fd, &byte, 1, &size);
	if (result == RESULT_AGAIN)
		return 0;
	if (result != RESULT_OK || byte == 0) {
		fd_close(&connection->status_fd); /* the monitor is gone; SIGCHLD follows */
		return 0;
	}
	if (byte == MONITOR_STATUS_LOGGED_IN)
		connection->is_logged_in = true;
	return byte;
}

struct connection *
connections_find(const struct connections *connections, pid_t pid)
{
	for (size_t i = 0; i < connections->count; i++) {
		if (connections->list[i].pid == pid)
			return &connections->list[i];
	}
	return NULL;
}

void
connections_remove(struct connections *connections, struct connection *connection)
{
	fd_close(&connection->status_fd);
	*connection = connections->list[--connections->count];
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
