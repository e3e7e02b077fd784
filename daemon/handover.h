/* SPDX-License-Identifier: ISC */
/*
 * What a listener that executes itself anew leaves to the one it becomes: its descriptors, connections and
 * penalties, as bytes. Pure.
 *
 * The reader may be of another version. So it is a list of parts, each a name and a body of its own (two strings);
 * who does not know a part leaves it out.
 */
#pragma once

#include "daemon/calls.h"
#include "daemon/connections.h"
#include "daemon/door.h"

#define HANDOVER_MAX \
	(256UL * 1024 * 1024) /* bytes: the most penalties there can be, with room to spare */

struct handover {
	const int *listening; /* borrowed */
	size_t listening_count;
	const char *pidfile; /* NULL: none */
	const struct connections *connections;
	const struct door *door;
	const struct calls *calls;
};

/* Appends all of it. RESULT_MEMORY, RESULT_LIMIT. */
enum result handover_put(const struct handover *handover, struct buf *out) MUST_USE;

/* Is it all well formed? To be asked before anything else. RESULT_MALFORMED and its kin. */
enum result handover_check(struct bytes bytes) MUST_USE;

/* Calls `found` for each descriptor that is handed over. */
enum handover_kind {
	HANDOVER_LISTENING,
	HANDOVER_STATUS,
};
typedef void handover_visitor(void *context, enum handover_kind kind, int fd);
void handover_descriptors(struct bytes bytes, handover_visitor *found, void *context);

/* The old pid file; false: there was none, or its name is longer than `size`. */
bool handover_pidfile(struct bytes bytes, char *out, size_t size);

/* Connections and penalties as they were, into empty ones, and what is known of places to call; what the new settings
 * do not want is left out. RESULT_MEMORY. */
enum result handover_restore(struct bytes bytes, struct connections *connections, struct door *door,
    struct calls *calls) MUST_USE;
