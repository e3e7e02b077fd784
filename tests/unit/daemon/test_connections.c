/* SPDX-License-Identifier: ISC */
/*
 * The listener's list of connections: who counts as not logged in, and for how long.
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
	assert_ok(connections_add(connections, pid, fds[0]));
	return fds[1];
}

static void
test_pending_until_logged_in(void **state)
{
	static const uint8_t logged_in[] = { MONITOR_STATUS_LOGGED_IN };
	struct connections connections = { 0 };
	int first = add(&connections, 100001), second = add(&connections, 100002);

	assert_int_equal(connections.pending, 2);
	connections_hear(&connections, 0); /* nothing was said */
	assert_int_equal(connections.pending, 2);
	assert_int_equal(write(first, logged_in, 1), 1);
	connections_hear(&connections, 0);
	assert_int_equal(connections.pending, 1);
	assert_true(connections.list[0].is_logged_in);
	/* Saying it twice counts once. */
	assert_int_equal(write(first, logged_in, 1), 1);
	connections_hear(&connections, 0);
	assert_int_equal(connections.pending, 1);
	connections_clear(&connections);
	close(first);
	close(second);
}

static void
test_other_bytes_and_the_end_of_the_pipe_are_no_login(void **state)
{
	struct connections connections = { 0 };
	int fd = add(&connections, 100001);

	assert_int_equal(write(fd, "?", 1), 1);
	connections_hear(&connections, 0);
	assert_int_equal(connections.pending, 1);
	assert_int_equal(connections.list[0].status_fd, -1);
	close(fd);
	connections_reap(&connections, 100001);
	assert_int_equal(connections.pending, 0);
	assert_int_equal(connections.count, 0);
	connections_clear(&connections);
}

static void
test_reaped_in_any_order(void **state)
{
	struct connections connections = { 0 };
	int fds[40];

	for (int i = 0; i < 40; i++)
		fds[i] = add(&connections, 100000 + i);
	assert_int_equal(connections.pending, 40);
	connections_reap(&connections, 99); /* nobody's */
	assert_int_equal(connections.count, 40);
	for (int i = 0; i < 40; i++)
		connections_reap(&connections, 100000 + (i * 7) % 40);
	assert_int_equal(connections.count, 0);
	assert_int_equal(connections.pending, 0);
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
	connections.pending = 1;
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
		cmocka_unit_test(test_pending_until_logged_in),
		cmocka_unit_test(test_other_bytes_and_the_end_of_the_pipe_are_no_login),
		cmocka_unit_test(test_reaped_in_any_order),
		cmocka_unit_test(test_end_of_the_pending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
