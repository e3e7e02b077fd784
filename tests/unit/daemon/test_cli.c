/* SPDX-License-Identifier: ISC */
/*
 * The command line: flags, what stands for lines of the configuration, wrong usage.
 */
#include "daemon/cli.h"

#include "tests/unit/support.h"

/* Parses "sallyportd WORDS...", with what was said in `said`. */
static enum result
parse(struct cli *cli, char *said, size_t said_size, const char *const *words)
{
	char *argv[16] = { "sallyportd" };
	FILE *errors = fmemopen(said, said_size, "w");
	enum result result;
	int argc = 1;

	assert_non_null(errors);
	while (words[argc - 1] != NULL) {
		argv[argc] = (char *)words[argc - 1];
		argc++;
	}
	result = cli_parse(argc, argv, cli, errors);
	fclose(errors);
	return result;
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static struct cli
parsed(const char *const *words)
{
	struct cli cli;
	char said[512] = "";

	assert_ok(parse(&cli, said, sizeof(said), words));
	assert_string_equal(said, "");
	return cli;
}

static void
test_nothing(void **state)
{
	struct cli cli = parsed((const char *const[]){ NULL });

	assert_int_equal(cli.mode, CLI_MODE_SERVE);
	assert_string_equal(cli.config_file, SALLYPORT_SYSCONFDIR "/sshd_config");
	assert_null(cli.log_file);
	assert_false(cli.stay || cli.log_to_stderr || cli.quiet);
	assert_int_equal(cli.debug, 0);
	assert_int_equal(cli.option_count, 0);
	cli_clear(&cli);
}

static void
test_flags(void **state)
{
	struct cli cli = parsed(WORDS("-Deq", "-ddd", "-f", "/c", "-E", "/log"));

	assert_true(cli.stay && cli.log_to_stderr && cli.quiet);
	assert_int_equal(cli.debug, 3);
	assert_string_equal(cli.config_file, "/c");
	assert_string_equal(cli.log_file, "/log");
	cli_clear(&cli);
}

static void
test_modes(void **state)
{
	const struct {
		const char *flag;
		enum cli_mode mode;
	} modes[] = { { "-t", CLI_MODE_CHECK }, { "-T", CLI_MODE_PRINT }, { "-G", CLI_MODE_SHOW },
		{ "-i", CLI_MODE_INETD }, { "-V", CLI_MODE_VERSION }, { "-Qmac", CLI_MODE_QUERY } };

	for (size_t i = 0; i < COUNT(modes); i++) {
		struct cli cli = parsed(WORDS(modes[i].flag));

		assert_int_equal(cli.mode, modes[i].mode);
		cli_clear(&cli);
	}
}

static void
test_lines_of_the_configuration_in_their_order(void **state)
{
	static const char *const expected[] = { "MaxSessions=1", "Port=22", "HostKey=/k",
		"LoginGraceTime=9", "AddressFamily=inet", "AddressFamily=inet6", "Port=2222" };
	struct cli cli = parsed(
	    WORDS("-o", "MaxSessions=1", "-p22", "-h", "/k", "-g", "9", "-4", "-6", "-p", "2222"));

	assert_int_equal(cli.option_count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_string_equal(cli.options[i], expected[i]);
	cli_clear(&cli);
}

static void
test_certificates_of_the_host(void **state)
{
	struct cli cli = parsed(WORDS("-c", "/a-cert.pub", "-c/b-cert.pub"));

	assert_int_equal(cli.option_count, 2);
	assert_string_equal(cli.options[0], "HostCertificate=/a-cert.pub");
	assert_string_equal(cli.options[1], "HostCertificate=/b-cert.pub");
	cli_clear(&cli);
}

/* What scripts for sshd say and what says nothing there either: with its value, if it has one. */
static void
test_flags_that_say_nothing(void **state)
{
	struct cli cli = parsed(WORDS("-u0", "-r", "-b", "1024", "-k", "3600", "-D"));

	assert_true(cli.stay);
	assert_int_equal(cli.option_count, 0);
	assert_int_equal(cli.mode, CLI_MODE_SERVE);
	cli_clear(&cli);
}

static void
check_wrong(const char *const *words, const char *beginning)
{
	struct cli cli;
	char said[512] = "";

	assert_result(parse(&cli, said, sizeof(said), words), RESULT_CONFIG);
	assert_memory_equal(said, beginning, strlen(beginning));
	assert_non_null(strstr(said, "usage: sallyportd ["));
}

static void
test_wrong_usage(void **state)
{
	check_wrong(WORDS("-Z"), "sallyportd: -Z is not known\n");
	check_wrong(WORDS("-f"), "sallyportd: -f needs a value\n");
	check_wrong(WORDS("-u"), "sallyportd: -u needs a value\n");
	check_wrong(WORDS("-c"), "sallyportd: -c needs a value\n");
	check_wrong(WORDS("-D", "file"), "sallyportd: extra argument file\n");
	check_wrong(WORDS("-o", "Port=1", "-:"), "sallyportd: -: is not known\n");
}

static void
test_a_length_is_a_number(void **state)
{
	struct cli cli;
	char said[512] = "";

	assert_result(parse(&cli, said, sizeof(said), WORDS("-u", "long")), RESULT_CONFIG);
	assert_string_equal(said, "sallyportd: -u long is no number\n");
}

static void
test_too_many_options(void **state)
{
	static char *argv[2 + CLI_OPTIONS_MAX + 1] = { "sallyportd" };
	struct cli cli;
	FILE *errors = fopen("/dev/null", "w");

	assert_non_null(errors);
	for (int i = 1; i <= CLI_OPTIONS_MAX + 1; i++)
		argv[i] = "-p1";
	assert_ok(cli_parse(CLI_OPTIONS_MAX + 1, argv, &cli, errors));
	cli_clear(&cli);
	assert_result(cli_parse(CLI_OPTIONS_MAX + 2, argv, &cli, errors), RESULT_CONFIG);
	fclose(errors);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_certificates_of_the_host),
		cmocka_unit_test(test_flags_that_say_nothing),
		cmocka_unit_test(test_a_length_is_a_number),
		cmocka_unit_test(test_lines_of_the_configuration_in_their_order),
		cmocka_unit_test(test_wrong_usage),
		cmocka_unit_test(test_too_many_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
