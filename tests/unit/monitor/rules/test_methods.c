/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/rules/methods.c: what may be tried after what, and when it is enough.
 */
#include "monitor/rules/methods.h"

#include "common/config/config.h"
#include "common/mem.h"
#include "tests/unit/settings.h"

/* Methods that are passed, each with what is offered before it; "=" at the end: that was enough. */
static const struct {
	const char *text;
	const char *way;
} rows[] = {
	{ "", "publickey,password,keyboard-interactive>publickey=" },
	{ "", "publickey,password,keyboard-interactive>none=" },
	{ "AuthenticationMethods any\n", "publickey,password,keyboard-interactive>password=" },
	{ "PasswordAuthentication no\n", "publickey>publickey=" }, /* nor is it asked for */
	{ "KbdInteractiveAuthentication no\nPubkeyAuthentication no\n", "password>password=" },
	{ "PasswordAuthentication no\nUsePAM yes\n",
	    "publickey,keyboard-interactive>keyboard-interactive=" },
	{ "AuthenticationMethods publickey\n", "publickey>publickey=" },
	{ "AuthenticationMethods publickey,password\n", "publickey>publickey password>password=" },
	{ "AuthenticationMethods publickey,publickey\n",
	    "publickey>publickey publickey>publickey=" },
	{ "AuthenticationMethods publickey,password password,publickey\n",
	    "publickey,password>password publickey>publickey=" },
	{ "AuthenticationMethods publickey,password publickey,keyboard-interactive\n",
	    "publickey>publickey password,keyboard-interactive>keyboard-interactive=" },
	/* One list is done while the other is in the middle. */
	{ "AuthenticationMethods publickey,password password\n",
	    "publickey,password>publickey password>password=" },
	/* Lists with what is off are dropped. */
	{ "PasswordAuthentication no\nAuthenticationMethods password publickey\n",
	    "publickey>publickey=" },
	{ "AuthenticationMethods hostbased publickey\n", "publickey>publickey=" },
	{ "HostbasedAuthentication yes\n",
	    "publickey,password,keyboard-interactive,hostbased>hostbased=" },
	{ "HostbasedAuthentication yes\nAuthenticationMethods hostbased,publickey\n",
	    "hostbased>hostbased publickey>publickey=" },
	/* Who asks the questions. */
	{ "AuthenticationMethods keyboard-interactive:password\n",
	    "keyboard-interactive>keyboard-interactive=" },
	{ "UsePAM yes\nAuthenticationMethods keyboard-interactive:pam\n",
	    "keyboard-interactive>keyboard-interactive=" },
	{ "AuthenticationMethods keyboard-interactive:pam publickey\n", "publickey>publickey=" },
	{ "AuthenticationMethods none\n", ">none=" },
};

static void
go_one_step(const struct settings *settings, struct methods *methods, const char *row, char *step)
{
	char *method = strchr(step, '>') + 1;
	const size_t size = strlen(method);
	const bool is_enough = method[size - 1] == '=';
	char names[METHODS_NAMES_MAX];

	method[-1] = '\0';
	if (is_enough)
		method[size - 1] = '\0';
	methods_name(settings, methods, names);
	ROW_TRUE(row, strcmp(names, step) == 0);
	ROW_TRUE(row, methods_allow(settings, methods, method));
	ROW_TRUE(row, methods_pass(settings, methods, method) ==
			  (is_enough ? METHODS_COMPLETE : METHODS_MORE));
}

static void
lists_are_ways_in(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(settings_freep) struct settings *settings = settings_of(rows[i].text);
		struct methods methods = { .done = { 0 } };
		char way[256];
		char *rest = NULL;

		assert_true(methods_can_complete(settings));
		snprintf(way, sizeof(way), "%s", rows[i].way);
		for (char *step = strtok_r(way, " ", &rest); step != NULL;
		     step = strtok_r(NULL, " ", &rest))
			go_one_step(settings, &methods, rows[i].way, step);
	}
}

static void
what_is_not_next_is_nothing(void **state)
{
	CLEANUP(settings_freep)
	struct settings *settings = settings_of("AuthenticationMethods publickey,password\n");
	struct methods methods = { .done = { 0 } };

	assert_false(methods_allow(settings, &methods, "password"));
	assert_false(methods_allow(settings, &methods, "none"));
	assert_false(methods_allow(settings, &methods, "keyboard-interactive"));
	assert_int_equal(methods_pass(settings, &methods, "password"), METHODS_MORE);
	assert_int_equal(methods_pass(settings, &methods, "publickey"), METHODS_MORE);
	assert_false(methods_allow(settings, &methods, "publickey"));
	assert_int_equal(methods_pass(settings, &methods, "publickey"), METHODS_MORE);
	assert_int_equal(methods_pass(settings, &methods, "password"), METHODS_COMPLETE);
	assert_false(methods_allow(settings, &methods, "password"));
	assert_int_equal(methods_pass(settings, &methods, "password"), METHODS_MORE);
}

static void
nobody_gets_in_where_every_list_needs_what_is_off(void **state)
{
	CLEANUP(settings_freep)
	struct settings *settings = settings_of("PasswordAuthentication no\n"
						"AuthenticationMethods publickey,password\n");
	CLEANUP(settings_freep)
	struct settings *device = settings_of("AuthenticationMethods keyboard-interactive:pam\n");
	struct methods methods = { .done = { 0 } };
	char names[METHODS_NAMES_MAX];

	assert_false(methods_can_complete(settings));
	assert_false(methods_can_complete(device));
	assert_false(methods_allow(settings, &methods, "publickey"));
	assert_int_equal(methods_pass(settings, &methods, "publickey"), METHODS_MORE);
	methods_name(settings, &methods, names);
	assert_string_equal(names, "");
}

static void
unknown_methods_are_off(void **state)
{
	CLEANUP(settings_freep) struct settings *settings = settings_of("");
	struct methods methods = { .done = { 0 } };

	assert_false(methods_allow(settings, &methods, "magic"));
	assert_false(methods_allow(settings, &methods, "hostbased"));
	assert_int_equal(methods_pass(settings, &methods, "magic"), METHODS_MORE);
}

/* Only what is next counts. */
static void
says_where_pam_must_ask(void **state)
{
	static const struct {
		const char *text;
		unsigned passed;
		bool is_wanted;
	} wants[] = {
		{ "UsePAM yes\n", 0, false },
		{ "UsePAM yes\nAuthenticationMethods keyboard-interactive\n", 0, false },
		{ "UsePAM yes\nAuthenticationMethods keyboard-interactive:pam\n", 0, true },
		{ "UsePAM yes\nAuthenticationMethods keyboard-interactive:pam\n", 1, false },
		{ "UsePAM yes\nAuthenticationMethods publickey,keyboard-interactive:pam\n", 0,
		    false },
		{ "UsePAM yes\nAuthenticationMethods publickey,keyboard-interactive:pam\n", 1,
		    true },
		{ "UsePAM yes\nAuthenticationMethods keyboard-interactive "
		  "keyboard-interactive:pam\n",
		    0, true },
	};

	for (size_t i = 0; i < COUNT(wants); i++) {
		CLEANUP(settings_freep) struct settings *settings = settings_of(wants[i].text);
		struct methods methods = { .done = { 0 } };

		methods.done[0] = (uint8_t)wants[i].passed;
		ROW_TRUE(wants[i].text, methods_want_pam(settings, &methods) == wants[i].is_wanted);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_ways_in),
		cmocka_unit_test(what_is_not_next_is_nothing),
		cmocka_unit_test(nobody_gets_in_where_every_list_needs_what_is_off),
		cmocka_unit_test(unknown_methods_are_off),
		cmocka_unit_test(says_where_pam_must_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
