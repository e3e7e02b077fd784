/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/lines/foreign.c: which options of others are kept, what they may be, and what they are called.
 */
#include "monitor/lines/foreign.h"

#include "tests/unit/settings.h"

static const struct {
	const char *settings, *name;
	bool is_kept;
} rows[] = {
	{ "", "role", false },
	{ "AcceptKeyOptions none\n", "none", false },
	{ "AcceptKeyOptions role\n", "role", true },
	{ "AcceptKeyOptions role\n", "ROLE", true },
	{ "AcceptKeyOptions Role\n", "role", true },
	{ "AcceptKeyOptions role\n", "roles", false },
	{ "AcceptKeyOptions role\n", "", false },
	{ "AcceptKeyOptions app-* x?\n", "app-id", true },
	{ "AcceptKeyOptions app-* x?\n", "xy", true },
	{ "AcceptKeyOptions app-* x?\n", "app", false },
	{ "AcceptKeyOptions a\nAcceptKeyOptions b\n", "b", true },
	{ "AcceptKeyOptions *\n", "anything@example.com", true },
};

static void
settings_say_which_are_kept(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		SETTINGS *settings = settings_of(rows[i].settings);
		const struct foreign_rule rule = foreign_of_settings(settings);

		ROW_TRUE(rows[i].settings,
		    foreign_is_kept(&rule, bytes_of_text(rows[i].name)) == rows[i].is_kept);
	}
	assert_false(foreign_is_kept(NULL, BYTES("role")));
}

/* Which block will hold is not known yet. */
static void
any_line_of_a_configuration_says_it(void **state)
{
	CLEANUP(config_freep) struct config *config = NULL;
	const struct foreign_rule none = foreign_of_config(NULL);
	struct foreign_rule rule;
	OWNED_BUF errors;

	buf_init(&errors, CONFIG_ERRORS_MAX);
	assert_ok(config_new(&config));
	assert_ok(config_parse(config, "sshd_config",
	    BYTES("AcceptKeyOptions role\nMatch User a\nAcceptKeyOptions app-* other\n"), &errors));
	rule = foreign_of_config(config);
	assert_true(foreign_is_kept(&rule, BYTES("role")));
	assert_true(foreign_is_kept(&rule, BYTES("app-id")));
	assert_true(foreign_is_kept(&rule, BYTES("Other")));
	assert_false(foreign_is_kept(&rule, BYTES("others")));
	assert_false(foreign_is_kept(&none, BYTES("role")));
}

static const struct {
	const char *name;
	struct foreign_option option;
	enum result result;
	const char *why; /* a part of it */
} checks[] = {
	{ "plain", { BYTES_ROW("role"), BYTES_ROW("a b=c;d") }, RESULT_OK, "" },
	{ "no value", { BYTES_ROW("role"), BYTES_ROW("") }, RESULT_OK, "" },
	{ "of a domain", { BYTES_ROW("a.b_c@d:e/f"), BYTES_ROW("") }, RESULT_OK, "" },
	{ "quoted", { BYTES_ROW("role"), BYTES_ROW("\\\"a\\\"") }, RESULT_OK, "" },
	{ "of another alphabet", { BYTES_ROW("\xc3\xa9"), BYTES_ROW("\xc3\xa9") }, RESULT_OK, "" },
	{ "no name", { BYTES_ROW(""), BYTES_ROW("x") }, RESULT_MALFORMED, "name" },
	{ "quote", { BYTES_ROW("\"role\""), BYTES_ROW("") }, RESULT_MALFORMED, "name" },
	{ "blank", { BYTES_ROW("a b"), BYTES_ROW("") }, RESULT_MALFORMED, "name" },
	{ "backslash", { BYTES_ROW("a\\"), BYTES_ROW("") }, RESULT_MALFORMED, "name" },
	{ "tab in name", { BYTES_ROW("a\tb"), BYTES_ROW("") }, RESULT_MALFORMED, "name" },
	{ "NUL in name", { BYTES_ROW("a\0"), BYTES_ROW("") }, RESULT_MALFORMED, "name" },
	{ "NUL", { BYTES_ROW("role"), BYTES_ROW("a\0b") }, RESULT_MALFORMED, "control" },
	{ "newline", { BYTES_ROW("role"), BYTES_ROW("a\nb") }, RESULT_MALFORMED, "control" },
	{ "return", { BYTES_ROW("role"), BYTES_ROW("a\r") }, RESULT_MALFORMED, "control" },
	{ "tab", { BYTES_ROW("role"), BYTES_ROW("\ta") }, RESULT_MALFORMED, "control" },
	{ "escape", { BYTES_ROW("role"), BYTES_ROW("\x1b[m") }, RESULT_MALFORMED, "control" },
	{ "delete", { BYTES_ROW("role"), BYTES_ROW("\x7f") }, RESULT_MALFORMED, "control" },
	{ "bare quote", { BYTES_ROW("role"), BYTES_ROW("a\"b") }, RESULT_MALFORMED, "quote" },
	{ "quote first", { BYTES_ROW("role"), BYTES_ROW("\"") }, RESULT_MALFORMED, "quote" },
	{ "quote behind a quote", { BYTES_ROW("role"), BYTES_ROW("\\\"\"") }, RESULT_MALFORMED,
	    "quote" },
};

static void
what_is_no_variable_is_told(void **state)
{
	for (size_t i = 0; i < COUNT(checks); i++) {
		const char *why = "";

		ROW_RESULT(
		    checks[i].name, foreign_check(&checks[i].option, &why), checks[i].result);
		ROW_TRUE(checks[i].name, strstr(why, checks[i].why) != NULL);
	}
}

static void
lengths_have_their_limits(void **state)
{
	static char text[FOREIGN_VALUE_MAX + 1];
	struct foreign_option option = { bytes_of(text, FOREIGN_NAME_MAX),
		bytes_of(text, FOREIGN_VALUE_MAX) };
	char variable[FOREIGN_VARIABLE_MAX];
	const char *why;

	memset(text, 'x', sizeof(text));
	assert_ok(foreign_check(&option, &why));
	foreign_variable(option.name, variable);
	assert_int_equal(strlen(variable), strlen(KEY_OPTION_VARIABLE) + FOREIGN_NAME_MAX);
	option.value.size++;
	assert_result(foreign_check(&option, &why), RESULT_LIMIT);
	assert_non_null(strstr(why, "1024"));
	option.value.size--;
	option.name.size++;
	assert_result(foreign_check(&option, &why), RESULT_LIMIT);
	assert_non_null(strstr(why, "64"));
}

static void
variables_have_names_of_variables(void **state)
{
	static const struct {
		const char *name, *variable;
	} names[] = {
		{ "role", "SSH_KEY_OPTION_ROLE" },
		{ "App-Id_9", "SSH_KEY_OPTION_APP_ID_9" },
		{ "id@example.com", "SSH_KEY_OPTION_ID_EXAMPLE_COM" },
		{ "\xc3\xa9", "SSH_KEY_OPTION___" },
		{ "1", "SSH_KEY_OPTION_1" },
	};

	for (size_t i = 0; i < COUNT(names); i++) {
		char variable[FOREIGN_VARIABLE_MAX];

		foreign_variable(bytes_of_text(names[i].name), variable);
		assert_string_equal(variable, names[i].variable);
	}
}

static void
two_values_of_a_name_differ(void **state)
{
	static const struct {
		const char *first, *second;
		bool differ;
	} pairs[] = {
		{ NULL, NULL, false },
		{ "A=1\n", NULL, false },
		{ NULL, "A=1\n", false },
		{ "A=1\n", "A=1\n", false },
		{ "A=1\n", "B=2\n", false },
		{ "A=1\nB=2\n", "B=2\nC=3\n", false },
		{ "A=1\n", "A=2\n", true },
		{ "A=1\nB=2\n", "C=3\nB=\n", true },
		{ "A=\n", "A=1\n", true },
		{ "A=1\n", "AA=2\n", false },
	};

	for (size_t i = 0; i < COUNT(pairs); i++)
		assert_true(foreign_differ(pairs[i].first, pairs[i].second) == pairs[i].differ);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_say_which_are_kept),
		cmocka_unit_test(any_line_of_a_configuration_says_it),
		cmocka_unit_test(what_is_no_variable_is_told),
		cmocka_unit_test(lengths_have_their_limits),
		cmocka_unit_test(variables_have_names_of_variables),
		cmocka_unit_test(two_values_of_a_name_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
