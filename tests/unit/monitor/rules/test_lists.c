/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/rules/lists.c: each list by its effect, and their order.
 */
#include "monitor/rules/lists.h"

#include "common/config/config.h"
#include "common/mem.h"
#include "tests/unit/support.h"

static const char *const groups[] = { "users", "wheel" };

static const struct {
	const char *text;
	const char *reason; /* a part of it; NULL: may log in */
} rows[] = {
	{ "", NULL },
	{ "AllowUsers alice\n", NULL },
	{ "AllowUsers bob\n", "AllowUsers does not name them (file:1)" },
	{ "AllowUsers bob alice\n", NULL },
	{ "AllowUsers bob\nAllowUsers alice\n", NULL },
	{ "AllowUsers al*\n", NULL },
	{ "AllowUsers Alice\n", "AllowUsers" },
	{ "AllowUsers alice@192.0.2.7\n", NULL },
	{ "AllowUsers alice@192.0.2.0/24\n", NULL },
	{ "AllowUsers alice@192.0.2.*\n", NULL },
	{ "AllowUsers alice@10.0.0.0/8\n", "AllowUsers" },
	{ "AllowUsers *@10.0.0.0/8 bob\n", "AllowUsers" },
	{ "AllowUsers alice@host.example.org\n", NULL },
	{ "AllowUsers alice@*.EXAMPLE.org\n", NULL },
	{ "AllowUsers alice@example.org\n", "AllowUsers" },
	{ "AllowUsers bob@host.example.org\n", "AllowUsers" },
	{ "AllowUsers alice@!host.example.org,192.0.2.7\n", "AllowUsers" },
	{ "DenyUsers *@*.example.org\n", "DenyUsers" },
	{ "DenyUsers alice\n", "DenyUsers names them (file:1)" },
	{ "DenyUsers bob\n", NULL },
	{ "DenyUsers *@192.0.2.7\n", "DenyUsers" },
	{ "DenyUsers alice@10.0.0.1\n", NULL },
	{ "AllowUsers alice\nDenyUsers a*\n", "DenyUsers" },
	{ "AllowUsers none\n", "AllowUsers does not name them (file:1)" },
	{ "DenyUsers none\n", NULL },
	{ "AllowUsers none alice\n", NULL },
	{ "DenyUsers none alice\n", "DenyUsers" },
	{ "AllowGroups none\n", "AllowGroups does not name them" },
	{ "DenyGroups none\n", NULL },
	{ "AllowGroups wheel\n", NULL },
	{ "AllowGroups staff\n", "AllowGroups does not name them" },
	{ "DenyGroups wheel\n", "DenyGroups names them" },
	{ "DenyGroups staff\n", NULL },
	{ "AllowUsers alice\nAllowGroups staff\n", "AllowGroups" },
	{ "AllowGroups users\nDenyGroups w?eel\n", "DenyGroups" },
};

static void
let_in_whom_they_name(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(config_freep) struct config *config = NULL;
		CLEANUP(settings_freep) struct settings *settings = NULL;
		char reason[256] = "";
		bool objects;
		OWNED_BUF errors;

		buf_init(&errors, CONFIG_ERRORS_MAX);
		assert_ok(config_new(&config));
		assert_ok(config_parse(config, "file", bytes_of_text(rows[i].text), &errors));
		assert_ok(config_effective(config, NULL, &settings, &errors));
		objects = lists_object(&(struct lists_question){ .settings = settings,
					   .user = "alice",
					   .address = "192.0.2.7",
					   .host = "host.example.org",
					   .groups = groups,
					   .group_count = COUNT(groups) },
		    reason, sizeof(reason));
		ROW_TRUE(rows[i].text, objects == (rows[i].reason != NULL));
		ROW_TRUE(
		    rows[i].text, rows[i].reason == NULL || strstr(reason, rows[i].reason) != NULL);
		ROW_TRUE(rows[i].text,
		    lists_ask_for_groups(settings) == (strstr(rows[i].text, "Groups") != NULL));
		ROW_TRUE(rows[i].text,
		    lists_ask_for_host(settings) == (strchr(rows[i].text, '@') != NULL));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(let_in_whom_they_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
