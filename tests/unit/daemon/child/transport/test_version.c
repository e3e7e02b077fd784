/* SPDX-License-Identifier: ISC */
/*
 * The client's identification line: what is one, what is refused, and where it must end.
 */
#include "daemon/child/transport/version.h"

#include "tests/unit/support.h"

struct row {
	const char *name;
	struct bytes received;
	enum result result;
	struct bytes line; /* if RESULT_OK */
};

static const struct row rows[] = {
	{ "CR LF", BYTES_ROW("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\nrest"), RESULT_OK,
	    BYTES_ROW("SSH-2.0-OpenSSH_9.2p1 Debian-2") },
	{ "LF alone", BYTES_ROW("SSH-2.0-x\n"), RESULT_OK, BYTES_ROW("SSH-2.0-x") },
	{ "1.99 is ours too", BYTES_ROW("SSH-1.99-x\r\n"), RESULT_OK, BYTES_ROW("SSH-1.99-x") },
	{ "the line enters the hash with all its blanks", BYTES_ROW("SSH-2.0-a b  \r\n"), RESULT_OK,
	    BYTES_ROW("SSH-2.0-a b  ") },
	{ "nothing yet", BYTES_ROW(""), RESULT_AGAIN, { 0 } },
	{ "a beginning", BYTES_ROW("SS"), RESULT_AGAIN, { 0 } },
	{ "no line end yet", BYTES_ROW("SSH-2.0-x\r"), RESULT_AGAIN, { 0 } },
	{ "1.5", BYTES_ROW("SSH-1.5-old\n"), RESULT_UNSUPPORTED, { 0 } },
	{ "3.0", BYTES_ROW("SSH-3.0-new\n"), RESULT_UNSUPPORTED, { 0 } },
	{ "2.1", BYTES_ROW("SSH-2.1-x\n"), RESULT_UNSUPPORTED, { 0 } },
	{ "no software", BYTES_ROW("SSH-2.0-\r\n"), RESULT_MALFORMED, { 0 } },
	{ "no number", BYTES_ROW("SSH-two.0-x\r\n"), RESULT_MALFORMED, { 0 } },
	{ "no minor number", BYTES_ROW("SSH-2-x\r\n"), RESULT_MALFORMED, { 0 } },
	{ "an empty line", BYTES_ROW("\r\n"), RESULT_MALFORMED, { 0 } },
	{ "HTTP, at its first byte", BYTES_ROW("G"), RESULT_MALFORMED, { 0 } },
	{ "TLS, before any line end", BYTES_ROW("\x16\x03\x01\x02"), RESULT_MALFORMED, { 0 } },
	{ "a NUL inside", BYTES_ROW("SSH-2.0-a\0b\r\n"), RESULT_MALFORMED, { 0 } },
	{ "a CR inside", BYTES_ROW("SSH-2.0-a\rb\r\n"), RESULT_MALFORMED, { 0 } },
	{ "lower case", BYTES_ROW("ssh-2.0-x\r\n"), RESULT_MALFORMED, { 0 } },
};

static void
test_lines(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct version version = { 0 };

		ROW_RESULT(row->name, version_parse(row->received, &version), row->result);
		if (row->result == RESULT_OK)
			ROW_BYTES(row->name, version.line, row->line);
	}
}

static void
test_taken_bytes_end_with_the_line(void **state)
{
	struct version version;

	assert_ok(version_parse(BYTES("SSH-2.0-x\r\nSSH-2.0-y\r\n"), &version));
	assert_int_equal(version.size, strlen("SSH-2.0-x\r\n"));
	assert_ok(version_parse(BYTES("SSH-2.0-x\n\0\0\0\0"), &version));
	assert_int_equal(version.size, strlen("SSH-2.0-x\n"));
}

/* A line of `size` bytes with its line end. */
static enum result
parse_long(size_t size, bool has_end)
{
	char *line = malloc(size);
	struct version version;
	enum result result;

	assert_non_null(line);
	memset(line, 'x', size);
	memcpy(line, "SSH-2.0-", 8);
	if (has_end)
		line[size - 1] = '\n';
	result = version_parse(bytes_of(line, size), &version);
	free(line);
	return result;
}

static void
test_longest_line(void **state)
{
	assert_ok(parse_long(VERSION_LINE_MAX, true));
	assert_result(parse_long(VERSION_LINE_MAX - 1, false), RESULT_AGAIN);
	assert_result(parse_long(VERSION_LINE_MAX, false), RESULT_MALFORMED);
	assert_result(parse_long(VERSION_LINE_MAX + 1, true), RESULT_MALFORMED);
}

static void
test_refusals_are_lines(void **state)
{
	assert_string_equal(
	    version_refusal(RESULT_UNSUPPORTED), "Protocol major versions differ.\r\n");
	assert_string_equal(
	    version_refusal(RESULT_MALFORMED), "Invalid SSH identification string.\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_taken_bytes_end_with_the_line),
		cmocka_unit_test(test_longest_line),
		cmocka_unit_test(test_refusals_are_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
