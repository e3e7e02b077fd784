/* SPDX-License-Identifier: ISC */
/*
 * PerSourcePenalties (pure): a penalty is a time by which it is over, and refuses once it is long enough.
 */
#include "daemon/penalties.h"

#include <assert.h>
#include <inttypes.h>

#include "common/log.h"

#define KIND_COUNT PENALTY_PART_MAX

static const char *const kinds[KIND_COUNT] = {
	[PENALTY_PART_CRASH] = "caused crash",
	[PENALTY_PART_AUTHFAIL] = "failed authentication",
	[PENALTY_PART_NOAUTH] = "connections without attempting authentication",
	[PENALTY_PART_INVALIDUSER] = "attempted authentication by invalid user",
	[PENALTY_PART_GRACE_EXCEEDED] = "exceeded LoginGraceTime",
	[PENALTY_PART_REFUSECONNECTION] = "connection refused by server",
};

void
penalties_init(struct penalties *penalties, const struct settings *settings,
    const uint8_t secret[SIPHASH_SECRET_SIZE])
{
	const struct settings_penalties rules =
	    settings_penalties(settings, KEYWORD_PerSourcePenalties);

	*penalties = (struct penalties){
		.rules = rules,
		.blocks = settings_net_block(settings, KEYWORD_PerSourceNetBlockSize),
		.exempt = settings_text(settings, KEYWORD_PerSourcePenaltyExemptList),
	};
	penalty_table_init(&penalties->v4, rules.parts[PENALTY_PART_MAX_SOURCES4], secret);
	penalty_table_init(&penalties->v6, rules.parts[PENALTY_PART_MAX_SOURCES6], secret);
}

void
penalties_clear(struct penalties *penalties)
{
	penalty_table_clear(&penalties->v4);
	penalty_table_clear(&penalties->v6);
}

/* --- Sources ------------------------------------------------------------------------------------ */

/* Where penalties of a source are, and what becomes of them when there are too many. */
struct place {
	struct addr_net source;
	struct penalty_table *table;
	enum penalty_overflow overflow;
};

/* False: nobody is punished for what comes from there. */
static bool
find_place(struct penalties *penalties, const char *address, struct place *out)
{
	const uint64_t *parts = penalties->rules.parts;

	if (!penalties->rules.is_on ||
	    addr_parse(bytes_of_text(address), &out->source.base) != RESULT_OK)
		return false;
	if (penalties->exempt != NULL && addr_list_match(bytes_of_text(penalties->exempt),
					     bytes_of_text(address)) == LIST_MATCH_YES)
		return false;
	if (out->source.base.bits == 32) {
		out->source.prefix = penalties->blocks.v4_bits;
		out->table = &penalties->v4;
		out->overflow = (enum penalty_overflow)parts[PENALTY_PART_OVERFLOW];
	} else {
		out->source.prefix = penalties->blocks.v6_bits;
		out->table = &penalties->v6;
		out->overflow = (enum penalty_overflow)parts[PENALTY_PART_OVERFLOW6];
	}
	addr_mask(&out->source.base, out->source.prefix);
	return true;
}

static void
forget_past(struct penalty_table *table, uint64_t now_ms)
{
	struct penalty *first;

	while ((first = penalty_table_first(table)) != NULL && first->end_ms <= now_ms)
		penalty_table_remove(table, first);
}

/* --- Adding ------------------------------------------------------------------------------------- */

/* One for a source that has none, over already. NULL: there is no room, or no memory. */
static struct penalty *
begin(const struct place *place, uint64_t now_ms)
{
	struct penalty *penalty;

	if (place->table->count == place->table->max &&
	    place->overflow == PENALTY_OVERFLOW_PERMISSIVE)
		penalty_table_remove(place->table, penalty_table_first(place->table));
	if (penalty_table_add(place->table, &place->source.base, now_ms, &penalty) != RESULT_OK)
		return NULL;
	return penalty;
}

/* In whole seconds, begun ones counted. */
static uint64_t
seconds_left(const struct penalty *penalty, uint64_t now_ms)
{
	return (penalty->end_ms - now_ms + 999) / 1000;
}

static void
log_penalty(
    const struct place *place, const struct penalty *penalty, bool was_active, uint64_t now_ms)
{
	char source[ADDR_TEXT_MAX];

	addr_net_format(&place->source, source);
	if (!penalty->is_active)
		log_verbose("penalty", "penalty of %s is now %" PRIu64 " s, not refused yet: %s",
		    source, seconds_left(penalty, now_ms), kinds[penalty->kind]);
	else
		log_event(was_active ? LOG_LEVEL_VERBOSE : LOG_LEVEL_INFO, "penalty",
		    "connections from %s are refused for %" PRIu64 " s: %s", source,
		    seconds_left(penalty, now_ms), kinds[penalty->kind]);
}

void
penalties_add(
    struct penalties *penalties, const char *address, enum penalty_part kind, uint64_t now_ms)
{
	const uint64_t *parts = penalties->rules.parts;
	struct penalty *penalty;
	struct place place;
	uint64_t end_ms;
	bool was_active;

	assert((unsigned)kind < KIND_COUNT);
	if (!find_place(penalties, address, &place) || parts[kind] == 0)
		return;
	forget_past(place.table, now_ms);
	penalty = penalty_table_find(place.table, &place.source.base);
	if (penalty == NULL)
		penalty = begin(&place, now_ms);
	if (penalty == NULL)
		return;
	end_ms = penalty->end_ms + parts[kind];
	if (end_ms > now_ms + parts[PENALTY_PART_MAX])
		end_ms = now_ms + parts[PENALTY_PART_MAX];
	was_active = penalty->is_active;
	penalty->kind = kind;
	penalty->is_active = was_active || end_ms - now_ms >= parts[PENALTY_PART_MIN];
	penalty_table_set_end(place.table, penalty, end_ms);
	log_penalty(&place, penalty, was_active, now_ms);
}

/* --- Asking ------------------------------------------------------------------------------------- */

bool
penalties_refuse(
    struct penalties *penalties, const char *address, uint64_t now_ms, const char **why)
{
	const struct penalty *penalty;
	struct place place;

	if (!find_place(penalties, address, &place))
		return false;
	forget_past(place.table, now_ms);
	penalty = penalty_table_find(place.table, &place.source.base);
	if (penalty != NULL && penalty->is_active) {
		*why = kinds[penalty->kind];
		return true;
	}
	if (place.overflow != PENALTY_OVERFLOW_DENY_ALL || place.table->count < place.table->max)
		return false;
	*why = "too many penalised addresses";
	return true;
}

/* --- From one listener to the next -------------------------------------------------------------- */

void
penalties_restore(struct penalties *penalties, const struct penalty *penalty,
    const struct settings_net_block *blocks)
{
	struct penalty_table *table = penalty->source.bits == 32 ? &penalties->v4 : &penalties->v6;
	struct penalty *restored;

	if (!penalties->rules.is_on || blocks->v4_bits != penalties->blocks.v4_bits ||
	    blocks->v6_bits != penalties->blocks.v6_bits ||
	    penalty_table_find(table, &penalty->source) != NULL)
		return;
	if (penalty_table_add(table, &penalty->source, penalty->end_ms, &restored) != RESULT_OK)
		return;
	restored->kind = penalty->kind;
	restored->is_active = penalty->is_active;
}

/* --- For the operator --------------------------------------------------------------------------- */

/* Lines of one state: who has more of them asks the log of when they began. */
#define STATE_LINES 20

static void
log_table(const struct penalty_table *table, unsigned prefix, uint64_t now_ms, unsigned *lines)
{
	for (size_t i = 0; i < table->count && *lines < STATE_LINES; i++) {
		const struct penalty *penalty = penalty_table_at(table, i);
		const struct addr_net net = { penalty->source, prefix };
		char source[ADDR_TEXT_MAX];

		if (!penalty->is_active || penalty->end_ms <= now_ms)
			continue;
		addr_net_format(&net, source);
		log_info("state", "refused: %s for %" PRIu64 " s: %s", source,
		    seconds_left(penalty, now_ms), kinds[penalty->kind]);
		++*lines;
	}
}

void
penalties_log_state(const struct penalties *penalties, uint64_t now_ms)
{
	unsigned lines = 0;

	log_info("state", "sources with penalties: %zu IPv4, %zu IPv6", penalties->v4.count,
	    penalties->v6.count);
	log_table(&penalties->v4, penalties->blocks.v4_bits, now_ms, &lines);
	log_table(&penalties->v6, penalties->blocks.v6_bits, now_ms, &lines);
}
