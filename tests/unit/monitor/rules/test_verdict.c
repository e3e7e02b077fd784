/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/rules/verdict.c.
 */
#include "monitor/rules/verdict.h"

#include "tests/unit/support.h"

static const struct evidence all_good = {
	.method = RESULT_OK,
	.host = RESULT_OK,
	.account = RESULT_OK,
	.key = RESULT_OK,
	.listed = RESULT_OK,
	.is_signed = true,
	.signature = RESULT_OK,
};

static void
allows_only_when_everything_speaks_for_it(void **state)
{
	/* Every combination of nine facts, and whether it was signed. */
	for (unsigned bits = 0; bits < 1024; bits++) {
		const struct evidence evidence = {
			.method = (bits & 1) != 0 ? RESULT_OK : RESULT_DENIED,
			.account = (bits & 2) != 0 ? RESULT_OK : RESULT_DENIED,
			.key = (bits & 4) != 0 ? RESULT_OK : RESULT_MALFORMED,
			.listed = (bits & 8) != 0 ? RESULT_OK : RESULT_NOT_FOUND,
			.signature = (bits & 16) != 0 ? RESULT_OK : RESULT_SIGNATURE,
			.is_signed = (bits & 32) != 0,
			.host = (bits & 64) != 0 ? RESULT_OK : RESULT_DENIED,
			.use = (bits & 512) != 0 ? RESULT_OK : RESULT_DENIED,
			.touch = (bits & 128) != 0 ? RESULT_OK : RESULT_DENIED,
			.verification = (bits & 256) != 0 ? RESULT_OK : RESULT_DENIED,
		};
		struct verdict verdict = verdict_of(&evidence);
		char name[32];

		snprintf(name, sizeof(name), "combination %02x", bits);
		ROW_TRUE(name, (verdict.value == VERDICT_ALLOWED) == (bits == 1023));
		ROW_TRUE(name, (verdict.value == VERDICT_KEY_WOULD_DO) == ((bits & 623) == 591));
		ROW_TRUE(name, (verdict.against == VERDICT_AGAINST_NOTHING) ==
				   (verdict.value != VERDICT_REFUSED));
	}
}

static void
every_other_result_refuses(void **state)
{
	for (int result = RESULT_OK + 1; result < RESULT_COUNT; result++) {
		struct evidence evidence = all_good;

		evidence.signature = (enum result)result;
		assert_int_equal(verdict_of(&evidence).value, VERDICT_REFUSED);
		evidence = all_good;
		evidence.listed = (enum result)result;
		assert_int_equal(verdict_of(&evidence).value, VERDICT_REFUSED);
		evidence = all_good;
		evidence.account = (enum result)result;
		assert_int_equal(verdict_of(&evidence).value, VERDICT_REFUSED);
		evidence = all_good;
		evidence.use = (enum result)result;
		assert_int_equal(verdict_of(&evidence).value, VERDICT_REFUSED);
		evidence = all_good;
		evidence.host = (enum result)result;
		assert_int_equal(verdict_of(&evidence).value, VERDICT_REFUSED);
		evidence = all_good;
		evidence.touch = (enum result)result;
		assert_int_equal(verdict_of(&evidence).value, VERDICT_REFUSED);
		evidence = all_good;
		evidence.verification = (enum result)result;
		assert_int_equal(verdict_of(&evidence).value, VERDICT_REFUSED);
	}
}

static void
values_differ_in_many_bits(void **state)
{
	const uint32_t values[] = { VERDICT_REFUSED, VERDICT_KEY_WOULD_DO, VERDICT_ALLOWED, 0, 1,
		UINT32_MAX };

	for (size_t i = 0; i < COUNT(values); i++) {
		for (size_t j = 0; j < i && i < 3; j++)
			assert_true(__builtin_popcount(values[i] ^ values[j]) >= 8);
	}
	for (size_t i = 0; i < 3; i++) {
		for (size_t j = 3; j < COUNT(values); j++)
			assert_true(__builtin_popcount(values[i] ^ values[j]) >= 8);
	}
}

static void
names_the_first_thing_against_it(void **state)
{
	struct evidence evidence = all_good;

	evidence.verification = RESULT_DENIED;
	assert_int_equal(verdict_of(&evidence).against, VERDICT_AGAINST_VERIFICATION);
	assert_int_equal(verdict_refusal(VERDICT_AGAINST_VERIFICATION), REFUSAL_NO_VERIFICATION);
	evidence.touch = RESULT_DENIED;
	assert_int_equal(verdict_of(&evidence).against, VERDICT_AGAINST_TOUCH);
	assert_int_equal(verdict_refusal(VERDICT_AGAINST_TOUCH), REFUSAL_NO_TOUCH);
	evidence.signature = RESULT_SIGNATURE;
	assert_int_equal(verdict_of(&evidence).against, VERDICT_AGAINST_SIGNATURE);
	assert_int_equal(verdict_refusal(VERDICT_AGAINST_SIGNATURE), REFUSAL_SIGNATURE);
	evidence.listed = RESULT_NOT_FOUND;
	assert_int_equal(verdict_of(&evidence).against, VERDICT_AGAINST_LISTED);
	evidence.key = RESULT_MALFORMED;
	assert_int_equal(verdict_of(&evidence).against, VERDICT_AGAINST_KEY);
	evidence.account = RESULT_DENIED;
	assert_int_equal(verdict_of(&evidence).against, VERDICT_AGAINST_ACCOUNT);
	evidence.use = RESULT_DENIED;
	assert_int_equal(verdict_of(&evidence).against, VERDICT_AGAINST_USE);
	evidence.method = RESULT_DENIED;
	assert_int_equal(verdict_of(&evidence).against, VERDICT_AGAINST_METHOD);
	assert_string_equal(verdict_text(VERDICT_AGAINST_METHOD),
	    "PubkeyAuthentication no, or not the next of AuthenticationMethods");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allows_only_when_everything_speaks_for_it),
		cmocka_unit_test(every_other_result_refuses),
		cmocka_unit_test(values_differ_in_many_bits),
		cmocka_unit_test(names_the_first_thing_against_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
