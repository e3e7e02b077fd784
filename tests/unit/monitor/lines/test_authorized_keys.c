/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/lines/authorized_keys.c: what each line of a file is taken for.
 */
#include "monitor/lines/authorized_keys.h"

#include "common/mem.h"
#include "tests/unit/support.h"

#define BLOB     "AAAAC3NzaC1lZDI1NTE5AAAAICK1bB35Mu15VFYD6/6kcHX8Y8yDnVtLiwmWVmDbLbYa"
#define KEY      "ssh-ed25519 " BLOB
#define OTHER    "AAAAC3NzaC1lZDI1NTE5AAAAIP////////////////////////////////////////9/"

#define HARMLESS AUTHORIZED_LINE_HARMLESS
#define REFUSED  AUTHORIZED_LINE_REFUSED
#define A_KEY    AUTHORIZED_LINE_KEY

/* clang-format off */
static const struct {
	const char *name;
	struct bytes line;
	enum authorized_line_kind kind;
	const char *options; /* of a key */
} rows[] = {
	{ "blank",                     BYTES_ROW(""),                                     HARMLESS, NULL },
	{ "blanks",                    BYTES_ROW(" \t "),                                 HARMLESS, NULL },
	{ "comment",                   BYTES_ROW("# " KEY),                               HARMLESS, NULL },
	{ "indented comment",          BYTES_ROW(" \t#" KEY),                             HARMLESS, NULL },
	{ "text",                      BYTES_ROW("hello world"),                          HARMLESS, NULL },
	{ "one word",                  BYTES_ROW("hello"),                                HARMLESS, NULL },
	{ "key",                       BYTES_ROW(KEY),                                    A_KEY,    "" },
	{ "key with comment",          BYTES_ROW(KEY " me@here and there"),               A_KEY,    "" },
	{ "indented key",              BYTES_ROW(" \t " KEY),                             A_KEY,    "" },
	{ "many blanks",               BYTES_ROW("ssh-ed25519 \t \t" BLOB "\t x"),        A_KEY,    "" },
	{ "CR LF",                     BYTES_ROW(KEY "\r"),                               A_KEY,    "" },
	{ "options",                   BYTES_ROW("no-pty " KEY),                          A_KEY,    "no-pty" },
	{ "unknown options",           BYTES_ROW("what,ever=\"x\"\t " KEY " c"),          A_KEY,    "what,ever=\"x\"" },
	{ "blanks in quotes",          BYTES_ROW("from=\"a b\",pty  " KEY),               A_KEY,    "from=\"a b\",pty" },
	{ "quote in quotes",           BYTES_ROW("command=\"a \\\" b\" " KEY),            A_KEY,    "command=\"a \\\" b\"" },
	{ "a key in quotes",           BYTES_ROW("command=\"x " KEY "\" ssh-xyz AAAA"),   HARMLESS, NULL },
	{ "a key in the comment",      BYTES_ROW("ssh-xyz AAAA " KEY),                    HARMLESS, NULL },
	{ "a key behind two fields",   BYTES_ROW("pty no-pty " KEY),                      HARMLESS, NULL },
	{ "quote not closed",          BYTES_ROW("command=\"x " KEY),                     REFUSED,  NULL },
	{ "escaped end quote",         BYTES_ROW("command=\"x\\\" " KEY),                 REFUSED,  NULL },
	{ "a type of others",          BYTES_ROW("ssh-xyz AAAAB3NzaC1kc3M="),             HARMLESS, NULL },
	{ "a certificate's type",      BYTES_ROW("ssh-ed25519-cert-v01@openssh.com AA=="), HARMLESS, NULL },
	{ "capitals",                  BYTES_ROW("SSH-ED25519 " BLOB),                    HARMLESS, NULL },
	{ "type without key",          BYTES_ROW("ssh-ed25519"),                          REFUSED,  NULL },
	{ "options without key",       BYTES_ROW("pty ssh-ed25519 "),                     REFUSED,  NULL },
	{ "broken base64",             BYTES_ROW("ssh-ed25519 AAAA!AAA"),                 REFUSED,  NULL },
	{ "cut base64",                BYTES_ROW("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAA"),  REFUSED,  NULL },
	{ "no string in it",           BYTES_ROW("ssh-ed25519 AAAA"),                     REFUSED,  NULL },
	{ "another type in it",        BYTES_ROW("ssh-rsa " BLOB),                        REFUSED,  NULL },
	{ "NUL behind the key",        BYTES_ROW(KEY "\0 x"),                             REFUSED,  NULL },
	{ "NUL before the key",        BYTES_ROW("\0" KEY),                               REFUSED,  NULL },
	{ "NUL in the options",        BYTES_ROW("no-pty\0 " KEY),                        REFUSED,  NULL },
	{ "CR in the middle",          BYTES_ROW("no-pty\r" KEY),                         HARMLESS, NULL },
	{ "CR behind the options",     BYTES_ROW("no-pty \r" KEY),                        HARMLESS, NULL },
	{ "CR for the end of a line",  BYTES_ROW("# mine\r" KEY "\r"),                    HARMLESS, NULL },
	{ "CR between two keys",       BYTES_ROW(KEY "\r" KEY),                           REFUSED,  NULL },
	{ "two CR",                    BYTES_ROW(KEY "\r\r"),                             REFUSED,  NULL },
	{ "a mark of byte order",      BYTES_ROW("\xef\xbb\xbf" KEY),                     HARMLESS, NULL },
	{ "a mark, and options",       BYTES_ROW("\xef\xbb\xbf" "no-pty " KEY),           A_KEY,    "\xef\xbb\xbfno-pty" },
	{ "a mark of UTF-16",          BYTES_ROW("\xff\xfes\0s\0h\0"),                   REFUSED,  NULL },
	{ "a vertical tab",            BYTES_ROW("no-pty\v" KEY),                         HARMLESS, NULL },
	{ "a blank that is none",      BYTES_ROW("no-pty\xc2\xa0" KEY),                   HARMLESS, NULL },
};
/* clang-format on */

static void
takes_each_line_for_what_it_is(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(authorized_keys_clear) struct authorized_keys keys;
		struct authorized_line line;

		authorized_keys_init(&keys, rows[i].line);
		if (rows[i].line.size == 0) {
			ROW_TRUE(rows[i].name, !authorized_keys_next(&keys, &line));
			continue;
		}
		ROW_TRUE(rows[i].name, authorized_keys_next(&keys, &line));
		ROW_TRUE(rows[i].name, line.number == 1);
		ROW_TRUE(rows[i].name, line.kind == rows[i].kind);
		ROW_TRUE(rows[i].name, (line.reason != NULL) == (rows[i].kind == REFUSED));
		if (line.kind == A_KEY) {
			ROW_TRUE(rows[i].name, bytes_is(line.options, rows[i].options));
			ROW_TRUE(rows[i].name, bytes_is(line.type, "ssh-ed25519"));
			ROW_TRUE(rows[i].name, line.blob.size == 51);
		}
		ROW_TRUE(rows[i].name, !authorized_keys_next(&keys, &line));
	}
}

static void
numbers_lines_as_editors_do(void **state)
{
	CLEANUP(authorized_keys_clear) struct authorized_keys keys;
	struct authorized_line line;

	authorized_keys_init(&keys, BYTES("\n\r\n# c\r\n" KEY "\r\nssh-ed25519 " OTHER));
	for (unsigned number = 1; number <= 3; number++) {
		assert_true(authorized_keys_next(&keys, &line));
		assert_int_equal(line.number, number);
		assert_int_equal(line.kind, HARMLESS);
	}
	assert_true(authorized_keys_next(&keys, &line));
	assert_int_equal(line.number, 4);
	assert_int_equal(line.kind, A_KEY);
	assert_int_equal(line.blob.data[19], 0x22);
	assert_true(authorized_keys_next(&keys, &line));
	assert_int_equal(line.number, 5);
	assert_int_equal(line.kind, A_KEY);
	assert_int_equal(line.blob.data[19], 0xff);
	assert_false(authorized_keys_next(&keys, &line));
}

/* Of a line that is too long, no part becomes a line: not a key behind the limit either. */
static void
refuses_long_lines_as_a_whole(void **state)
{
	for (size_t extra = 0; extra <= 2; extra++) {
		const size_t size = AUTHORIZED_KEYS_LINE_MAX - 1 + extra;
		CLEANUP(authorized_keys_clear) struct authorized_keys keys;
		struct authorized_line line;
		char *text = malloc(size + 2 + strlen(KEY));

		assert_non_null(text);
		memset(text, ' ', size);
		memcpy(text, KEY, strlen(KEY));
		memcpy(text + size - strlen(KEY), KEY, strlen(KEY));
		text[size] = '\n';
		memcpy(text + size + 1, KEY, strlen(KEY));
		authorized_keys_init(&keys, bytes_of(text, size + 1 + strlen(KEY)));
		assert_true(authorized_keys_next(&keys, &line));
		assert_int_equal(line.kind, size > AUTHORIZED_KEYS_LINE_MAX ? REFUSED : A_KEY);
		assert_true(authorized_keys_next(&keys, &line));
		assert_int_equal(line.number, 2);
		assert_int_equal(line.kind, A_KEY);
		assert_false(authorized_keys_next(&keys, &line));
		free(text);
	}
}

static void
a_refused_line_leaves_nothing_behind(void **state)
{
	CLEANUP(authorized_keys_clear) struct authorized_keys keys;
	struct authorized_line line;

	authorized_keys_init(&keys, BYTES("no-pty " KEY "\nssh-ed25519 A\n"));
	assert_true(authorized_keys_next(&keys, &line));
	assert_int_equal(line.kind, A_KEY);
	assert_true(authorized_keys_next(&keys, &line));
	assert_int_equal(line.kind, REFUSED);
	assert_int_equal(line.blob.size, 0);
	assert_int_equal(line.options.size, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_each_line_for_what_it_is),
		cmocka_unit_test(numbers_lines_as_editors_do),
		cmocka_unit_test(refuses_long_lines_as_a_whole),
		cmocka_unit_test(a_refused_line_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
