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
	const size_t at = find_place(startups, &startup->addr); /* in front of its like */

	TRY(make_room(startups));
	memmove(startups->list + at + 1, startups->list + at,
	    (startups->count - at) * sizeof(*startups->list));
	startups->list[at] = *startup;
	startups->count++;
	startups->reserved += startup->is_reserved;
	return RESULT_OK;
}

struct startup *
startups_find(const struct startups *startups, pid_t pid)
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
	struct startup *startup = startups_find(startups, pid);

	if (startup == NULL)
		return;
	startups->count--;
	startups->reserved -= startup->is_reserved;
	memmove(startup, startup + 1,
	    (size_t)(startups->list + startups->count - startup) * sizeof(*startup));
}

void
startups_spoke(struct startups *startups, pid_t pid, uint64_t now_ms)
{
	struct startup *startup = startups_find(startups, pid);

	if (startup == NULL)
		return;
	startup->has_spoken = true;
	startup->heard_ms = now_ms;
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

/* --- Who must go -------------------------------------------------------------------------------- */

/*
 * How long a client must have been silent to be dropped. One that never spoke has sent nothing that took an
 * answer; a second is more than the farthest client needs. One that spoke may be somebody at a prompt.
 */
enum { GREEDIER, NOT_GREEDIER };
static const uint64_t patience_ms[2][2] = {
	[GREEDIER] = { [false] = 0, [true] = 3000 },
	[NOT_GREEDIER] = { [false] = 1000, [true] = 10000 },
};

/* Networks within networks: about what a provider has, what a customer has, and one host. */
enum level { LEVEL_WIDE, LEVEL_NET, LEVEL_HOST, LEVEL_COUNT };
static const unsigned v4_prefixes[LEVEL_COUNT] = { 16, 24, 32 };
static const unsigned v6_prefixes[LEVEL_COUNT] = { 32, 56, 64 };

/* How many connections there are in each of the networks that an address is in. */
struct crowd {
	size_t counts[LEVEL_COUNT];
};

/* Who has the larger net is greedier; among equals, who has more of them in one place; then, the larger host. */
static int
compare_greed(const struct crowd *a, const struct crowd *b)
{
	static const enum level order[] = { LEVEL_NET, LEVEL_WIDE, LEVEL_HOST };

	for (size_t i = 0; i < COUNT(order); i++) {
		if (a->counts[order[i]] != b->counts[order[i]])
			return a->counts[order[i]] < b->counts[order[i]] ? -1 : 1;
	}
	return 0;
}

struct search {
	const struct startups *startups;
	const struct addr *newcomer;
	uint64_t now_ms;
	size_t ends[LEVEL_COUNT]; /* of the runs of neighbours that the walk is in */
	struct crowd crowd;       /* of those runs, with the newcomer */
	struct crowd own;         /* the newcomer's */
	struct crowd best_crowd;
	const struct startup *best;
};

/* The run of `level` that begins at `first`. */
static void
enter_run(struct search *search, size_t first, enum level level)
{
	const struct startup *list = search->startups->list;
	const unsigned *prefixes = list[first].addr.bits == 32 ? v4_prefixes : v6_prefixes;
	struct addr_net net = { list[first].addr, prefixes[level] };
	size_t end, count = 0;

	addr_mask(&net.base, net.prefix);
	for (end = first; end < search->startups->count && addr_net_has(&net, &list[end].addr);
	     end++)
		count += !list[end].is_reserved;
	search->ends[level] = end;
	search->crowd.counts[level] = count + addr_net_has(&net, search->newcomer);
}

/* Nobody goes for a newcomer who is greedier than he is. */
static bool
may_go(const struct search *search, const struct startup *startup)
{
	const int order = compare_greed(&search->own, &search->crowd);

	if (startup->is_reserved || order > 0)
		return false;
	return search->now_ms - startup->heard_ms >=
	       patience_ms[order < 0 ? GREEDIER : NOT_GREEDIER][startup->has_spoken];
}

/* `a` is behind `b`, so of two that are as old `b` came later: see startups_add. */
static bool
is_rather_dropped(const struct startup *a, const struct startup *b)
{
	if (a->has_spoken != b->has_spoken)
		return b->has_spoken;
	return a->heard_ms <= b->heard_ms;
}

static void
consider(struct search *search, const struct startup *startup)
{
	int order = 1;

	if (!may_go(search, startup))
		return;
	if (search->best != NULL)
		order = compare_greed(&search->crowd, &search->best_crowd);
	if (order < 0 || (order == 0 && !is_rather_dropped(startup, search->best)))
		return;
	search->best = startup;
	search->best_crowd = search->crowd;
}

/* The newcomer's networks as they would be. */
static void
count_own(struct search *search)
{
	const unsigned *prefixes = search->newcomer->bits == 32 ? v4_prefixes : v6_prefixes;
	const struct startups *startups = search->startups;

	for (unsigned level = 0; level < LEVEL_COUNT; level++) {
		struct addr_net net = { *search->newcomer, prefixes[level] };

		addr_mask(&net.base, net.prefix);
		search->own.counts[level] = 1;
		for (size_t i = find_place(startups, &net.base);
		     i < startups->count && addr_net_has(&net, &startups->list[i].addr); i++)
			search->own.counts[level] += !startups->list[i].is_reserved;
	}
}

const struct startup *
startups_victim(const struct startups *startups, const struct addr *addr, uint64_t now_ms)
{
	struct search search = { .startups = startups, .newcomer = addr, .now_ms = now_ms };

	count_own(&search);
	for (size_t i = 0; i < startups->count; i++) {
		for (unsigned level = 0; level < LEVEL_COUNT; level++) {
			if (i >= search.ends[level])
				enter_run(&search, i, (enum level)level);
		}
		consider(&search, &startups->list[i]);
	}
	return search.best;
}

void
startups_clear(struct startups *startups)
{
	free(startups->list);
	*startups = (struct startups){ 0 };
}
