/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/session/become.c. Becoming somebody is for good, so each test forks.
 */
#include "monitor/session/become.h"

#include <errno.h>
#include <grp.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

#include "tests/unit/support.h"

#define UID 54321
#define GID 54322

static const gid_t groups[] = { GID, 54323, 54324 };
static const struct identity somebody = { UID, GID, groups, COUNT(groups) };

/* The exit status of `function` in a process of its own. */
static int
status_of(int (*function)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(function());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
needs_root(void)
{
	if (getuid() != 0) {
		print_message("needs root: changes the uid\n");
		skip();
	}
}

static int
become_and_look(void)
{
	uid_t uids[3];
	gid_t gids[3];
	gid_t actual[8];

	if (become_user(&somebody) != RESULT_OK)
		return 1;
	if (getresuid(&uids[0], &uids[1], &uids[2]) != 0 ||
	    getresgid(&gids[0], &gids[1], &gids[2]) != 0)
		return 2;
	for (int i = 0; i < 3; i++) {
		if (uids[i] != UID || gids[i] != GID)
			return 3;
	}
	if (getgroups((int)COUNT(actual), actual) != (int)COUNT(groups))
		return 4;
	if (!become_is_user(&somebody))
		return 5;
	return setuid(0) == 0 || seteuid(0) == 0 || setgroups(0, NULL) == 0 ? 6 : 0;
}

static void
changes_everything_for_good(void **state)
{
	needs_root();
	assert_int_equal(status_of(become_and_look), 0);
}

/* With these securebits the kernel would leave root's capabilities to any uid. */
static int
become_with_fixed_capabilities(void)
{
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0)
		return 1;
	return become_user(&somebody) == RESULT_DENIED ? 0 : 2;
}

static void
capabilities_that_stay_are_noticed(void **state)
{
	needs_root();
	assert_int_equal(status_of(become_with_fixed_capabilities), 0);
}

static int
become_without_groups(void)
{
	const struct identity alone = { UID, GID, NULL, 0 };

	if (become_user(&alone) != RESULT_OK)
		return 1;
	return getgroups(0, NULL) == 0 ? 0 : 2;
}

static void
nobody_keeps_roots_groups(void **state)
{
	needs_root();
	assert_int_equal(status_of(become_without_groups), 0);
}

static int
become_root(void)
{
	const gid_t root_groups[] = { 0 };
	const struct identity root = { 0, 0, root_groups, 1 };

	return become_user(&root) == RESULT_OK && getuid() == 0 ? 0 : 1;
}

static void
root_may_be_root(void **state)
{
	needs_root();
	assert_int_equal(status_of(become_root), 0);
}

static int
become_without_right(void)
{
	const struct identity other = { UID + 1, GID, groups, COUNT(groups) };

	if (getuid() == 0 && become_user(&somebody) != RESULT_OK)
		return 1;
	errno = 0;
	return become_user(&other) == RESULT_SYSTEM && errno == EPERM ? 0 : 2;
}

static void
who_is_not_root_becomes_nobody(void **state)
{
	assert_int_equal(status_of(become_without_right), 0);
}

static void
knows_who_it_is(void **state)
{
	const struct identity me = { getuid(), getgid(), NULL, 0 };
	const struct identity not_me = { getuid() + 1, getgid(), NULL, 0 };
	const struct identity not_mine = { getuid(), getgid() + 1, NULL, 0 };

	assert_true(become_is_user(&me));
	assert_false(become_is_user(&not_me));
	assert_false(become_is_user(&not_mine));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_everything_for_good),
		cmocka_unit_test(capabilities_that_stay_are_noticed),
		cmocka_unit_test(nobody_keeps_roots_groups),
		cmocka_unit_test(root_may_be_root),
		cmocka_unit_test(who_is_not_root_becomes_nobody),
		cmocka_unit_test(knows_who_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
