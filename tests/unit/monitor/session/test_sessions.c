/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/session/sessions.c and handlers.c: what a child may do with sessions, and with
 * those of nobody. Programs run as who runs this.
 */
#include "monitor/session/sessions.h"

#include "tests/unit/monitor/rig.h"

static struct support_log unread;

static struct rig *
rig_open(const char *settings, struct permissions *permissions)
{
	struct permissions all = { .session = true,
		.pty = true,
		.forward_local = true,
		.environment = true,
		.commands = true };
	struct rig *rig = rig_new(settings);
	struct account *account;

	rig->inputs.is_root = false; /* who runs this is the user */
	assert_ok(account_find(rig->user, &account));
	free(account->shell);
	account->shell = strdup("/bin/sh");
	free(account->home);
	account->home = strdup("/");
	account->uid = getuid();
	account->gid = getgid();
	phase_open(&rig->monitor, account, permissions == NULL ? &all : permissions);
	return rig;
}

static void
say_number(struct rig *rig, enum ipc_type type, uint32_t id)
{
	uint8_t room[4];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, id);
	rig_say(rig, type, writer_bytes(&writer));
}

/* What the child is told: that id, and the number behind it. */
static uint32_t
told_number(struct rig *rig, enum ipc_type type, uint32_t id)
{
	struct reader reader = rig_told(rig, type);

	assert_int_equal(get_u32(&reader), id);
	return get_u32(&reader);
}

static void
open_session(struct rig *rig, uint32_t id)
{
	say_number(rig, IPC_open_session, id);
	assert_int_equal(told_number(rig, IPC_session_opened, id), 0);
}

static void
say_start(struct rig *rig, uint32_t id, uint32_t kind, const char *command)
{
	const struct session_request request = { id, kind, bytes_of_text(command) };
	uint8_t room[1024];
	struct writer writer = writer_into(room, sizeof(room));

	session_request_put(&writer, &request);
	rig_say(rig, IPC_start_session, writer_bytes(&writer));
}

static void
say_env(struct rig *rig, uint32_t id, const char *name, const char *value)
{
	uint8_t room[1024];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, id);
	put_text(&writer, name);
	put_text(&writer, value);
	rig_say(rig, IPC_set_env, writer_bytes(&writer));
}

static void
say_pty(struct rig *rig, uint32_t id)
{
	const struct pty_request request = { id, bytes_of_text("xterm"), 80, 24, 0, 0,
		bytes_of("", 0) };
	uint8_t room[256];
	struct writer writer = writer_into(room, sizeof(room));

	pty_request_put(&writer, &request);
	rig_say(rig, IPC_open_pty, writer_bytes(&writer));
}

static void
say_signal(struct rig *rig, uint32_t id, const char *name)
{
	uint8_t room[64];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, id);
	put_text(&writer, name);
	rig_say(rig, IPC_signal_session, writer_bytes(&writer));
}

/* Waits for the session's process, as the loop does; the child is told how it ended. */
static struct session_end
reap(struct rig *rig, uint32_t id)
{
	const struct session *session = sessions_find(rig->monitor.sessions, id);
	struct session_end end;
	struct reader reader;
	int status;
	pid_t pid;

	assert_non_null(session);
	pid = session->pid;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(sessions_child_ended(&rig->monitor, pid, status));
	reader = rig_told(rig, IPC_session_ended);
	session_end_get(&reader, &end);
	assert_ok(reader_end(&reader));
	assert_int_equal(end.id, id);
	return end;
}

/* The descriptors of the program that the child is told of; their text until the end. */
static void
read_stream(const struct rig *rig, size_t which, char *text, size_t size)
{
	int fd = rig->told.fds[which];
	size_t used = 0;
	ssize_t done;

	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
	while ((done = read(fd, text + used, size - 1 - used)) > 0)
		used += (size_t)done;
	text[used] = '\0';
}

static void
a_session_runs_from_open_to_close(void **state)
{
	struct rig *rig = rig_open("AcceptEnv LC_*\n", NULL);
	char text[512];

	open_session(rig, 0);
	say_env(rig, 0, "LC_TEST", "x y");
	assert_int_equal(told_number(rig, IPC_env_set, 0), 1);
	say_start(rig, 0, SESSION_KIND_EXEC, "echo \"$LC_TEST\" $SSH_CLIENT; exit 7");
	assert_int_equal(told_number(rig, IPC_session_started, 0), 1);
	assert_int_equal(rig->told.fd_count, 3);
	read_stream(rig, 1, text, sizeof(text));
	assert_string_equal(text, "x y 192.0.2.1 1234 22\n");
	assert_int_equal(reap(rig, 0).status, 7);
	say_number(rig, IPC_close_session, 0);
	assert_int_equal(rig->monitor.sessions->count, 0);
	assert_false(rig_is_attack(rig));
	rig_free(rig);
}

static void
an_end_by_signal_is_told(void **state)
{
	struct rig *rig = rig_open("", NULL);
	struct session_end end;

	open_session(rig, 0);
	say_start(rig, 0, SESSION_KIND_EXEC, "exec sleep 1000");
	assert_int_equal(told_number(rig, IPC_session_started, 0), 1);
	say_signal(rig, 0, "STOP"); /* not one of those that a client may send */
	assert_int_equal(told_number(rig, IPC_signal_sent, 0), 0);
	say_signal(rig, 0, "TERM");
	assert_int_equal(told_number(rig, IPC_signal_sent, 0), 1);
	end = reap(rig, 0);
	assert_true(end.by_signal);
	assert_bytes_text(end.signal_name, "TERM");
	say_signal(rig, 0, "TERM"); /* its pid may be somebody else's by now */
	assert_int_equal(told_number(rig, IPC_signal_sent, 0), 0);
	rig_free(rig);
}

static void
one_program_a_session(void **state)
{
	struct rig *rig = rig_open("", NULL);

	open_session(rig, 0);
	say_start(rig, 0, SESSION_KIND_EXEC, "true");
	assert_int_equal(told_number(rig, IPC_session_started, 0), 1);
	say_start(rig, 0, SESSION_KIND_EXEC, "true");
	assert_int_equal(told_number(rig, IPC_session_started, 0), 0);
	say_pty(rig, 0);
	assert_int_equal(told_number(rig, IPC_pty_opened, 0), 0);
	say_env(rig, 0, "LANG", "C");
	assert_int_equal(told_number(rig, IPC_env_set, 0), 0);
	assert_int_equal(reap(rig, 0).status, 0);
	assert_false(rig_is_attack(rig));
	rig_free(rig);
}

static void
nobodys_sessions_are_an_attack(void **state)
{
	for (int what = 0; what < 6; what++) {
		struct rig *rig = rig_open("", NULL);

		open_session(rig, 3);
		switch (what) {
		case 0:
			say_pty(rig, 4);
			break;
		case 1:
			say_env(rig, 4, "LANG", "C");
			break;
		case 2:
			say_start(rig, 4, SESSION_KIND_SHELL, "");
			break;
		case 3:
			say_signal(rig, 4, "TERM");
			break;
		case 4:
			say_number(rig, IPC_close_session, 4);
			break;
		default:
			say_number(rig, IPC_open_session, SESSION_ID_MAX + 1);
		}
		assert_true(rig_is_attack(rig));
		assert_false(rig_is_told(rig));
		rig_free(rig);
	}
}

static void
what_is_closed_is_nobodys(void **state)
{
	struct rig *rig = rig_open("", NULL);

	open_session(rig, 0);
	say_start(rig, 0, SESSION_KIND_EXEC, "exec sleep 1000");
	assert_int_equal(told_number(rig, IPC_session_started, 0), 1);
	pid_t pid = sessions_find(rig->monitor.sessions, 0)->pid;
	say_number(rig, IPC_close_session, 0);
	assert_int_equal(rig->monitor.sessions->count, 1); /* its process runs: it counts */
	assert_null(sessions_find(rig->monitor.sessions, 0));
	open_session(rig, 0); /* the number comes again */
	assert_int_equal(kill(pid, SIGKILL), 0);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(sessions_child_ended(&rig->monitor, pid, status));
	assert_false(rig_is_told(rig)); /* the new session did not end */
	assert_int_equal(rig->monitor.sessions->count, 1);
	say_signal(rig, 0, "TERM");
	assert_int_equal(told_number(rig, IPC_signal_sent, 0), 0);
	rig_free(rig);
}

static void
processes_of_closed_sessions_count(void **state)
{
	struct rig *rig = rig_open("MaxSessions 1\n", NULL);
	pid_t pid;
	int status;

	open_session(rig, 0);
	say_start(rig, 0, SESSION_KIND_EXEC, "exec sleep 1000");
	assert_int_equal(told_number(rig, IPC_session_started, 0), 1);
	pid = sessions_find(rig->monitor.sessions, 0)->pid;
	say_number(rig, IPC_close_session, 0);
	say_number(rig, IPC_open_session, 1);
	assert_int_equal(
	    told_number(rig, IPC_session_opened, 1), SSH_OPEN_ADMINISTRATIVELY_PROHIBITED);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(sessions_child_ended(&rig->monitor, pid, status));
	open_session(rig, 1);
	rig_free(rig);
}

static void
a_login_without_the_permission_gets_nothing(void **state)
{
	struct permissions no_session = { .pty = true };
	struct permissions no_pty = { .session = true };
	struct rig *rig = rig_open("", &no_session);
	struct reader reader;

	say_number(rig, IPC_open_session, 0);
	assert_int_equal(
	    told_number(rig, IPC_session_opened, 0), SSH_OPEN_ADMINISTRATIVELY_PROHIBITED);
	say_start(rig, 0, SESSION_KIND_SHELL, "");
	assert_true(rig_is_attack(rig));
	rig_free(rig);

	rig = rig_open("", &no_pty);
	open_session(rig, 0);
	say_pty(rig, 0);
	assert_int_equal(told_number(rig, IPC_pty_opened, 0), 0);
	assert_int_equal(rig->told.fd_count, 0);
	rig_free(rig);

	rig = rig_open("PermitTTY no\n", NULL);
	open_session(rig, 0);
	say_pty(rig, 0);
	reader = rig_told(rig, IPC_debug);
	assert_true(bytes_is(get_string(&reader), "PermitTTY no refuses a terminal"));
	assert_int_equal(told_number(rig, IPC_pty_opened, 0), 0);
	rig_free(rig);
}

static void
one_terminal_a_session(void **state)
{
	struct rig *rig = rig_open("", NULL);

	open_session(rig, 0);
	say_pty(rig, 0);
	assert_int_equal(told_number(rig, IPC_pty_opened, 0), 1);
	assert_int_equal(rig->told.fd_count, 1);
	say_pty(rig, 0);
	assert_int_equal(told_number(rig, IPC_pty_opened, 0), 0);
	assert_int_equal(rig->told.fd_count, 0);
	rig_free(rig);
}

static void
unknown_kinds_and_subsystems(void **state)
{
	struct rig *rig = rig_open("Subsystem echo echo subsystem; exit 5\n", NULL);
	char text[64];

	open_session(rig, 0);
	say_start(rig, 0, SESSION_KIND_SUBSYSTEM, "nothing");
	assert_int_equal(told_number(rig, IPC_session_started, 0), 0);
	say_start(rig, 0, SESSION_KIND_SUBSYSTEM, "echo");
	assert_int_equal(told_number(rig, IPC_session_started, 0), 1);
	read_stream(rig, 1, text, sizeof(text));
	assert_string_equal(text, "subsystem\n");
	say_signal(rig, 0, "TERM"); /* not for subsystems */
	assert_int_equal(told_number(rig, IPC_signal_sent, 0), 0);
	assert_int_equal(reap(rig, 0).status, 5);
	open_session(rig, 1);
	say_start(rig, 1, 4, "");
	assert_true(rig_is_attack(rig));
	rig_free(rig);
}

static void
others_processes_are_not_sessions(void **state)
{
	struct rig *rig = rig_open("", NULL);

	open_session(rig, 0);
	assert_false(sessions_child_ended(&rig->monitor, 0, 0)); /* a session that has no process */
	assert_false(sessions_child_ended(&rig->monitor, 99999999, 0));
	assert_false(rig_is_told(rig));
	rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_runs_from_open_to_close),
		cmocka_unit_test(an_end_by_signal_is_told),
		cmocka_unit_test(one_program_a_session),
		cmocka_unit_test(nobodys_sessions_are_an_attack),
		cmocka_unit_test(what_is_closed_is_nobodys),
		cmocka_unit_test(processes_of_closed_sessions_count),
		cmocka_unit_test(a_login_without_the_permission_gets_nothing),
		cmocka_unit_test(one_terminal_a_session),
		cmocka_unit_test(unknown_kinds_and_subsystems),
		cmocka_unit_test(others_processes_are_not_sessions),
	};

	support_log_capture(&unread);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
