/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/login/peer_name.c: what a name must look like.
 */
#include "monitor/login/peer_name.h"

#include "tests/unit/support.h"

#define NUL "\0"

/* With 15 more bytes the longest that there is room for. */
#define SIXTEEN "abcdefghijklmno."
#define LONG                                                                                    \
	SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN SIXTEEN \
	    SIXTEEN SIXTEEN SIXTEEN SIXTEEN

/* clang-format off */
static const struct {
	const char *name;
	struct bytes printed;
	const char *host; /* NULL: none */
} rows[] = {
	{ "a name",                BYTES_ROW("good host.example.org\n"),         "host.example.org" },
	{ "without a newline",     BYTES_ROW("good host"),                       "host" },
	{ "in capitals",           BYTES_ROW("good HOST.Example.org\n"),         "host.example.org" },
	{ "digits and signs",      BYTES_ROW("good 3com-a_1.x9\n"),              "3com-a_1.x9" },
	{ "the longest",           BYTES_ROW("good " LONG "abcdefghijklmno\n"),  LONG "abcdefghijklmno" },
	{ "one more",              BYTES_ROW("good " LONG "abcdefghijklmnop\n"), NULL },
	{ "nothing",               BYTES_ROW(""),                                NULL },
	{ "no name",               BYTES_ROW("none\n"),                          NULL },
	{ "an empty name",         BYTES_ROW("good \n"),                         NULL },
	{ "somebody else's",       BYTES_ROW("forged host.example.org\n"),       NULL },
	{ "another word",          BYTES_ROW("goodhost\n"),                      NULL },
	{ "two lines",             BYTES_ROW("good host\nx\n"),                  NULL },
	{ "an address",            BYTES_ROW("good 192.0.2.1\n"),                NULL },
	{ "an IPv6 address",       BYTES_ROW("good 2001:db8::1\n"),              NULL },
	{ "a short address",       BYTES_ROW("good 127.1\n"),                    NULL },
	{ "a number",              BYTES_ROW("good 2130706433\n"),               NULL },
	{ "a hexadecimal address", BYTES_ROW("good 0x7f.0x1\n"),                 NULL },
	{ "a dot at its end",      BYTES_ROW("good host.\n"),                    NULL },
	{ "a dot at its start",    BYTES_ROW("good .host\n"),                    NULL },
	{ "an option",             BYTES_ROW("good -host\n"),                    NULL },
	{ "a blank",               BYTES_ROW("good a host\n"),                   NULL },
	{ "a wildcard",            BYTES_ROW("good *\n"),                        NULL },
	{ "a comma",               BYTES_ROW("good a,b\n"),                      NULL },
	{ "a NUL",                 BYTES_ROW("good host" NUL "x\n"),             NULL },
	{ "control characters",    BYTES_ROW("good host\033[2J\n"),              NULL },
	{ "beyond ASCII",          BYTES_ROW("good h\xc3\xb6st\n"),              NULL },
};
/* clang-format on */

static void
takes_nothing_but_names(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		char name[PEER_NAME_MAX];
		const bool is_good = peer_name_parse(rows[i].printed, name);

		ROW_TRUE(rows[i].name, is_good == (rows[i].host != NULL));
		if (is_good)
			ROW_TRUE(rows[i].name, strcmp(name, rows[i].host) == 0);
	}
}

static void
quotes_what_is_logged(void **state)
{
	char name[PEER_NAME_MAX];

	assert_false(peer_name_parse(bytes_of_text("forged a\nb\n"), name));
	assert_string_equal(name, "");
	assert_false(peer_name_parse(bytes_of_text("forged a\033b\n"), name));
	assert_string_equal(name, "a\\033b");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_nothing_but_names),
		cmocka_unit_test(quotes_what_is_logged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
