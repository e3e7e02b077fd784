/* SPDX-License-Identifier: ISC */
/*
 * Receive windows (pure).
 */
#include "daemon/child/connection/window.h"

#include <assert.h>

/*
 * A window should hold what its consumer takes in two round trips, so that the client never waits for us. What
 * it holds beyond that only lies in the client's memory, which stock ssh moves about at its own cost.
 */
#define ROUND_TRIPS 2

/* The time is looked at in milliseconds: this one has passed as soon as it begins. */
#define HOLDS_LEAST_MS 1

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void
resize(struct window *window, uint32_t size)
{
	window->budget->total -= window->size;
	window->budget->total += size;
	window->size = size;
}

bool
window_fits(const struct window_budget *budget)
{
	return budget->total + least(WINDOW_LEAST, budget->window_max) <= budget->total_max;
}

void
window_open(struct window *window, struct window_budget *budget)
{
	uint32_t begin = WINDOW_LEAST;

	if (budget->total + WINDOW_BEGIN <= budget->total_max / 2)
		begin = WINDOW_BEGIN;
	else if (budget->total + WINDOW_CROWDED <= budget->total_max / 4 * 3)
		begin = WINDOW_CROWDED;
	*window = (struct window){ .budget = budget, .since_ms = budget->now_ms };
	window->begin = least(begin, budget->window_max);
	resize(window, window->begin);
	window->left = window->size;
}

void
window_close(struct window *window)
{
	resize(window, 0);
}

bool
window_receive(struct window *window, size_t size)
{
	if (size > window->left)
		return false;
	window->left -= (uint32_t)size;
	window->held += (uint32_t)size;
	return true;
}

static uint64_t
holds_ms(const struct window_budget *budget)
{
	const uint64_t trips_ms = ROUND_TRIPS * (uint64_t)budget->rtt_us / 1000;

	return trips_ms > HOLDS_LEAST_MS ? trips_ms : HOLDS_LEAST_MS;
}

/* Each time that as much as the window holds was taken: was that in less than the time that it should
 * hold for, by a consumer that keeps up? */
static void
grow_if_due(struct window *window)
{
	struct window_budget *budget = window->budget;
	uint32_t size = least(window->size * 2, budget->window_max);

	if (window->taken < window->size)
		return;
	if (budget->now_ms - window->since_ms < holds_ms(budget) &&
	    window->held <= window->size / 8 &&
	    budget->total + (size - window->size) <= budget->total_max / 4 * 3)
		resize(window, size);
	window->taken = 0;
	window->since_ms = budget->now_ms;
}

uint32_t
window_take(struct window *window, size_t size)
{
	uint32_t more;

	assert(size <= window->held);
	window->held -= (uint32_t)size;
	window->taken += (uint32_t)size;
	grow_if_due(window);
	if (window->left + window->held >= window->size)
		return 0; /* it has shrunk */
	more = window->size - window->left - window->held;
	if (more < window->size / 4)
		return 0;
	window->left += more;
	return more;
}

void
window_rest(struct window *window)
{
	if (window->held == 0 && window->size > window->begin)
		resize(window, window->begin);
	window->taken = 0;
	window->since_ms = window->budget->now_ms;
}
