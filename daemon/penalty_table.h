/* SPDX-License-Identifier: ISC */
/*
 * Penalties by source, of one family of addresses: a table with a ceiling, hashed under a secret so that nobody
 * can choose addresses that fall together, and a heap that knows which penalty is over first. Pure.
 */
#pragma once

#include "common/addr.h"
#include "common/config/settings.h"
#include "common/siphash.h"

struct penalty {
	struct addr source;     /* masked */
	uint64_t end_ms;        /* when it is over; changed by penalty_table_set_end only */
	enum penalty_part kind; /* the latest */
	bool is_active;         /* connections are refused */
	uint32_t heap_at;       /* inside only: where it is in the heap; in a free one unused */
	uint32_t next;          /* inside only: the next of the same bucket, or the next free one */
};

struct penalty_table {
	struct penalty *list; /* owned, `room` of them */
	uint32_t *heap;       /* owned, places in `list`, the first to end at the top */
	uint32_t *buckets;    /* owned, places in `list` */
	uint32_t first_free;
	size_t count, room; /* room is a power of two, or 0 */
	size_t max;
	uint8_t secret[SIPHASH_SECRET_SIZE];
};

void penalty_table_init(
    struct penalty_table *table, size_t max, const uint8_t secret[SIPHASH_SECRET_SIZE]);
void penalty_table_clear(struct penalty_table *table);

/* NULL: there is none. */
struct penalty *penalty_table_find(struct penalty_table *table, const struct addr *source);

/* A new one for a source that has none; its kind is for the caller to fill in. Pointers to others become invalid.
 * RESULT_LIMIT: the table is full; RESULT_MEMORY. */
enum result penalty_table_add(struct penalty_table *table, const struct addr *source,
    uint64_t end_ms, struct penalty **out) MUST_USE;

void penalty_table_set_end(struct penalty_table *table, struct penalty *penalty, uint64_t end_ms);

/* The one that is over first; NULL: there is none. */
struct penalty *penalty_table_first(struct penalty_table *table);

/* The i-th of `count` in no order that means anything. */
struct penalty *penalty_table_at(const struct penalty_table *table, size_t i);

void penalty_table_remove(struct penalty_table *table, struct penalty *penalty);
