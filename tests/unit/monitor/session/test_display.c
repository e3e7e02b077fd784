/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/session/display.c.
 */
#include "monitor/session/display.h"

#include "common/mem.h"
#include "tests/unit/support.h"

#define COOKIE "0123456789abcdefABCDEF0123456789"

static struct x11_request
request_of(struct bytes protocol, struct bytes cookie)
{
	return (struct x11_request){ .protocol = protocol, .cookie = cookie };
}

static void
takes_what_clients_send(void **state)
{
	static const char *const protocols[] = { "MIT-MAGIC-COOKIE-1", "XDM-AUTHORIZATION-1",
		"a.b:c/d_e" };

	for (size_t i = 0; i < COUNT(protocols); i++) {
		const struct x11_request request =
		    request_of(bytes_of_text(protocols[i]), BYTES(COOKIE));

		ROW_TRUE(protocols[i], display_objection(&request) == NULL);
	}
}

/* CVE-2016-3115: a newline in either was a command of the client's own to xauth. */
static void
refuses_what_xauth_or_a_shell_could_take_for_more(void **state)
{
	static const struct {
		const char *name;
		struct bytes protocol, cookie;
	} rows[] = {
		{ "a command behind the cookie", BYTES_ROW("MIT-MAGIC-COOKIE-1"),
		    BYTES_ROW("00\nsource /etc/passwd\n") },
		{ "a command behind the protocol", BYTES_ROW("x\ngeneric\n"), BYTES_ROW("00") },
		{ "a blank", BYTES_ROW("a b"), BYTES_ROW("00") },
		{ "a tab", BYTES_ROW("a\tb"), BYTES_ROW("00") },
		{ "a quote", BYTES_ROW("a\"b"), BYTES_ROW("00") },
		{ "a semicolon", BYTES_ROW("a;b"), BYTES_ROW("00") },
		{ "a substitution", BYTES_ROW("a"), BYTES_ROW("$(id)") },
		{ "a backquote", BYTES_ROW("`id`"), BYTES_ROW("00") },
		{ "a NUL in the protocol", BYTES_ROW("a\0b"), BYTES_ROW("00") },
		{ "a NUL in the cookie", BYTES_ROW("a"), BYTES_ROW("00\0\0") },
		{ "no protocol", BYTES_ROW(""), BYTES_ROW("00") },
		{ "no cookie", BYTES_ROW("a"), BYTES_ROW("") },
		{ "half a byte", BYTES_ROW("a"), BYTES_ROW("000") },
		{ "what is not hexadecimal", BYTES_ROW("a"), BYTES_ROW("0g") },
		{ "a letter beyond ASCII", BYTES_ROW("\xc3\xa4"), BYTES_ROW("00") },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct x11_request request = request_of(rows[i].protocol, rows[i].cookie);

		ROW_TRUE(rows[i].name, display_objection(&request) != NULL);
	}
}

static void
lengths_and_screens_are_limited(void **state)
{
	char text[DISPLAY_COOKIE_MAX + 2];
	struct x11_request request = request_of(BYTES("a"), BYTES(COOKIE));

	memset(text, 'a', sizeof(text));
	request.cookie = bytes_of(text, DISPLAY_COOKIE_MAX);
	assert_null(display_objection(&request));
	request.cookie = bytes_of(text, DISPLAY_COOKIE_MAX + 2);
	assert_non_null(display_objection(&request));
	request = request_of(bytes_of(text, DISPLAY_PROTOCOL_MAX), BYTES(COOKIE));
	assert_null(display_objection(&request));
	request.protocol.size++;
	assert_non_null(display_objection(&request));
	request = request_of(BYTES("a"), BYTES(COOKIE));
	request.screen = DISPLAY_SCREEN_MAX;
	assert_null(display_objection(&request));
	request.screen = DISPLAY_SCREEN_MAX + 1;
	assert_non_null(display_objection(&request));
}

static void
has_the_names_that_sshd_gives(void **state)
{
	struct x11_request request = request_of(BYTES("MIT-MAGIC-COOKIE-1"), BYTES("00ff"));
	struct display display = { 0 };

	request.screen = 3;
	assert_ok(display_keep(&display, &request));
	assert_false(display.is_open);
	assert_ok(display_open(&display, 10, NULL));
	assert_true(display.is_open);
	assert_string_equal(display.name, "localhost:10.3");
	assert_string_equal(display.authority, "unix:10.3");
	assert_ok(display_open(&display, 11, "host-1.example"));
	assert_string_equal(display.name, "host-1.example:11.3");
	assert_string_equal(display.authority, "host-1.example:11.3");
	display_clear(&display);
	assert_null(display.cookie);
}

static void
refuses_a_host_that_is_no_name(void **state)
{
	const struct x11_request request = request_of(BYTES("a"), BYTES("00"));
	char longest[DISPLAY_NAME_MAX + 1];
	struct display display = { 0 };

	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_ok(display_keep(&display, &request));
	assert_result(display_open(&display, 1, "a\nb"), RESULT_MALFORMED);
	assert_result(display_open(&display, 1, ""), RESULT_MALFORMED);
	assert_result(display_open(&display, 1, longest), RESULT_MALFORMED);
	assert_false(display.is_open);
	display_clear(&display);
}

static void
tells_xauth_and_rc_files(void **state)
{
	const struct x11_request request = request_of(BYTES("MIT-MAGIC-COOKIE-1"), BYTES("00ff"));
	struct display display = { 0 };
	OWNED_BUF commands;
	OWNED_BUF line;

	buf_init(&commands, 4096);
	buf_init(&line, 4096);
	assert_ok(display_keep(&display, &request));
	assert_ok(display_open(&display, 10, NULL));
	assert_ok(display_put_commands(&display, &commands));
	assert_ok(display_put_line(&display, &line));
	assert_bytes_text(
	    buf_bytes(&commands), "remove unix:10.0\nadd unix:10.0 MIT-MAGIC-COOKIE-1 00ff\n");
	assert_bytes_text(buf_bytes(&line), "MIT-MAGIC-COOKIE-1 00ff\n");
	display_clear(&display);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_clients_send),
		cmocka_unit_test(refuses_what_xauth_or_a_shell_could_take_for_more),
		cmocka_unit_test(lengths_and_screens_are_limited),
		cmocka_unit_test(has_the_names_that_sshd_gives),
		cmocka_unit_test(refuses_a_host_that_is_no_name),
		cmocka_unit_test(tells_xauth_and_rc_files),
	};

	return cmocka_run_group_tests_name("display", tests, NULL, NULL);
}
