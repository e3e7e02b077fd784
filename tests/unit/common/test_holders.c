/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/holders.c: this process and its children.
 */
#include "common/holders.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support.h"

static const uint8_t first[HOLDERS_NAME_SIZE] = "first";
static const uint8_t second[HOLDERS_NAME_SIZE] = "second";

/* A process that holds the name until it is killed. */
static pid_t
start_holder(struct holders *holders, const uint8_t *name)
{
	int ends[2];
	uint8_t byte = 0;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		byte = holders_add(holders, name) ? 1 : 0;
		if (write(ends[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(byte, 1);
	close(ends[0]);
	close(ends[1]);
	return pid;
}

static void
others_are_found_and_one_is_not_oneself(void **state)
{
	struct holders *holders;
	pid_t pid;
	int status;

	assert_ok(holders_new(&holders));
	assert_true(holders_add(holders, first));
	assert_int_equal(holders_find(holders, first), 0);
	pid = start_holder(holders, first);
	assert_int_equal(holders_find(holders, first), pid);
	assert_int_equal(holders_find(holders, second), 0);
	holders_remove(holders, first); /* ours alone */
	assert_int_equal(holders_find(holders, first), pid);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(holders_find(holders, first), pid); /* until somebody says so */
	holders_forget(holders, pid);
	assert_int_equal(holders_find(holders, first), 0);
	holders_free(holders);
}

static void
room_is_used_again_and_ends(void **state)
{
	struct holders *holders;
	size_t count = 0;

	assert_ok(holders_new(&holders));
	while (holders_add(holders, first))
		count++;
	assert_true(count >= 1024);
	holders_remove(holders, first);
	assert_true(holders_add(holders, second));
	assert_false(holders_add(holders, second));
	holders_forget(holders, getpid());
	assert_true(holders_add(holders, second));
	holders_free(holders);
}

static void
without_memory_nobody_holds_anything(void **state)
{
	assert_false(holders_add(NULL, first));
	assert_int_equal(holders_find(NULL, first), 0);
	holders_remove(NULL, first);
	holders_forget(NULL, 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_are_found_and_one_is_not_oneself),
		cmocka_unit_test(room_is_used_again_and_ends),
		cmocka_unit_test(without_memory_nobody_holds_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
