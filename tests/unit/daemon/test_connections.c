/* SPDX-License-Identifier: ISC */
/*
 * The listener's list of connections: what their monitors say, and who is told to end.
 */
#include "daemon/connections.h"

#include "monitor/monitor.h"
#include "tests/unit/support.h"

/* A connection of an invented monitor; the write end of its pipe. */
static int
add(struct connections *connections, pid_t pid)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	assert_ok(connections_add(connections, pid, fds[0], "192.0.2.1"));
	return fds[1];
}

static void
test_hears_what_was_said_in_its_order(void **state)
{
	static const uint8_t said[] = { MONITOR_STATUS_ATTACK, MONITOR_STATUS_LOGGED_IN };
	struct connections connections = { 0 };
	int first = add(&connections, 100001), second = add(&connections, 100002);

	assert_int_equal(connection_hear(&connections.list[0]), 0); /* nothing was said */
	assert_int_equal(write(first, said, 2), 2);
	assert_int_equal(connection_hear(&connections.list[0]), MONITOR_STATUS_ATTACK);
	assert_false(connections.list[0].is_logged_in);
	assert_int_equal(connection_hear(&connections.list[0]), MONITOR_STATUS_LOGGED_IN);
	assert_true(connections.list[0].is_logged_in);
	assert_int_equal(connection_hear(&connections.list[0]), 0);
	assert_int_equal(connection_hear(&connections.list[1]), 0);
	assert_false(connections.list[1].is_logged_in);
	connections_clear(&connections);
	close(first);
	close(second);
}

static void
test_the_end_of_the_pipe_is_no_login(void **state)
{
	struct connections connections = { 0 };
	int fd = add(&connections, 100001);

	close(fd);
	assert_int_equal(connection_hear(&connections.list[0]), 0);
	assert_int_equal(connections.list[0].status_fd, -1);
	assert_int_equal(connection_hear(&connections.list[0]), 0);
	assert_false(connections.list[0].is_logged_in);
	connections_clear(&connections);
}

static void
test_removed_in_any_order(void **state)
{
	struct connections connections = { 0 };
	int fds[40];

	for (int i = 0; i < 40; i++)
		fds[i] = add(&connections, 100000 + i);
	assert_null(connections_find(&connections, 99)); /* nobody's */
	for (int i = 0; i < 40; i++) {
		struct connection *connection =
		    connections_find(&connections, 100000 + (i * 7) % 40);

		assert_non_null(connection);
		assert_int_equal(connection->pid, 100000 + (i * 7) % 40);
		assert_string_equal(connection->peer, "192.0.2.1");
		connections_remove(&connections, connection);
	}
	assert_int_equal(connections.count, 0);
	for (int i = 0; i < 40; i++)
		close(fds[i]);
	connections_clear(&connections);
}

/* Those that are logged in go on; the others are told to end. */
static void
test_end_of_the_pending(void **state)
{
	struct connections connections = { 0 };
	int status, first, second;
	pid_t in = fork(), pending;

	if (in == 0)
		for (;;)
			pause();
	pending = fork();
	if (pending == 0)
		for (;;)
			pause();
	first = add(&connections, in);
	second = add(&connections, pending);
	connections.list[0].is_logged_in = true;
	connections_end_pending(&connections);
	assert_int_equal(waitpid(pending, &status, 0), pending);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	assert_int_equal(waitpid(in, &status, WNOHANG), 0);
	kill(in, SIGKILL);
	waitpid(in, &status, 0);
	connections_clear(&connections);
	close(first);
	close(second);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hears_what_was_said_in_its_order),
		cmocka_unit_test(test_the_end_of_the_pipe_is_no_login),
		cmocka_unit_test(test_removed_in_any_order),
		cmocka_unit_test(test_end_of_the_pending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
