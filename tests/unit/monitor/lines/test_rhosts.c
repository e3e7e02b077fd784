/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/lines/rhosts.c: whom each form of a line trusts.
 */
#include "monitor/lines/rhosts.h"

#include "tests/unit/support.h"

#define NUL "\0"

/* The one group that there is has the client's host and user, by name and by address. */
static enum rhosts_membership
netgroup(struct bytes group, struct bytes host, struct bytes user)
{
	if (bytes_is(group, "addresses"))
		return bytes_is(host, "192.0.2.1") ? RHOSTS_MEMBER : RHOSTS_NO_MEMBER;
	if (!bytes_is(group, "friends"))
		return RHOSTS_NO_GROUP;
	assert_true((host.size == 0) != (user.size == 0));
	return bytes_is(host, "c.example") || bytes_is(user, "alice") ? RHOSTS_MEMBER
								      : RHOSTS_NO_MEMBER;
}

/* Alice of c.example (192.0.2.1) wants to be bob. */
static const struct rhosts_question alice = { BYTES_ROW("c.example"), BYTES_ROW("192.0.2.1"),
	BYTES_ROW("alice"), BYTES_ROW("bob"), netgroup };
/* Bob of there wants to be bob. */
static const struct rhosts_question bob = { BYTES_ROW("c.example"), BYTES_ROW("192.0.2.1"),
	BYTES_ROW("bob"), BYTES_ROW("bob"), netgroup };

/* clang-format off */
static const struct {
	const char *name;
	struct bytes file;
	enum rhosts_verdict alice, bob;
	unsigned line; /* that decides for bob */
} rows[] = {
	{ "nothing",                      BYTES_ROW(""),                                 RHOSTS_SILENT,     RHOSTS_SILENT, 0 },
	{ "a host",                       BYTES_ROW("c.example\n"),                      RHOSTS_SILENT,     RHOSTS_TRUSTED, 1 },
	{ "a host in capitals",           BYTES_ROW("C.Example\n"),                      RHOSTS_SILENT,     RHOSTS_TRUSTED, 1 },
	{ "an address",                   BYTES_ROW("192.0.2.1\n"),                      RHOSTS_SILENT,     RHOSTS_TRUSTED, 1 },
	{ "a mapped address",             BYTES_ROW("::ffff:192.0.2.1\n"),               RHOSTS_SILENT,     RHOSTS_TRUSTED, 1 },
	{ "another host",                 BYTES_ROW("d.example\nc.exampl\nxc.example\n"), RHOSTS_SILENT,    RHOSTS_SILENT, 0 },
	{ "a pattern is none",            BYTES_ROW("*\n*.example\nc.exampl?\n"),        RHOSTS_SILENT,     RHOSTS_SILENT, 0 },
	{ "a host and a user",            BYTES_ROW("c.example alice\n"),                RHOSTS_TRUSTED,    RHOSTS_SILENT, 0 },
	{ "a user in capitals",           BYTES_ROW("c.example Alice\n"),                RHOSTS_SILENT,     RHOSTS_SILENT, 0 },
	{ "tabs and blanks",              BYTES_ROW("\n \tc.example\t alice \r\n"),      RHOSTS_TRUSTED,    RHOSTS_SILENT, 0 },
	{ "without a newline",            BYTES_ROW("x\nc.example"),                     RHOSTS_SILENT,     RHOSTS_TRUSTED, 2 },
	{ "a comment",                    BYTES_ROW("#c.example\n  # c.example\n"),      RHOSTS_SILENT,     RHOSTS_SILENT, 0 },
	{ "a comment behind",             BYTES_ROW("c.example bob # me\n"),             RHOSTS_SILENT,     RHOSTS_SILENT, 0 },
	{ "any user of a host",           BYTES_ROW("c.example +\n"),                    RHOSTS_TRUSTED,    RHOSTS_TRUSTED, 1 },
	{ "a user of any host",           BYTES_ROW("+ alice\n"),                        RHOSTS_TRUSTED,    RHOSTS_SILENT, 0 },
	{ "the same user of any host",    BYTES_ROW("+\n"),                              RHOSTS_SILENT,     RHOSTS_TRUSTED, 1 },
	{ "everybody is nobody",          BYTES_ROW("+ +\n"),                            RHOSTS_SILENT,     RHOSTS_SILENT, 0 },
	{ "nor without signs",            BYTES_ROW("NO_PLUS\n"),                        RHOSTS_SILENT,     RHOSTS_SILENT, 0 },
	{ "a plus before names",          BYTES_ROW("+c.example +alice\n"),              RHOSTS_TRUSTED,    RHOSTS_SILENT, 0 },
	{ "not a host",                   BYTES_ROW("-c.example\nc.example +\n"),        RHOSTS_TRUSTED,    RHOSTS_DISTRUSTED, 1 },
	{ "not any user of a host",       BYTES_ROW("-c.example +\nc.example +\n"),      RHOSTS_DISTRUSTED, RHOSTS_DISTRUSTED, 1 },
	{ "not a user",                   BYTES_ROW("c.example -alice\nc.example +\n"),  RHOSTS_DISTRUSTED, RHOSTS_TRUSTED, 2 },
	{ "not that user of another",     BYTES_ROW("d.example -bob\nc.example +\n"),    RHOSTS_TRUSTED,    RHOSTS_TRUSTED, 2 },
	{ "the first decides",            BYTES_ROW("c.example +\n-c.example +\n"),      RHOSTS_TRUSTED,    RHOSTS_TRUSTED, 1 },
	{ "nobody at all",                BYTES_ROW("- -\nc.example +\n"),               RHOSTS_DISTRUSTED, RHOSTS_DISTRUSTED, 1 },
	{ "not, and more",                BYTES_ROW("-c.example bob x\nc.example +\n"),  RHOSTS_TRUSTED,    RHOSTS_DISTRUSTED, 1 },
	{ "a group of hosts",             BYTES_ROW("@friends\n"),                       RHOSTS_SILENT,     RHOSTS_TRUSTED, 1 },
	{ "a group with the address",     BYTES_ROW("@addresses\n"),                     RHOSTS_SILENT,     RHOSTS_TRUSTED, 1 },
	{ "a group of users",             BYTES_ROW("c.example @friends\n"),             RHOSTS_TRUSTED,    RHOSTS_SILENT, 0 },
	{ "both groups",                  BYTES_ROW("+@friends +@friends\n"),            RHOSTS_TRUSTED,    RHOSTS_SILENT, 0 },
	{ "not a group",                  BYTES_ROW("c.example -@friends\n+ +\nc.example +\n"), RHOSTS_DISTRUSTED, RHOSTS_TRUSTED, 3 },
	{ "a group that is not there",    BYTES_ROW("@foes\nc.example @foes\n@\n"),      RHOSTS_SILENT,     RHOSTS_SILENT, 0 },
	{ "not one that is not there",    BYTES_ROW("-@foes +\nc.example +\n"),          RHOSTS_DISTRUSTED, RHOSTS_DISTRUSTED, 1 },
	{ "a NUL",                        BYTES_ROW("c.example" NUL "x\nc.example +\n"), RHOSTS_DISTRUSTED, RHOSTS_DISTRUSTED, 1 },
};
/* clang-format on */

static void
each_line_trusts_whom_it_names(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned line;

		ROW_TRUE(rows[i].name, rhosts_find(rows[i].file, &alice, &line) == rows[i].alice);
		ROW_TRUE(rows[i].name, (line == 0) == (rows[i].alice == RHOSTS_SILENT));
		ROW_TRUE(rows[i].name, rhosts_find(rows[i].file, &bob, &line) == rows[i].bob);
		ROW_TRUE(rows[i].name, line == rows[i].line);
	}
}

static void
a_line_that_is_too_long_keeps_out(void **state)
{
	char file[RHOSTS_LINE_MAX + 64];
	unsigned line;

	memset(file, ' ', RHOSTS_LINE_MAX + 1);
	strcpy(file + RHOSTS_LINE_MAX - 13, "c.example bob\nc.example bob\n");
	assert_int_equal(rhosts_find(bytes_of_text(file), &bob, &line), RHOSTS_TRUSTED);
	strcpy(file + RHOSTS_LINE_MAX - 12, "c.example bob\nc.example bob\n");
	assert_int_equal(rhosts_find(bytes_of_text(file), &bob, &line), RHOSTS_DISTRUSTED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_trusts_whom_it_names),
		cmocka_unit_test(a_line_that_is_too_long_keeps_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
