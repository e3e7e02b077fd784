/* SPDX-License-Identifier: ISC */
/*
 * Penalties by source: a hash table with chains, and a heap (pure).
 */
#include "daemon/penalty_table.h"

#include <assert.h>
#include <stdlib.h>

#define NOWHERE    UINT32_MAX
#define ROOM_FIRST 64

void
penalty_table_init(
    struct penalty_table *table, size_t max, const uint8_t secret[SIPHASH_SECRET_SIZE])
{
	assert(max > 0 && max < NOWHERE / 2);
	*table = (struct penalty_table){ .max = max, .first_free = NOWHERE };
	memcpy(table->secret, secret, SIPHASH_SECRET_SIZE);
}

void
penalty_table_clear(struct penalty_table *table)
{
	free(table->list);
	free(table->heap);
	free(table->buckets);
	*table = (struct penalty_table){ .max = table->max, .first_free = NOWHERE };
}

/* --- Buckets ------------------------------------------------------------------------------------ */

static uint32_t *
bucket_of(const struct penalty_table *table, const struct addr *source)
{
	const uint64_t hash =
	    siphash(table->secret, bytes_of(source->bytes, sizeof(source->bytes)));

	return &table->buckets[hash & (table->room - 1)];
}

static void
chain(struct penalty_table *table, uint32_t at)
{
	uint32_t *bucket = bucket_of(table, &table->list[at].source);

	table->list[at].next = *bucket;
	*bucket = at;
}

static void
unchain(struct penalty_table *table, uint32_t at)
{
	uint32_t *link = bucket_of(table, &table->list[at].source);

	while (*link != at)
		link = &table->list[*link].next;
	*link = table->list[at].next;
}

static bool
is_same(const struct addr *a, const struct addr *b)
{
	return a->bits == b->bits && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

struct penalty *
penalty_table_find(struct penalty_table *table, const struct addr *source)
{
	if (table->count == 0)
		return NULL;
	for (uint32_t at = *bucket_of(table, source); at != NOWHERE; at = table->list[at].next) {
		if (is_same(&table->list[at].source, source))
			return &table->list[at];
	}
	return NULL;
}

/* --- The heap ----------------------------------------------------------------------------------- */

static uint64_t
end_at(const struct penalty_table *table, size_t i)
{
	return table->list[table->heap[i]].end_ms;
}

static void
put_into_heap(struct penalty_table *table, size_t i, uint32_t at)
{
	table->heap[i] = at;
	table->list[at].heap_at = (uint32_t)i;
}

static void
swap(struct penalty_table *table, size_t i, size_t j)
{
	const uint32_t at = table->heap[i];

	put_into_heap(table, i, table->heap[j]);
	put_into_heap(table, j, at);
}

/* Both ways: only one of them has something to do. */
static void
settle(struct penalty_table *table, size_t i)
{
	for (; i > 0 && end_at(table, i) < end_at(table, (i - 1) / 2); i = (i - 1) / 2)
		swap(table, i, (i - 1) / 2);
	for (;;) {
		size_t first = 2 * i + 1;

		if (first + 1 < table->count && end_at(table, first + 1) < end_at(table, first))
			first++;
		if (first >= table->count || end_at(table, i) <= end_at(table, first))
			return;
		swap(table, i, first);
		i = first;
	}
}

struct penalty *
penalty_table_first(struct penalty_table *table)
{
	return table->count == 0 ? NULL : &table->list[table->heap[0]];
}

struct penalty *
penalty_table_at(const struct penalty_table *table, size_t i)
{
	assert(i < table->count);
	return &table->list[table->heap[i]];
}

void
penalty_table_set_end(struct penalty_table *table, struct penalty *penalty, uint64_t end_ms)
{
	penalty->end_ms = end_ms;
	settle(table, penalty->heap_at);
}

/* --- Coming and going --------------------------------------------------------------------------- */

/* What could be had so far is kept when the rest cannot: `room` changes last. */
static enum result
grow_arrays(struct penalty_table *table, size_t room)
{
	struct penalty *list = realloc(table->list, room * sizeof(*list));
	uint32_t *heap, *buckets;

	if (list == NULL)
		return RESULT_MEMORY;
	table->list = list;
	heap = realloc(table->heap, room * sizeof(*heap));
	if (heap == NULL)
		return RESULT_MEMORY;
	table->heap = heap;
	buckets = realloc(table->buckets, room * sizeof(*buckets));
	if (buckets == NULL)
		return RESULT_MEMORY;
	table->buckets = buckets;
	return RESULT_OK;
}

/* Everybody is in use when it grows. */
static enum result
grow(struct penalty_table *table)
{
	const size_t old = table->room;
	const size_t room = old == 0 ? ROOM_FIRST : 2 * old;

	assert(table->first_free == NOWHERE && table->count == old);
	TRY(grow_arrays(table, room));
	table->room = room;
	for (size_t i = room; i-- > old;) {
		table->list[i].next = table->first_free;
		table->first_free = (uint32_t)i;
	}
	for (size_t i = 0; i < room; i++)
		table->buckets[i] = NOWHERE;
	for (size_t i = 0; i < old; i++)
		chain(table, (uint32_t)i);
	return RESULT_OK;
}

enum result
penalty_table_add(
    struct penalty_table *table, const struct addr *source, uint64_t end_ms, struct penalty **out)
{
	uint32_t at;

	assert(penalty_table_find(table, source) == NULL);
	if (table->count == table->max)
		return RESULT_LIMIT;
	if (table->first_free == NOWHERE)
		TRY(grow(table));
	at = table->first_free;
	table->first_free = table->list[at].next;
	table->list[at] = (struct penalty){ .source = *source, .end_ms = end_ms };
	chain(table, at);
	put_into_heap(table, table->count, at);
	table->count++;
	settle(table, table->count - 1);
	*out = &table->list[at];
	return RESULT_OK;
}

void
penalty_table_remove(struct penalty_table *table, struct penalty *penalty)
{
	const uint32_t at = (uint32_t)(penalty - table->list);
	const size_t i = penalty->heap_at;

	unchain(table, at);
	table->count--;
	if (i < table->count) {
		put_into_heap(table, i, table->heap[table->count]);
		settle(table, i);
	}
	penalty->next = table->first_free;
	table->first_free = at;
}
