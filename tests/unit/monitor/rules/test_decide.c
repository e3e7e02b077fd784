/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/rules/decide.c: each setting and each option by its effect.
 */
#include "common/config/config.h"
#include "common/mem.h"
#include "monitor/rules/decide.h"
#include "tests/unit/settings.h"

#define NOW 1795230960 /* 2026-11-21 03:16 UTC */

static struct account user = {
	.name = "user", .home = "/home/user", .shell = "/bin/sh", .uid = 1000
};
static struct account root = { .name = "root", .home = "/root", .shell = "/bin/sh", .uid = 0 };

struct asked {
	const char *settings, *options, *address;
	const struct account *account;
};

/* The clock here is three hours ahead of UTC. */
static enum result
decide(const struct asked *asked, struct permissions *permissions, char *reason)
{
	CLEANUP(settings_freep) struct settings *settings = settings_of(asked->settings);
	struct key_options options;
	const struct decide_question question = {
		.settings = settings,
		.account = asked->account,
		.address = bytes_of_text(asked->address),
		.options = &options,
		.now = { NOW, NOW + 3 * 3600 },
	};

	ROW_RESULT(asked->options,
	    options_parse(bytes_of_text(asked->options), NULL, &options, reason), RESULT_OK);
	memset(permissions, 0xff, sizeof(*permissions));
	return decide_key(&question, permissions, reason);
}

/* clang-format off */
static const struct {
	const char *name;
	struct asked asked;
	const char *reason; /* a part of it; NULL: may log in */
} rows[] = {
	{ "nothing special",          { "", "", "192.0.2.1", &user },                                             NULL },
	{ "no account",               { "", "", "192.0.2.1", NULL },                                              "no such account" },
	{ "method off",               { "PubkeyAuthentication no\n", "", "192.0.2.1", &user },                    "PubkeyAuthentication" },
	{ "root by default",          { "", "", "192.0.2.1", &root },                                             NULL },
	{ "root, yes",                { "PermitRootLogin yes\n", "", "192.0.2.1", &root },                        NULL },
	{ "root, prohibit-password",  { "PermitRootLogin prohibit-password\n", "", "192.0.2.1", &root },          NULL },
	{ "root, without-password",   { "PermitRootLogin without-password\n", "", "192.0.2.1", &root },           NULL },
	{ "root, no",                 { "\nPermitRootLogin no\n", "", "192.0.2.1", &root },                       "PermitRootLogin no (sshd_config:2)" },
	{ "root, commands only",      { "PermitRootLogin forced-commands-only\n", "", "192.0.2.1", &root },       "forced-commands-only" },
	{ "root's key has a command", { "PermitRootLogin forced-commands-only\n", "command=\"x\"", "192.0.2.1", &root }, NULL },
	{ "user where root may not",  { "PermitRootLogin no\n", "", "192.0.2.1", &user },                         NULL },
	{ "from the address",         { "", "from=\"192.0.2.1\"", "192.0.2.1", &user },                           NULL },
	{ "from another",             { "", "from=\"192.0.2.1\"", "192.0.2.2", &user },                           "from=" },
	{ "from the network",         { "", "from=\"192.0.2.0/24\"", "192.0.2.200", &user },                      NULL },
	{ "from another network",     { "", "from=\"192.0.2.0/24\"", "192.0.3.200", &user },                      "from=" },
	{ "from a pattern",           { "", "from=\"192.0.2.*\"", "192.0.2.7", &user },                           NULL },
	{ "from but not",             { "", "from=\"192.0.2.*,!192.0.2.7\"", "192.0.2.7", &user },                "from=" },
	{ "from only not",            { "", "from=\"!192.0.2.7\"", "192.0.2.8", &user },                          "from=" },
	{ "from IPv6",                { "", "from=\"2001:db8::/32\"", "2001:db8::1", &user },                     NULL },
	{ "from another IPv6",        { "", "from=\"2001:db8::/32\"", "2001:db9::1", &user },                     "from=" },
	{ "from a name",              { "", "from=\"*.example.org\"", "192.0.2.1", &user },                       "from=" },
	{ "expires this minute",      { "", "expiry-time=\"202611210316Z\"", "192.0.2.1", &user },                NULL },
	{ "expired a second ago",     { "", "expiry-time=\"20261121031559Z\"", "192.0.2.1", &user },              "expiry-time" },
	{ "expires tomorrow",         { "", "expiry-time=\"20261122Z\"", "192.0.2.1", &user },                    NULL },
	{ "expires now, local time",  { "", "expiry-time=\"202611210616\"", "192.0.2.1", &user },                 NULL },
	{ "expired, local time",      { "", "expiry-time=\"20261121061559\"", "192.0.2.1", &user },               "expiry-time" },
	{ "not expired in UTC",       { "", "expiry-time=\"20261121061559Z\"", "192.0.2.1", &user },              NULL },
	{ "long expired",             { "", "expiry-time=\"19700101\"", "192.0.2.1", &user },                     "expiry-time" },
	{ "names of an authority's",  { "", "principals=\"user\"", "192.0.2.1", &user },                          "principals= is for lines of authorities" },
	{ "both conditions hold",     { "", "from=\"*\",expiry-time=\"20300101\"", "192.0.2.1", &user },          NULL },
	{ "one condition does not",   { "", "from=\"*\",expiry-time=\"20200101\"", "192.0.2.1", &user },          "expiry-time" },
};
/* clang-format on */

static void
lets_in_whom_no_rule_objects_to(void **state)
{
	const struct permissions none = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct permissions permissions;
		char reason[DECIDE_REASON_MAX];
		enum result result = decide(&rows[i].asked, &permissions, reason);

		if (rows[i].reason == NULL) {
			ROW_RESULT(rows[i].name, result, RESULT_OK);
			ROW_TRUE(rows[i].name, reason[0] == '\0');
			ROW_TRUE(rows[i].name, permissions.session);
			permissions_clear(&permissions);
			continue;
		}
		ROW_RESULT(rows[i].name, result, RESULT_DENIED);
		ROW_TRUE(rows[i].name, strstr(reason, rows[i].reason) != NULL);
		ROW_TRUE(rows[i].name, memcmp(&permissions, &none, sizeof(none)) == 0);
	}
}

/* clang-format off */
static const struct {
	const char *settings, *options;
	bool session, pty, forward_local, forward_remote, agent, x11;
} grants[] = {
	{ "",                            "",                         true,  true,  true,  true,  true,  false },
	{ "PermitTTY no\n",              "",                         true,  false, true,  true,  true,  false },
	{ "PermitTTY no\n",              "pty",                      true,  false, true,  true,  true,  false },
	{ "",                            "no-pty",                   true,  false, true,  true,  true,  false },
	{ "",                            "no-port-forwarding",       true,  true,  false, false, true,  false },
	{ "",                            "restrict",                 true,  false, false, false, false, false },
	{ "",                            "restrict,pty",             true,  true,  false, false, false, false },
	{ "",                            "restrict,port-forwarding", true,  false, true,  true,  false, false },
	{ "AllowTcpForwarding no\n",     "",                         true,  true,  false, false, true,  false },
	{ "AllowTcpForwarding no\n",     "port-forwarding",          true,  true,  false, false, true,  false },
	{ "AllowTcpForwarding local\n",  "",                         true,  true,  true,  false, true,  false },
	{ "AllowTcpForwarding remote\n", "",                         true,  true,  false, true,  true,  false },
	{ "AllowTcpForwarding local\n",  "no-port-forwarding",       true,  true,  false, false, true,  false },
	{ "AllowAgentForwarding no\n",   "",                         true,  true,  true,  true,  false, false },
	{ "AllowAgentForwarding no\n",   "agent-forwarding",         true,  true,  true,  true,  false, false },
	{ "",                            "no-agent-forwarding",      true,  true,  true,  true,  false, false },
	{ "",                            "restrict,agent-forwarding", true,  false, false, false, true,  false },
	{ "X11Forwarding yes\n",         "",                         true,  true,  true,  true,  true,  true  },
	{ "X11Forwarding yes\n",         "no-x11-forwarding",        true,  true,  true,  true,  true,  false },
	{ "X11Forwarding yes\n",         "restrict",                 true,  false, false, false, false, false },
	{ "X11Forwarding yes\n",         "restrict,x11-forwarding",  true,  false, false, false, false, true  },
	{ "",                            "x11-forwarding",           true,  true,  true,  true,  true,  false },
	{ "DisableForwarding yes\nX11Forwarding yes\n", "",          true,  true,  false, false, false, false },
	{ "Role all\nX11Forwarding yes\n", "",                        true,  true,  true,  true,  true,  true  },
	{ "Role session\nX11Forwarding yes\n", "",                    true,  true,  false, false, false, false },
	{ "Role sftp\nX11Forwarding yes\n", "",                       true,  false, false, false, false, false },
	{ "Role jump\nX11Forwarding yes\n", "",                       false, false, true,  false, false, false },
	{ "Role jump\n",                 "pty,agent-forwarding",      false, false, true,  false, false, false },
	{ "Role jump\n",                 "no-port-forwarding",        false, false, false, false, false, false },
	{ "Role jump\nAllowTcpForwarding remote\n", "",              false, false, false, false, false, false },
	{ "Role jump\nDisableForwarding yes\n", "",                  false, false, false, false, false, false },
	{ "Role reverse\nX11Forwarding yes\n", "",                    false, false, false, true,  false, false },
	{ "Role forward\nX11Forwarding yes\n", "",                    false, false, true,  true,  false, false },
};
/* clang-format on */

static void
grants_what_settings_and_options_both_allow(void **state)
{
	for (size_t i = 0; i < COUNT(grants); i++) {
		const struct asked asked = { grants[i].settings, grants[i].options, "192.0.2.1",
			&user };
		struct permissions permissions;
		char reason[DECIDE_REASON_MAX], name[128];

		snprintf(name, sizeof(name), "%s%s", grants[i].settings, grants[i].options);
		ROW_RESULT(name, decide(&asked, &permissions, reason), RESULT_OK);
		ROW_TRUE(name, permissions.session == grants[i].session);
		ROW_TRUE(name, permissions.environment);
		ROW_TRUE(name, permissions.pty == grants[i].pty);
		ROW_TRUE(name, permissions.forward_local == grants[i].forward_local);
		ROW_TRUE(name, permissions.forward_remote == grants[i].forward_remote);
		ROW_TRUE(name, permissions.forward_agent == grants[i].agent);
		ROW_TRUE(name, permissions.forward_x11 == grants[i].x11);
		permissions_clear(&permissions);
	}
}

/* What an option limits, and what it says nothing of. */
static void
places_of_the_line_reach_the_permissions(void **state)
{
	const struct asked both = { "",
		"permitlisten=\"80\",permitopen=\"a:1\",permitlisten=\"b:2\"", "192.0.2.1", &user };
	const struct asked none = { "", "permitopen=\"a:1\"", "192.0.2.1", &user };
	struct permissions permissions;
	char reason[DECIDE_REASON_MAX];

	assert_ok(decide(&both, &permissions, reason));
	assert_string_equal(permissions.permit_listen, "80 b:2");
	assert_string_equal(permissions.permit_open, "a:1");
	permissions_clear(&permissions);
	assert_ok(decide(&none, &permissions, reason));
	assert_null(permissions.permit_listen);
	permissions_clear(&permissions);
}

static void
two_keys_bind_to_one_tunnel_or_none(void **state)
{
	static const struct {
		const char *name;
		struct permissions held, more;
		bool tunnel, is_bound;
		uint32_t unit;
	} pairs[] = {
		{ "neither is bound", { .tunnel = true }, { .tunnel = true }, true, false, 0 },
		{ "the first is", { .tunnel = true, .is_tunnel_bound = true, .tunnel_unit = 3 },
		    { .tunnel = true }, true, true, 3 },
		{ "the second is", { .tunnel = true },
		    { .tunnel = true, .is_tunnel_bound = true, .tunnel_unit = 3 }, true, true, 3 },
		{ "to the same", { .tunnel = true, .is_tunnel_bound = true, .tunnel_unit = 3 },
		    { .tunnel = true, .is_tunnel_bound = true, .tunnel_unit = 3 }, true, true, 3 },
		{ "to others", { .tunnel = true, .is_tunnel_bound = true, .tunnel_unit = 3 },
		    { .tunnel = true, .is_tunnel_bound = true, .tunnel_unit = 4 }, false, true, 4 },
		{ "one may not", { .tunnel = true }, { .tunnel = false }, false, false, 0 },
	};

	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct permissions held = pairs[i].held, more = pairs[i].more;

		assert_ok(decide_both(&held, &more));
		ROW_TRUE(pairs[i].name, held.tunnel == pairs[i].tunnel);
		ROW_TRUE(pairs[i].name, held.is_tunnel_bound == pairs[i].is_bound);
		ROW_TRUE(pairs[i].name, held.tunnel_unit == pairs[i].unit);
	}
}

/* Of one key, and of two. */
static void
options_of_others_become_variables(void **state)
{
	SETTINGS *settings = settings_of("AcceptKeyOptions app*\n");
	const struct foreign_rule rule = foreign_of_settings(settings);
	struct permissions permissions;
	char reason[DECIDE_REASON_MAX];
	struct key_options options;
	const struct decide_question question = {
		.settings = settings,
		.account = &user,
		.address = BYTES("192.0.2.1"),
		.options = &options,
	};

	assert_ok(
	    options_parse(BYTES("app,app-role=\"a \\\"b\\\" c=d\""), &rule, &options, reason));
	assert_ok(decide_key(&question, &permissions, reason));
	assert_string_equal(
	    permissions.foreign, "SSH_KEY_OPTION_APP=\nSSH_KEY_OPTION_APP_ROLE=a \"b\" c=d\n");
	permissions_clear(&permissions);
	assert_ok(options_parse(BYTES("pty"), &rule, &options, reason));
	assert_ok(decide_key(&question, &permissions, reason));
	assert_null(permissions.foreign);
	permissions_clear(&permissions);
}

static char *
copy(const char *text)
{
	char *out = NULL;

	if (text != NULL)
		assert_ok(mem_text(bytes_of_text(text), &out));
	return out;
}

static void
two_keys_say_the_same_to_programs(void **state)
{
	static const struct {
		const char *held, *more, *together; /* the last NULL: they cannot */
	} pairs[] = {
		{ "A=1\n", NULL, "A=1\n" },
		{ NULL, "A=1\n", "A=1\n" },
		{ "A=1\n", "B=2\n", "A=1\nB=2\n" },
		{ "A=1\n", "A=1\n", "A=1\nA=1\n" },
		{ "A=1\n", "A=2\n", NULL },
		{ "B=\nA=1\n", "C=\nA=\n", NULL },
	};

	for (size_t i = 0; i < COUNT(pairs); i++) {
		CLEANUP(permissions_clear)
		struct permissions held = { .foreign = copy(pairs[i].held), .pty = true };
		CLEANUP(permissions_clear)
		struct permissions more = { .foreign = copy(pairs[i].more) };
		const char *reason = NULL;
		const enum refusal refusal = decide_conflict(&held, &more, &reason);
		const enum result result = decide_both(&held, &more);

		assert_true((refusal == REFUSAL_KEY_DIFFERS) == (pairs[i].together == NULL));
		assert_true((reason != NULL) == (pairs[i].together == NULL));
		assert_int_equal(result, pairs[i].together == NULL ? RESULT_DENIED : RESULT_OK);
		assert_string_equal(
		    held.foreign, pairs[i].together == NULL ? pairs[i].held : pairs[i].together);
		assert_int_equal(held.pty, pairs[i].together == NULL);
	}
}

static void
knows_locked_passwords(void **state)
{
	assert_true(decide_is_locked("!"));
	assert_true(decide_is_locked("!!"));
	assert_true(decide_is_locked("!$y$j9T$abc"));
	assert_true(decide_is_locked("*LK*"));
	assert_true(decide_is_locked("*LK*$6$abc"));
	assert_false(decide_is_locked("*"));
	assert_false(decide_is_locked("*!"));
	assert_false(decide_is_locked("x"));
	assert_false(decide_is_locked(""));
	assert_false(decide_is_locked("$y$j9T$abc"));
}

static void
accounts_end_at_the_end_of_their_last_day(void **state)
{
	assert_false(decide_is_expired(-1, UINT64_MAX));
	assert_true(decide_is_expired(0, 86400));
	assert_false(decide_is_expired(0, 86399));
	assert_false(decide_is_expired(20778, NOW));
	assert_true(decide_is_expired(20777, NOW));
}

/* clang-format off */
static const struct {
	const char *from, *host;
	bool fits;
} names[] = {
	{ "from=\"*.example.org\"",     "a.example.org", true },
	{ "from=\"A.EXAMPLE.org\"",     "a.example.org", true },
	{ "from=\"192.0.2.1\"",         "a.example.org", true },
	{ "from=\"b.example.org\"",     "a.example.org", false },
	{ "from=\"*,!a.example.org\"",  "a.example.org", false },
	{ "from=\"a.example.org\"",     "",              false },
	{ "from=\"?*.example.org\"",    ".example.org",  false },
};
/* clang-format on */

static void
knows_the_client_by_its_name_too(void **state)
{
	CLEANUP(settings_freep) struct settings *settings = settings_of("");

	for (size_t i = 0; i < COUNT(names); i++) {
		struct permissions permissions = { 0 };
		struct key_options options;
		char reason[DECIDE_REASON_MAX];
		const struct decide_question question = {
			.settings = settings,
			.account = &user,
			.address = bytes_of_text("192.0.2.1"),
			.host = bytes_of_text(names[i].host),
			.options = &options,
		};

		assert_ok(options_parse(bytes_of_text(names[i].from), NULL, &options, reason));
		ROW_RESULT(names[i].from, decide_key(&question, &permissions, reason),
		    names[i].fits ? RESULT_OK : RESULT_DENIED);
		ROW_TRUE(names[i].from, names[i].fits || strstr(reason, "from=") != NULL);
		permissions_clear(&permissions);
	}
}

static const struct {
	const char *permit; /* PermitRootLogin */
	bool alone, bound;  /* may a host speak for root, by itself and behind a command? */
} roots[] = {
	{ "yes", true, true },
	{ "prohibit-password", true, true },
	{ "without-password", true, true },
	{ "forced-commands-only", false, true },
	{ "no", false, false },
};

static enum result
decide_host_for(const struct settings *settings, const struct account *account, bool is_bound,
    struct permissions *permissions, char *reason)
{
	const struct decide_question question = { .settings = settings, .account = account };

	return decide_host(&question, is_bound, permissions, reason);
}

static void
hosts_speak_for_root_as_it_is_permitted(void **state)
{
	for (size_t i = 0; i < COUNT(roots) * 2; i++) {
		const bool is_bound = i % 2 == 1;
		const bool may = is_bound ? roots[i / 2].bound : roots[i / 2].alone;
		struct permissions permissions;
		char reason[DECIDE_REASON_MAX], text[64];
		struct settings *settings;

		snprintf(text, sizeof(text), "PermitRootLogin %s\n", roots[i / 2].permit);
		settings = settings_of(text);
		ROW_RESULT(text, decide_host_for(settings, &root, is_bound, &permissions, reason),
		    may ? RESULT_OK : RESULT_DENIED);
		ROW_TRUE(text, permissions.session == may);
		ROW_TRUE(text, may || strstr(reason, "PermitRootLogin") != NULL);
		ROW_RESULT(
		    text, decide_host_for(settings, &user, false, &permissions, reason), RESULT_OK);
		ROW_TRUE(text, permissions.session && permissions.pty);
		ROW_RESULT(text, decide_host_for(settings, NULL, true, &permissions, reason),
		    RESULT_DENIED);
		ROW_TRUE(text, !permissions.session);
		settings_free(settings);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lets_in_whom_no_rule_objects_to),
		cmocka_unit_test(knows_the_client_by_its_name_too),
		cmocka_unit_test(hosts_speak_for_root_as_it_is_permitted),
		cmocka_unit_test(grants_what_settings_and_options_both_allow),
		cmocka_unit_test(places_of_the_line_reach_the_permissions),
		cmocka_unit_test(two_keys_bind_to_one_tunnel_or_none),
		cmocka_unit_test(options_of_others_become_variables),
		cmocka_unit_test(two_keys_say_the_same_to_programs),
		cmocka_unit_test(knows_locked_passwords),
		cmocka_unit_test(accounts_end_at_the_end_of_their_last_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
