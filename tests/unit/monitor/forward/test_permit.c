/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/forward/permit.c.
 */
#include "monitor/forward/permit.h"

#include "common/config/config.h"
#include "common/mem.h"
#include "tests/unit/settings.h"

static char *places_of_the_key; /* its permitopen; NULL: none */

static struct permit_answer
judge(const char *text, bool may_forward, struct bytes host, uint32_t port)
{
	const struct permissions permissions = { .forward_local = may_forward,
		.permit_open = places_of_the_key };
	const struct tcp_request request = { .host = host, .port = port };
	struct settings *settings = settings_of(text);
	struct permit_answer answer = permit_connect(settings, &permissions, &request);

	settings_free(settings);
	return answer;
}

static void
each_setting_has_its_effect(void **state)
{
	static const struct {
		const char *text;
		bool is_allowed;
	} rows[] = {
		{ "", true },
		{ "AllowTcpForwarding yes\n", true },
		{ "AllowTcpForwarding all\n", true },
		{ "AllowTcpForwarding local\n", true },
		{ "AllowTcpForwarding remote\n", false },
		{ "AllowTcpForwarding no\n", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct permit_answer answer =
		    judge(rows[i].text, true, bytes_of_text("localhost"), 80);

		ROW_TRUE(rows[i].text, answer.is_allowed == rows[i].is_allowed);
		if (answer.is_allowed)
			continue;
		ROW_TRUE(rows[i].text, answer.rule == KEYWORD_AllowTcpForwarding);
		ROW_TRUE(rows[i].text, answer.reason == SSH_OPEN_ADMINISTRATIVELY_PROHIBITED);
		ROW_TRUE(rows[i].text, strstr(answer.text, "AllowTcpForwarding") != NULL);
	}
}

static void
places_must_be_on_each_list(void **state)
{
	static char one[] = "localhost:80", two[] = "a:1 [::1]:*", none_of_it[] = "b:2";
	static const struct {
		const char *text;
		char *of_key;
		const char *host;
		uint32_t port;
		bool is_allowed;
	} rows[] = {
		{ "PermitOpen any\n", NULL, "localhost", 80, true },
		{ "PermitOpen none\n", NULL, "localhost", 80, false },
		{ "PermitOpen localhost:80\n", NULL, "localhost", 80, true },
		{ "PermitOpen localhost:80\n", NULL, "localhost", 81, false },
		{ "PermitOpen localhost:80\n", NULL, "LOCALHOST", 80, false },
		{ "PermitOpen a:1 localhost:*\n", NULL, "localhost", 81, true },
		{ "PermitOpen *:80\n", NULL, "anything", 80, true },
		{ "PermitOpen [::1]:80\n", NULL, "::1", 80, true },
		{ "", one, "localhost", 80, true },
		{ "", one, "localhost", 8, false },
		{ "", two, "::1", 8, true },
		{ "", none_of_it, "localhost", 80, false },
		{ "PermitOpen localhost:80\n", one, "localhost", 80, true },
		{ "PermitOpen a:1\n", one, "localhost", 80, false },
		{ "DisableForwarding yes\n", NULL, "localhost", 80, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		places_of_the_key = rows[i].of_key;
		ROW_TRUE(rows[i].text,
		    judge(rows[i].text, true, bytes_of_text(rows[i].host), rows[i].port)
			    .is_allowed == rows[i].is_allowed);
	}
	places_of_the_key = NULL;
}

static void
a_login_without_the_permission_is_refused(void **state)
{
	struct permit_answer answer = judge("", false, bytes_of_text("localhost"), 80);

	assert_false(answer.is_allowed);
	assert_int_equal(answer.reason, SSH_OPEN_ADMINISTRATIVELY_PROHIBITED);
	assert_int_equal(answer.rule, KEYWORD_COUNT);
}

static void
what_cannot_be_connected_to_is_refused(void **state)
{
	static char long_host[PERMIT_HOST_MAX + 1];
	static const struct {
		const char *name;
		struct bytes host;
		uint32_t port;
		bool is_allowed;
	} rows[] = {
		{ "usual", BYTES_ROW("example.org"), 80, true },
		{ "highest port", BYTES_ROW("::1"), 65535, true },
		{ "no port", BYTES_ROW("example.org"), 0, false },
		{ "port above", BYTES_ROW("example.org"), 65536, false },
		{ "port that wraps", BYTES_ROW("example.org"), 65536 + 22, false },
		{ "no host", BYTES_ROW(""), 80, false },
		{ "a NUL", BYTES_ROW("exam\0ple"), 80, false },
		{ "longest", { (const uint8_t *)long_host, PERMIT_HOST_MAX }, 80, true },
		{ "too long", { (const uint8_t *)long_host, PERMIT_HOST_MAX + 1 }, 80, false },
	};

	memset(long_host, 'a', sizeof(long_host));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct permit_answer answer = judge("", true, rows[i].host, rows[i].port);

		ROW_TRUE(rows[i].name, answer.is_allowed == rows[i].is_allowed);
		if (!answer.is_allowed)
			ROW_TRUE(rows[i].name, answer.reason == SSH_OPEN_CONNECT_FAILED);
	}
}

/* --- Listening ---------------------------------------------------------------------------------- */

static struct permit_answer
judge_listening(const char *text, char *of_key, struct bytes host, uint32_t port)
{
	const struct permissions permissions = { .forward_remote = true, .permit_listen = of_key };
	const struct tcp_request request = { .host = host, .port = port };
	struct settings *settings = settings_of(text);
	struct permit_answer answer = permit_listen(settings, &permissions, &request);

	settings_free(settings);
	return answer;
}

/* clang-format off */
static const struct {
	const char *text;
	char *of_key;
	const char *host;
	uint32_t port;
	bool is_allowed;
} listening[] = {
	{ "",                                   NULL,             "localhost", 80,    true },
	{ "",                                   NULL,             "",          0,     true },
	{ "",                                   NULL,             "*",         65535, true },
	{ "",                                   NULL,             "",          65536, false },
	{ "AllowTcpForwarding local\n",         NULL,             "localhost", 80,    false },
	{ "AllowTcpForwarding remote\n",        NULL,             "localhost", 80,    true },
	{ "AllowTcpForwarding no\n",            NULL,             "localhost", 80,    false },
	{ "DisableForwarding yes\n",            NULL,             "localhost", 80,    false },
	{ "PermitListen any\n",                 NULL,             "localhost", 80,    true },
	{ "PermitListen none\n",                NULL,             "localhost", 80,    false },
	{ "PermitListen 80\n",                  NULL,             "",          80,    true },
	{ "PermitListen 80\n",                  NULL,             "10.0.0.1",  80,    true },
	{ "PermitListen 80\n",                  NULL,             "localhost", 81,    false },
	{ "PermitListen 80\n",                  NULL,             "localhost", 0,     false },
	{ "PermitListen *:*\n",                 NULL,             "localhost", 0,     true },
	{ "PermitListen localhost:*\n",         NULL,             "LocalHost", 80,    true },
	{ "PermitListen localhost:*\n",         NULL,             "127.0.0.1", 80,    false },
	{ "PermitListen localhost:*\n",         NULL,             "::1",       80,    false },
	{ "PermitListen localhost:*\n",         NULL,             "",          80,    false },
	{ "PermitListen [::1]:80\n",            NULL,             "::1",       80,    true },
	{ "PermitListen 127.*:80\n",            NULL,             "127.0.0.2", 80,    true },
	{ "PermitListen 127.*:80\n",            NULL,             "128.0.0.2", 80,    false },
	{ "PermitListen 1 localhost:80\n",      NULL,             "localhost", 80,    true },
	{ "PermitOpen none\n",                  NULL,             "localhost", 80,    true },
	{ "",                                   "80",             "localhost", 80,    true },
	{ "",                                   "80",             "localhost", 8,     false },
	{ "",                                   "a:1 local*:80",  "localhost", 80,    true },
	{ "",                                   "a:1 local*:80",  "",          80,    false },
	{ "",                                   "",               "localhost", 80,    false },
	{ "PermitListen localhost:80\n",        "80",             "localhost", 80,    true },
	{ "PermitListen localhost:80\n",        "81",             "localhost", 80,    false },
	{ "PermitListen localhost:80\n",        "81",             "localhost", 81,    false },
};
/* clang-format on */

static void
places_to_listen_on_must_be_on_each_list(void **state)
{
	for (size_t i = 0; i < COUNT(listening); i++) {
		struct permit_answer answer = judge_listening(listening[i].text,
		    listening[i].of_key, bytes_of_text(listening[i].host), listening[i].port);

		if (answer.is_allowed != listening[i].is_allowed)
			fail_msg("row %zu \"%s\" %s:%u: %s", i, listening[i].text,
			    listening[i].host, listening[i].port, answer.text);
		ROW_TRUE(listening[i].text, (answer.text[0] == '\0') == answer.is_allowed);
	}
}

static void
who_may_not_listen_may_nowhere(void **state)
{
	const struct permissions permissions = { .forward_local = true };
	const struct tcp_request request = { .host = BYTES("localhost"), .port = 80 };
	struct settings *settings = settings_of("");

	assert_false(permit_listen(settings, &permissions, &request).is_allowed);
	settings_free(settings);
	assert_false(judge_listening("", NULL, BYTES("local\0host"), 80).is_allowed);
}

/* --- Tunnels ------------------------------------------------------------------------------------ */

#define ANY SSH_TUNNEL_UNIT_ANY

/* clang-format off */
static const struct {
	const char *text;
	struct permissions permissions;
	uint32_t mode, unit;
	const char *why; /* NULL: it is permitted */
} tunnels[] = {
	{ "",                              { .tunnel = true },  1, ANY, "PermitTunnel" },
	{ "PermitTunnel no\n",             { .tunnel = true },  2, 0,   "PermitTunnel" },
	{ "PermitTunnel yes\n",            { .tunnel = true },  1, ANY, NULL },
	{ "PermitTunnel yes\n",            { .tunnel = true },  2, 7,   NULL },
	{ "PermitTunnel point-to-point\n", { .tunnel = true },  1, 0,   NULL },
	{ "PermitTunnel point-to-point\n", { .tunnel = true },  2, 0,   "of this kind" },
	{ "PermitTunnel ethernet\n",       { .tunnel = true },  1, 0,   "of this kind" },
	{ "PermitTunnel ethernet\n",       { .tunnel = true },  2, 0,   NULL },
	{ "PermitTunnel yes\n",            { .tunnel = false }, 1, ANY, "this login" },
	{ "PermitTunnel yes\n",            { .forward_local = true, .forward_remote = true }, 1, ANY, "this login" },
	{ "PermitTunnel yes\nDisableForwarding yes\n", { .tunnel = true }, 1, ANY, "DisableForwarding" },
	{ "PermitTunnel yes\nRole forward\n",        { .tunnel = true }, 1, ANY, "Role forward does not permit tunnels" },
	{ "PermitTunnel yes\n", { .tunnel = true, .is_tunnel_bound = true, .tunnel_unit = 3 }, 1, ANY, NULL },
	{ "PermitTunnel yes\n", { .tunnel = true, .is_tunnel_bound = true, .tunnel_unit = 3 }, 1, 3,   NULL },
	{ "PermitTunnel yes\n", { .tunnel = true, .is_tunnel_bound = true, .tunnel_unit = 3 }, 1, 4,   "another device" },
	{ "PermitTunnel yes\n", { .tunnel = true, .is_tunnel_bound = true, .tunnel_unit = ANY }, 1, ANY, NULL },
	{ "PermitTunnel yes\n", { .tunnel = true, .is_tunnel_bound = true, .tunnel_unit = ANY }, 1, 0, "another device" },
	{ "PermitTunnel yes\n", { .is_tunnel_bound = true, .tunnel_unit = 3 }, 1, 3, "this login" },
};
/* clang-format on */

static void
tunnels_are_what_settings_and_key_permit(void **state)
{
	for (size_t i = 0; i < COUNT(tunnels); i++) {
		const struct tunnel_request request = { 0, tunnels[i].mode, tunnels[i].unit };
		struct settings *settings = settings_of(tunnels[i].text);
		struct permit_answer answer =
		    permit_tunnel(settings, &tunnels[i].permissions, &request);

		settings_free(settings);
		if (answer.is_allowed != (tunnels[i].why == NULL))
			fail_msg("row %zu: %s", i, answer.text);
		if (answer.is_allowed)
			continue;
		ROW_TRUE(tunnels[i].why, strstr(answer.text, tunnels[i].why) != NULL);
		ROW_TRUE(tunnels[i].why, answer.reason == SSH_OPEN_ADMINISTRATIVELY_PROHIBITED);
	}
}

/* Ports and paths have settings of their own; the login's options are about both. */
static void
paths_have_a_setting_of_their_own(void **state)
{
	static const struct {
		const char *text;
		bool granted, connects, listens;
	} rows[] = {
		{ "", true, true, true },
		{ "", false, false, false },
		{ "AllowTcpForwarding no\n", true, true, true },
		{ "AllowStreamLocalForwarding all\n", true, true, true },
		{ "AllowStreamLocalForwarding local\n", true, true, false },
		{ "AllowStreamLocalForwarding remote\n", true, false, true },
		{ "AllowStreamLocalForwarding no\n", true, false, false },
		{ "DisableForwarding yes\n", true, false, false },
		{ "Role jump\n", true, false, false },
		{ "PermitOpen *:*\n", true, false, true }, /* lists of hosts have no paths */
		{ "PermitListen *:*\n", true, true, false },
		{ "PermitOpen any\nPermitListen any\n", true, true, true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct permissions permissions = { .unix_local = rows[i].granted,
			.unix_remote = rows[i].granted };
		struct settings *settings = settings_of(rows[i].text);
		const struct bytes path = bytes_of_text("/run/x");

		ROW_TRUE(
		    rows[i].text, permit_connect_path(settings, &permissions, path).is_allowed ==
				      rows[i].connects);
		ROW_TRUE(rows[i].text,
		    permit_listen_path(settings, &permissions, path).is_allowed == rows[i].listens);
		ROW_TRUE(rows[i].text,
		    !permit_connect_path(settings, &permissions, bytes_of("", 0)).is_allowed);
		ROW_TRUE(rows[i].text,
		    !permit_listen_path(settings, &permissions, bytes_of("a\0b", 3)).is_allowed);
		settings_free(settings);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_setting_has_its_effect),
		cmocka_unit_test(places_must_be_on_each_list),
		cmocka_unit_test(a_login_without_the_permission_is_refused),
		cmocka_unit_test(what_cannot_be_connected_to_is_refused),
		cmocka_unit_test(places_to_listen_on_must_be_on_each_list),
		cmocka_unit_test(who_may_not_listen_may_nowhere),
		cmocka_unit_test(tunnels_are_what_settings_and_key_permit),
		cmocka_unit_test(paths_have_a_setting_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
