/* SPDX-License-Identifier: ISC */
/*
 * How often the log says the same.
 */
#include "common/ration.h"

#include "tests/unit/support.h"

#define START_MS 5000

static void
keeps_back_what_is_too_much_and_counts_it(void **state)
{
	struct ration ration = { 0 };

	assert_int_equal(ration_deadline_ms(&ration), 0);
	for (unsigned i = 0; i < RATION_LINES; i++)
		assert_true(ration_take(&ration, START_MS + i));
	assert_int_equal(ration_deadline_ms(&ration), 0);
	for (unsigned i = 0; i < 7; i++)
		assert_false(ration_take(&ration, START_MS + RATION_PERIOD_MS - 1));
	assert_int_equal(ration_deadline_ms(&ration), START_MS + RATION_PERIOD_MS);
	assert_int_equal(ration_settle(&ration, START_MS + RATION_PERIOD_MS - 1), 0);
	assert_int_equal(ration_settle(&ration, START_MS + RATION_PERIOD_MS), 7);
	assert_int_equal(ration_settle(&ration, START_MS + RATION_PERIOD_MS), 0);
	assert_int_equal(ration_deadline_ms(&ration), 0);
	assert_true(ration_take(&ration, START_MS + RATION_PERIOD_MS));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_back_what_is_too_much_and_counts_it),
	};

	return cmocka_run_group_tests_name("ration", tests, NULL, NULL);
}
