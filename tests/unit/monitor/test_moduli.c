/* SPDX-License-Identifier: ISC */
/*
 * Lines of a moduli file, and which group is chosen.
 */
#include "monitor/moduli.h"

#include "tests/unit/support.h"

/* Of 16 bits, so that lines stay short; that a number is odd is all that is looked at. */
static const struct {
	const char *name, *line;
	unsigned bits;
} lines[] = {
	{ "a group", "20220714110357 2 6 100 15 2 C007", 16 },
	{ "with a newline", "20220714110357 2 6 100 15 2 C007\n", 16 },
	{ "with CR LF", "20220714110357 2 6 100 15 2 C007\r\n", 16 },
	{ "tabs, and small letters", "1\t2\t6\t100\t15\t5\tc00f", 16 },
	{ "an odd number of digits", "1 2 6 100 11 2 C07", 12 },
	{ "a comment", "# 2 6 100 15 2 C007", 0 },
	{ "nothing", "", 0 },
	{ "blanks", "   \n", 0 },
	{ "a field too few", "1 2 6 100 15 2", 0 },
	{ "a field too many", "1 2 6 100 15 2 C007 C007", 0 },
	{ "a Sophie Germain prime", "1 4 6 100 15 2 C007", 0 },
	{ "not tested", "1 2 0 100 15 2 C007", 0 },
	{ "composite", "1 2 7 100 15 2 C007", 0 },
	{ "another size", "1 2 6 100 16 2 C007", 0 },
	{ "a huge size", "1 2 6 100 99999999999 2 C007", 0 },
	{ "even", "1 2 6 100 15 2 C006", 0 },
	{ "zero in front", "1 2 6 100 15 2 00C007", 0 },
	{ "no hexadecimal number", "1 2 6 100 15 2 C00G", 0 },
	{ "a sign", "1 2 6 100 15 2 -C007", 0 },
	{ "generator one", "1 2 6 100 15 1 C007", 0 },
	{ "generator zero", "1 2 6 100 15 0 C007", 0 },
	{ "a large generator", "1 2 6 100 15 102 C007", 0 },
};

static void
test_lines(void **state)
{
	struct moduli_group group;

	for (size_t i = 0; i < COUNT(lines); i++) {
		ROW_TRUE(lines[i].name,
		    moduli_parse(bytes_of_text(lines[i].line), &group) == (lines[i].bits > 0));
		ROW_TRUE(lines[i].name, group.bits == lines[i].bits);
	}
	assert_true(moduli_parse(bytes_of_text(lines[0].line), &group));
	assert_bytes(bytes_of(group.prime, group.prime_size), BYTES("\xc0\x07"));
	assert_int_equal(group.generator, 2);
}

static void
test_the_largest_number_and_one_digit_more(void **state)
{
	char line[2 * AGREE_PRIME_MAX + 64];
	struct moduli_group group;
	int used = snprintf(line, sizeof(line), "1 2 6 100 8191 2 ");

	memset(line + used, 'F', 2 * AGREE_PRIME_MAX + 1);
	assert_true(moduli_parse(bytes_of(line, (size_t)used + 2 * AGREE_PRIME_MAX), &group));
	assert_false(moduli_parse(bytes_of(line, (size_t)used + 2 * AGREE_PRIME_MAX + 1), &group));
}

static const char file_text[] = "# comment\n"
				"1 2 6 100 15 2 C007\n"
				"garbage\n"
				"1 2 6 100 11 2 C07\n"
				"1 2 6 100 15 3 C009\n"
				"1 2 7 100 19 3 C0001\n"
				"1 2 6 100 23 2 C00001"; /* without a newline */

static enum result
choose(const struct moduli_wish *wish, struct moduli_group *group)
{
	FILE *file = fmemopen((void *)file_text, sizeof(file_text) - 1, "r");
	enum result result;

	assert_non_null(file);
	result = moduli_choose(file, wish, group);
	fclose(file);
	return result;
}

static const struct {
	const char *name;
	struct moduli_wish wish;
	unsigned bits;
} wishes[] = {
	{ "what is wanted", { 8, 16, 32 }, 16 },
	{ "the next above", { 8, 13, 32 }, 16 },
	{ "the smallest above", { 8, 8, 32 }, 12 },
	{ "above, not below", { 8, 17, 32 }, 24 },
	{ "the largest below", { 8, 30, 32 }, 24 },
	{ "within the most", { 8, 30, 23 }, 16 },
	{ "within the least", { 13, 13, 15 }, 0 },
	{ "exactly", { 12, 12, 12 }, 12 },
};

static void
test_choice(void **state)
{
	for (size_t i = 0; i < COUNT(wishes); i++) {
		struct moduli_group group;

		ROW_RESULT(wishes[i].name, choose(&wishes[i].wish, &group),
		    wishes[i].bits > 0 ? RESULT_OK : RESULT_NOT_FOUND);
		ROW_TRUE(wishes[i].name, group.bits == wishes[i].bits);
	}
}

static void
test_lot(void **state)
{
	const struct moduli_wish wish = { 16, 16, 16 };
	unsigned first = 0, second = 0;

	for (int i = 0; i < 400; i++) {
		struct moduli_group group;

		assert_ok(choose(&wish, &group));
		first += group.prime[1] == 0x07;
		second += group.prime[1] == 0x09;
	}
	/* Each has half a chance: a hundred of 400 is ten standard deviations away. */
	assert_int_equal(first + second, 400);
	assert_true(first > 100 && second > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_the_largest_number_and_one_digit_more),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_lot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
