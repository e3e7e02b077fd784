/* SPDX-License-Identifier: ISC */
/*
 * How often the log may say the same (pure).
 */
#include "common/ration.h"

bool
ration_take(struct ration *ration, uint64_t now_ms)
{
	if (now_ms >= ration->end_ms)
		*ration = (struct ration){ .end_ms = now_ms + RATION_PERIOD_MS };
	if (ration->lines < RATION_LINES) {
		ration->lines++;
		return true;
	}
	ration->kept_back++;
	return false;
}

uint64_t
ration_deadline_ms(const struct ration *ration)
{
	return ration->kept_back > 0 ? ration->end_ms : 0;
}

unsigned
ration_settle(struct ration *ration, uint64_t now_ms)
{
	const unsigned kept_back = ration->kept_back;

	if (now_ms < ration->end_ms)
		return 0;
	ration->kept_back = 0;
	return kept_back;
}
