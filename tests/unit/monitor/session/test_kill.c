/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/session/kill.c.
 */
#include "monitor/session/kill.h"

#include <sys/prctl.h>

#include "tests/unit/support.h"

#define UID 54321

static const gid_t groups[] = { UID };
static const struct account account = {
	.name = (char *)"me", .uid = UID, .gid = UID, .groups = (gid_t *)groups, .group_count = 1
};

static const struct monitor_inputs root_s = { .is_root = true };
static const struct monitor_inputs nobody_s = { .is_root = false };

static const struct errand as_user = { .account = &account, .inputs = &root_s };

/* A process with a group of its own that waits, as this user. */
static pid_t
start(uid_t uid)
{
	int ends[2];
	uint8_t byte;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setsid();
		if (uid != getuid() && setresuid(uid, uid, uid) != 0)
			_exit(1);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)!write(ends[1], "", 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	close(ends[1]);
	return pid;
}

static void
end(pid_t pid, int signal_number)
{
	int status;

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), signal_number);
}

static void
reaches_the_users_own(void **state)
{
	pid_t pid;

	if (getuid() != 0) {
		print_message("needs root: changes the uid\n");
		skip();
	}
	pid = start(UID);
	assert_true(kill_as(&as_user, pid, SIGTERM));
	end(pid, SIGTERM);
}

/* What sudo leaves in the session's process group is not the user's to kill. */
static void
does_not_reach_what_is_roots(void **state)
{
	pid_t pid;

	if (getuid() != 0) {
		print_message("needs root: has a process of root's\n");
		skip();
	}
	pid = start(0);
	assert_false(kill_as(&as_user, pid, SIGTERM));
	assert_int_equal(kill(pid, SIGUSR1), 0); /* it is there: this ends it */
	end(pid, SIGUSR1);
}

static void
without_root_it_is_plain(void **state)
{
	const struct errand ourselves = { .account = &account, .inputs = &nobody_s };
	pid_t pid = start(getuid());

	assert_true(kill_as(&ourselves, pid, SIGTERM));
	end(pid, SIGTERM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reaches_the_users_own),
		cmocka_unit_test(does_not_reach_what_is_roots),
		cmocka_unit_test(without_root_it_is_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
