/* SPDX-License-Identifier: ISC */
/*
 * Tests of daemon/nursery.c: when a nursery is started, asked and replaced. The nursery is this test:
 * spawn_helper is its own and starts nothing.
 */
#include "daemon/nursery.h"

#include "common/fd.h"
#include "common/wire.h"
#include "tests/unit/support.h"

static int ends[16]; /* of the nurseries, in the order of their start */
static int spawned;
static bool spawn_fails;
static uint8_t room[IPC_PACKET_MAX];

enum result
spawn_helper(const struct spawn_plan *plan, int *socket, pid_t *pid)
{
	int sockets[2];

	if (spawn_fails)
		return RESULT_SYSTEM;
	assert_ok(ipc_pair(sockets));
	assert_ok(fd_set_nonblocking(sockets[0]));
	assert_ok(fd_set_nonblocking(sockets[1]));
	*socket = sockets[0];
	ends[spawned++] = sockets[1];
	*pid = 1000 + spawned;
	return RESULT_OK;
}

static struct nursery
make(unsigned children_max)
{
	const struct nursery_plan plan = { .filter = BYTES_ROW("filter"),
		.children_max = children_max };
	struct nursery nursery;

	spawned = 0;
	spawn_fails = false;
	assert_ok(nursery_init(&nursery, &plan));
	return nursery;
}

static void
unmake(struct nursery *nursery)
{
	nursery_close(nursery);
	for (int i = 0; i < spawned; i++)
		fd_close(&ends[i]);
}

/* How many children the i-th nursery was asked for since the last time; -1: its socket was closed. */
static int
forks(int i, bool *has_started)
{
	struct ipc_message message;
	enum result result;
	int count = 0;

	while ((result = ipc_receive(ends[i], room, &message)) == RESULT_OK) {
		if (message.type == IPC_nursery_start)
			*has_started = true;
		else
			assert_int_equal(message.fd_count, 1);
		count += message.type == IPC_nursery_fork;
		ipc_message_clear(&message);
	}
	return result == RESULT_CLOSED && count == 0 ? -1 : count;
}

static void
take(struct nursery *nursery)
{
	int fd;

	assert_ok(nursery_take(nursery, &fd));
	assert_true(fd >= 0);
	fd_close(&fd);
}

static void
one_is_taken_and_one_waits(void **state)
{
	struct nursery nursery = make(10);
	bool has_started = false;

	take(&nursery);
	assert_int_equal(spawned, 1);
	assert_int_equal(forks(0, &has_started), 2);
	assert_true(has_started);
	assert_true(nursery.spare_fd >= 0);
	take(&nursery);
	assert_int_equal(forks(0, &has_started), 1);
	assert_int_equal(spawned, 1);
	unmake(&nursery);
}

static void
it_is_replaced_after_so_many(void **state)
{
	struct nursery nursery = make(3);
	bool has_started;

	for (int i = 0; i < 7; i++)
		take(&nursery);
	assert_int_equal(spawned, 3); /* 3, 3, and 1 with the one that waits */
	assert_int_equal(forks(0, &has_started), 3);
	assert_int_equal(forks(0, &has_started), -1);
	assert_int_equal(forks(1, &has_started), 3);
	assert_int_equal(forks(2, &has_started), 2);
	unmake(&nursery);
}

static void
each_connection_may_have_its_own(void **state)
{
	for (unsigned most = 0; most < 2; most++) {
		struct nursery nursery = make(most);
		bool has_started;

		for (int i = 0; i < 4; i++)
			take(&nursery);
		assert_int_equal(spawned, 5);
		for (int i = 0; i < 5; i++)
			assert_int_equal(forks(i, &has_started), 1);
		unmake(&nursery);
	}
}

static void
it_is_replaced_when_it_is_old(void **state)
{
	struct nursery nursery = make(100);

	take(&nursery);
	nursery.end_ms = 0;
	take(&nursery);
	assert_int_equal(spawned, 2);
	unmake(&nursery);
}

static void
say_end(int status)
{
	uint8_t body[8];
	struct writer writer = writer_into(body, sizeof(body));

	put_u32(&writer, 4711);
	put_u32(&writer, (uint32_t)status);
	assert_ok(ipc_send(ends[0], IPC_nursery_ended, writer_bytes(&writer), NULL, 0));
}

static void
a_death_retires_it_and_the_one_that_waits(void **state)
{
	struct nursery nursery = make(100);
	struct support_log seen;
	bool has_started;

	take(&nursery);
	support_log_capture(&seen);
	say_end(SIGSEGV);
	nursery_hear(&nursery);
	support_log_release();
	assert_int_equal(seen.count, 2);
	assert_int_equal(nursery.fd, -1);
	assert_int_equal(nursery.spare_fd, -1);
	(void)forks(0, &has_started);
	assert_int_equal(forks(0, &has_started), -1);
	take(&nursery);
	assert_int_equal(spawned, 2);
	unmake(&nursery);
}

static void
what_it_may_not_say_retires_it(void **state)
{
	static const struct {
		enum ipc_type type;
		struct bytes body;
	} rows[] = {
		{ IPC_nursery_ended, BYTES_ROW("\0\0\0\1") },
		{ IPC_nursery_log, BYTES_ROW("\0\0\0\0\0\0\0\0\0\0\0\0") },
		{ IPC_nursery_log, BYTES_ROW("\0\0\0\11\0\0\0\0\0\0\0\0") },
		{ IPC_nursery_fork, BYTES_ROW("") },
		{ IPC_born, BYTES_ROW("\0\0\0\1") },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nursery nursery = make(100);
		struct support_log seen;

		take(&nursery);
		support_log_capture(&seen);
		assert_ok(ipc_send(ends[0], rows[i].type, rows[i].body, NULL, 0));
		nursery_hear(&nursery);
		support_log_release();
		assert_int_equal(seen.level, LOG_LEVEL_ERROR);
		assert_int_equal(nursery.fd, -1);
		unmake(&nursery);
	}
}

static void
its_words_are_logged(void **state)
{
	struct nursery nursery = make(100);
	struct support_log seen;

	take(&nursery);
	support_log_capture(&seen);
	assert_ok(
	    ipc_send(ends[0], IPC_nursery_log, BYTES("\0\0\0\2\0\0\0\1r\0\0\0\5no\nit"), NULL, 0));
	nursery_hear(&nursery);
	support_log_release();
	assert_int_equal(seen.count, 1);
	assert_null(strchr(seen.text, '\n'));
	assert_true(nursery.fd >= 0);
	unmake(&nursery);
}

static void
its_own_end_is_seen_once(void **state)
{
	struct nursery nursery = make(100);
	struct support_log seen;

	take(&nursery);
	support_log_capture(&seen);
	fd_close(&ends[0]);
	nursery_reaped(&nursery, 4711); /* somebody else */
	assert_int_equal(seen.count, 0);
	nursery_reaped(&nursery, 1001);
	nursery_reaped(&nursery, 1001);
	support_log_release();
	assert_int_equal(seen.count, 1);
	take(&nursery);
	assert_int_equal(spawned, 2);
	unmake(&nursery);
}

static void
without_one_nothing_is_taken(void **state)
{
	struct nursery nursery = make(100);
	int fd;

	spawn_fails = true;
	assert_result(nursery_take(&nursery, &fd), RESULT_SYSTEM);
	assert_int_equal(fd, -1);
	spawn_fails = false;
	take(&nursery);
	unmake(&nursery);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_is_taken_and_one_waits),
		cmocka_unit_test(it_is_replaced_after_so_many),
		cmocka_unit_test(each_connection_may_have_its_own),
		cmocka_unit_test(it_is_replaced_when_it_is_old),
		cmocka_unit_test(a_death_retires_it_and_the_one_that_waits),
		cmocka_unit_test(what_it_may_not_say_retires_it),
		cmocka_unit_test(its_words_are_logged),
		cmocka_unit_test(its_own_end_is_seen_once),
		cmocka_unit_test(without_one_nothing_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
