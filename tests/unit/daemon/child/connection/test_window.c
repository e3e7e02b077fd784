/* SPDX-License-Identifier: ISC */
/*
 * Tests of daemon/child/connection/window.c.
 */
#include "daemon/child/connection/window.h"

#include "tests/unit/support.h"

#define MOST   (64U * 1024 * 1024)
#define FAR_US 500000 /* half a second: two round trips are one */

/* Moves `size` bytes through the window as a client would that fills it, in packets of 32 KiB. */
static void
move(struct window *window, size_t size)
{
	for (size_t moved = 0; moved < size; moved += 32768) {
		assert_true(window_receive(window, 32768));
		(void)window_take(window, 32768);
	}
}

static void
opens_and_takes(void **state)
{
	struct window_budget budget = { .window_max = MOST, .total_max = WINDOW_BUDGET };
	struct window window;

	window_open(&window, &budget);
	assert_int_equal(window.left, WINDOW_BEGIN);
	assert_int_equal(budget.total, WINDOW_BEGIN);
	assert_true(window_receive(&window, WINDOW_BEGIN));
	assert_false(window_receive(&window, 1));
	assert_int_equal(window.left, 0);
	assert_int_equal(window_take(&window, WINDOW_BEGIN / 4 - 1), 0); /* not worth a message */
	assert_int_equal(window_take(&window, 1), WINDOW_BEGIN / 4);
	assert_int_equal(window.left, WINDOW_BEGIN / 4);
	window_close(&window);
	assert_int_equal(budget.total, 0);
}

static void
never_allows_more_than_it_holds(void **state)
{
	struct window_budget budget = { .window_max = WINDOW_BEGIN, .total_max = WINDOW_BUDGET };
	struct window window;

	window_open(&window, &budget);
	for (int i = 0; i < 1000; i++) {
		size_t size = (size_t)(i * 7919) % (window.left + 1);

		assert_true(window_receive(&window, size));
		(void)window_take(&window, (size_t)(i * 104729) % (window.held + 1));
		assert_true(window.left + window.held <= WINDOW_BEGIN);
	}
}

static void
grows_while_its_consumer_is_fast(void **state)
{
	struct window_budget budget = {
		.window_max = MOST, .total_max = WINDOW_BUDGET, .now_ms = 1000, .rtt_us = FAR_US
	};
	struct window window;

	window_open(&window, &budget);
	budget.now_ms += 100;
	move(&window, WINDOW_BEGIN);
	assert_int_equal(window.size, 2 * WINDOW_BEGIN);
	for (int i = 0; i < 20; i++) {
		budget.now_ms += 100;
		move(&window, window.size);
	}
	assert_int_equal(window.size, MOST);
	assert_int_equal(budget.total, MOST);
}

static void
stays_when_its_consumer_is_slow(void **state)
{
	struct window_budget budget = {
		.window_max = MOST, .total_max = WINDOW_BUDGET, .now_ms = 1000, .rtt_us = FAR_US
	};
	struct window window;

	window_open(&window, &budget);
	for (int i = 0; i < 10; i++) {
		budget.now_ms += 1000; /* two mebibytes a second */
		move(&window, WINDOW_BEGIN);
	}
	assert_int_equal(window.size, WINDOW_BEGIN);
}

/* However fast: a client that is near waits for nothing. */
static void
stays_when_the_client_is_near(void **state)
{
	static const uint32_t trips_us[] = { 0, 100, 900, 4000 };

	for (size_t i = 0; i < COUNT(trips_us); i++) {
		struct window_budget budget = { .window_max = MOST,
			.total_max = WINDOW_BUDGET,
			.now_ms = 1000,
			.rtt_us = trips_us[i] };
		struct window window;

		window_open(&window, &budget);
		for (int j = 0; j < 10; j++) {
			budget.now_ms += 8; /* 256 MiB a second */
			move(&window, WINDOW_BEGIN);
		}
		assert_int_equal(window.size, WINDOW_BEGIN);
	}
}

/* However fast: who has much left to take does not need more. */
static void
stays_when_its_consumer_lags(void **state)
{
	struct window_budget budget = {
		.window_max = MOST, .total_max = WINDOW_BUDGET, .now_ms = 1000, .rtt_us = FAR_US
	};
	struct window window;

	window_open(&window, &budget);
	assert_true(window_receive(&window, WINDOW_BEGIN / 2));
	move(&window, 10 * (size_t)WINDOW_BEGIN);
	assert_int_equal(window.size, WINDOW_BEGIN);
}

static void
shrinks_when_it_rests(void **state)
{
	struct window_budget budget = {
		.window_max = MOST, .total_max = WINDOW_BUDGET, .now_ms = 1000, .rtt_us = FAR_US
	};
	struct window window;
	size_t left;

	window_open(&window, &budget);
	move(&window, 8 * (size_t)WINDOW_BEGIN);
	assert_true(window.size > WINDOW_BEGIN);
	window_rest(&window);
	assert_int_equal(budget.total, WINDOW_BEGIN);
	/* What was allowed stays allowed, and nothing is added before it is used up. */
	for (left = window.left; left > WINDOW_BEGIN; left = window.left) {
		budget.now_ms += 5000;
		assert_true(window_receive(&window, 32768));
		assert_int_equal(window_take(&window, 32768), 0);
	}
	budget.now_ms += 5000;
	assert_true(window_receive(&window, WINDOW_BEGIN / 2));
	assert_true(window_take(&window, WINDOW_BEGIN / 2) > 0);
	assert_int_equal(window.left, WINDOW_BEGIN);
}

static void
a_crowd_shares_the_budget(void **state)
{
	static struct window windows[1024];
	struct window_budget budget = {
		.window_max = MOST, .total_max = WINDOW_BUDGET, .now_ms = 1000, .rtt_us = FAR_US
	};
	size_t total = 0;

	for (size_t i = 0; i < COUNT(windows); i++) {
		assert_true(window_fits(&budget)); /* as many as the monitor lets have channels */
		window_open(&windows[i], &budget);
		total += windows[i].size;
	}
	assert_int_equal(budget.total, total);
	assert_true(total <= WINDOW_BUDGET);
	assert_int_equal(windows[0].size, WINDOW_BEGIN);
	assert_int_equal(windows[COUNT(windows) - 1].size, WINDOW_LEAST);
	for (size_t i = 0; i < COUNT(windows); i++) {
		budget.now_ms++;
		move(&windows[i], 4 * (size_t)WINDOW_BEGIN);
	}
	assert_true(budget.total <= total || budget.total <= WINDOW_BUDGET);
	for (size_t i = 0; i < COUNT(windows); i++)
		window_close(&windows[i]);
	assert_int_equal(budget.total, 0);
}

static void
what_has_grown_leaves_room_for_all_channels(void **state)
{
	static struct window windows[1024];
	struct window_budget budget = {
		.window_max = MOST, .total_max = WINDOW_BUDGET, .now_ms = 1000, .rtt_us = FAR_US
	};

	for (size_t i = 0; i < 3; i++) {
		window_open(&windows[i], &budget);
		move(&windows[i], 4 * (size_t)MOST);
	}
	assert_true(budget.total > WINDOW_BUDGET / 2);
	for (size_t i = 3; i < COUNT(windows); i++) {
		assert_true(window_fits(&budget));
		window_open(&windows[i], &budget);
	}
	assert_true(budget.total <= WINDOW_BUDGET);
}

static void
a_small_budget_has_few_windows(void **state)
{
	struct window_budget budget = { .window_max = MOST, .total_max = 3 * WINDOW_LEAST };
	struct window windows[3];

	for (size_t i = 0; i < COUNT(windows); i++) {
		assert_true(window_fits(&budget));
		window_open(&windows[i], &budget);
		assert_true(budget.total <= budget.total_max);
	}
	assert_false(window_fits(&budget));
	window_close(&windows[1]);
	assert_true(window_fits(&budget));
}

static void
windows_that_are_small_need_no_more(void **state)
{
	struct window_budget budget = { .window_max = 1000, .total_max = 2000 };
	struct window windows[2];

	window_open(&windows[0], &budget);
	assert_true(window_fits(&budget));
	window_open(&windows[1], &budget);
	assert_int_equal(windows[1].left, 1000);
	assert_false(window_fits(&budget));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_grown_leaves_room_for_all_channels),
		cmocka_unit_test(a_small_budget_has_few_windows),
		cmocka_unit_test(windows_that_are_small_need_no_more),
		cmocka_unit_test(opens_and_takes),
		cmocka_unit_test(never_allows_more_than_it_holds),
		cmocka_unit_test(grows_while_its_consumer_is_fast),
		cmocka_unit_test(stays_when_its_consumer_is_slow),
		cmocka_unit_test(stays_when_the_client_is_near),
		cmocka_unit_test(stays_when_its_consumer_lags),
		cmocka_unit_test(shrinks_when_it_rests),
		cmocka_unit_test(a_crowd_shares_the_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
