/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/lines/principals.c: which line names a certificate, with which options.
 */
#include "monitor/lines/principals.h"

#include "tests/unit/support.h"

/* Of "web", "night" and one with a comma in it, which a line can name but as a whole. */
static struct certificate
ordinary(void)
{
	return (struct certificate){ .kind = CERTIFICATE_USER,
		.principals = BYTES("\0\0\0\3web\0\0\0\5night\0\0\0\7day,eve"),
		.principal_count = 3 };
}

#define NUL "\0"

/* clang-format off */
static const struct {
	const char *name;
	struct bytes text;
	unsigned line;         /* that decides; 0: none */
	const char *objection; /* a part of it; NULL: none */
	unsigned refused;      /* lines that are none */
} rows[] = {
	{ "nothing",                     BYTES_ROW(""),                                        0, NULL, 0 },
	{ "a name",                      BYTES_ROW("web\n"),                                   1, NULL, 0 },
	{ "without a newline",           BYTES_ROW("x\nnight"),                                2, NULL, 0 },
	{ "blanks around it",            BYTES_ROW(" \tweb \t\n"),                             1, NULL, 0 },
	{ "CR LF",                       BYTES_ROW("x\r\nweb\r\n"),                            2, NULL, 0 },
	{ "a lone CR",                   BYTES_ROW("web\rx\n"),                                0, NULL, 1 },
	{ "a mark of byte order",        BYTES_ROW("\xef\xbb\xbfweb\n"),                       0, NULL, 0 },
	{ "others",                      BYTES_ROW("we\nwebx\nWEB\nxweb\n"),                   0, NULL, 0 },
	{ "a list",                      BYTES_ROW("web,night\n"),                             0, NULL, 0 },
	{ "a comma that belongs to it",  BYTES_ROW("day,eve\n"),                               1, NULL, 0 },
	{ "a part before the comma",     BYTES_ROW("day\neve\n"),                              0, NULL, 0 },
	{ "a comment",                   BYTES_ROW("# web\n#web\n"),                           0, NULL, 0 },
	{ "a comment behind it",         BYTES_ROW("web # of the site\n"),                     1, NULL, 0 },
	{ "a comment at once",           BYTES_ROW("web#1\n"),                                 1, NULL, 0 },
	{ "options",                     BYTES_ROW("no-pty web\n"),                            1, NULL, 0 },
	{ "options and a comment",       BYTES_ROW("command=\"echo #1\" web # x\n"),           1, NULL, 0 },
	{ "a name in an option",         BYTES_ROW("command=\"x web\" other\n"),               0, NULL, 0 },
	{ "a name as an option",         BYTES_ROW("web other\n"),                             0, NULL, 0 },
	{ "options of others",           BYTES_ROW("no-such other\nweb\n"),                    2, NULL, 0 },
	{ "two names",                   BYTES_ROW("pty web night\n"),                         0, NULL, 1 },
	{ "in quotes",                   BYTES_ROW("\"web\"\n"),                               0, NULL, 1 },
	{ "options alone",               BYTES_ROW("command=\"web\"\nfrom=\"web\n"),           0, NULL, 2 },
	{ "a quote that is not closed",  BYTES_ROW("command=\"x web\nweb\n"),                  2, NULL, 1 },
	{ "a NUL",                       BYTES_ROW("web" NUL "\nweb" NUL "x\n"),               0, NULL, 2 },
	{ "the first decides",           BYTES_ROW("no-such web\nweb\n"),                      1, "option that this server does not know", 0 },
	{ "a key's option",              BYTES_ROW("cert-authority web\n"),                    1, "are for lines with keys", 0 },
	{ "another key's option",        BYTES_ROW("principals=\"web\" web\nweb\n"),           1, "are for lines with keys", 0 },
	{ "an option without its value", BYTES_ROW("command web\n"),                           1, "option that", 0 },
	{ "a value that is none",        BYTES_ROW("from=\"10.0.0.0/99\" web\n"),              1, "no list of addresses", 0 },
	{ "an empty option",             BYTES_ROW("pty,,no-pty web\n"),                       1, "empty option", 0 },
};
/* clang-format on */

static void
the_first_line_with_a_name_decides(void **state)
{
	const struct certificate certificate = ordinary();

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct principals_refused refused;
		struct principals_line line;
		bool is_found = principals_find(rows[i].text, &certificate, NULL, &line, &refused);

		ROW_TRUE(rows[i].name, is_found == (rows[i].line > 0));
		ROW_TRUE(rows[i].name, line.number == rows[i].line);
		ROW_TRUE(rows[i].name, (line.name.size > 0) == is_found);
		ROW_TRUE(rows[i].name, refused.count == rows[i].refused);
		ROW_TRUE(rows[i].name, (refused.reason != NULL) == (refused.count > 0));
		ROW_TRUE(rows[i].name, (line.objection[0] != '\0') == (rows[i].objection != NULL));
		if (rows[i].objection != NULL)
			ROW_TRUE(rows[i].name, strstr(line.objection, rows[i].objection) != NULL);
	}
}

static void
options_are_those_of_the_line(void **state)
{
	const struct certificate certificate = ordinary();
	struct principals_refused refused;
	struct principals_line line;

	assert_true(principals_find(
	    BYTES("no-pty other\nrestrict,pty,command=\"a \\\"b\\\"\",from=\"10.0.0.0/8\" night\n"),
	    &certificate, NULL, &line, &refused));
	assert_bytes_text(line.name, "night");
	assert_bytes_text(line.options.command, "a \\\"b\\\"");
	assert_bytes_text(line.options.from, "10.0.0.0/8");
	assert_true(line.options.pty && !line.options.port_forwarding);
	assert_true(principals_find(BYTES("web\n"), &certificate, NULL, &line, &refused));
	assert_true(line.options.pty && line.options.port_forwarding && !line.options.has_command);
}

/* Whoever forgets to look at the objection grants nothing. */
static void
refused_options_grant_nothing(void **state)
{
	const struct certificate certificate = ordinary();
	const struct key_options none = { 0 };
	struct principals_refused refused;
	struct principals_line line;

	assert_true(principals_find(
	    BYTES("pty,cert-authority,user-rc web\n"), &certificate, NULL, &line, &refused));
	assert_memory_equal(&line.options, &none, sizeof(none));
}

static void
lines_are_counted(void **state)
{
	const struct certificate certificate = ordinary();
	static char text[2 * PRINCIPALS_LINES_MAX + 8];
	struct principals_refused refused;
	struct principals_line line;

	for (size_t i = 0; i < 2 * (size_t)PRINCIPALS_LINES_MAX; i++)
		text[i] = i % 2 == 0 ? 'x' : '\n';
	memcpy(text + sizeof(text) - 8, "web\n", 4);
	assert_false(principals_find(bytes_of_text(text), &certificate, NULL, &line, &refused));
	assert_true(principals_find(bytes_of_text(text + 2), &certificate, NULL, &line, &refused));
	assert_int_equal(line.number, PRINCIPALS_LINES_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_with_a_name_decides),
		cmocka_unit_test(options_are_those_of_the_line),
		cmocka_unit_test(refused_options_grant_nothing),
		cmocka_unit_test(lines_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
