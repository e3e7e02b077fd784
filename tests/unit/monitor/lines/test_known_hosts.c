/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/lines/known_hosts.c: which line has a host's key, and which revokes it.
 */
#include "monitor/lines/known_hosts.h"

#include "common/crypto/start.h"
#include "common/mem.h"
#include "common/text.h"
#include "tests/unit/support.h"

#define NUL "\0"

/* Blobs as short as they can be: what they are is not looked at. */
#define TYPE  "\0\0\0\4type"
#define KEY   "AAAABHR5cGVr" /* TYPE "k" */
#define OTHER "AAAABHR5cGVv" /* TYPE "o" */
#define CA    "AAAABHR5cGVj" /* TYPE "c" */

/* Of "host.example". */
#define HASHED "|1|IOdl+ZPn6azPUXLb/kLoUBMSPhY=|GyYe7Uv0sAPfli31dcqtG1jMhnI="

static const struct known_hosts_question plain = { BYTES_ROW("host.example"), BYTES_ROW(TYPE "k"),
	BYTES_ROW("") };
static const struct known_hosts_question certified = { BYTES_ROW("host.example"),
	BYTES_ROW(TYPE "k"), BYTES_ROW(TYPE "c") };

#define SILENT  KNOWN_HOSTS_SILENT
#define LISTED  KNOWN_HOSTS_LISTED
#define REVOKED KNOWN_HOSTS_REVOKED

/* clang-format off */
static const struct {
	const char *name;
	struct bytes file;
	enum known_hosts_verdict plain, certified; /* for a key, and for its certificate by CA */
	unsigned line, refused;                    /* of the first question */
} rows[] = {
	{ "nothing",                   BYTES_ROW(""),                                                    SILENT,  SILENT,  0, 0 },
	{ "the key",                   BYTES_ROW("host.example type " KEY "\n"),                         LISTED,  SILENT,  1, 0 },
	{ "with a comment",            BYTES_ROW("# x\n\n host.example\ttype " KEY " a b\r\n"),          LISTED,  SILENT,  3, 0 },
	{ "without a newline",         BYTES_ROW("host.example type " KEY),                              LISTED,  SILENT,  1, 0 },
	{ "in capitals",               BYTES_ROW("HOST.Example type " KEY "\n"),                         LISTED,  SILENT,  1, 0 },
	{ "among names",               BYTES_ROW("a,host.example,192.0.2.1 type " KEY "\n"),             LISTED,  SILENT,  1, 0 },
	{ "a pattern",                 BYTES_ROW("*.example type " KEY "\n"),                            LISTED,  SILENT,  1, 0 },
	{ "a pattern, but not it",     BYTES_ROW("*.example,!host.example type " KEY "\n"),              SILENT,  SILENT,  0, 0 },
	{ "but not another",           BYTES_ROW("!x.example,*.example type " KEY "\n"),                 LISTED,  SILENT,  1, 0 },
	{ "only not another",          BYTES_ROW("!x.example type " KEY "\n"),                           SILENT,  SILENT,  0, 0 },
	{ "another host",              BYTES_ROW("host.exampl,xhost.example type " KEY "\n"),            SILENT,  SILENT,  0, 0 },
	{ "a port of it",              BYTES_ROW("[host.example]:2222 type " KEY "\n"),                  SILENT,  SILENT,  0, 0 },
	{ "another key",               BYTES_ROW("host.example type " OTHER "\n"),                       SILENT,  SILENT,  0, 0 },
	{ "the second of two",         BYTES_ROW("host.example type " OTHER "\nhost.example type " KEY "\n"), LISTED, SILENT, 2, 0 },
	{ "the key commented out",     BYTES_ROW("#host.example type " KEY "\n"),                        SILENT,  SILENT,  0, 0 },
	{ "hashed",                    BYTES_ROW(HASHED " type " KEY "\n"),                              LISTED,  SILENT,  1, 0 },
	{ "hashed, another key",       BYTES_ROW(HASHED " type " OTHER "\n"),                            SILENT,  SILENT,  0, 0 },
	{ "hashed, another name",      BYTES_ROW("|1|IOdl+ZPn6azPUXLb/kLoUBMSPhY=|AAAAAAAAAAAAAAAAAAAAAAAAAAA= type " KEY "\n"), SILENT, SILENT, 0, 0 },
	{ "hashed in another way",     BYTES_ROW("|2|IOdl+ZPn6azPUXLb/kLoUBMSPhY=|AAAAAAAAAAAAAAAAAAAAAAAAAAA= type " KEY "\n"), SILENT, SILENT, 0, 1 },
	{ "a short salt",              BYTES_ROW("|1|AAAA|AAAAAAAAAAAAAAAAAAAAAAAAAAA= type " KEY "\n"), SILENT,  SILENT,  0, 1 },
	{ "one bar only",              BYTES_ROW("|1|AAAA type " KEY "\n"),                              SILENT,  SILENT,  0, 1 },
	{ "an authority",              BYTES_ROW("@cert-authority *.example type " CA "\n"),             SILENT,  LISTED,  0, 0 },
	{ "an authority for others",   BYTES_ROW("@cert-authority *.org type " CA "\n"),                 SILENT,  SILENT,  0, 0 },
	{ "another authority",         BYTES_ROW("@cert-authority *.example type " OTHER "\n"),          SILENT,  SILENT,  0, 0 },
	{ "an authority as a key",     BYTES_ROW("*.example type " CA "\n"),                             SILENT,  SILENT,  0, 0 },
	{ "a key as an authority",     BYTES_ROW("@cert-authority * type " KEY "\n"),                    SILENT,  SILENT,  0, 0 },
	{ "an authority, hashed",      BYTES_ROW("@cert-authority " HASHED " type " CA "\n"),            SILENT,  LISTED,  0, 0 },
	{ "revoked",                   BYTES_ROW("@revoked * type " KEY "\n"),                           REVOKED, REVOKED, 1, 0 },
	{ "revoked behind",            BYTES_ROW("host.example type " KEY "\n@revoked * type " KEY "\n"), REVOKED, REVOKED, 2, 0 },
	{ "revoked before",            BYTES_ROW("@revoked * type " KEY "\nhost.example type " KEY "\n"), REVOKED, REVOKED, 1, 0 },
	{ "revoked elsewhere",         BYTES_ROW("@revoked *.org type " KEY "\nhost.example type " KEY "\n"), LISTED, SILENT, 2, 0 },
	{ "another revoked",           BYTES_ROW("@revoked * type " OTHER "\nhost.example type " KEY "\n"), LISTED, SILENT, 2, 0 },
	{ "the authority revoked",     BYTES_ROW("@cert-authority * type " CA "\n@revoked * type " CA "\n"), SILENT, REVOKED, 0, 0 },
	{ "revoked, hashed",           BYTES_ROW("@revoked " HASHED " type " KEY "\n"),                  REVOKED, REVOKED, 1, 0 },
	{ "revoked, but which?",       BYTES_ROW("@revoked * type !!!\n"),                               REVOKED, REVOKED, 1, 1 },
	{ "revoked, a part of it",     BYTES_ROW("@revoked *\n"),                                        REVOKED, REVOKED, 1, 1 },
	{ "revoked, and no more",      BYTES_ROW("@revoked\n"),                                          REVOKED, REVOKED, 1, 1 },
	{ "revoked, but whose?",       BYTES_ROW("@revoked |1|x| type " KEY "\n"),                       REVOKED, REVOKED, 1, 1 },
	{ "revoked, a broken one elsewhere", BYTES_ROW("@revoked *.org type !!!\n"),                     SILENT,  SILENT,  0, 1 },
	{ "revoked with a NUL",        BYTES_ROW("@revoked x" NUL "y type " KEY "\n"),                   REVOKED, REVOKED, 1, 1 },
	{ "a marker in capitals",      BYTES_ROW("@REVOKED * type " KEY "\n"),                           SILENT,  SILENT,  0, 0 },
	{ "a marker of some day",      BYTES_ROW("@new * type " KEY "\n"),                               SILENT,  SILENT,  0, 0 },
	{ "two markers",               BYTES_ROW("@cert-authority @revoked * type " KEY "\n"),           SILENT,  SILENT,  0, 1 },
	{ "no base64",                 BYTES_ROW("host.example type k\n"),                               SILENT,  SILENT,  0, 1 },
	{ "of another type",           BYTES_ROW("host.example typf " KEY "\n"),                         SILENT,  SILENT,  0, 1 },
	{ "of SSH 1",                  BYTES_ROW("host.example 1024 35 1234567\n"),                      SILENT,  SILENT,  0, 1 },
	{ "no key",                    BYTES_ROW("host.example\nhost.example type\n"),                   SILENT,  SILENT,  0, 2 },
	{ "a NUL",                     BYTES_ROW("host.example type " KEY NUL "\n"),                     SILENT,  SILENT,  0, 1 },
};
/* clang-format on */

static void
each_line_says_what_it_says(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct known_hosts_answer key = known_hosts_find(rows[i].file, &plain);

		ROW_TRUE(rows[i].name, key.verdict == rows[i].plain);
		ROW_TRUE(rows[i].name, key.line == rows[i].line);
		ROW_TRUE(rows[i].name, key.refused_count == rows[i].refused);
		ROW_TRUE(rows[i].name, (key.refused_line > 0) == (rows[i].refused > 0));
		ROW_TRUE(rows[i].name,
		    known_hosts_find(rows[i].file, &certified).verdict == rows[i].certified);
	}
}

static void
an_address_is_a_name_too(void **state)
{
	const struct known_hosts_question question = { BYTES("2001:db8::1"), BYTES(TYPE "k"),
		BYTES("") };

	assert_int_equal(
	    known_hosts_find(BYTES("x,2001:db8::1 type " KEY "\n"), &question).verdict, LISTED);
	assert_int_equal(
	    known_hosts_find(BYTES("[2001:db8::1]:22 type " KEY "\n"), &question).verdict, SILENT);
}

static void
lines_that_are_too_long_are_none(void **state)
{
	static char file[KNOWN_HOSTS_LINE_MAX + 128];
	const char *line = "@revoked host.example type " KEY;

	memset(file, ' ', sizeof(file));
	memcpy(file, "#", 1);
	memcpy(file + KNOWN_HOSTS_LINE_MAX, "\n", 1);
	memcpy(file + KNOWN_HOSTS_LINE_MAX + 1, line, strlen(line));
	assert_int_equal(known_hosts_find(bytes_of(file, sizeof(file)), &plain).line, 2);
	memcpy(file + KNOWN_HOSTS_LINE_MAX, " ", 1);
	memcpy(file, "host.example type " KEY, strlen("host.example type " KEY));
	assert_int_equal(known_hosts_find(bytes_of(file, sizeof(file)), &plain).verdict, SILENT);
	memcpy(file, "@revoked ", 9); /* of whom, nobody reads */
	assert_int_equal(known_hosts_find(bytes_of(file, sizeof(file)), &plain).verdict, REVOKED);
}

static int
start(void **state)
{
	return crypto_start() == RESULT_OK ? 0 : 1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_says_what_it_says),
		cmocka_unit_test(an_address_is_a_name_too),
		cmocka_unit_test(lines_that_are_too_long_are_none),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
