/* SPDX-License-Identifier: ISC */
/*
 * Questions to a silent client (pure).
 */
#include "daemon/child/connection/alive.h"

void
alive_begin(struct alive *alive, uint32_t interval_s, uint32_t count_max, uint64_t now_ms)
{
	const uint32_t most_s = UINT32_MAX / 1000;

	*alive = (struct alive){ .count_max = count_max };
	alive->interval_ms = (interval_s < most_s ? interval_s : most_s) * 1000;
	alive_heard(alive, now_ms);
}

void
alive_heard(struct alive *alive, uint64_t now_ms)
{
	alive->unanswered = 0;
	alive->next_ms = alive->interval_ms == 0 ? 0 : now_ms + alive->interval_ms;
}

enum alive_action
alive_check(struct alive *alive, uint64_t now_ms)
{
	if (alive->next_ms == 0 || now_ms < alive->next_ms)
		return ALIVE_NOTHING;
	if (alive->count_max > 0 && alive->unanswered >= alive->count_max)
		return ALIVE_GIVE_UP;
	alive->unanswered++;
	alive->next_ms = now_ms + alive->interval_ms;
	return ALIVE_ASK;
}
