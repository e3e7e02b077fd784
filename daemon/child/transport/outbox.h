/* SPDX-License-Identifier: ISC */
/*
 * The send buffer: one contiguous piece of memory to which packets are appended, so that many of
 * them go out with one write. It starts small and grows while the network takes less than we have.
 */
#pragma once

#include "common/buf.h"

#define OUTBOX_ROOM_MIN (16 * 1024)
#define OUTBOX_ROOM_MAX (512 * 1024)
/* What is held up to this size may be moved to the front of the memory; more would cost too much. */
#define OUTBOX_CHEAP_MOVE (64 * 1024)

struct outbox {
	uint8_t *memory; /* owned; NULL until the first outbox_reserve */
	size_t start;    /* first byte that was not sent */
	size_t end;      /* one behind the last byte */
	size_t room;     /* bytes allocated */
};

void outbox_clear(struct outbox *box);

/* Room for `size` more bytes; they count after outbox_commit. RESULT_LIMIT when more than `ceiling`
 * (at most OUTBOX_ROOM_MAX) bytes would be held; RESULT_MEMORY. May move what is held. */
enum result outbox_reserve(struct outbox *box, size_t size, size_t ceiling, uint8_t **at) MUST_USE;
void outbox_commit(struct outbox *box, size_t size);

/* Would outbox_reserve find room without a long move? */
bool outbox_is_cheap(const struct outbox *box, size_t size);

/* The network took `size` bytes. */
void outbox_sent(struct outbox *box, size_t size);

/* Gives memory back when nothing is held. */
void outbox_trim(struct outbox *box);

static inline size_t
outbox_size(const struct outbox *box)
{
	return box->end - box->start;
}

static inline struct bytes
outbox_bytes(const struct outbox *box)
{
	return bytes_of(box->memory == NULL ? NULL : box->memory + box->start, outbox_size(box));
}
