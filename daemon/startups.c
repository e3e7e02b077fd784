/* SPDX-License-Identifier: ISC */
/*
 * The connections that nobody has logged in on yet (pure).
 */
#include "daemon/startups.h"

#include <stdlib.h>

static int
compare(const struct addr *a, const struct addr *b)
{
	if (a->bits != b->bits)
		return a->bits < b->bits ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* The first that is not before `addr`. */
static size_t
find_place(const struct startups *startups, const struct addr *addr)
{
	size_t low = 0, high = startups->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (compare(&startups->list[middle].addr, addr) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static enum result
make_room(struct startups *startups)
{
	const size_t room = startups->room == 0 ? 16 : startups->room * 2;
	struct startup *list;

	if (startups->count < startups->room)
		return RESULT_OK;
	list = realloc(startups->list, room * sizeof(*list));
	if (list == NULL)
		return RESULT_MEMORY;
	startups->list = list;
	startups->room = room;
	return RESULT_OK;
}

enum result
startups_add(struct startups *startups, const struct startup *startup)
{
	const size_t at = find_place(startups, &startup->addr);

	TRY(make_room(startups));
	memmove(startups->list + at + 1, startups->list + at,
	    (startups->count - at) * sizeof(*startups->list));
	startups->list[at] = *startup;
	startups->count++;
	return RESULT_OK;
}

static struct startup *
find(const struct startups *startups, pid_t pid)
{
	for (size_t i = 0; i < startups->count; i++) {
		if (startups->list[i].pid == pid)
			return &startups->list[i];
	}
	return NULL;
}

void
startups_remove(struct startups *startups, pid_t pid)
{
	struct startup *startup = find(startups, pid);

	if (startup == NULL)
		return;
	startups->count--;
	memmove(startup, startup + 1,
	    (size_t)(startups->list + startups->count - startup) * sizeof(*startup));
}

unsigned
startups_prefix(const struct settings_net_block *block, const struct addr *addr)
{
	return addr->bits == 32 ? block->v4_bits : block->v6_bits;
}

size_t
startups_near(const struct startups *startups, const struct addr *addr, unsigned prefix)
{
	struct addr_net net = { *addr, prefix };
	size_t first, end;

	addr_mask(&net.base, prefix);
	first = find_place(startups, &net.base);
	for (end = first; end < startups->count && addr_net_has(&net, &startups->list[end].addr);
	     end++)
		continue;
	return end - first;
}

void
startups_clear(struct startups *startups)
{
	free(startups->list);
	*startups = (struct startups){ 0 };
}
