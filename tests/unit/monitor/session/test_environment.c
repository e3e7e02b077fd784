/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/session/environment.c.
 */
#include "monitor/session/environment.h"

#include "tests/unit/support.h"

static const struct environment_facts facts = {
	.user = "alice",
	.home = "/home/alice",
	.shell = "/bin/sh",
	.peer_address = "192.0.2.7",
	.peer_port = 50000,
	.local_address = "192.0.2.1",
	.local_port = 22,
};

static void
set(struct environment *environment, const char *name, const char *value)
{
	assert_ok(environment_set(environment, bytes_of_text(name), bytes_of_text(value)));
}

static void
says_what_sshd_says(void **state)
{
	static const struct {
		const char *name, *value;
	} rows[] = {
		{ "USER", "alice" },
		{ "LOGNAME", "alice" },
		{ "HOME", "/home/alice" },
		{ "SHELL", "/bin/sh" },
		{ "PATH", "/usr/local/bin:/usr/bin:/bin:/usr/games" },
		{ "MAIL", "/var/mail/alice" },
		{ "SSH_CLIENT", "192.0.2.7 50000 22" },
		{ "SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22" },
	};
	struct environment environment = { 0 };

	assert_ok(environment_complete(&environment, &facts));
	assert_int_equal(environment.count, COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *value = environment_find(&environment, rows[i].name);

		ROW_TRUE(rows[i].name, value != NULL && strcmp(value, rows[i].value) == 0);
	}
	assert_null(environment.entries[environment.count]);
	environment_clear(&environment);
}

static void
says_what_there_is(void **state)
{
	struct environment_facts more = facts;
	struct environment environment = { 0 };

	more.is_superuser = true;
	more.terminal = "/dev/pts/3";
	more.terminal_type = "xterm";
	more.time_zone = "UTC";
	more.run_folder = "/run/user/1000";
	more.display = "localhost:10.0";
	more.agent = "/home/alice/.ssh/agent/s.x";
	assert_ok(environment_complete(&environment, &more));
	assert_string_equal(environment_find(&environment, "SSH_TTY"), "/dev/pts/3");
	assert_string_equal(environment_find(&environment, "TERM"), "xterm");
	assert_string_equal(environment_find(&environment, "TZ"), "UTC");
	assert_string_equal(environment_find(&environment, "DISPLAY"), "localhost:10.0");
	assert_string_equal(
	    environment_find(&environment, "SSH_AUTH_SOCK"), "/home/alice/.ssh/agent/s.x");
	assert_string_equal(environment_find(&environment, "XDG_RUNTIME_DIR"), "/run/user/1000");
	assert_non_null(strstr(environment_find(&environment, "PATH"), "/usr/sbin"));
	environment_clear(&environment);
}

static void
the_server_has_the_last_word(void **state)
{
	struct environment environment = { 0 };

	set(&environment, "HOME", "/tmp");
	set(&environment, "LANG", "C");
	set(&environment, "HOMELY", "yes");
	assert_ok(environment_complete(&environment, &facts));
	assert_string_equal(environment_find(&environment, "HOME"), "/home/alice");
	assert_string_equal(environment_find(&environment, "LANG"), "C");
	assert_string_equal(environment_find(&environment, "HOMELY"), "yes");
	for (size_t i = 0; i < environment.count; i++) {
		for (size_t k = i + 1; k < environment.count; k++)
			assert_string_not_equal(environment.entries[i], environment.entries[k]);
	}
	environment_clear(&environment);
}

static void
replaces_and_counts_bytes(void **state)
{
	struct environment environment = { 0 };

	set(&environment, "A", "one");
	set(&environment, "A", "three");
	assert_int_equal(environment.count, 1);
	assert_int_equal(environment.bytes, sizeof("A=three"));
	set(&environment, "A", "");
	assert_int_equal(environment.bytes, sizeof("A="));
	assert_string_equal(environment_find(&environment, "A"), "");
	assert_null(environment_find(&environment, "B"));
	environment_clear(&environment);
}

static void
forgets_what_begins_so(void **state)
{
	static const char prefix[] = "SSH_KEY_OPTION_";
	struct environment environment = { 0 };

	set(&environment, "SSH_KEY_OPTION_A", "lie");
	set(&environment, "SSH_KEY_OPTION", "x");
	set(&environment, "SSH_KEY_OPTION_", "lie");
	set(&environment, "A", "SSH_KEY_OPTION_A=");
	set(&environment, "SSH_KEY_OPTION_B", "");
	environment_forget(&environment, prefix);
	assert_int_equal(environment.count, 2);
	assert_string_equal(environment.entries[0], "SSH_KEY_OPTION=x");
	assert_string_equal(environment.entries[1], "A=SSH_KEY_OPTION_A=");
	assert_null(environment.entries[2]);
	assert_int_equal(
	    environment.bytes, sizeof("SSH_KEY_OPTION=x") + sizeof("A=SSH_KEY_OPTION_A="));
	environment_forget(&environment, "");
	assert_int_equal(environment.count, 0);
	assert_int_equal(environment.bytes, 0);
}

static void
holds_no_more_than_its_ceilings(void **state)
{
	struct environment environment = { 0 };
	static char large[ENVIRONMENT_BYTES_MAX];
	char name[16];

	for (int i = 0; i < ENVIRONMENT_CLIENT_MAX; i++) {
		snprintf(name, sizeof(name), "N%d", i);
		assert_ok(
		    environment_accept(&environment, bytes_of_text(name), bytes_of_text("v")));
	}
	assert_result(
	    environment_accept(&environment, bytes_of_text("ONE_MORE"), bytes_of_text("v")),
	    RESULT_LIMIT);
	assert_ok(environment_accept(&environment, bytes_of_text("N0"), bytes_of_text("again")));
	assert_ok(environment_complete(&environment, &facts)); /* always has its place */
	environment_clear(&environment);

	memset(large, 'x', sizeof(large));
	assert_result(environment_set(&environment, bytes_of_text("L"),
			  bytes_of(large, ENVIRONMENT_BYTES_MAX - 2)),
	    RESULT_LIMIT);
	assert_ok(environment_set(
	    &environment, bytes_of_text("L"), bytes_of(large, ENVIRONMENT_BYTES_MAX - 3)));
	assert_result(
	    environment_set(&environment, bytes_of_text("M"), bytes_of_text("")), RESULT_LIMIT);
	assert_int_equal(environment.count, 1);
	environment_clear(&environment);
}

static void
refuses_a_nul(void **state)
{
	struct environment environment = { 0 };

	assert_result(
	    environment_set(&environment, bytes_of_text("A"), BYTES("a\0b")), RESULT_MALFORMED);
	assert_int_equal(environment.count, 0);
	environment_clear(&environment);
}

static void
knows_which_names_are_welcome(void **state)
{
	static const char *const welcome[] = { "LANG", "LC_ALL", "_", "a1", "TERM", "COLORTERM",
		"ENVIRONMENT", "LDX", "SSH_CLIENTS" };
	static const char *const not_welcome[] = { "", "1A", "A=B", "A B", "A-B", "LD_PRELOAD",
		"SSH_KEY_OPTION_ROLE", "SSH_KEY_OPTION_", "LD_", "LD_LIBRARY_PATH",
		"GLIBC_TUNABLES", "BASH_ENV", "ENV", "IFS", "PS4", "SHELLOPTS", "SSH_AUTH_SOCK",
		"XAUTHORITY", "SSH_ORIGINAL_COMMAND", "SSH_TTY", "SSH_CONNECTION", "MALLOC_CHECK_",
		"\xc3\xa4", "BASH_FUNC_x%%" };
	char long_name[ENVIRONMENT_NAME_MAX + 2];

	for (size_t i = 0; i < COUNT(welcome); i++)
		ROW_TRUE(welcome[i], environment_name_is_welcome(bytes_of_text(welcome[i])));
	for (size_t i = 0; i < COUNT(not_welcome); i++)
		ROW_TRUE(
		    not_welcome[i], !environment_name_is_welcome(bytes_of_text(not_welcome[i])));
	memset(long_name, 'A', sizeof(long_name));
	assert_true(environment_name_is_welcome(bytes_of(long_name, ENVIRONMENT_NAME_MAX)));
	assert_false(environment_name_is_welcome(bytes_of(long_name, ENVIRONMENT_NAME_MAX + 1)));
	assert_false(environment_name_is_welcome(BYTES("LANG\0")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_sshd_says),
		cmocka_unit_test(says_what_there_is),
		cmocka_unit_test(the_server_has_the_last_word),
		cmocka_unit_test(replaces_and_counts_bytes),
		cmocka_unit_test(forgets_what_begins_so),
		cmocka_unit_test(holds_no_more_than_its_ceilings),
		cmocka_unit_test(refuses_a_nul),
		cmocka_unit_test(knows_which_names_are_welcome),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
