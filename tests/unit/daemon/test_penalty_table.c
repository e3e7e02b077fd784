/* SPDX-License-Identifier: ISC */
/*
 * The table of penalties: finds what was put there, knows who is first, and has a ceiling.
 */
#include "daemon/penalty_table.h"

#include "tests/unit/support.h"

static const uint8_t secret[SIPHASH_SECRET_SIZE] = "not very secret";

static struct addr
addr_number(uint32_t number)
{
	struct addr addr = { .bits = 32 };

	for (unsigned i = 0; i < 4; i++)
		addr.bytes[i] = (uint8_t)(number >> (24 - 8 * i));
	return addr;
}

static struct penalty *
add(struct penalty_table *table, uint32_t number, uint64_t end_ms)
{
	const struct addr addr = addr_number(number);
	struct penalty *penalty;

	assert_ok(penalty_table_add(table, &addr, end_ms, &penalty));
	return penalty;
}

/* Numbers that jump about and come again only after a long time. */
static uint32_t
scramble(uint32_t i)
{
	return i * 2654435761U;
}

static void
finds_what_was_added_and_nothing_else(void **state)
{
	struct penalty_table table;

	penalty_table_init(&table, 5000, secret);
	for (uint32_t i = 0; i < 5000; i++)
		add(&table, scramble(i), i);
	for (uint32_t i = 0; i < 10000; i++) {
		const struct addr addr = addr_number(scramble(i));
		const struct penalty *penalty = penalty_table_find(&table, &addr);

		assert_int_equal(penalty != NULL, i < 5000);
		assert_true(penalty == NULL || penalty->end_ms == i);
	}
	penalty_table_clear(&table);
}

static void
gives_them_in_the_order_of_their_ends(void **state)
{
	struct penalty_table table;
	uint64_t last = 0;

	penalty_table_init(&table, 1000, secret);
	for (uint32_t i = 0; i < 1000; i++)
		add(&table, i, scramble(i) % 500);
	/* Some change their minds, either way. */
	for (uint32_t i = 0; i < 1000; i += 3) {
		const struct addr addr = addr_number(i);

		penalty_table_set_end(
		    &table, penalty_table_find(&table, &addr), scramble(i + 77) % 700);
	}
	for (unsigned i = 0; i < 1000; i++) {
		struct penalty *first = penalty_table_first(&table);

		assert_true(first->end_ms >= last);
		last = first->end_ms;
		penalty_table_remove(&table, first);
	}
	assert_null(penalty_table_first(&table));
	penalty_table_clear(&table);
}

static void
takes_no_more_than_its_ceiling(void **state)
{
	const struct addr one_more = addr_number(100);
	struct penalty_table table;
	struct penalty *penalty;

	penalty_table_init(&table, 100, secret);
	for (uint32_t i = 0; i < 100; i++)
		add(&table, i, i);
	assert_result(penalty_table_add(&table, &one_more, 1, &penalty), RESULT_LIMIT);
	penalty_table_remove(&table, penalty_table_first(&table));
	assert_ok(penalty_table_add(&table, &one_more, 1, &penalty));
	assert_int_equal(table.count, 100);
	penalty_table_clear(&table);
}

/* Coming and going for long, against a plain list of who is there. */
static void
agrees_with_a_plain_list(void **state)
{
	static uint64_t ends[64]; /* 0: not there */
	struct penalty_table table;

	penalty_table_init(&table, 64, secret);
	for (uint32_t i = 1; i < 20000; i++) {
		const uint32_t who = scramble(i) >> 26;
		const struct addr addr = addr_number(who);
		struct penalty *penalty = penalty_table_find(&table, &addr);

		assert_int_equal(penalty != NULL, ends[who] != 0);
		assert_true(penalty == NULL || penalty->end_ms == ends[who]);
		if (penalty == NULL) {
			add(&table, who, i);
			ends[who] = i;
		} else if (i % 3 == 0) {
			penalty_table_set_end(&table, penalty, scramble(i) % 9999 + 1);
			ends[who] = scramble(i) % 9999 + 1;
		} else {
			penalty_table_remove(&table, penalty);
			ends[who] = 0;
		}
		for (unsigned j = 0; j < 64 && table.count > 0; j++)
			assert_true(ends[j] == 0 || ends[j] >= penalty_table_first(&table)->end_ms);
	}
	penalty_table_clear(&table);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_added_and_nothing_else),
		cmocka_unit_test(gives_them_in_the_order_of_their_ends),
		cmocka_unit_test(takes_no_more_than_its_ceiling),
		cmocka_unit_test(agrees_with_a_plain_list),
	};

	return cmocka_run_group_tests_name("penalty_table", tests, NULL, NULL);
}
