/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/session/signals.c. Names: RFC 4254 section 6.10.
 */
#include "monitor/session/signals.h"

#include "tests/unit/support.h"

static void
finds_what_a_client_may_send(void **state)
{
	static const struct {
		const char *name;
		int number;
	} rows[] = {
		{ "HUP", SIGHUP }, { "INT", SIGINT }, { "KILL", SIGKILL }, { "QUIT", SIGQUIT },
		{ "TERM", SIGTERM }, { "USR1", SIGUSR1 }, { "USR2", SIGUSR2 }, { "ABRT", SIGABRT },
		{ "ALRM", SIGALRM }, { "FPE", SIGFPE }, { "ILL", SIGILL }, { "SEGV", SIGSEGV },
		{ "PIPE", SIGPIPE }, { "INFO@openssh.com", 0 }, /* that this system does not have */
	};
	int number;

	for (size_t i = 0; i < COUNT(rows); i++) {
		ROW_TRUE(rows[i].name, signals_find(bytes_of_text(rows[i].name), &number));
		ROW_TRUE(rows[i].name, number == rows[i].number);
	}
}

static void
finds_nothing_else(void **state)
{
	static const struct {
		const char *name;
		struct bytes bytes;
	} rows[] = {
		{ "STOP", BYTES_ROW("STOP") },
		{ "with SIG", BYTES_ROW("SIGTERM") },
		{ "lower case", BYTES_ROW("term") },
		{ "blank behind", BYTES_ROW("TERM ") },
		{ "nothing", BYTES_ROW("") },
		{ "number", BYTES_ROW("15") },
		{ "INFO by no name of the RFC's", BYTES_ROW("INFO") },
		{ "NUL behind", BYTES_ROW("TERM\0") },
	};
	int number;

	for (size_t i = 0; i < COUNT(rows); i++)
		ROW_TRUE(rows[i].name, !signals_find(rows[i].bytes, &number) && number == 0);
}

static void
names_every_signal(void **state)
{
	static const struct {
		int number;
		const char *name;
	} rows[] = {
		{ SIGABRT, "ABRT" },
		{ SIGALRM, "ALRM" },
		{ SIGFPE, "FPE" },
		{ SIGHUP, "HUP" },
		{ SIGILL, "ILL" },
		{ SIGINT, "INT" },
		{ SIGKILL, "KILL" },
		{ SIGPIPE, "PIPE" },
		{ SIGQUIT, "QUIT" },
		{ SIGSEGV, "SEGV" },
		{ SIGTERM, "TERM" },
		{ SIGUSR1, "USR1" },
		{ SIGUSR2, "USR2" },
		{ SIGBUS, "BUS@openssh.com" },
		{ SIGXCPU, "XCPU@openssh.com" },
		{ 0, "SIG@openssh.com" },
		{ 12345, "SIG@openssh.com" },
		{ -1, "SIG@openssh.com" },
	};
	char name[SIGNAL_NAME_MAX];

	for (size_t i = 0; i < COUNT(rows); i++) {
		memset(name, 'x', sizeof(name));
		signals_name(rows[i].number, name);
		ROW_TRUE(rows[i].name, strcmp(name, rows[i].name) == 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_a_client_may_send),
		cmocka_unit_test(finds_nothing_else),
		cmocka_unit_test(names_every_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
