/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/lines/options.c: every option by what it does to the answer, and whatever else makes
 * a line refused.
 */
#include "monitor/lines/options.h"

#include "common/pattern.h"
#include "tests/unit/support.h"

/* clang-format off */
static const struct {
	const char *text;
	bool pty, port, agent, x11, rc;
} flags[] = {
	{ "",                              true,  true,  true,  true,  true  },
	{ "pty",                           true,  true,  true,  true,  true  },
	{ "no-pty",                        false, true,  true,  true,  true  },
	{ "no-port-forwarding",            true,  false, true,  true,  true  },
	{ "no-agent-forwarding",           true,  true,  false, true,  true  },
	{ "no-X11-forwarding",             true,  true,  true,  false, true  },
	{ "no-user-rc",                    true,  true,  true,  true,  false },
	{ "NO-PTY,No-User-Rc",             false, true,  true,  true,  false },
	{ "restrict",                      false, false, false, false, false },
	{ "RESTRICT,pty",                  true,  false, false, false, false },
	{ "restrict,port-forwarding",      false, true,  false, false, false },
	{ "restrict,agent-forwarding",     false, false, true,  false, false },
	{ "restrict,X11-forwarding",       false, false, false, true,  false },
	{ "restrict,user-rc",              false, false, false, false, true  },
	{ "pty,restrict",                  false, false, false, false, false },
	{ "no-pty,pty",                    true,  true,  true,  true,  true  },
	{ "pty,no-pty",                    false, true,  true,  true,  true  },
	{ "from=\"*\",no-pty",             false, true,  true,  true,  true  },
};
/* clang-format on */

static void
flags_take_away_and_give_back(void **state)
{
	for (size_t i = 0; i < COUNT(flags); i++) {
		struct key_options options;
		char reason[OPTIONS_REASON_MAX];

		ROW_RESULT(flags[i].text,
		    options_parse(bytes_of_text(flags[i].text), NULL, &options, reason), RESULT_OK);
		ROW_TRUE(flags[i].text, options.pty == flags[i].pty);
		ROW_TRUE(flags[i].text, options.port_forwarding == flags[i].port);
		ROW_TRUE(flags[i].text, options.agent_forwarding == flags[i].agent);
		ROW_TRUE(flags[i].text, options.x11_forwarding == flags[i].x11);
		ROW_TRUE(flags[i].text, options.user_rc == flags[i].rc);
		ROW_TRUE(flags[i].text, !options.expiry.is_set);
	}
}

static void
keeps_the_list_of_from(void **state)
{
	struct key_options options;
	char reason[OPTIONS_REASON_MAX];

	assert_ok(options_parse(BYTES("no-pty,FROM=\"10.0.0.0/8,!10.1.1.1,*.example.org\",pty"),
	    NULL, &options, reason));
	assert_true(options.has_from);
	assert_bytes_text(options.from, "10.0.0.0/8,!10.1.1.1,*.example.org");
	assert_ok(options_parse(BYTES("pty"), NULL, &options, reason));
	assert_false(options.has_from);
}

static void
counts_the_names_of_an_authority(void **state)
{
	char text[16 + 2 * OPTIONS_PRINCIPALS_MAX + 4] = "principals=\"a",
						    reason[OPTIONS_REASON_MAX];
	struct key_options options;

	for (size_t i = 1; i < OPTIONS_PRINCIPALS_MAX; i++)
		strcat(text, ",a");
	strcat(text, "\"");
	assert_ok(options_parse(bytes_of_text(text), NULL, &options, reason));
	strcpy(text + strlen(text) - 1, ",a\"");
	assert_result(options_parse(bytes_of_text(text), NULL, &options, reason), RESULT_LIMIT);
	assert_non_null(strstr(reason, "too many names of option"));
}

/* Seconds by date(1): date -u -d "2038-01-19 03:14:07" +%s. */
static const struct {
	const char *text;
	uint64_t clock_s;
	bool is_utc;
} expiries[] = {
	{ "expiry-time=\"19700101\"", 0, false },
	{ "expiry-time=\"19700101Z\"", 0, true },
	{ "expiry-time=\"20240229Z\"", 1709164800, true },
	{ "expiry-time=\"20000229UTC\"", 951782400, true },
	{ "expiry-time=\"20380119031407Z\"", 2147483647, true },
	{ "expiry-time=\"202611210316\"", 1795230960, false },
	{ "Expiry-Time=\"20261121031659\"", 1795231019, false },
	{ "expiry-time=\"99991231235959Z\"", 253402300799, true },
};

static void
reads_dates(void **state)
{
	for (size_t i = 0; i < COUNT(expiries); i++) {
		struct key_options options;
		char reason[OPTIONS_REASON_MAX];

		ROW_RESULT(expiries[i].text,
		    options_parse(bytes_of_text(expiries[i].text), NULL, &options, reason),
		    RESULT_OK);
		ROW_TRUE(expiries[i].text, options.expiry.is_set);
		ROW_TRUE(expiries[i].text, options.expiry.is_utc == expiries[i].is_utc);
		ROW_TRUE(expiries[i].text, options.expiry.clock_s == expiries[i].clock_s);
	}
}

static const struct {
	const char *text;
	bool touch_waived, must_verify;
} demands[] = {
	{ "", false, false },
	{ "no-touch-required", true, false },
	{ "verify-required", false, true },
	{ "No-Touch-Required,Verify-Required", true, true },
	{ "no-touch-required,touch-required", false, false },
	{ "touch-required", false, false },
	{ "verify-required,no-verify-required", false, false },
	{ "no-verify-required,verify-required", false, true },
	{ "restrict", false, false },
	{ "no-touch-required,verify-required,restrict", true, true },
};

static void
reads_what_security_keys_must_have_seen(void **state)
{
	for (size_t i = 0; i < COUNT(demands); i++) {
		struct key_options options;
		char reason[OPTIONS_REASON_MAX];

		ROW_RESULT(demands[i].text,
		    options_parse(bytes_of_text(demands[i].text), NULL, &options, reason),
		    RESULT_OK);
		ROW_TRUE(demands[i].text, options.touch_waived == demands[i].touch_waived);
		ROW_TRUE(demands[i].text, options.must_verify == demands[i].must_verify);
	}
}

static const struct {
	const char *text;
	enum result result;
	const char *reason; /* a part of it */
} refused[] = {
	{ "command=\"a\",command=\"b\"", RESULT_MALFORMED, "command" },
	{ "command=ls", RESULT_MALFORMED, "command" },
	{ "environment=\"A\"", RESULT_MALFORMED, "no variable" },
	{ "environment=\"=b\"", RESULT_MALFORMED, "no variable" },
	{ "environment=\"1A=b\"", RESULT_MALFORMED, "no variable" },
	{ "environment=\"A B=b\"", RESULT_MALFORMED, "no variable" },
	{ "permitopen=\"a\"", RESULT_MALFORMED, "no place" },
	{ "permitopen=\"a:0\"", RESULT_MALFORMED, "no place" },
	{ "permitopen=\"::1:22\"", RESULT_MALFORMED, "no place" },
	{ "permitopen=\"a:65536\"", RESULT_MALFORMED, "no place" },
	{ "permitopen=\"a:4294967295\"", RESULT_MALFORMED, "no place" },
	{ "permitopen=\"a *:80\"", RESULT_MALFORMED, "no place" },
	{ "permitlisten=\"\"", RESULT_MALFORMED, "no place" },
	{ "permitlisten=\"0\"", RESULT_MALFORMED, "no place" },
	{ "permitlisten=\"host\"", RESULT_MALFORMED, "no place" },
	{ "permitlisten=\"host:\"", RESULT_MALFORMED, "no place" },
	{ "permitlisten=\":80\"", RESULT_MALFORMED, "no place" },
	{ "permitlisten=\"::1:80\"", RESULT_MALFORMED, "no place" },
	{ "permitlisten=\"a *:80\"", RESULT_MALFORMED, "no place" },
	{ "permitlisten=\"4294967295\"", RESULT_MALFORMED, "no place" },
	{ "permitlisten", RESULT_UNSUPPORTED, "permitlisten" },
	{ "tunnel=\"\"", RESULT_MALFORMED, "no number" },
	{ "tunnel=\"-1\"", RESULT_MALFORMED, "no number" },
	{ "tunnel=\"tun0\"", RESULT_MALFORMED, "no number" },
	{ "tunnel=\"2147483647\"", RESULT_MALFORMED, "no number" },
	{ "tunnel=\"1\",tunnel=\"1\"", RESULT_MALFORMED, "twice" },
	{ "tunnel", RESULT_UNSUPPORTED, "tunnel" },
	{ "principals=\"a\",principals=\"b\"", RESULT_MALFORMED, "principals" },
	{ "principals=\"\"", RESULT_MALFORMED, "principals" },
	{ "verify-required=\"yes\"", RESULT_UNSUPPORTED, "verify-required" },
	{ "touch", RESULT_UNSUPPORTED, "touch" },
	{ "no-such-option", RESULT_UNSUPPORTED, "no-such-option" },
	{ "no-restrict", RESULT_UNSUPPORTED, "no-restrict" },
	{ "no-no-pty", RESULT_UNSUPPORTED, "no-no-pty" },
	{ "no-", RESULT_UNSUPPORTED, "no-" },
	{ "pty=\"yes\"", RESULT_UNSUPPORTED, "pty" },
	{ "restrict=\"\"", RESULT_UNSUPPORTED, "restrict" },
	{ "no-from=\"*\"", RESULT_UNSUPPORTED, "no-from" },
	{ "ptyx", RESULT_UNSUPPORTED, "ptyx" },
	{ "pt", RESULT_UNSUPPORTED, "pt" },
	{ "\"pty\"", RESULT_UNSUPPORTED, "pty" },
	{ "from", RESULT_UNSUPPORTED, "from" },
	{ "from=", RESULT_MALFORMED, "from" },
	{ "from=*", RESULT_MALFORMED, "from" },
	{ "from=\"", RESULT_MALFORMED, "not closed" },
	{ "from=\"*", RESULT_MALFORMED, "not closed" },
	{ "from=\"\"", RESULT_MALFORMED, "addresses" },
	{ "from=\"*\"x", RESULT_MALFORMED, "from" },
	{ "from=\"a\"\"b\"", RESULT_MALFORMED, "addresses" },
	{ "from=\"a\\\"b\"", RESULT_MALFORMED, "addresses" },
	{ "from=\"10.0.0.0/33\"", RESULT_MALFORMED, "addresses" },
	{ "from=\"10.0.0.1/8\"", RESULT_MALFORMED, "addresses" },
	{ "from=\"*\",from=\"*\"", RESULT_MALFORMED, "twice" },
	{ "=\"*\"", RESULT_UNSUPPORTED, "" },
	{ ",", RESULT_MALFORMED, "empty" },
	{ "pty,", RESULT_MALFORMED, "empty" },
	{ ",pty", RESULT_MALFORMED, "empty" },
	{ "pty,,no-pty", RESULT_MALFORMED, "empty" },
	{ "expiry-time=\"\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"Z\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"2026112\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"2026112103\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"20261121031\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"202611210316590\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"20261121 \"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"+0261121\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"20261121z\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"20261121ZZ\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"20261321\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"20260021\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"20261100\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"20261131\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"20250229\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"21000229\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"202611212400\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"202611212360\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"20261121235960\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"19691231\"", RESULT_MALFORMED, "date" },
	{ "expiry-time=\"20261121\",expiry-time=\"20271121\"", RESULT_MALFORMED, "twice" },
};

static void
refuses_what_it_does_not_understand(void **state)
{
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct key_options options;
		char reason[OPTIONS_REASON_MAX];

		ROW_RESULT(refused[i].text,
		    options_parse(bytes_of_text(refused[i].text), NULL, &options, reason),
		    refused[i].result);
		ROW_TRUE(refused[i].text, reason[0] != '\0');
		ROW_TRUE(refused[i].text, strstr(reason, refused[i].reason) != NULL);
	}
}

/* --- Options of others -------------------------------------------------------------------------- */

/* AcceptKeyOptions with one pattern. */
static bool
keeps_pattern(const void *context, struct bytes name)
{
	return pattern_matches_caseless(bytes_of_text(context), name);
}

static void
keeps_options_of_others(void **state)
{
	const struct foreign_rule rule = { keeps_pattern, "app*" };
	char reason[OPTIONS_REASON_MAX];
	struct key_options options;

	assert_ok(
	    options_parse(BYTES("no-pty,app,App-Role=\"a,b \\\"c\\\"\",command=\"x\",app_e=\"\""),
		&rule, &options, reason));
	assert_int_equal(options.foreign_count, 3);
	assert_bytes_text(options.foreign[0].name, "app");
	assert_int_equal(options.foreign[0].value.size, 0);
	assert_bytes_text(options.foreign[1].name, "App-Role");
	assert_bytes_text(options.foreign[1].value, "a,b \\\"c\\\"");
	assert_bytes_text(options.foreign[2].name, "app_e");
	assert_int_equal(options.foreign[2].value.size, 0);
	assert_false(options.pty);
	assert_bytes_text(options.command, "x");
	assert_ok(options_parse(BYTES("pty"), &rule, &options, reason));
	assert_int_equal(options.foreign_count, 0);
}

static const struct {
	const char *pattern, *text;
	enum result result;
	const char *reason; /* a part of it */
} foreign_refused[] = {
	{ "app*", "role", RESULT_UNSUPPORTED, "does not know: role" },
	{ "app*", "app,role=\"x\"", RESULT_UNSUPPORTED, "does not know: role" },
	{ "app*", "no-app", RESULT_UNSUPPORTED, "does not know: no-app" },
	{ "*", "app=x", RESULT_MALFORMED, "without quotes of option: app" },
	{ "*", "app=\"x", RESULT_MALFORMED, "not closed" },
	{ "*", "app=\"a\"\"b\"", RESULT_MALFORMED, "without a backslash" },
	{ "*", "app=\"a\"b\\\"", RESULT_MALFORMED, "without a backslash" },
	{ "*", "app=\"x\ty\"", RESULT_MALFORMED, "control character in the value of option: app" },
	{ "*", "app=\"x\ny\"", RESULT_MALFORMED, "control character in the value of option: app" },
	{ "*", "\"app\"", RESULT_MALFORMED, "name of option" },
	{ "*", "=\"x\"", RESULT_MALFORMED, "name of option" },
	{ "*", "app,", RESULT_MALFORMED, "empty" },
	{ "*", "app,app", RESULT_MALFORMED, "twice: app" },
	{ "*", "app=\"x\",other,APP=\"x\"", RESULT_MALFORMED, "twice: APP" },
	{ "*", "a-b=\"x\",a_b=\"x\"", RESULT_MALFORMED,
	    "another option has the variable of option: a_b" },
	{ "*", "a.b,a@b", RESULT_MALFORMED, "another option has the variable" },
	/* What is ours stays ours, and is no less wrong. */
	{ "*", "from", RESULT_UNSUPPORTED, "does not know: from" },
	{ "*", "Command", RESULT_UNSUPPORTED, "does not know: Command" },
	{ "*", "pty=\"yes\"", RESULT_UNSUPPORTED, "does not know: pty" },
	{ "*", "restrict=\"\"", RESULT_UNSUPPORTED, "does not know: restrict" },
	{ "*", "cert-authority=\"x\"", RESULT_UNSUPPORTED, "does not know: cert-authority" },
	{ "*", "no-restrict", RESULT_UNSUPPORTED, "does not know: no-restrict" },
	{ "*", "no-no-pty", RESULT_UNSUPPORTED, "does not know: no-no-pty" },
	{ "*", "no-command=\"x\"", RESULT_UNSUPPORTED, "does not know: no-command" },
	{ "*", "verify-required=\"yes\"", RESULT_UNSUPPORTED, "does not know: verify-required" },
	{ "*", "command=\"a\",command=\"b\"", RESULT_MALFORMED, "twice: command" },
	{ "from", "from=\"\"", RESULT_MALFORMED, "addresses" },
};

static void
refuses_options_of_others_that_are_none(void **state)
{
	for (size_t i = 0; i < COUNT(foreign_refused); i++) {
		const struct foreign_rule rule = { keeps_pattern, foreign_refused[i].pattern };
		struct key_options options;
		char reason[OPTIONS_REASON_MAX];

		ROW_RESULT(foreign_refused[i].text,
		    options_parse(bytes_of_text(foreign_refused[i].text), &rule, &options, reason),
		    foreign_refused[i].result);
		ROW_TRUE(
		    foreign_refused[i].text, strstr(reason, foreign_refused[i].reason) != NULL);
	}
}

/* Whatever is kept, the table's own options do what they do. */
static void
what_is_known_is_kept_from_others(void **state)
{
	const struct foreign_rule rule = { keeps_pattern, "*" };

	for (size_t i = 0; i < COUNT(flags); i++) {
		struct key_options options;
		char reason[OPTIONS_REASON_MAX];

		ROW_RESULT(flags[i].text,
		    options_parse(bytes_of_text(flags[i].text), &rule, &options, reason),
		    RESULT_OK);
		ROW_TRUE(flags[i].text, options.foreign_count == 0);
		ROW_TRUE(flags[i].text,
		    options.pty == flags[i].pty && options.x11_forwarding == flags[i].x11);
	}
	for (size_t i = 0; i < COUNT(demands); i++) {
		struct key_options options;
		char reason[OPTIONS_REASON_MAX];

		ROW_RESULT(demands[i].text,
		    options_parse(bytes_of_text(demands[i].text), &rule, &options, reason),
		    RESULT_OK);
		ROW_TRUE(demands[i].text, options.must_verify == demands[i].must_verify);
		ROW_TRUE(demands[i].text, options.foreign_count == 0);
	}
}

static void
counts_options_of_others(void **state)
{
	const struct foreign_rule rule = { keeps_pattern, "*" };
	char text[16 * (OPTIONS_FOREIGN_MAX + 2)] = "pty", reason[OPTIONS_REASON_MAX];
	struct key_options options;

	for (int i = 0; i < OPTIONS_FOREIGN_MAX; i++)
		snprintf(text + strlen(text), 16, ",o%d=\"v\"", i);
	assert_ok(options_parse(bytes_of_text(text), &rule, &options, reason));
	assert_int_equal(options.foreign_count, OPTIONS_FOREIGN_MAX);
	strcat(text, ",last");
	assert_result(options_parse(bytes_of_text(text), &rule, &options, reason), RESULT_LIMIT);
	assert_non_null(strstr(reason, "more than 16 options"));
	assert_non_null(strstr(reason, "last"));
}

static void
keeps_places_to_listen_on(void **state)
{
	char text[32 * (OPTIONS_PERMIT_LISTEN_MAX + 2)] = "pty", reason[OPTIONS_REASON_MAX];
	struct key_options options;

	assert_ok(options_parse(
	    BYTES("permitlisten=\"80\",PermitListen=\"[::1]:*\""), NULL, &options, reason));
	assert_int_equal(options.permit_listen_count, 2);
	assert_bytes_text(options.permit_listen[0], "80");
	assert_bytes_text(options.permit_listen[1], "[::1]:*");
	for (size_t i = 0; i < OPTIONS_PERMIT_LISTEN_MAX; i++)
		strcat(text, ",permitlisten=\"*:1\"");
	assert_ok(options_parse(bytes_of_text(text), NULL, &options, reason));
	strcat(text, ",permitlisten=\"*:1\"");
	assert_result(options_parse(bytes_of_text(text), NULL, &options, reason), RESULT_LIMIT);
	assert_non_null(strstr(reason, "permitlisten"));
}

static void
restrict_takes_tunnels_away(void **state)
{
	static const struct {
		const char *text;
		bool may;
	} rows[] = {
		{ "", true },
		{ "no-port-forwarding", true },
		{ "tunnel=\"1\"", true },
		{ "restrict", false },
		{ "restrict,pty,port-forwarding", false },
		{ "restrict,tunnel=\"1\"", true },
		{ "restrict,tunnel=\"any\"", true },
		{ "tunnel=\"1\",restrict", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct key_options options;
		char reason[OPTIONS_REASON_MAX];

		assert_ok(options_parse(bytes_of_text(rows[i].text), NULL, &options, reason));
		ROW_TRUE(rows[i].text, options.may_tunnel == rows[i].may);
	}
}

static void
keeps_the_tunnel(void **state)
{
	char reason[OPTIONS_REASON_MAX];
	struct key_options options;

	assert_ok(options_parse(BYTES("tunnel=\"7\""), NULL, &options, reason));
	assert_true(options.tunnel.is_set && !options.tunnel.is_any);
	assert_int_equal(options.tunnel.unit, 7);
	assert_ok(options_parse(BYTES("Tunnel=\"any\""), NULL, &options, reason));
	assert_true(options.tunnel.is_set && options.tunnel.is_any);
	assert_ok(options_parse(BYTES("pty"), NULL, &options, reason));
	assert_false(options.tunnel.is_set);
}

static void
reasons_fit_and_hide_control_characters(void **state)
{
	struct key_options options;
	char reason[OPTIONS_REASON_MAX];
	uint8_t text[4096];

	memset(text, '\x1b', sizeof(text));
	assert_result(options_parse(bytes_of(text, sizeof(text)), NULL, &options, reason),
	    RESULT_UNSUPPORTED);
	assert_true(strlen(reason) < OPTIONS_REASON_MAX);
	assert_null(strchr(reason, '\x1b'));
}

static const struct {
	const char *line;
	size_t size;
	enum result result;
} fields[] = {
	{ "", 0, RESULT_OK },
	{ "pty ssh-rsa", 3, RESULT_OK },
	{ "pty\tssh-rsa", 3, RESULT_OK },
	{ "pty", 3, RESULT_OK },
	{ "command=\"a b\" x", 13, RESULT_OK },
	{ "command=\"a \\\" b\" x", 16, RESULT_OK },
	{ "a\\\" b", 3, RESULT_OK },
	{ "from=\"a b", 0, RESULT_MALFORMED },
	{ "from=\"a \\\"", 0, RESULT_MALFORMED },
	{ "a\\", 2, RESULT_OK },
};

static void
finds_the_end_of_the_field(void **state)
{
	for (size_t i = 0; i < COUNT(fields); i++) {
		size_t size = 0;

		ROW_RESULT(fields[i].line, options_field(bytes_of_text(fields[i].line), &size),
		    fields[i].result);
		ROW_TRUE(fields[i].line, fields[i].result != RESULT_OK || size == fields[i].size);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_take_away_and_give_back),
		cmocka_unit_test(keeps_the_list_of_from),
		cmocka_unit_test(counts_the_names_of_an_authority),
		cmocka_unit_test(reads_dates),
		cmocka_unit_test(reads_what_security_keys_must_have_seen),
		cmocka_unit_test(refuses_what_it_does_not_understand),
		cmocka_unit_test(keeps_options_of_others),
		cmocka_unit_test(refuses_options_of_others_that_are_none),
		cmocka_unit_test(what_is_known_is_kept_from_others),
		cmocka_unit_test(counts_options_of_others),
		cmocka_unit_test(keeps_places_to_listen_on),
		cmocka_unit_test(keeps_the_tunnel),
		cmocka_unit_test(restrict_takes_tunnels_away),
		cmocka_unit_test(reasons_fit_and_hide_control_characters),
		cmocka_unit_test(finds_the_end_of_the_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
