/* SPDX-License-Identifier: ISC */
/*
 * Options of sftp-server, as its program and as commands of the configuration have them.
 */
#include "common/config/sftp_options.h"

#include "tests/unit/support.h"

static void
commands_that_are_served(void **state)
{
	static const char *const rows[] = {
		"internal-sftp",
		"internal-sftp -R",
		"internal-sftp -R -- a.host sftp",
		"internal-sftp\t-Re -l VERBOSE -f AUTHPRIV",
		"internal-sftp -lINFO -u0027 -fLOCAL0",
		"internal-sftp -d \"/my files\" -u 0",
		"internal-sftp -d /%u%%/%h # of its own",
		"/usr/lib/sftp-server -p read",
		"internal-sftp2 -p read",
		"echo internal-sftp -p",
	};
	char why[SFTP_OPTIONS_WHY_MAX] = "";

	for (size_t i = 0; i < COUNT(rows); i++)
		ROW_RESULT(rows[i], sftp_command_check(rows[i], why), RESULT_OK);
}

static void
each_that_is_not_names_its_option(void **state)
{
	static const struct {
		const char *command, *why;
	} rows[] = {
		{ "internal-sftp -p read", "-p is not served; the options are -e, -R, -d" },
		{ "internal-sftp -P write", "-P is not served" },
		{ "internal-sftp -RPwrite", "-P is not served" },
		{ "internal-sftp -Q requests", "-Q is not served" },
		{ "internal-sftp -Z", "-Z is not served" },
		{ "internal-sftp -h", "-h prints how it is called" },
		{ "internal-sftp -l NOSUCH", "-l \"NOSUCH\": it must be QUIET" },
		{ "internal-sftp -f NOWHERE", "-f \"NOWHERE\": it must be DAEMON" },
		{ "internal-sftp -u 999", "-u \"999\": it must be an octal number" },
		{ "internal-sftp -u 1000", "-u \"1000\": it must be" },
		{ "internal-sftp -u +7", "-u \"+7\": it must be" },
		{ "internal-sftp -u \"\"", "-u \"\": it must be" },
		{ "internal-sftp -d /%x", "-d \"/%x\": it must be a folder, with" },
		{ "internal-sftp -d %", "-d \"%\": it must be a folder, with" },
		{ "internal-sftp -d \"\"", "-d \"\": it must be a folder, with" },
		{ "internal-sftp -R -u", "-u needs a value" },
		{ "internal-sftp -R files", "\"files\" is no option" },
		{ "internal-sftp -", "\"-\" is no option" },
		{ "internal-sftp --R", "\"--R\" is no option" },
		{ "internal-sftp -d \"/my files", "a quote is not closed" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char why[SFTP_OPTIONS_WHY_MAX] = "";

		ROW_RESULT(
		    rows[i].command, sftp_command_check(rows[i].command, why), RESULT_MALFORMED);
		if (strncmp(why, rows[i].why, strlen(rows[i].why)) != 0)
			fail_msg("%s: %s", rows[i].command, why);
	}
}

static void
what_they_say(void **state)
{
	char *words[] = { "-Red", "/my files", "-u027", "-l", "DEBUG", "-f", "LOCAL3" };
	struct sftp_options options;
	char why[SFTP_OPTIONS_WHY_MAX];

	assert_ok(sftp_options_parse(words, COUNT(words), &options, why));
	assert_true(options.read_only && options.log_to_stderr);
	assert_false(options.wants_usage);
	assert_string_equal(options.folder, "/my files");
	assert_int_equal(options.umask, 027);
	assert_int_equal(options.level, LOG_LEVEL_DEBUG1);
	assert_int_equal(options.facility, 19);
}

static void
what_is_not_said(void **state)
{
	struct sftp_options options;
	char why[SFTP_OPTIONS_WHY_MAX];

	assert_ok(sftp_options_parse(NULL, 0, &options, why));
	assert_false(options.read_only || options.log_to_stderr || options.wants_usage);
	assert_null(options.folder);
	assert_int_equal(options.umask, -1);
	assert_int_equal(options.level, LOG_LEVEL_ERROR);
	assert_int_equal(options.facility, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_that_are_served),
		cmocka_unit_test(each_that_is_not_names_its_option),
		cmocka_unit_test(what_they_say),
		cmocka_unit_test(what_is_not_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
