/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/session/program.c.
 */
#include "monitor/session/program.h"

#include "common/mem.h"
#include "tests/unit/support.h"

#define PROGRAM CLEANUP(program_clear) struct program

static void
is_argument(const struct program *program, size_t at, const char *text)
{
	assert_true(at < program->argc);
	assert_string_equal(program->argv[at], text);
	assert_null(program->argv[program->argc]);
}

static void
a_login_shell_has_a_minus(void **state)
{
	PROGRAM program;

	assert_ok(program_for_shell("/usr/bin/zsh", &program));
	assert_string_equal(program.path, "/usr/bin/zsh");
	assert_int_equal(program.argc, 1);
	is_argument(&program, 0, "-zsh");
}

static void
a_command_is_one_argument_of_the_shell(void **state)
{
	PROGRAM program;

	assert_ok(program_for_command("/bin/sh", bytes_of_text("echo 'a b'; $(x)"), &program));
	assert_string_equal(program.path, "/bin/sh");
	assert_int_equal(program.argc, 3);
	is_argument(&program, 0, "sh");
	is_argument(&program, 1, "-c");
	is_argument(&program, 2, "echo 'a b'; $(x)");
}

static void
a_command_may_be_empty_or_look_like_an_option(void **state)
{
	static const char *const commands[] = { "", "-i", "--", "\n" };

	for (size_t i = 0; i < COUNT(commands); i++) {
		PROGRAM program;

		assert_ok(program_for_command("/bin/sh", bytes_of_text(commands[i]), &program));
		is_argument(&program, 2, commands[i]);
	}
}

static void
a_command_with_a_nul_is_refused(void **state)
{
	struct program program;

	assert_result(program_for_command("/bin/sh", BYTES("ls\0-l"), &program), RESULT_MALFORMED);
	assert_null(program.path);
	assert_int_equal(program.argc, 0);
}

static void
knows_the_internal_sftp(void **state)
{
	assert_true(program_is_internal_sftp("internal-sftp"));
	assert_true(program_is_internal_sftp("internal-sftp -R"));
	assert_true(program_is_internal_sftp("internal-sftp\t-R"));
	assert_false(program_is_internal_sftp("internal-sftp2"));
	assert_false(program_is_internal_sftp("/usr/lib/internal-sftp"));
	assert_false(program_is_internal_sftp(" internal-sftp"));
	assert_false(program_is_internal_sftp("internal"));
	assert_false(program_is_internal_sftp(""));
}

static void
the_internal_sftp_has_its_arguments(void **state)
{
	PROGRAM program;

	assert_ok(program_for_internal_sftp(
	    "/usr/libexec/sallyport/sftp-server", "internal-sftp  -R\t-u 077 ", &program));
	assert_string_equal(program.path, "/usr/libexec/sallyport/sftp-server");
	assert_int_equal(program.argc, 4);
	is_argument(&program, 0, "sftp-server");
	is_argument(&program, 1, "-R");
	is_argument(&program, 2, "-u");
	is_argument(&program, 3, "077");
}

static void
its_arguments_may_be_quoted(void **state)
{
	PROGRAM program;

	assert_ok(program_for_internal_sftp("/x/sftp-server",
	    "internal-sftp -d \"/my files\" '-u' 0\"2\"7 # only these", &program));
	assert_int_equal(program.argc, 5);
	is_argument(&program, 1, "-d");
	is_argument(&program, 2, "/my files");
	is_argument(&program, 3, "-u");
	is_argument(&program, 4, "027");
}

static void
a_quote_that_is_not_closed_is_refused(void **state)
{
	struct program program;

	assert_result(
	    program_for_internal_sftp("/x/sftp-server", "internal-sftp -d \"/my", &program),
	    RESULT_MALFORMED);
	assert_int_equal(program.argc, 0);
}

static void
no_argument_is_dropped_silently(void **state)
{
	char command[1024] = "internal-sftp";
	struct program program;

	for (int i = 1; i < PROGRAM_ARGUMENTS_MAX; i++)
		strcat(command, " -R");
	assert_ok(program_for_internal_sftp("/x/sftp-server", command, &program));
	assert_int_equal(program.argc, PROGRAM_ARGUMENTS_MAX);
	assert_null(program.argv[PROGRAM_ARGUMENTS_MAX]);
	program_clear(&program);
	strcat(command, " -R");
	assert_result(program_for_internal_sftp("/x/sftp-server", command, &program), RESULT_LIMIT);
	assert_int_equal(program.argc, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_login_shell_has_a_minus),
		cmocka_unit_test(a_command_is_one_argument_of_the_shell),
		cmocka_unit_test(a_command_may_be_empty_or_look_like_an_option),
		cmocka_unit_test(a_command_with_a_nul_is_refused),
		cmocka_unit_test(knows_the_internal_sftp),
		cmocka_unit_test(the_internal_sftp_has_its_arguments),
		cmocka_unit_test(its_arguments_may_be_quoted),
		cmocka_unit_test(a_quote_that_is_not_closed_is_refused),
		cmocka_unit_test(no_argument_is_dropped_silently),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
