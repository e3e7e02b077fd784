/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/forward/own.c, agent.c and x11.c: what a session is given of the client's, and what
 * neither a child nor a user process that lies can have of it.
 */
#include "monitor/forward/own.h"

#include "monitor/session/sessions.h"
#include "tests/unit/monitor/forward/rig.h"

#define SETTINGS "X11Forwarding yes\nXAuthLocation /bin/sh\nAllowTcpForwarding yes\n"
#define COOKIE   "0123456789abcdef"
#define PATH     "/tmp/ssh-abcdefghij/agent.1"

static struct rig *
rig_with(const char *settings, struct permissions permissions)
{
	struct rig *rig = rig_new(settings);
	struct account *account;

	assert_ok(account_find(rig->user, &account));
	permissions.session = true;
	phase_open(&rig->monitor, account, &permissions);
	spawned = 0;
	spawn_fails = false;
	return rig;
}

/* Whose user process runs already, so that its answer can be there before the question. */
static struct rig *
rig_ready(const char *settings)
{
	struct rig *rig =
	    rig_with(settings, (struct permissions){ .forward_agent = true, .forward_x11 = true });

	assert_ok(relay_ask(&rig->monitor, IPC_user_cancel, BYTES("\0\0\0\0")));
	(void)user_is_told(IPC_user_start);
	(void)user_is_told(IPC_user_cancel);
	return rig;
}

static void
say_number(struct rig *rig, enum ipc_type type, uint32_t number)
{
	uint8_t room[4];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, number);
	rig_say(rig, type, writer_bytes(&writer));
}

static void
open_session(struct rig *rig, uint32_t id)
{
	say_number(rig, IPC_open_session, id);
	(void)rig_told(rig, IPC_session_opened);
}

static bool
told_done(struct rig *rig, enum ipc_type type, uint32_t id)
{
	struct reader reader = rig_told(rig, type);

	assert_int_equal(get_u32(&reader), id);
	return get_u32(&reader) == 1;
}

static bool
ask_agent(struct rig *rig, uint32_t id, bool is_standard)
{
	uint8_t room[5];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, id);
	put_bool(&writer, is_standard);
	rig_say(rig, IPC_forward_agent, writer_bytes(&writer));
	return !rig_is_attack(rig) && told_done(rig, IPC_agent_forwarded, id);
}

static bool
ask_display(struct rig *rig, uint32_t id, bool is_single, const char *cookie)
{
	const struct x11_request request = { id, is_single, bytes_of_text("MIT-MAGIC-COOKIE-1"),
		bytes_of_text(cookie), 0 };
	uint8_t room[512];
	struct writer writer = writer_into(room, sizeof(room));

	x11_request_put(&writer, &request);
	rig_say(rig, IPC_forward_x11, writer_bytes(&writer));
	return !rig_is_attack(rig) && told_done(rig, IPC_x11_forwarded, id);
}

/* The user process says it before it is asked; the monitor reads it behind. */
static void
user_will_answer(uint32_t id, uint32_t reason, uint32_t port, const char *text)
{
	const struct listen_answer answer = {
		.id = id, .reason = reason, .port = port, .text = bytes_of_text(text)
	};
	uint8_t room[256];
	struct writer writer = writer_into(room, sizeof(room));

	listen_answer_put(&writer, &answer);
	assert_ok(ipc_send(user_end, IPC_user_listening, writer_bytes(&writer), NULL, 0));
}

static struct user_listen
user_was_asked(uint32_t id, enum forward_kind kind)
{
	struct reader reader = user_is_told(IPC_user_listen);
	struct user_listen asked;

	user_listen_get(&reader, &asked);
	assert_ok(reader_end(&reader));
	assert_int_equal(asked.id, id);
	assert_int_equal(asked.kind, kind);
	return asked;
}

/* --- The agent ---------------------------------------------------------------------------------- */

static void
sessions_share_the_socket_of_an_agent(void **state)
{
	struct rig *rig = rig_ready(SETTINGS);
	const struct sessions *sessions = rig->monitor.sessions;
	struct user_listen asked;

	open_session(rig, 0);
	open_session(rig, 1);
	open_session(rig, 2);
	user_will_answer(FORWARD_AGENT_ID, 0, 0, PATH);
	assert_true(ask_agent(rig, 0, false));
	asked = user_was_asked(FORWARD_AGENT_ID, FORWARD_AGENT);
	assert_bytes_text(asked.place, rig->monitor.account->home);
	assert_true(ask_agent(rig, 1, false));
	assert_true(user_is_told_nothing());
	assert_string_equal(agent_path(&rig->monitor, sessions_find(sessions, 0)), PATH);
	assert_string_equal(agent_path(&rig->monitor, sessions_find(sessions, 1)), PATH);
	assert_null(agent_path(&rig->monitor, sessions_find(sessions, 2)));
	assert_false(ask_agent(rig, 1, false)); /* once for a session */
	rig_close(rig);
}

static void
each_name_has_a_socket_of_its_own(void **state)
{
	struct rig *rig = rig_ready(SETTINGS);

	open_session(rig, 0);
	user_will_answer(FORWARD_STANDARD_AGENT_ID, 0, 0, PATH);
	assert_true(ask_agent(rig, 0, true));
	(void)user_was_asked(FORWARD_STANDARD_AGENT_ID, FORWARD_STANDARD_AGENT);
	assert_false(own_is_open(&rig->monitor, FORWARD_AGENT_ID));
	rig_close(rig);
}

static void
a_process_that_is_gone_takes_its_sockets_with_it(void **state)
{
	struct rig *rig = rig_ready(SETTINGS);
	const struct session *session;
	char folder[] = "/tmp/ssh-XXXXXXXXXX", path[64];
	FILE *file;

	assert_non_null(mkdtemp(folder));
	for (size_t i = strlen("/tmp/ssh-"); folder[i] != '\0'; i++)
		assert_true(folder[i] != '/');
	snprintf(path, sizeof(path), "%s/agent.1", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	open_session(rig, 0);
	user_will_answer(FORWARD_AGENT_ID, 0, 0, path);
	assert_true(ask_agent(rig, 0, false));
	session = sessions_find(rig->monitor.sessions, 0);
	fd_close(&user_end);
	relay_receive(&rig->monitor);
	for (int i = 0; i < 500 && access(folder, F_OK) == 0; i++) /* by a process of its own */
		usleep(10 * 1000);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(folder, F_OK), -1);
	assert_null(agent_path(&rig->monitor, session));
	assert_false(own_is_open(&rig->monitor, FORWARD_AGENT_ID));
	assert_false(rig_is_told(rig)); /* the child never had anything to do with it */
	rig_close(rig);
}

static void
a_path_that_is_no_agents_ends_the_user_process(void **state)
{
	static const char *const paths[] = { "", "/etc/passwd", "/tmp/ssh-abcdefghij/../x",
		"/tmp/ssh-abcdefghij/agent.1\nA=b" };

	for (size_t i = 0; i < COUNT(paths); i++) {
		struct rig *rig = rig_ready(SETTINGS);

		open_session(rig, 0);
		user_will_answer(FORWARD_AGENT_ID, 0, 0, paths[i]);
		ROW_TRUE(paths[i], !ask_agent(rig, 0, false));
		ROW_TRUE(paths[i], rig->monitor.relay->fd < 0);
		ROW_TRUE(paths[i], rig->monitor.phase == IPC_PHASE_OPEN);
		ROW_TRUE(paths[i],
		    agent_path(&rig->monitor, sessions_find(rig->monitor.sessions, 0)) == NULL);
		rig_close(rig);
	}
}

/* Seconds, and then the session goes on without. */
static void
nobody_waits_for_ever(void **state)
{
	struct rig *rig = rig_ready(SETTINGS);
	const uint64_t begin_ms = clock_now_ms();

	open_session(rig, 0);
	assert_false(ask_agent(rig, 0, false));
	assert_true(clock_now_ms() - begin_ms < 8000);
	(void)user_was_asked(FORWARD_AGENT_ID, FORWARD_AGENT);
	(void)user_is_told(IPC_user_unlisten);
	/* What it says at last is to end it, and no lie. */
	user_will_answer(FORWARD_AGENT_ID, 0, 0, PATH);
	assert_ok(ipc_send(user_end, IPC_user_unlistened, BYTES("\0\0\1\0"), NULL, 0));
	relay_receive(&rig->monitor);
	assert_true(rig->monitor.relay->fd >= 0);
	assert_null(listening_find(&rig->monitor.relay->listening, FORWARD_AGENT_ID));
	rig_close(rig);
}

/* --- Displays ----------------------------------------------------------------------------------- */

static struct rig *
rig_display(bool is_single)
{
	struct rig *rig = rig_ready(SETTINGS);
	struct user_listen asked;

	open_session(rig, 0);
	user_will_answer(FORWARD_DISPLAY_ID, 0, 6012, "");
	assert_true(ask_display(rig, 0, is_single, COOKIE));
	asked = user_was_asked(FORWARD_DISPLAY_ID, FORWARD_X11);
	assert_bytes_text(asked.place, "localhost");
	assert_int_equal(asked.port, 10);
	say_number(rig, IPC_accept_more, 8);
	(void)user_is_told(IPC_user_accept_more);
	return rig;
}

static void
somebody_connects(struct rig *rig, uint32_t id)
{
	const struct accepted_notice notice = { id, bytes_of_text("127.0.0.1"), 4711 };
	uint8_t room[128];
	struct writer writer = writer_into(room, sizeof(room));
	int fd = make_socket(AF_INET, SOCK_STREAM);

	accepted_notice_put(&writer, &notice);
	user_says(rig, IPC_user_accepted, writer_bytes(&writer), &fd);
	fd_close(&fd);
}

static void
a_session_has_its_display(void **state)
{
	struct rig *rig = rig_display(false);
	const struct session *session = sessions_find(rig->monitor.sessions, 0);

	assert_string_equal(session->display.name, "localhost:12.0");
	assert_string_equal(session->display.cookie, COOKIE);
	assert_false(ask_display(rig, 0, false, COOKIE)); /* once for a session */
	for (int i = 0; i < 3; i++) {
		somebody_connects(rig, FORWARD_DISPLAY_ID);
		(void)rig_told(rig, IPC_accepted);
	}
	/* Another session has another one. */
	open_session(rig, 1);
	user_will_answer(FORWARD_DISPLAY_ID + 1, 0, 6013, "");
	assert_true(ask_display(rig, 1, false, COOKIE));
	(void)user_was_asked(FORWARD_DISPLAY_ID + 1, FORWARD_X11);
	rig_close(rig);
}

static void
of_a_single_connection_the_second_is_dropped(void **state)
{
	struct rig *rig = rig_display(true);

	somebody_connects(rig, FORWARD_DISPLAY_ID);
	(void)rig_told(rig, IPC_accepted);
	(void)user_is_told(IPC_user_unlisten);
	somebody_connects(rig, FORWARD_DISPLAY_ID);
	assert_false(rig_is_told(rig));
	(void)user_is_told(IPC_user_accept_more); /* another one in its place */
	assert_int_equal(rig->monitor.relay->listening.accepts, 7);
	rig_close(rig);
}

/* Somebody had connected before its answer was read: that was the connection, and nobody lied. */
static void
a_single_connection_may_come_before_the_answer(void **state)
{
	const struct accepted_notice notice = { FORWARD_DISPLAY_ID, bytes_of_text("127.0.0.1"), 1 };
	struct rig *rig = rig_ready(SETTINGS);
	int fd = make_socket(AF_INET, SOCK_STREAM);
	uint8_t room[128];
	struct writer writer = writer_into(room, sizeof(room));
	const struct x11_request request = { 0, true, bytes_of_text("MIT-MAGIC-COOKIE-1"),
		bytes_of_text(COOKIE), 0 };

	open_session(rig, 0);
	say_number(rig, IPC_accept_more, 8);
	user_will_answer(FORWARD_DISPLAY_ID, 0, 6012, "");
	accepted_notice_put(&writer, &notice);
	assert_ok(ipc_send(user_end, IPC_user_accepted, writer_bytes(&writer), &fd, 1));
	writer = writer_into(room, sizeof(room));
	x11_request_put(&writer, &request);
	rig_say(rig, IPC_forward_x11, writer_bytes(&writer));
	(void)rig_told(rig, IPC_accepted);
	assert_true(told_done(rig, IPC_x11_forwarded, 0));
	/* Its number is free when the user process says so, and not before. */
	assert_non_null(listening_find(&rig->monitor.relay->listening, FORWARD_DISPLAY_ID));
	user_says(rig, IPC_user_unlistened, BYTES("\0\0\1\2"), NULL);
	assert_null(listening_find(&rig->monitor.relay->listening, FORWARD_DISPLAY_ID));
	assert_true(rig->monitor.relay->fd >= 0);
	fd_close(&fd);
	rig_close(rig);
}

static void
a_display_ends_with_its_session(void **state)
{
	struct rig *rig = rig_display(false);

	say_number(rig, IPC_close_session, 0);
	(void)user_is_told(IPC_user_unlisten);
	somebody_connects(rig, FORWARD_DISPLAY_ID); /* it had connected before */
	assert_false(rig_is_told(rig));
	(void)user_is_told(IPC_user_accept_more);
	user_says(rig, IPC_user_unlistened, BYTES("\0\0\1\2"), NULL);
	assert_null(listening_find(&rig->monitor.relay->listening, FORWARD_DISPLAY_ID));
	/* The next session may have its number. */
	open_session(rig, 0);
	user_will_answer(FORWARD_DISPLAY_ID, 0, 6010, "");
	assert_true(ask_display(rig, 0, false, COOKIE));
	rig_close(rig);
}

static void
a_port_that_is_no_displays_ends_the_user_process(void **state)
{
	static const unsigned ports[] = { 0, 22, 6009, 7010, 65535 };

	for (size_t i = 0; i < COUNT(ports); i++) {
		struct rig *rig = rig_ready(SETTINGS);

		open_session(rig, 0);
		user_will_answer(FORWARD_DISPLAY_ID, 0, ports[i], "");
		assert_false(ask_display(rig, 0, false, COOKIE));
		assert_true(rig->monitor.relay->fd < 0);
		assert_false(sessions_find(rig->monitor.sessions, 0)->display.is_open);
		rig_close(rig);
	}
}

static void
where_no_port_is_free_there_is_no_display(void **state)
{
	struct rig *rig = rig_ready(SETTINGS);

	open_session(rig, 0);
	user_will_answer(FORWARD_DISPLAY_ID, SSH_OPEN_CONNECT_FAILED, 0, "no port is free");
	assert_false(ask_display(rig, 0, false, COOKIE));
	assert_true(rig->monitor.relay->fd >= 0);
	assert_null(listening_find(&rig->monitor.relay->listening, FORWARD_DISPLAY_ID));
	rig_close(rig);
}

static void
a_cookie_that_is_none_is_refused_before_anybody_is_asked(void **state)
{
	struct rig *rig = rig_ready(SETTINGS);

	open_session(rig, 0);
	assert_false(ask_display(rig, 0, false, "00\nsource /etc/passwd\n"));
	assert_true(user_is_told_nothing());
	assert_false(rig_is_attack(rig)); /* an honest child passes on what its client says */
	rig_close(rig);
}

/* --- Who may ------------------------------------------------------------------------------------ */

#define BOTH                                               \
	{                                                  \
		.forward_agent = true, .forward_x11 = true \
	}
static const struct permissions both = BOTH;

static void
policy_is_asked_before_the_user_process(void **state)
{
	static const struct {
		const char *settings;
		struct permissions permissions;
	} rows[] = {
		{ "AllowAgentForwarding no\n", BOTH },
		{ "DisableForwarding yes\n" SETTINGS, BOTH },
		{ SETTINGS, { .forward_local = true, .forward_remote = true } },
		{ SETTINGS,
		    { .forward_agent = true, .forward_x11 = true, .must_change_password = true } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig *rig = rig_with(rows[i].settings, rows[i].permissions);

		open_session(rig, 0);
		ROW_TRUE(rows[i].settings, !ask_agent(rig, 0, false));
		ROW_TRUE(rows[i].settings, !ask_agent(rig, 0, true));
		ROW_TRUE(rows[i].settings, !ask_display(rig, 0, false, COOKIE));
		ROW_TRUE(rows[i].settings, spawned == 0 && !rig_is_attack(rig));
		rig_close(rig);
	}
}

static void
without_xauth_there_are_no_displays(void **state)
{
	static const char *const settings[] = { "X11Forwarding yes\nXAuthLocation none\n",
		"X11Forwarding yes\nXAuthLocation /nonexistent/xauth\n",
		"X11Forwarding yes\nXAuthLocation /etc/passwd\n" };

	for (size_t i = 0; i < COUNT(settings); i++) {
		struct rig *rig = rig_with(settings[i], both);

		open_session(rig, 0);
		ROW_TRUE(settings[i], !ask_display(rig, 0, false, COOKIE));
		ROW_TRUE(settings[i], spawned == 0);
		rig_close(rig);
	}
}

/* A child that goes on asking has as many as there are, and costs no more. */
static void
ten_thousand_requests_are_one(void **state)
{
	struct rig *rig = rig_ready(SETTINGS);

	open_session(rig, 0);
	user_will_answer(FORWARD_AGENT_ID, 0, 0, PATH);
	assert_true(ask_agent(rig, 0, false));
	user_will_answer(FORWARD_DISPLAY_ID, 0, 6010, "");
	assert_true(ask_display(rig, 0, false, COOKIE));
	for (int i = 0; i < 10000; i++) {
		assert_false(ask_agent(rig, 0, i % 2 == 0));
		assert_false(ask_display(rig, 0, false, COOKIE));
	}
	(void)user_was_asked(FORWARD_AGENT_ID, FORWARD_AGENT);
	(void)user_was_asked(FORWARD_DISPLAY_ID, FORWARD_X11);
	assert_true(user_is_told_nothing());
	rig_close(rig);
}

static void
a_session_that_there_is_not_is_an_attack(void **state)
{
	struct rig *rig = rig_ready(SETTINGS);

	assert_false(ask_agent(rig, 3, false));
	assert_true(rig_is_attack(rig));
	rig_close(rig);
	rig = rig_ready(SETTINGS);
	assert_false(ask_display(rig, 3, false, COOKIE));
	assert_true(rig_is_attack(rig));
	rig_close(rig);
}

/* They are neither asked for nor ended by their numbers. */
static void
the_child_does_not_name_what_is_ours(void **state)
{
	static const uint32_t ids[] = { FORWARD_AGENT_ID, FORWARD_DISPLAY_ID };

	for (size_t i = 0; i < COUNT(ids); i++) {
		struct rig *rig = rig_display(false);

		say_number(rig, IPC_unlisten, ids[i]);
		assert_true(rig_is_attack(rig));
		rig_close(rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_share_the_socket_of_an_agent),
		cmocka_unit_test(each_name_has_a_socket_of_its_own),
		cmocka_unit_test(a_process_that_is_gone_takes_its_sockets_with_it),
		cmocka_unit_test(a_path_that_is_no_agents_ends_the_user_process),
		cmocka_unit_test(nobody_waits_for_ever),
		cmocka_unit_test(a_session_has_its_display),
		cmocka_unit_test(of_a_single_connection_the_second_is_dropped),
		cmocka_unit_test(a_single_connection_may_come_before_the_answer),
		cmocka_unit_test(a_display_ends_with_its_session),
		cmocka_unit_test(a_port_that_is_no_displays_ends_the_user_process),
		cmocka_unit_test(where_no_port_is_free_there_is_no_display),
		cmocka_unit_test(a_cookie_that_is_none_is_refused_before_anybody_is_asked),
		cmocka_unit_test(policy_is_asked_before_the_user_process),
		cmocka_unit_test(without_xauth_there_are_no_displays),
		cmocka_unit_test(ten_thousand_requests_are_one),
		cmocka_unit_test(a_session_that_there_is_not_is_an_attack),
		cmocka_unit_test(the_child_does_not_name_what_is_ours),
	};

	support_log_capture(&unread);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
