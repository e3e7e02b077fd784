/* SPDX-License-Identifier: ISC */
/*
 * MaxStartups: who is dropped at which number of connections.
 */
#include "daemon/admit.h"

#include "tests/unit/support.h"

/* How many of the hundred equally likely chances get in. */
static unsigned
welcome_percent(struct settings_startups limit, unsigned pending)
{
	unsigned welcome = 0;

	for (unsigned chance = 0; chance < 100; chance++)
		welcome += admit_is_welcome(&limit, pending, chance) ? 1 : 0;
	return welcome;
}

static void
test_drops_grow_from_start_to_full(void **state)
{
	const struct settings_startups limit = { 10, 30, 100 };

	assert_int_equal(welcome_percent(limit, 0), 100);
	assert_int_equal(welcome_percent(limit, 9), 100);
	assert_int_equal(welcome_percent(limit, 10), 70);
	assert_int_equal(welcome_percent(limit, 55), 35);
	assert_int_equal(welcome_percent(limit, 99), 1);
	assert_int_equal(welcome_percent(limit, 100), 0);
	assert_int_equal(welcome_percent(limit, UINT32_MAX), 0);
	for (unsigned pending = 1; pending < 120; pending++)
		assert_true(welcome_percent(limit, pending) <= welcome_percent(limit, pending - 1));
}

static void
test_one_number_is_a_wall(void **state)
{
	const struct settings_startups limit = { 5, 100, 5 };

	assert_int_equal(welcome_percent(limit, 4), 100);
	assert_int_equal(welcome_percent(limit, 5), 0);
}

static void
test_large_limits_do_not_overflow(void **state)
{
	const struct settings_startups limit = { 1, 1, INT32_MAX };

	assert_int_equal(welcome_percent(limit, 1), 99);
	assert_int_equal(welcome_percent(limit, INT32_MAX / 2), 50);
	assert_int_equal(welcome_percent(limit, INT32_MAX - 1), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drops_grow_from_start_to_full),
		cmocka_unit_test(test_one_number_is_a_wall),
		cmocka_unit_test(test_large_limits_do_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
