/* SPDX-License-Identifier: ISC */
/*
 * The wall clock and what it shows here (edge).
 */
#include "monitor/keys/now.h"

#include <time.h>

struct decide_time
now_of(uint64_t now_s)
{
	const time_t now = (time_t)now_s;
	struct decide_time result = { now_s, now_s };
	struct tm local;

	tzset();
	if (localtime_r(&now, &local) != NULL)
		result.local_s = now_s + (uint64_t)local.tm_gmtoff;
	return result;
}
