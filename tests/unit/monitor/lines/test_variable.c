/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/lines/variable.c: what is a variable, and which of them a setting lets through.
 */
#include "monitor/lines/variable.h"

#include "common/mem.h"
#include "tests/unit/support.h"

static const struct {
	const char *permitted;
	struct bytes variable;
	bool is_permitted;
} rows[] = {
	{ "yes", BYTES_ROW("A=b"), true },
	{ "yes", BYTES_ROW("A="), true },
	{ "yes", BYTES_ROW("A=b=c"), true },
	{ "yes", BYTES_ROW("_a1=x"), true },
	{ "yes", BYTES_ROW("A"), false },
	{ "yes", BYTES_ROW("=b"), false },
	{ "yes", BYTES_ROW(""), false },
	{ "yes", BYTES_ROW("1A=b"), false },
	{ "yes", BYTES_ROW("A B=c"), false },
	{ "yes", BYTES_ROW("A-B=c"), false },
	{ "yes", BYTES_ROW("A\0=c"), false },
	{ "yes", BYTES_ROW("A=c\0d"), false },
	{ "yes", BYTES_ROW("SSH_CLIENT=x"), false },
	{ "yes", BYTES_ROW("SSHX=x"), true },
	{ "SSH_*", BYTES_ROW("SSH_CLIENT=x"), false },
	{ "yes", BYTES_ROW("SSH_AUTH_SOCK=x"), true },
	{ "no", BYTES_ROW("SSH_AUTH_SOCK=x"), false },
	{ "no", BYTES_ROW("A=b"), false },
	{ "no", BYTES_ROW("no=b"), false },
	{ "A", BYTES_ROW("A=b"), true },
	{ "A", BYTES_ROW("AB=b"), false },
	{ "A*", BYTES_ROW("AB=b"), true },
	{ "A*,!AB", BYTES_ROW("AB=b"), false },
	{ "B,A", BYTES_ROW("A=b"), true },
	{ "A=b", BYTES_ROW("A=b"), false },
	{ "YES", BYTES_ROW("A=b"), false },
};

static void
lets_through_what_the_setting_names(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s: %.*s", rows[i].permitted,
		    (int)rows[i].variable.size, (const char *)rows[i].variable.data);
		ROW_TRUE(name, variable_is_permitted(rows[i].permitted, rows[i].variable) ==
				   rows[i].is_permitted);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lets_through_what_the_setting_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
