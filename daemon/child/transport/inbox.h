/* SPDX-License-Identifier: ISC */
/*
 * The receive buffer: one contiguous piece of memory into which the network is read, and in which
 * packets are decrypted and parsed. It starts small and grows while the peer fills it.
 */
#pragma once

#include "common/buf.h"

#define INBOX_ROOM_MIN (16 * 1024)
#define INBOX_ROOM_MAX (512 * 1024) /* more than the largest packet, so one always fits */

struct inbox {
	uint8_t *memory; /* owned; NULL until the first inbox_room */
	size_t start;    /* first byte that was not consumed */
	size_t end;      /* one behind the last byte received */
	size_t room;     /* bytes allocated */
	bool was_filled; /* the last read left no room: the next one may have more */
};

void inbox_clear(struct inbox *box);

/* Moves what was not consumed to the front and returns the room behind it, at least one byte. Views
 * of the memory end here. RESULT_LIMIT when the bytes held fill INBOX_ROOM_MAX; RESULT_MEMORY. */
enum result inbox_room(struct inbox *box, uint8_t **at, size_t *size) MUST_USE;
void inbox_received(struct inbox *box, size_t size);

/* Gives memory back when nothing is held. */
void inbox_trim(struct inbox *box);

static inline size_t
inbox_size(const struct inbox *box)
{
	return box->end - box->start;
}

/* The bytes held: to be decrypted in place. */
static inline uint8_t *
inbox_at(const struct inbox *box)
{
	return box->memory == NULL ? NULL : box->memory + box->start;
}

/* Drops bytes at the front; their memory stays as it is until inbox_room. */
void inbox_consume(struct inbox *box, size_t size);
