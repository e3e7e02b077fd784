/* SPDX-License-Identifier: ISC */
/*
 * What sources of connections did lately, and whether they may come in: PerSourcePenalties, with
 * PerSourceNetBlockSize and PerSourcePenaltyExemptList. Pure.
 */
#pragma once

#include "daemon/penalty_table.h"

struct penalties {
	struct settings_penalties rules;
	struct settings_net_block blocks;
	const char *exempt; /* borrowed: a list of addresses; NULL: nobody is */
	struct penalty_table v4, v6;
};

void penalties_init(struct penalties *penalties, const struct settings *settings,
    const uint8_t secret[SIPHASH_SECRET_SIZE]);
void penalties_clear(struct penalties *penalties);

/*
 * Adds what this kind costs, PENALTY_PART_CRASH to PENALTY_PART_REFUSECONNECTION, to the penalty of the source that
 * the numeric address belongs to. What counts up to more than `max` is `max`. Logged: at INFO when its connections
 * are refused from now on.
 */
void penalties_add(
    struct penalties *penalties, const char *address, enum penalty_part kind, uint64_t now_ms);

/* One of before, of blocks of this size: taken over if these blocks and rules still hold. */
void penalties_restore(struct penalties *penalties, const struct penalty *penalty,
    const struct settings_net_block *blocks);

/* Says in the log how many there are, and some of those who are refused. */
void penalties_log_state(const struct penalties *penalties, uint64_t now_ms);

/* Is a connection of this address to be refused? Then *why says for what, in words of the log. */
bool penalties_refuse(
    struct penalties *penalties, const char *address, uint64_t now_ms, const char **why);
