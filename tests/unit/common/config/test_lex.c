/* SPDX-License-Identifier: ISC */
/*
 * One line of sshd_config: keyword, blanks, quotes, escapes, comments.
 */
#include "common/config/lex.h"

#include "tests/unit/support.h"

struct row {
	struct bytes text;
	const char *keyword, *raw;
	const char *words[5];
};

static const struct row rows[] = {
	{ BYTES_ROW(""), "", "", { NULL } },
	{ BYTES_ROW("   \t\r"), "", "", { NULL } },
	{ BYTES_ROW("# Port 22"), "", "", { NULL } },
	{ BYTES_ROW("  # Port 22"), "", "", { NULL } },
	{ BYTES_ROW("Port 22"), "Port", "22", { "22" } },
	{ BYTES_ROW("Port=22"), "Port", "22", { "22" } },
	{ BYTES_ROW("Port = 22"), "Port", "22", { "22" } },
	{ BYTES_ROW("\tPort\t 22 \t\r"), "Port", "22", { "22" } },
	{ BYTES_ROW("Port"), "Port", "", { NULL } },
	{ BYTES_ROW("AcceptEnv LANG LC_*"), "AcceptEnv", "LANG LC_*", { "LANG", "LC_*" } },
	{ BYTES_ROW("AcceptEnv LANG # all"), "AcceptEnv", "LANG # all", { "LANG" } },
	{ BYTES_ROW("AcceptEnv LANG#all"), "AcceptEnv", "LANG#all", { "LANG#all" } },
	{ BYTES_ROW("Banner \"/etc/my banner\""), "Banner", "\"/etc/my banner\"",
	    { "/etc/my banner" } },
	{ BYTES_ROW("Banner '/etc/my banner'"), "Banner", "'/etc/my banner'",
	    { "/etc/my banner" } },
	{ BYTES_ROW("Banner /etc/my\\ banner"), "Banner", "/etc/my\\ banner",
	    { "/etc/my banner" } },
	{ BYTES_ROW("X a\"b c\"d"), "X", "a\"b c\"d", { "ab cd" } },
	{ BYTES_ROW("X \"\" b"), "X", "\"\" b", { "", "b" } },
	{ BYTES_ROW("X \"a\\\"b\""), "X", "\"a\\\"b\"", { "a\"b" } },
	{ BYTES_ROW("X '\"'"), "X", "'\"'", { "\"" } },
	{ BYTES_ROW("X a\\b"), "X", "a\\b", { "a\\b" } },
	{ BYTES_ROW("X \"a # b\""), "X", "\"a # b\"", { "a # b" } },
	{ BYTES_ROW("=22"), "", "22", { "22" } },
};

static void
test_lines(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(lex_line_clear) struct lex_line line;
		char name[32];
		const char *why;
		size_t count = 0;

		snprintf(name, sizeof(name), "row %zu", i);
		ROW_RESULT(name, lex_line(rows[i].text, &line, &why), RESULT_OK);
		ROW_BYTES(name, line.keyword, bytes_of_text(rows[i].keyword));
		ROW_BYTES(name, line.raw, bytes_of_text(rows[i].raw));
		while (rows[i].words[count] != NULL)
			count++;
		ROW_TRUE(name, line.count == count);
		for (size_t j = 0; j < count; j++)
			assert_string_equal(line.words[j], rows[i].words[j]);
	}
}

static void
check_wrong(struct bytes text, const char *expected)
{
	CLEANUP(lex_line_clear) struct lex_line line;
	const char *why;

	assert_result(lex_line(text, &line, &why), RESULT_MALFORMED);
	assert_string_equal(why, expected);
}

static void
test_wrong_lines(void **state)
{
	char many[3 * (LEX_WORDS_MAX + 1) + 8] = "X";

	check_wrong(BYTES("Banner \"/etc"), "a quote is not closed");
	check_wrong(BYTES("Banner 'it"), "a quote is not closed");
	check_wrong(BYTES("Po\0rt 22"), "a NUL byte is in the line; is this a text file?");
	for (int i = 0; i < LEX_WORDS_MAX + 1; i++)
		strcat(many, " w");
	check_wrong(bytes_of_text(many), "there are too many words on the line");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_wrong_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
