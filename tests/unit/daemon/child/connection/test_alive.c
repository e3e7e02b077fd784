/* SPDX-License-Identifier: ISC */
/*
 * Tests of daemon/child/connection/alive.c.
 */
#include "daemon/child/connection/alive.h"

#include "tests/unit/support.h"

static void
nobody_is_asked_by_default(void **state)
{
	struct alive alive;

	alive_begin(&alive, 0, 3, 1000);
	assert_int_equal(alive_deadline_ms(&alive), 0);
	assert_int_equal(alive_check(&alive, UINT64_MAX), ALIVE_NOTHING);
}

static void
silence_is_asked_and_given_up(void **state)
{
	struct alive alive;

	alive_begin(&alive, 15, 2, 1000);
	assert_int_equal(alive_deadline_ms(&alive), 16000);
	assert_int_equal(alive_check(&alive, 15999), ALIVE_NOTHING);
	assert_int_equal(alive_check(&alive, 16000), ALIVE_ASK);
	assert_int_equal(alive_check(&alive, 16001), ALIVE_NOTHING);
	assert_int_equal(alive_check(&alive, 31000), ALIVE_ASK);
	assert_int_equal(alive_check(&alive, 46000), ALIVE_GIVE_UP);
}

static void
whoever_speaks_is_there(void **state)
{
	struct alive alive;

	alive_begin(&alive, 15, 1, 0);
	for (uint64_t now = 15000; now < 1000000; now += 16000) {
		assert_int_equal(alive_check(&alive, now), ALIVE_ASK);
		alive_heard(&alive, now + 1000);
		assert_int_equal(alive_deadline_ms(&alive), now + 16000);
	}
}

static void
without_a_count_it_asks_for_ever(void **state)
{
	struct alive alive;

	alive_begin(&alive, 1, 0, 0);
	for (uint64_t now = 1000; now < 1000000; now += 1000)
		assert_int_equal(alive_check(&alive, now), ALIVE_ASK);
}

static void
long_times_do_not_wrap(void **state)
{
	struct alive alive;

	alive_begin(&alive, UINT32_MAX, 1, 0);
	assert_true(alive_deadline_ms(&alive) > UINT64_C(4000000000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_asked_by_default),
		cmocka_unit_test(silence_is_asked_and_given_up),
		cmocka_unit_test(whoever_speaks_is_there),
		cmocka_unit_test(without_a_count_it_asks_for_ever),
		cmocka_unit_test(long_times_do_not_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
