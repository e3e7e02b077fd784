/* SPDX-License-Identifier: ISC */
/*
 * Random early drop of connections that are not logged in (pure). MaxStartups in sshd_config.
 */
#include "daemon/admit.h"

bool
admit_is_welcome(const struct settings_startups *limit, unsigned pending, unsigned chance)
{
	unsigned percent;

	if (pending < limit->start)
		return true;
	if (pending >= limit->full)
		return false;
	/* From rate percent at `start` to all of them at `full`. */
	percent = limit->rate_percent +
		  (unsigned)((uint64_t)(100 - limit->rate_percent) * (pending - limit->start) /
			     (limit->full - limit->start));
	return chance >= percent;
}
