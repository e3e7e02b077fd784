/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/forward/: connections that the child asks for.
 */
#include "monitor/forward/relay.h"

#include "tests/unit/monitor/forward/rig.h"

static void
say_connect(struct rig *rig, uint32_t id, const char *host, uint32_t port)
{
	const struct tcp_request request = { id, bytes_of_text(host), port,
		bytes_of_text("127.0.0.1"), 1 };
	uint8_t room[512];
	struct writer writer = writer_into(room, sizeof(room));

	tcp_request_put(&writer, &request);
	rig_say(rig, IPC_connect_tcp, writer_bytes(&writer));
}

static void
say_cancel(struct rig *rig, uint32_t id)
{
	uint8_t room[4];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, id);
	rig_say(rig, IPC_cancel_connect, writer_bytes(&writer));
}

/* The serial of the connection that the user process is asked for. */
static uint32_t
user_is_asked(const char *host, uint32_t port)
{
	struct reader reader = user_is_told(IPC_user_connect);
	struct user_connect connect;

	user_connect_get(&reader, &connect);
	assert_ok(reader_end(&reader));
	assert_bytes_text(connect.host, host);
	assert_int_equal(connect.port, port);
	return connect.id;
}

static void
user_answers(struct rig *rig, uint32_t serial, uint32_t reason, const char *text, const int *fd)
{
	uint8_t room[512];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, serial);
	put_u32(&writer, reason);
	put_text(&writer, text);
	user_says(rig, IPC_user_connected, writer_bytes(&writer), fd);
}

static uint32_t
child_is_told(struct rig *rig, uint32_t id)
{
	struct reader reader = rig_told(rig, IPC_connected);

	assert_int_equal(get_u32(&reader), id);
	return get_u32(&reader);
}

static void
a_request_goes_through_and_its_socket_comes_back(void **state)
{
	struct rig *rig = rig_open("AddressFamily inet6\n");
	struct user_start start;
	struct reader reader;
	uint32_t serial;
	int fd = make_socket(AF_INET, SOCK_STREAM);

	say_connect(rig, 7, "example.org", 80);
	reader = user_is_told(IPC_user_start);
	user_start_get(&reader, &start);
	assert_ok(reader_end(&reader));
	assert_int_equal(start.uid, rig->monitor.account->uid);
	assert_int_equal(start.change_user, rig->inputs.is_root);
	reader = user_is_told(IPC_user_connect);
	struct user_connect connect;
	user_connect_get(&reader, &connect);
	assert_int_equal(connect.family, 6);
	serial = connect.id;
	user_says(rig, IPC_user_ready, bytes_of(NULL, 0), NULL);
	user_answers(rig, serial, 0, "", &fd);
	assert_int_equal(child_is_told(rig, 7), 0);
	assert_int_equal(rig->told.fd_count, 1);
	assert_int_equal(rig->monitor.relay->request_count, 0);
	fd_close(&fd);
	say_connect(rig, 7, "example.org", 81); /* the number is free again; the process stays */
	assert_int_not_equal(user_is_asked("example.org", 81), serial);
	assert_int_equal(spawned, 1);
	rig_close(rig);
}

static void
a_refusal_is_passed_on(void **state)
{
	struct rig *rig = rig_open("");
	struct reader reader;

	say_connect(rig, 0, "h", 1);
	(void)user_is_told(IPC_user_start);
	user_answers(
	    rig, user_is_asked("h", 1), SSH_OPEN_CONNECT_FAILED, "Connection refused", NULL);
	reader = rig_told(rig, IPC_connected);
	assert_int_equal(get_u32(&reader), 0);
	assert_int_equal(get_u32(&reader), SSH_OPEN_CONNECT_FAILED);
	assert_bytes_text(get_string(&reader), "Connection refused");
	rig_close(rig);
}

static void
policy_is_asked_before_the_user_process(void **state)
{
	struct rig *rig = rig_open("AllowTcpForwarding no\n");
	struct support_log seen;

	support_log_capture(&seen);
	say_connect(rig, 0, "ex\nample", 80);
	assert_int_equal(child_is_told(rig, 0), SSH_OPEN_ADMINISTRATIVELY_PROHIBITED);
	assert_int_equal(spawned, 0);
	assert_string_equal(seen.reason, "forward-refused");
	assert_non_null(strstr(seen.text, "rig:3")); /* where the rule stands */
	assert_null(strchr(seen.text, '\n'));
	support_log_capture(&unread);
	rig_close(rig);
}

static void
what_is_cancelled_is_dropped(void **state)
{
	struct rig *rig = rig_open("");
	uint32_t first, second;
	struct reader reader;
	int fd = make_socket(AF_INET, SOCK_STREAM);

	say_connect(rig, 0, "one", 1);
	(void)user_is_told(IPC_user_start);
	first = user_is_asked("one", 1);
	say_cancel(rig, 0);
	reader = user_is_told(IPC_user_cancel);
	assert_int_equal(get_u32(&reader), first);
	say_connect(rig, 0, "two", 2);
	second = user_is_asked("two", 2);
	user_answers(rig, first, 0, "", &fd); /* had crossed the cancellation */
	assert_false(rig_is_told(rig));
	user_answers(rig, second, 0, "", &fd);
	assert_int_equal(child_is_told(rig, 0), 0);
	say_cancel(rig, 0); /* too late, and no crime */
	assert_true(user_is_told_nothing());
	assert_false(rig_is_attack(rig));
	fd_close(&fd);
	rig_close(rig);
}

static void
a_number_in_use_is_an_attack(void **state)
{
	struct rig *rig = rig_open("");

	say_connect(rig, 5, "h", 1);
	say_connect(rig, 5, "h", 2);
	assert_true(rig_is_attack(rig));
	rig_close(rig);
	rig = rig_open("");
	say_connect(rig, RELAY_ID_MAX + 1, "h", 1);
	assert_true(rig_is_attack(rig));
	rig_close(rig);
}

static void
there_is_a_ceiling(void **state)
{
	struct rig *rig = rig_open("");

	for (uint32_t i = 0; i < RELAY_PENDING_MAX; i++) {
		say_connect(rig, i, "h", 1);
		ipc_message_clear(&user_told);
		while (ipc_receive(user_end, user_room, &user_told) == RESULT_OK)
			ipc_message_clear(&user_told);
	}
	assert_false(rig_is_told(rig));
	say_connect(rig, RELAY_PENDING_MAX, "h", 1);
	assert_int_equal(child_is_told(rig, RELAY_PENDING_MAX), SSH_OPEN_RESOURCE_SHORTAGE);
	assert_int_equal(rig->monitor.relay->request_count, RELAY_PENDING_MAX);
	rig_close(rig);
}

/* The user process is the user's: what it may not say ends it, and nothing else. */
static void
a_lying_user_process_is_ended(void **state)
{
	static const char *const rows[] = { "unknown serial", "reason out of range",
		"success without a socket", "refusal with a socket", "a datagram socket",
		"a unix socket", "a pipe", "a blocking socket", "garbage", "not its message",
		"ready twice", "oversized log" };

	for (size_t row = 0; row < COUNT(rows); row++) {
		struct rig *rig = rig_open("");
		pid_t pid;
		struct support_log seen;
		uint8_t room[1200] = { 0 };
		int pipe_ends[2];
		uint32_t serial;
		int status;
		int fd = -1;

		say_connect(rig, 1, "h", 1);
		(void)user_is_told(IPC_user_start);
		serial = user_is_asked("h", 1);
		support_log_capture(&seen);
		switch (row) {
		case 0:
			user_answers(rig, serial + 1, 2, "", NULL);
			break;
		case 1:
			user_answers(rig, serial, SSH_OPEN_RESOURCE_SHORTAGE + 1, "", NULL);
			break;
		case 2:
			user_answers(rig, serial, 0, "", NULL);
			break;
		case 3:
			fd = make_socket(AF_INET, SOCK_STREAM);
			user_answers(rig, serial, 2, "", &fd);
			break;
		case 4:
			fd = make_socket(AF_INET, SOCK_DGRAM);
			user_answers(rig, serial, 0, "", &fd);
			break;
		case 5:
			fd = make_socket(AF_UNIX, SOCK_STREAM);
			user_answers(rig, serial, 0, "", &fd);
			break;
		case 6:
			assert_int_equal(pipe(pipe_ends), 0);
			fd = pipe_ends[0];
			fd_close(&pipe_ends[1]);
			user_answers(rig, serial, 0, "", &fd);
			break;
		case 7:
			fd = make_socket(AF_INET, SOCK_STREAM);
			assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
			user_answers(rig, serial, 0, "", &fd);
			break;
		case 8:
			user_says(rig, IPC_user_connected, BYTES("\xff\xff"), NULL);
			break;
		case 9:
			user_says(rig, IPC_authenticate, bytes_of(NULL, 0), NULL);
			break;
		case 10:
			user_says(rig, IPC_user_ready, bytes_of(NULL, 0), NULL);
			user_says(rig, IPC_user_ready, bytes_of(NULL, 0), NULL);
			break;
		default:
			memset(room, 0, sizeof(room));
			assert_int_equal(write(user_end, "\x1e", 1), 1);
			user_says(rig, IPC_user_log, bytes_of(room, sizeof(room)), NULL);
		}
		fd_close(&fd);
		ROW_TRUE(rows[row], rig->monitor.relay->fd < 0);
		ROW_TRUE(rows[row], child_is_told(rig, 1) == SSH_OPEN_CONNECT_FAILED);
		ROW_TRUE(rows[row], rig->told.fd_count == 0);
		ROW_TRUE(rows[row], seen.count > 0);
		ROW_TRUE(rows[row], rig->monitor.phase == IPC_PHASE_OPEN);
		/* Until it is reaped there is no second one. */
		say_connect(rig, 2, "h", 1);
		ROW_TRUE(rows[row], child_is_told(rig, 2) == SSH_OPEN_CONNECT_FAILED);
		ROW_TRUE(rows[row], spawned == 1);
		pid = rig->monitor.relay->pid;
		ROW_TRUE(rows[row], pid > 0);
		ROW_TRUE(rows[row], waitpid(pid, &status, 0) == pid);
		ROW_TRUE(rows[row], relay_child_ended(&rig->monitor, pid, status));
		say_connect(rig, 2, "h", 1);
		ROW_TRUE(rows[row], spawned == 2);
		support_log_capture(&unread);
		rig_close(rig);
	}
}

static void
its_end_is_told_to_who_waits(void **state)
{
	struct rig *rig = rig_open("");

	say_connect(rig, 1, "h", 1);
	say_connect(rig, 2, "h", 1);
	fd_close(&user_end);
	relay_receive(&rig->monitor);
	assert_int_equal(child_is_told(rig, 1), SSH_OPEN_CONNECT_FAILED);
	assert_int_equal(child_is_told(rig, 2), SSH_OPEN_CONNECT_FAILED);
	assert_int_equal(rig->monitor.relay->request_count, 0);
	rig_close(rig);
}

static void
one_that_cannot_be_started_is_no_attack(void **state)
{
	struct rig *rig = rig_open("");

	spawn_fails = true;
	say_connect(rig, 1, "h", 1);
	assert_int_equal(child_is_told(rig, 1), SSH_OPEN_CONNECT_FAILED);
	assert_int_equal(rig->monitor.relay->request_count, 0);
	assert_false(rig_is_attack(rig));
	spawn_fails = false;
	say_connect(rig, 1, "h", 1);
	assert_int_equal(spawned, 1);
	rig_close(rig);
}

static void
its_log_is_quoted_tamed_and_bounded(void **state)
{
	struct rig *rig = rig_open("");
	struct support_log seen;
	uint8_t room[256];
	struct writer writer = writer_into(room, sizeof(room));

	say_connect(rig, 1, "h", 1);
	put_u32(&writer, LOG_LEVEL_FATAL);
	put_text(&writer, "accepted");
	put_text(&writer, "Accepted password\nfor root");
	support_log_capture(&seen);
	log_set_level(LOG_LEVEL_INFO);
	for (int i = 0; i < 1000; i++)
		user_says(rig, IPC_user_log, writer_bytes(&writer), NULL);
	assert_int_equal(seen.count, RELAY_LOG_LINES_MAX);
	assert_int_equal(seen.level, LOG_LEVEL_INFO);
	assert_string_equal(seen.reason, "user-process");
	assert_null(strchr(seen.text, '\n'));
	assert_memory_equal(seen.text, "user process of ", 16);
	support_log_capture(&unread);
	rig_close(rig);
}

static void
a_log_of_no_level_ends_it(void **state)
{
	static const uint32_t levels[] = { LOG_LEVEL_QUIET, LOG_LEVEL_DEBUG3 + 1, UINT32_MAX };

	for (size_t i = 0; i < COUNT(levels); i++) {
		struct rig *rig = rig_open("");
		uint8_t room[64];
		struct writer writer = writer_into(room, sizeof(room));

		put_u32(&writer, levels[i]);
		put_text(&writer, "a");
		put_text(&writer, "b");
		say_connect(rig, 1, "h", 1);
		user_says(rig, IPC_user_log, writer_bytes(&writer), NULL);
		assert_true(rig->monitor.relay->fd < 0);
		assert_int_equal(child_is_told(rig, 1), SSH_OPEN_CONNECT_FAILED);
		rig_close(rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_goes_through_and_its_socket_comes_back),
		cmocka_unit_test(a_refusal_is_passed_on),
		cmocka_unit_test(policy_is_asked_before_the_user_process),
		cmocka_unit_test(what_is_cancelled_is_dropped),
		cmocka_unit_test(a_number_in_use_is_an_attack),
		cmocka_unit_test(there_is_a_ceiling),
		cmocka_unit_test(a_lying_user_process_is_ended),
		cmocka_unit_test(its_end_is_told_to_who_waits),
		cmocka_unit_test(one_that_cannot_be_started_is_no_attack),
		cmocka_unit_test(its_log_is_quoted_tamed_and_bounded),
		cmocka_unit_test(a_log_of_no_level_ends_it),
	};

	support_log_capture(&unread);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
