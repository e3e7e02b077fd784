/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/forward/ask.c: programs that are asked about forwardings. They are the system's shell, so that they are
 * root's.
 */
#include "monitor/forward/ask.h"

#include <errno.h>
#include <sys/wait.h>

#include "tests/unit/monitor/forward/rig.h"

#define PERMITS "ForwardingCommand /bin/sh -c true\nForwardingCommandUser root\n"
#define REFUSES "ForwardingCommand /bin/sh -c \"echo no; exit 1\"\nForwardingCommandUser root\n"
#define HANGS   "ForwardingCommand /bin/sh -c \"exec sleep 1000\"\nForwardingCommandUser root\n"

static void
say_connect(struct rig *rig, uint32_t id)
{
	const struct tcp_request request = { id, bytes_of_text("h"), 80, bytes_of_text("127.0.0.1"),
		1 };
	uint8_t room[512];
	struct writer writer = writer_into(room, sizeof(room));

	tcp_request_put(&writer, &request);
	rig_say(rig, IPC_connect_tcp, writer_bytes(&writer));
}

static void
say_listen(struct rig *rig, uint32_t id)
{
	const struct listen_request request = { id, FORWARD_TCP, bytes_of_text("localhost"), 0 };
	uint8_t room[512];
	struct writer writer = writer_into(room, sizeof(room));

	listen_request_put(&writer, &request);
	rig_say(rig, IPC_listen, writer_bytes(&writer));
}

static void
say_id(struct rig *rig, enum ipc_type type, uint32_t id)
{
	uint8_t room[4];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, id);
	rig_say(rig, type, writer_bytes(&writer));
}

/* What loop.c does when one has ended; it is waited for. */
static void
reap_one(struct rig *rig)
{
	siginfo_t ended = { 0 };
	int status;

	assert_int_equal(waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT), 0);
	ask_child_ends(&rig->monitor, ended.si_pid);
	assert_int_equal(waitpid(ended.si_pid, &status, 0), ended.si_pid);
	assert_true(ask_child_ended(&rig->monitor, ended.si_pid, status));
}

static void
there_is_no_process(void)
{
	assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static uint32_t
child_is_told(struct rig *rig, enum ipc_type type, uint32_t id)
{
	struct reader reader = rig_told(rig, type);

	assert_int_equal(get_u32(&reader), id);
	return get_u32(&reader);
}

static void
what_it_permits_is_begun_when_it_has_said_so(void **state)
{
	struct rig *rig = rig_open(PERMITS);

	say_connect(rig, 7);
	assert_int_equal(spawned, 0);
	assert_false(rig_is_told(rig));
	assert_true(ask_is_pending(&rig->monitor, false, 7));
	assert_false(ask_is_pending(&rig->monitor, true, 7));
	reap_one(rig);
	(void)user_is_told(IPC_user_start);
	(void)user_is_told(IPC_user_connect);
	assert_false(ask_is_pending(&rig->monitor, false, 7));
	say_listen(rig, 7);
	assert_true(ask_is_pending(&rig->monitor, true, 7));
	assert_true(user_is_told_nothing());
	reap_one(rig);
	(void)user_is_told(IPC_user_listen);
	rig_close(rig);
}

static void
what_it_refuses_is_not(void **state)
{
	struct rig *rig = rig_open(REFUSES);
	struct support_log seen;
	struct reader reader;

	support_log_capture(&seen);
	say_connect(rig, 7);
	reap_one(rig);
	reader = rig_told(rig, IPC_connected);
	assert_int_equal(get_u32(&reader), 7);
	assert_int_equal(get_u32(&reader), SSH_OPEN_ADMINISTRATIVELY_PROHIBITED);
	assert_bytes_text(get_string(&reader), "no");
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.reason, "forward-refused");
	assert_non_null(strstr(seen.text, "refused: no (rig:3)"));
	support_log_capture(&unread);
	say_listen(rig, 7);
	reap_one(rig);
	assert_int_equal(
	    child_is_told(rig, IPC_listening, 7), SSH_OPEN_ADMINISTRATIVELY_PROHIBITED);
	assert_int_equal(spawned, 0);
	there_is_no_process();
	rig_close(rig);
}

static void
an_id_that_is_asked_about_is_in_use(void **state)
{
	struct rig *rig = rig_open(HANGS);

	say_connect(rig, 5);
	say_listen(rig, 5); /* another kind of id */
	assert_false(rig_is_attack(rig));
	say_connect(rig, 5);
	assert_true(rig_is_attack(rig));
	rig_close(rig);
	rig = rig_open(HANGS);
	say_listen(rig, 5);
	say_listen(rig, 5);
	assert_true(rig_is_attack(rig));
	rig_close(rig);
	while (waitpid(-1, NULL, 0) > 0)
		continue;
}

static void
what_is_cancelled_is_killed_and_not_answered(void **state)
{
	struct rig *rig = rig_open(HANGS);

	say_connect(rig, 5);
	say_id(rig, IPC_cancel_connect, 5);
	assert_false(ask_is_pending(&rig->monitor, false, 5));
	say_id(rig, IPC_cancel_connect, 5); /* and once more, which is no crime */
	say_connect(rig, 5);                /* the number is free */
	assert_true(ask_is_pending(&rig->monitor, false, 5));
	reap_one(rig); /* the first, by SIGKILL */
	assert_true(ask_is_pending(&rig->monitor, false, 5));
	assert_false(rig_is_told(rig));
	say_id(rig, IPC_cancel_connect, 5);
	reap_one(rig);
	there_is_no_process();
	assert_false(rig_is_told(rig));
	assert_false(rig_is_attack(rig));
	rig_close(rig);
}

static void
what_is_not_to_be_listened_on_any_more_is_answered(void **state)
{
	struct rig *rig = rig_open(HANGS);

	say_listen(rig, 5);
	say_id(rig, IPC_unlisten, 5);
	assert_int_equal(child_is_told(rig, IPC_listening, 5), SSH_OPEN_CONNECT_FAILED);
	assert_int_equal(child_is_told(rig, IPC_unlistened, 5), 0);
	say_listen(rig, 5);
	assert_false(rig_is_attack(rig));
	reap_one(rig);
	assert_false(rig_is_told(rig));
	rig_close(rig);
	while (waitpid(-1, NULL, 0) > 0)
		continue;
}

static void
it_has_its_time(void **state)
{
	struct rig *rig = rig_open(HANGS);
	struct support_log seen;
	uint64_t deadline_ms;

	support_log_capture(&seen);
	assert_int_equal(ask_deadline_ms(&rig->monitor), 0);
	say_connect(rig, 5);
	deadline_ms = ask_deadline_ms(&rig->monitor);
	assert_in_range(
	    deadline_ms, clock_now_ms() + ASK_TIMEOUT_MS - 1000, clock_now_ms() + ASK_TIMEOUT_MS);
	ask_meet_deadline(&rig->monitor, deadline_ms - 1);
	assert_false(rig_is_told(rig));
	ask_meet_deadline(&rig->monitor, deadline_ms);
	assert_int_equal(
	    child_is_told(rig, IPC_connected, 5), SSH_OPEN_ADMINISTRATIVELY_PROHIBITED);
	assert_int_equal(seen.count, 2); /* what is wrong, and the refusal */
	assert_int_equal(ask_deadline_ms(&rig->monitor), 0);
	reap_one(rig);
	there_is_no_process();
	assert_false(rig_is_told(rig));
	support_log_capture(&unread);
	rig_close(rig);
}

static void
eight_run_and_the_others_wait(void **state)
{
	struct rig *rig = rig_open(HANGS);
	uint32_t id;
	int count = 0;

	for (id = 0; id < RELAY_PENDING_MAX; id++)
		say_connect(rig, id);
	assert_false(rig_is_told(rig));
	say_connect(rig, id);
	assert_int_equal(child_is_told(rig, IPC_connected, id), SSH_OPEN_RESOURCE_SHORTAGE);
	assert_true(ask_is_pending(&rig->monitor, false, id - 1));
	say_id(rig, IPC_cancel_connect, id - 1); /* one that waits: there is room again */
	say_connect(rig, id - 1);
	assert_false(rig_is_told(rig));
	rig_close(rig); /* which ends them all */
	while (waitpid(-1, NULL, 0) > 0)
		count++;
	assert_int_equal(count, ASK_RUNNING_MAX);
}

static void
nothing_is_begun_in_a_connection_that_ends(void **state)
{
	struct rig *rig = rig_open(PERMITS);

	say_connect(rig, 5);
	phase_kill(&rig->monitor);
	reap_one(rig);
	assert_int_equal(spawned, 0);
	rig_close(rig);
}

static int
needs_root(void **state)
{
	if (geteuid() != 0)
		skip();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_it_permits_is_begun_when_it_has_said_so, needs_root),
		cmocka_unit_test_setup(what_it_refuses_is_not, needs_root),
		cmocka_unit_test_setup(an_id_that_is_asked_about_is_in_use, needs_root),
		cmocka_unit_test_setup(what_is_cancelled_is_killed_and_not_answered, needs_root),
		cmocka_unit_test_setup(
		    what_is_not_to_be_listened_on_any_more_is_answered, needs_root),
		cmocka_unit_test_setup(it_has_its_time, needs_root),
		cmocka_unit_test_setup(eight_run_and_the_others_wait, needs_root),
		cmocka_unit_test_setup(nothing_is_begun_in_a_connection_that_ends, needs_root),
	};

	support_log_capture(&unread);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
