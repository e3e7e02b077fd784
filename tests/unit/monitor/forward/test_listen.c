/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/forward/listen.c and listening.c: what the child wants listened on, and who connects.
 */
#include "monitor/forward/listening.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "monitor/forward/takeover.h"
#include "monitor/login/login.h"
#include "tests/unit/monitor/forward/rig.h"

static void
say_listen(struct rig *rig, uint32_t id, uint32_t kind, const char *place, uint32_t port)
{
	const struct listen_request request = { id, kind, bytes_of_text(place), port };
	uint8_t room[512];
	struct writer writer = writer_into(room, sizeof(room));

	listen_request_put(&writer, &request);
	rig_say(rig, IPC_listen, writer_bytes(&writer));
}

static struct bytes
number(uint32_t value)
{
	static uint8_t room[4];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, value);
	return writer_bytes(&writer);
}

static void
user_is_asked(uint32_t id, const char *place, const char *another, uint32_t port)
{
	struct reader reader = user_is_told(IPC_user_listen);
	struct user_listen asked;

	user_listen_get(&reader, &asked);
	assert_ok(reader_end(&reader));
	assert_int_equal(asked.id, id);
	assert_int_equal(asked.kind, FORWARD_TCP);
	assert_bytes_text(asked.place, place);
	assert_bytes_text(asked.another, another);
	assert_int_equal(asked.port, port);
}

static uint32_t
user_number(enum ipc_type type)
{
	struct reader reader = user_is_told(type);

	return get_u32(&reader);
}

static void
user_answers(struct rig *rig, uint32_t id, uint32_t reason, uint32_t port)
{
	const struct listen_answer answer = { id, reason, port, bytes_of_text("why"), 0, 0 };
	uint8_t room[128];
	struct writer writer = writer_into(room, sizeof(room));

	listen_answer_put(&writer, &answer);
	user_says(rig, IPC_user_listening, writer_bytes(&writer), NULL);
}

static void
user_accepts(struct rig *rig, uint32_t id, int fd)
{
	const struct accepted_notice notice = { id, bytes_of_text("192.0.2.7"), 4711 };
	uint8_t room[128];
	struct writer writer = writer_into(room, sizeof(room));

	accepted_notice_put(&writer, &notice);
	user_says(rig, IPC_user_accepted, writer_bytes(&writer), fd < 0 ? NULL : &fd);
}

/* listening: its reason. */
static uint32_t
child_hears(struct rig *rig, uint32_t id, uint32_t port)
{
	struct reader reader = rig_told(rig, IPC_listening);
	struct listen_answer answer;

	listen_answer_get(&reader, &answer);
	assert_ok(reader_end(&reader));
	assert_int_equal(answer.id, id);
	if (answer.reason == 0)
		assert_int_equal(answer.port, port);
	return answer.reason;
}

static uint32_t
child_hears_closed(struct rig *rig, uint32_t id)
{
	struct reader reader = rig_told(rig, IPC_unlistened);

	assert_int_equal(get_u32(&reader), id);
	return get_u32(&reader);
}

/* Somebody has port 8080 listened on as id 3, and two may connect. */
static struct rig *
rig_listening(const char *settings)
{
	struct rig *rig = rig_open(settings);

	say_listen(rig, 3, FORWARD_TCP, "localhost", 8080);
	(void)user_is_told(IPC_user_start);
	user_is_asked(3, "127.0.0.1", "::1", 8080);
	user_answers(rig, 3, 0, 8080);
	assert_int_equal(child_hears(rig, 3, 8080), 0);
	rig_say(rig, IPC_accept_more, number(2));
	assert_int_equal(user_number(IPC_user_accept_more), 2);
	return rig;
}

static void
who_connects_is_passed_on(void **state)
{
	struct rig *rig = rig_listening("");
	int fd = make_socket(AF_INET6, SOCK_STREAM);
	struct accepted_notice notice;
	struct reader reader;

	user_accepts(rig, 3, fd);
	reader = rig_told(rig, IPC_accepted);
	accepted_notice_get(&reader, &notice);
	assert_ok(reader_end(&reader));
	assert_int_equal(notice.id, 3);
	assert_bytes_text(notice.originator, "192.0.2.7");
	assert_int_equal(notice.originator_port, 4711);
	assert_int_equal(rig->told.fd_count, 1);
	assert_int_equal(rig->monitor.relay->listening.accepts, 1);
	fd_close(&fd);
	rig_close(rig);
}

static void
port_zero_becomes_the_port(void **state)
{
	struct rig *rig = rig_open("AddressFamily inet\n");

	say_listen(rig, 0, FORWARD_TCP, "", 0);
	(void)user_is_told(IPC_user_start);
	user_is_asked(0, "127.0.0.1", "", 0);
	user_answers(rig, 0, 0, 33333);
	assert_int_equal(child_hears(rig, 0, 33333), 0);
	rig_close(rig);
}

static void
policy_is_asked_before_the_user_process(void **state)
{
	static const struct {
		const char *settings, *says;
	} rows[] = {
		{ "AllowTcpForwarding no\n", "AllowTcpForwarding" },
		{ "AllowTcpForwarding local\n", "AllowTcpForwarding" },
		{ "DisableForwarding yes\n", "DisableForwarding" },
		{ "PermitListen 8081\n", "PermitListen" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig *rig = rig_open(rows[i].settings);
		struct support_log seen;

		support_log_capture(&seen);
		say_listen(rig, 0, FORWARD_TCP, "local\nhost", 8080);
		ROW_TRUE(rows[i].settings,
		    child_hears(rig, 0, 0) == SSH_OPEN_ADMINISTRATIVELY_PROHIBITED);
		ROW_TRUE(rows[i].settings, spawned == 0);
		assert_string_equal(seen.reason, "forward-refused");
		ROW_TRUE(rows[i].settings, strstr(seen.text, rows[i].says) != NULL);
		assert_non_null(strstr(seen.text, "rig:3")); /* where the rule stands */
		assert_null(strchr(seen.text, '\n'));
		support_log_capture(&unread);
		/* The id is free again, and to close it is no crime. */
		rig_say(rig, IPC_unlisten, number(0));
		ROW_TRUE(rows[i].settings, child_hears_closed(rig, 0) == 0);
		ROW_TRUE(rows[i].settings, !rig_is_attack(rig));
		rig_close(rig);
	}
}

static void
a_login_without_the_right_is_refused(void **state)
{
	struct rig *rig = rig_open("");

	rig->monitor.permissions.forward_remote = false;
	say_listen(rig, 0, FORWARD_TCP, "", 8080);
	assert_int_equal(child_hears(rig, 0, 0), SSH_OPEN_ADMINISTRATIVELY_PROHIBITED);
	assert_int_equal(spawned, 0);
	rig_close(rig);
}

static void
closing_waits_for_the_sockets(void **state)
{
	struct rig *rig = rig_listening("");

	rig_say(rig, IPC_unlisten, number(3));
	assert_int_equal(user_number(IPC_user_unlisten), 3);
	assert_false(rig_is_told(rig));
	user_says(rig, IPC_user_unlistened, number(3), NULL);
	assert_int_equal(child_hears_closed(rig, 3), 1);
	say_listen(rig, 3, FORWARD_TCP, "localhost", 8080);
	user_is_asked(3, "127.0.0.1", "::1", 8080);
	rig_close(rig);
}

static void
what_cannot_be_had_frees_the_id(void **state)
{
	struct rig *rig = rig_open("");

	say_listen(rig, 0, FORWARD_TCP, "localhost", 8080);
	(void)user_is_told(IPC_user_start);
	user_is_asked(0, "127.0.0.1", "::1", 8080);
	user_answers(rig, 0, SSH_OPEN_CONNECT_FAILED, 0);
	assert_int_equal(child_hears(rig, 0, 0), SSH_OPEN_CONNECT_FAILED);
	say_listen(rig, 0, FORWARD_TCP, "localhost", 8081);
	user_is_asked(0, "127.0.0.1", "::1", 8081);
	rig_say(rig, IPC_unlisten, number(0)); /* crosses the answer */
	(void)user_number(IPC_user_unlisten);
	user_answers(rig, 0, SSH_OPEN_CONNECT_FAILED, 0);
	assert_int_equal(child_hears(rig, 0, 0), SSH_OPEN_CONNECT_FAILED);
	user_says(rig, IPC_user_unlistened, number(0), NULL);
	assert_int_equal(child_hears_closed(rig, 0), 0);
	rig_close(rig);
}

/* What no honest child says. */
static void
a_lying_child_is_an_attack(void **state)
{
	static const char *const rows[] = { "id in use", "id out of range", "unknown kind",
		"no kind", "a place too long", "close out of range", "close twice",
		"too many to accept", "more than can wait", "none to accept" };
	char place[FORWARD_PLACE_MAX + 2];

	memset(place, 'x', sizeof(place) - 1);
	place[sizeof(place) - 1] = '\0';
	for (size_t row = 0; row < COUNT(rows); row++) {
		struct rig *rig = rig_listening("");

		switch (row) {
		case 0:
			say_listen(rig, 3, FORWARD_TCP, "", 1);
			break;
		case 1:
			say_listen(rig, FORWARD_LISTENERS_MAX, FORWARD_TCP, "", 1);
			break;
		case 2:
			say_listen(rig, 1, 99, "", 1);
			break;
		case 3:
			say_listen(rig, 1, 0, "", 1);
			break;
		case 4:
			say_listen(rig, 1, FORWARD_TCP, place, 1);
			break;
		case 5:
			rig_say(rig, IPC_unlisten, number(FORWARD_LISTENERS_MAX));
			break;
		case 6:
			rig_say(rig, IPC_unlisten, number(3));
			rig_say(rig, IPC_unlisten, number(3));
			break;
		case 7:
			rig_say(rig, IPC_accept_more, number(UINT32_MAX));
			break;
		case 8:
			rig_say(rig, IPC_accept_more, number(FORWARD_ACCEPTS_MAX - 1));
			break;
		default:
			rig_say(rig, IPC_accept_more, number(0));
		}
		ROW_TRUE(rows[row], rig_is_attack(rig));
		rig_close(rig);
	}
}

static void
say_one_lie(struct rig *rig, size_t row, int *fd)
{
	switch (row) {
	case 0:
		user_answers(rig, 3, 0, 8080);
		return;
	case 1:
		user_answers(rig, 9, 0, 8080);
		return;
	case 2:
		say_listen(rig, 4, FORWARD_TCP, "", 8080);
		user_answers(rig, 4, 0, 8081);
		return;
	case 3:
		say_listen(rig, 4, FORWARD_TCP, "", 0);
		user_answers(rig, 4, 0, 65536);
		return;
	case 4:
		user_says(rig, IPC_user_unlistened, number(3), NULL);
		return;
	case 5:
		user_accepts(rig, 9, *fd = make_socket(AF_INET, SOCK_STREAM));
		return;
	case 6:
		user_accepts(rig, 3, -1);
		return;
	case 7:
		user_accepts(rig, 3, *fd = make_socket(AF_UNIX, SOCK_STREAM));
		return;
	case 8:
		user_accepts(rig, 3, *fd = make_socket(AF_INET, SOCK_DGRAM));
		return;
	case 9:
		*fd = make_socket(AF_INET, SOCK_STREAM);
		assert_int_equal(listen(*fd, 1), 0);
		user_accepts(rig, 3, *fd);
		return;
	case 10:
		*fd = make_socket(AF_INET, SOCK_STREAM);
		assert_int_equal(fcntl(*fd, F_SETFL, 0), 0);
		user_accepts(rig, 3, *fd);
		return;
	case 11:
		say_listen(rig, 4, FORWARD_TCP, "", 8081);
		user_accepts(rig, 4, *fd = make_socket(AF_INET, SOCK_STREAM));
		return;
	default:
		*fd = make_socket(AF_INET, SOCK_STREAM);
		for (int i = 0; i < 3 && rig->monitor.relay->fd >= 0; i++)
			user_accepts(rig, 3, *fd);
	}
}

static void
a_lying_user_process_is_ended(void **state)
{
	static const char *const rows[] = { "answers twice", "answers what nobody asked",
		"another port", "no port", "closes what nobody closed", "accepts for nobody",
		"accepts nothing", "a Unix socket", "a datagram socket", "a socket that listens",
		"a socket that blocks", "accepts before it listens", "more than were asked for" };

	for (size_t row = 0; row < COUNT(rows); row++) {
		struct rig *rig = rig_listening("");
		struct support_log seen;
		int fd = -1;
		size_t accepted = 0;

		support_log_capture(&seen);
		say_one_lie(rig, row, &fd);
		fd_close(&fd);
		ROW_TRUE(rows[row], rig->monitor.relay->fd < 0);
		ROW_TRUE(rows[row], seen.count > 0);
		ROW_TRUE(rows[row], rig->monitor.phase == IPC_PHASE_OPEN);
		ROW_TRUE(rows[row], listening_find(&rig->monitor.relay->listening, 3) == NULL);
		while (accepted < 2 && row == COUNT(rows) - 1) {
			(void)rig_told(rig, IPC_accepted);
			accepted++;
		}
		ROW_TRUE(rows[row], child_hears(rig, 3, 0) == SSH_OPEN_CONNECT_FAILED);
		support_log_capture(&unread);
		rig_close(rig);
	}
}

/* The client cannot be told; the child gives the id back. */
static void
what_is_lost_with_the_user_process_is_told(void **state)
{
	struct rig *rig = rig_listening("");
	pid_t pid;
	int status;

	say_listen(rig, 4, FORWARD_TCP, "", 8081);
	say_listen(rig, 5, FORWARD_TCP, "", 8082);
	rig_say(rig, IPC_unlisten, number(5));
	fd_close(&user_end);
	relay_receive(&rig->monitor);
	assert_int_equal(child_hears(rig, 3, 0), SSH_OPEN_CONNECT_FAILED);
	assert_int_equal(child_hears(rig, 4, 0), SSH_OPEN_CONNECT_FAILED);
	assert_int_equal(child_hears(rig, 5, 0), SSH_OPEN_CONNECT_FAILED);
	assert_int_equal(child_hears_closed(rig, 5), 0);
	rig_say(rig, IPC_unlisten, number(3));
	assert_int_equal(child_hears_closed(rig, 3), 0);
	pid = rig->monitor.relay->pid;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(relay_child_ended(&rig->monitor, pid, status));
	/* The next one hears how many may be accepted still. */
	say_listen(rig, 3, FORWARD_TCP, "", 8080);
	(void)user_is_told(IPC_user_start);
	assert_int_equal(user_number(IPC_user_accept_more), 2);
	user_is_asked(3, "127.0.0.1", "::1", 8080);
	rig_close(rig);
}

static void
paths_are_completed_and_have_their_settings(void **state)
{
	struct rig *rig = rig_open("StreamLocalBindMask 0111\nStreamLocalBindUnlink yes\n");
	char expected[256], long_one[FORWARD_PLACE_MAX + 1];
	struct user_listen asked;
	struct reader reader;

	say_listen(rig, 0, FORWARD_UNIX, "a/socket", 0);
	(void)user_is_told(IPC_user_start);
	reader = user_is_told(IPC_user_listen);
	user_listen_get(&reader, &asked);
	assert_ok(reader_end(&reader));
	snprintf(expected, sizeof(expected), "%s/a/socket", rig->monitor.account->home);
	assert_int_equal(asked.kind, FORWARD_UNIX);
	assert_bytes_text(asked.place, expected);
	assert_int_equal(asked.mask, 0111);
	assert_true(asked.replaces);
	memset(long_one, 'x', sizeof(long_one) - 1);
	long_one[0] = '/';
	long_one[sizeof(long_one) - 1] = '\0';
	say_listen(rig, 1, FORWARD_UNIX, long_one, 0);
	assert_int_equal(child_hears(rig, 1, 0), SSH_OPEN_CONNECT_FAILED);
	assert_true(user_is_told_nothing());
	rig_close(rig);
}

static void
who_connects_to_a_path_has_a_socket_of_that_family(void **state)
{
	static const int families[] = { AF_UNIX, AF_INET };

	for (size_t i = 0; i < COUNT(families); i++) {
		struct rig *rig = rig_open("");
		int fd = make_socket(families[i], SOCK_STREAM);

		say_listen(rig, 3, FORWARD_UNIX, "/nonexistent/x", 0);
		user_answers(rig, 3, 0, 0);
		assert_int_equal(child_hears(rig, 3, 0), 0);
		rig_say(rig, IPC_accept_more, number(1));
		user_accepts(rig, 3, fd);
		if (families[i] == AF_UNIX)
			(void)rig_told(rig, IPC_accepted);
		assert_true((rig->monitor.relay->fd >= 0) == (families[i] == AF_UNIX));
		fd_close(&fd);
		rig_close(rig);
	}
}

/* Who was killed removes nothing. What is there in its place meanwhile is somebody else's. */
static void
what_is_left_of_a_killed_user_process_is_removed(void **state)
{
	for (int is_same = 0; is_same < 2; is_same++) {
		struct rig *rig = rig_open("");
		struct listen_answer answer = { .id = 0 };
		uint8_t room[128];
		struct writer writer = writer_into(room, sizeof(room));
		struct path_identity identity;
		struct stat found;
		char path[64];

		snprintf(path, sizeof(path), "/tmp/sp-left-%d", getpid());
		identity = make_socket_file(path);
		say_listen(rig, 0, FORWARD_UNIX, path, 0);
		answer.device = identity.device;
		answer.inode = identity.inode + (is_same ? 0 : 1);
		listen_answer_put(&writer, &answer);
		user_says(rig, IPC_user_listening, writer_bytes(&writer), NULL);
		assert_int_equal(child_hears(rig, 0, 0), 0);
		fd_close(&user_end);
		relay_receive(&rig->monitor);
		/* By a process that nobody waits for. */
		for (int i = 0; i < 500 && is_same && lstat(path, &found) == 0; i++)
			usleep(10 * 1000);
		assert_int_equal(lstat(path, &found), is_same ? -1 : 0);
		unlink(path);
		rig_close(rig);
	}
}

/* Another monitor of ours that has the port, as far as anybody can tell; it counts what it is told by a signal. */
static pid_t
start_holder(struct rig *rig, int *told)
{
	int ends[2];
	sigset_t wanted;
	uint8_t byte = 0;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	sigemptyset(&wanted);
	sigaddset(&wanted, MONITOR_SIGNAL_WANTED);
	sigprocmask(SIG_BLOCK, &wanted, NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct listening same = { .kind = FORWARD_TCP, .port = 8080 };
		int number;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		takeover_hold(&rig->monitor, &same);
		while (write(ends[1], &byte, 1) == 1 && sigwait(&wanted, &number) == 0)
			continue;
		_exit(1);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	*told = ends[0];
	return pid;
}

static void
a_port_that_is_taken_is_tried_again_where_the_user_has_it(void **state)
{
	struct rig *rig = rig_open("");
	uint8_t byte;
	int told, status;
	pid_t holder;

	assert_ok(holders_new(&rig->inputs.holders));
	assert_ok(buf_append(&rig->monitor.login->used_keys, bytes_of_text("SHA256:key\n")));
	say_listen(rig, 0, FORWARD_TCP, "localhost", 8080);
	(void)user_is_told(IPC_user_start);
	user_is_asked(0, "127.0.0.1", "::1", 8080);
	user_answers(rig, 0, LISTEN_TAKEN, 0); /* nobody of ours has it */
	assert_int_equal(child_hears(rig, 0, 0), SSH_OPEN_CONNECT_FAILED);
	holder = start_holder(rig, &told);
	say_listen(rig, 0, FORWARD_TCP, "localhost", 8080);
	user_is_asked(0, "127.0.0.1", "::1", 8080);
	assert_int_equal(takeover_deadline_ms(&rig->monitor), 0);
	user_answers(rig, 0, LISTEN_TAKEN, 0);
	assert_int_equal(read(told, &byte, 1), 1); /* it was asked */
	assert_false(rig_is_told(rig));
	assert_true(takeover_deadline_ms(&rig->monitor) > 0);
	takeover_meet_deadline(&rig->monitor, UINT64_MAX);
	user_is_asked(0, "127.0.0.1", "::1", 8080);
	user_answers(rig, 0, 0, 8080);
	assert_int_equal(child_hears(rig, 0, 8080), 0);
	say_listen(rig, 1, FORWARD_TCP, "", 8080); /* given up while it waits */
	user_is_asked(1, "127.0.0.1", "::1", 8080);
	user_answers(rig, 1, LISTEN_TAKEN, 0);
	rig_say(rig, IPC_unlisten, number(1));
	assert_int_equal(child_hears(rig, 1, 0), SSH_OPEN_CONNECT_FAILED);
	(void)user_number(IPC_user_unlisten);
	user_says(rig, IPC_user_unlistened, number(1), NULL);
	assert_int_equal(child_hears_closed(rig, 1), 0);
	kill(holder, SIGKILL);
	assert_int_equal(waitpid(holder, &status, 0), holder);
	close(told);
	rig_close(rig);
}

/* A question has one answer. */
static void
a_port_that_is_to_be_tried_again_is_not_answered_before(void **state)
{
	static const uint32_t reasons[] = { 0, LISTEN_TAKEN, SSH_OPEN_CONNECT_FAILED };
	uint8_t byte;

	for (size_t i = 0; i < COUNT(reasons); i++) {
		struct rig *rig = rig_open("");
		int told, status;
		pid_t holder;

		assert_ok(holders_new(&rig->inputs.holders));
		assert_ok(
		    buf_append(&rig->monitor.login->used_keys, bytes_of_text("SHA256:key\n")));
		holder = start_holder(rig, &told);
		say_listen(rig, 0, FORWARD_TCP, "localhost", 8080);
		(void)user_is_told(IPC_user_start);
		user_is_asked(0, "127.0.0.1", "::1", 8080);
		user_answers(rig, 0, LISTEN_TAKEN, 0);
		assert_int_equal(read(told, &byte, 1), 1);
		assert_true(rig->monitor.relay->fd >= 0);
		user_answers(rig, 0, reasons[i], 8080);
		assert_true(rig->monitor.relay->fd < 0);
		assert_int_equal(child_hears(rig, 0, 0), SSH_OPEN_CONNECT_FAILED);
		kill(holder, SIGKILL);
		assert_int_equal(waitpid(holder, &status, 0), holder);
		close(told);
		rig_close(rig);
	}
}

/* Others have ports, too. */
static void
a_connection_is_found_by_few_of_its_ports(void **state)
{
	struct rig *rig = rig_open("");
	const struct listening_set *set = &rig->monitor.relay->listening;

	assert_ok(holders_new(&rig->inputs.holders));
	assert_ok(buf_append(&rig->monitor.login->used_keys, bytes_of_text("SHA256:key\n")));
	for (uint32_t id = 0; id < TAKEOVER_HELD_MAX + 4; id++) {
		say_listen(rig, id, FORWARD_TCP, "localhost", 8000 + id);
		user_answers(rig, id, 0, 8000 + id);
		assert_int_equal(child_hears(rig, id, 8000 + id), 0);
		assert_true(set->slots[id]->is_held == (id < TAKEOVER_HELD_MAX));
	}
	/* One that is given back makes room. */
	rig_say(rig, IPC_unlisten, number(0));
	user_says(rig, IPC_user_unlistened, number(0), NULL);
	assert_int_equal(child_hears_closed(rig, 0), 1);
	say_listen(rig, 0, FORWARD_TCP, "localhost", 8000);
	user_answers(rig, 0, 0, 8000);
	assert_true(set->slots[0]->is_held);
	rig_close(rig);
}

static void
the_client_is_asked_once_at_a_time(void **state)
{
	struct rig *rig = rig_open("");
	struct reader reader;

	takeover_ask_client(&rig->monitor);
	reader = rig_told(rig, IPC_probe);
	assert_true(get_u32(&reader) > 0);
	takeover_ask_client(&rig->monitor);
	assert_false(rig_is_told(rig));
	rig_close(rig);
}

static void
a_user_process_that_cannot_be_started_is_no_attack(void **state)
{
	struct rig *rig = rig_open("");

	spawn_fails = true;
	say_listen(rig, 0, FORWARD_TCP, "", 8080);
	assert_int_equal(child_hears(rig, 0, 0), SSH_OPEN_CONNECT_FAILED);
	assert_null(listening_find(&rig->monitor.relay->listening, 0));
	assert_false(rig_is_attack(rig));
	rig_close(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_connects_is_passed_on),
		cmocka_unit_test(port_zero_becomes_the_port),
		cmocka_unit_test(policy_is_asked_before_the_user_process),
		cmocka_unit_test(a_login_without_the_right_is_refused),
		cmocka_unit_test(closing_waits_for_the_sockets),
		cmocka_unit_test(what_cannot_be_had_frees_the_id),
		cmocka_unit_test(a_lying_child_is_an_attack),
		cmocka_unit_test(a_lying_user_process_is_ended),
		cmocka_unit_test(what_is_lost_with_the_user_process_is_told),
		cmocka_unit_test(paths_are_completed_and_have_their_settings),
		cmocka_unit_test(who_connects_to_a_path_has_a_socket_of_that_family),
		cmocka_unit_test(what_is_left_of_a_killed_user_process_is_removed),
		cmocka_unit_test(a_port_that_is_taken_is_tried_again_where_the_user_has_it),
		cmocka_unit_test(a_port_that_is_to_be_tried_again_is_not_answered_before),
		cmocka_unit_test(a_connection_is_found_by_few_of_its_ports),
		cmocka_unit_test(the_client_is_asked_once_at_a_time),
		cmocka_unit_test(a_user_process_that_cannot_be_started_is_no_attack),
	};

	support_log_capture(&unread);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
