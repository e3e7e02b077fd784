/* SPDX-License-Identifier: ISC */
/*
 * Monotonic time. Edge.
 */
#include "common/clock.h"

#include <assert.h>
#include <time.h>

uint64_t
clock_now_ms(void)
{
	struct timespec now;
	int failed = clock_gettime(CLOCK_MONOTONIC, &now);

	assert(failed == 0); /* it cannot, on any Linux */
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
