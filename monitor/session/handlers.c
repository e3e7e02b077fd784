/* SPDX-License-Identifier: ISC */
/*
 * Requests about sessions: parse, judge, act (edge). RFC 4254 section 6.
 *
 * An id that the child may not use is the child's lie and ends the connection. What a client could
 * have asked through an honest child is refused instead.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/pattern.h"
#include "common/text.h"
#include "monitor/forward/agent.h"
#include "monitor/forward/listening.h"
#include "monitor/forward/tunnels.h"
#include "monitor/forward/x11.h"
#include "monitor/login/gss_link.h"
#include "monitor/login/login.h"
#include "monitor/login/pam_link.h"
#include "monitor/refused.h"
#include "monitor/role.h"
#include "monitor/session/kill.h"
#include "monitor/session/notice.h"
#include "monitor/session/program_choice.h"
#include "monitor/session/rc.h"
#include "monitor/session/records.h"
#include "monitor/session/rights.h"
#include "monitor/session/root_judge.h"
#include "monitor/session/session_environment.h"
#include "monitor/session/sessions.h"
#include "monitor/session/signals.h"
#include "monitor/session/start.h"

#define ANSWER_MAX        1024
#define TEXT_MAX          PROGRAM_WHY_MAX
#define TERMINAL_TYPE_MAX 64

static void
tell_number(struct monitor *monitor, enum ipc_type type, uint32_t id, uint32_t number)
{
	uint8_t room[8];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, id);
	put_u32(&writer, number);
	monitor_tell(monitor, type, writer_bytes(&writer), NULL, 0);
}

static void
tell_done(struct monitor *monitor, enum ipc_type type, uint32_t id, bool done)
{
	tell_number(monitor, type, id, done ? 1 : 0);
}

/* session_opened and session_started: a number, and a text for the client's user. */
static void
tell_text(
    struct monitor *monitor, enum ipc_type type, uint32_t id, uint32_t number, const char *text)
{
	uint8_t room[ANSWER_MAX];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, id);
	put_u32(&writer, number);
	put_text(&writer, text);
	assert(writer_end(&writer) == RESULT_OK);
	monitor_tell(monitor, type, writer_bytes(&writer), NULL, 0);
}

/* --- open_session ------------------------------------------------------------------------------- */

/* The log's line says where MaxSessions stands where that is what refuses. */
static bool
judge_open(struct monitor *monitor, char *why)
{
	int64_t most = settings_number(monitor->settings, KEYWORD_MaxSessions);
	char root[ROOT_PATH_MAX];

	if (!monitor->permissions.session) {
		const enum keyword rule = role_taken_by(monitor->settings, RIGHT_SESSIONS);

		if (rule != KEYWORD_COUNT)
			role_refusal(monitor->settings, rule, "sessions", why, TEXT_MAX);
		else
			snprintf(why, TEXT_MAX, "this login may not open sessions");
		refused_log(monitor, "session-refused", rule, why);
		return false;
	}
	gss_link_await(monitor);
	if (!pam_link_await_session(monitor)) {
		snprintf(why, TEXT_MAX, "the session could not be opened (PAM)");
		refused_log(monitor, "session-refused", KEYWORD_UsePAM, why);
		return false;
	}
	if (!root_judge(monitor, root)) {
		snprintf(why, TEXT_MAX, "the root folder of its sessions cannot be used");
		return false;
	}
	if (most >= 0 && monitor->sessions->count < (uint64_t)most)
		return true;
	snprintf(
	    why, TEXT_MAX, "MaxSessions %lld does not permit another session", (long long)most);
	refused_log(monitor, "session-refused", KEYWORD_MaxSessions, why);
	return false;
}

enum result
on_open_session(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	uint32_t id = get_u32(&reader);
	struct session *session;
	char why[TEXT_MAX];

	TRY(reader_end(&reader));
	if (id > SESSION_ID_MAX || sessions_find(monitor->sessions, id) != NULL)
		return RESULT_PROTOCOL;
	if (!judge_open(monitor, why)) {
		tell_text(
		    monitor, IPC_session_opened, id, SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, why);
		return RESULT_OK;
	}
	TRY(sessions_add(monitor->sessions, id, &session));
	tell_text(monitor, IPC_session_opened, id, 0, "");
	return RESULT_OK;
}

/* --- open_pty ----------------------------------------------------------------------------------- */

static bool
judge_pty(struct monitor *monitor, const struct session *session)
{
	if (!settings_flag(monitor->settings, KEYWORD_PermitTTY)) {
		refused_tell(
		    monitor, "pty-refused", KEYWORD_PermitTTY, "PermitTTY no refuses a terminal");
		return false;
	}
	if (!monitor->permissions.pty) {
		refused_tell(
		    monitor, "pty-refused", KEYWORD_COUNT, "this login may not have a terminal");
		return false;
	}
	return !session->is_started && !pty_is_open(&session->pty);
}

/* A type that no terminal can have is as good as none. */
static enum result
keep_terminal_type(struct session *session, struct bytes type)
{
	if (type.size == 0 || type.size > TERMINAL_TYPE_MAX)
		return RESULT_OK;
	for (size_t i = 0; i < type.size; i++) {
		if (type.data[i] <= ' ' || type.data[i] >= 0x7f)
			return RESULT_OK;
	}
	return mem_text(type, &session->terminal_type);
}

static enum result
make_pty(const struct monitor *monitor, struct session *session, const struct pty_request *request)
{
	const struct account *account = monitor->account;

	TRY(keep_terminal_type(session, request->term));
	TRY(pty_open(&session->pty));
	if (monitor->inputs->is_root)
		TRY(pty_give(&session->pty, account->uid, account->gid));
	pty_resize(
	    &session->pty, request->columns, request->rows, request->width_px, request->height_px);
	pty_set_modes(&session->pty, request->modes);
	pty_report_changes(&session->pty); /* since then: what it asked for the client knows */
	return RESULT_OK;
}

static void
tell_pty(struct monitor *monitor, const struct session *session)
{
	uint8_t room[8];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, session->id);
	put_u32(&writer, 1);
	monitor_tell(monitor, IPC_pty_opened, writer_bytes(&writer), &session->pty.master_fd, 1);
}

enum result
on_open_pty(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct pty_request request;
	struct session *session;

	pty_request_get(&reader, &request);
	TRY(reader_end(&reader));
	session = sessions_find(monitor->sessions, request.id);
	if (session == NULL)
		return RESULT_PROTOCOL;
	if (!judge_pty(monitor, session)) {
		tell_done(monitor, IPC_pty_opened, request.id, false);
		return RESULT_OK;
	}
	if (make_pty(monitor, session, &request) != RESULT_OK) {
		pty_close(&session->pty);
		free(TAKE(session->terminal_type));
		tell_done(monitor, IPC_pty_opened, request.id, false);
		return RESULT_OK;
	}
	tell_pty(monitor, session);
	return RESULT_OK;
}

/* --- set_env ------------------------------------------------------------------------------------ */

static bool
judge_env(const struct monitor *monitor, const struct session *session, struct bytes name)
{
	const struct settings *settings = monitor->settings;

	if (session->is_started || !environment_name_is_welcome(name))
		return false;
	for (size_t i = 0; i < settings_count(settings, KEYWORD_AcceptEnv); i++) {
		if (pattern_matches(
			bytes_of_text(settings_word(settings, KEYWORD_AcceptEnv, i)), name))
			return true;
	}
	return false;
}

enum result
on_set_env(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	uint32_t id = get_u32(&reader);
	struct bytes name = get_string(&reader);
	struct bytes value = get_string(&reader);
	struct session *session = sessions_find(monitor->sessions, id);
	bool done;

	TRY(reader_end(&reader));
	if (session == NULL)
		return RESULT_PROTOCOL;
	done = judge_env(monitor, session, name) &&
	       environment_accept(&session->environment, name, value) == RESULT_OK;
	tell_done(monitor, IPC_env_set, id, done);
	return RESULT_OK;
}

/* --- start_session ------------------------------------------------------------------------------ */

static void
log_start(const struct monitor *monitor, const struct session *session,
    const struct session_request *request)
{
	const bool has_terminal = pty_is_open(&session->pty);
	char name[128] = "";
	const char *kind = "shell";

	if (request->kind == SESSION_KIND_EXEC)
		kind = "command";
	if (request->kind == SESSION_KIND_SUBSYSTEM) {
		kind = "subsystem";
		text_quote(request->command, name, sizeof(name));
	}
	if (program_forced(monitor) != NULL) {
		kind = settings_text(monitor->settings, KEYWORD_ForceCommand) != NULL
			   ? "forced-command (config)"
			   : "forced-command (key-option)";
		text_quote(bytes_of_text(program_forced(monitor)), name, sizeof(name));
	}
	log_verbose("session-start", "Starting session: %s%s%s%s%s%s for %s from %s port %u id %u",
	    kind, name[0] == '\0' ? "" : " '", name, name[0] == '\0' ? "" : "'",
	    has_terminal ? " on " : "", has_terminal ? session->pty.name + strlen("/dev/") : "",
	    monitor->account->name, monitor->inputs->peer.address, monitor->inputs->peer.port,
	    session->id);
}

static bool
runs_user_rc(const struct monitor *monitor, enum session_kind kind)
{
	return kind != SESSION_KIND_SUBSYSTEM &&
	       rights_rc(monitor->settings, &monitor->permissions);
}

/* Whoever asks for a shell, and gets one, sees it; at a terminal. */
static void
write_notice(const struct monitor *monitor, const struct session *session, enum session_kind kind,
    struct buf *out)
{
	if (kind == SESSION_KIND_SHELL && pty_is_open(&session->pty) &&
	    (program_forced(monitor) == NULL || monitor->permissions.must_change_password))
		notice_write(monitor, out);
}

/* What xauth or rc files read, in `commands` and `line`. */
static enum result
describe_display(const struct monitor *monitor, const struct session *session, struct buf *commands,
    struct buf *line, struct rc_display *out)
{
	TRY(display_put_commands(&session->display, commands));
	TRY(display_put_line(&session->display, line));
	*out = (struct rc_display){ settings_text(monitor->settings, KEYWORD_XAuthLocation),
		buf_bytes(commands), buf_bytes(line) };
	return RESULT_OK;
}

static enum result
start_program(struct monitor *monitor, struct session *session, enum session_kind kind,
    const struct program *program, struct session_started *started)
{
	struct rc_display display;
	OWNED_BUF commands;
	OWNED_BUF line;
	struct session_plan plan = {
		.program = program,
		.account = monitor->account,
		.inputs = monitor->inputs,
		.sftp_fd = -1,
		.change_user = monitor->inputs->is_root,
		.runs_user_rc = runs_user_rc(monitor, kind),
		.pty = pty_is_open(&session->pty) ? &session->pty : NULL,
		.pam = login_uses_pam(monitor) && program->text == NULL ? monitor : NULL,
	};
	char root[ROOT_PATH_MAX];
	OWNED_BUF notice;

	buf_init(&commands, RC_INPUT_MAX);
	buf_init(&line, RC_INPUT_MAX);
	buf_init(&notice, NOTICE_MAX);
	TRY(root_choose(monitor->settings, monitor->account, root));
	if (root[0] != '\0')
		plan.root = root;
	if (root[0] != '\0' && program->is_internal_sftp)
		plan.sftp_fd = monitor->inputs->user_program_fd;
	write_notice(monitor, session, kind, &notice);
	plan.notice = buf_bytes(&notice);
	if (session->display.is_open) {
		TRY(describe_display(monitor, session, &commands, &line, &display));
		plan.display = &display;
	}
	TRY(session_environment_complete(monitor, session));
	plan.environment = session->environment.entries;
	TRY(session_start(&plan, started));
	session->pid = started->pid;
	records_begin(monitor, session);
	pty_close_slave(&session->pty);
	environment_clear(&session->environment);
	mem_wipe_textp(&session->display.cookie);
	return RESULT_OK;
}

/* The descriptors go to the child; the monitor keeps none, or a program would never see their end. */
static void
tell_started(
    struct monitor *monitor, const struct session *session, struct session_started *started)
{
	uint8_t room[16];
	struct writer writer = writer_into(room, sizeof(room));
	int fds[] = { started->stdin_fd, started->stdout_fd, started->stderr_fd };

	put_u32(&writer, session->id);
	put_u32(&writer, 1);
	put_text(&writer, "");
	monitor_tell(monitor, IPC_session_started, writer_bytes(&writer), fds,
	    pty_is_open(&session->pty) ? 0 : COUNT(fds));
	fd_close(&started->stdin_fd);
	fd_close(&started->stdout_fd);
	fd_close(&started->stderr_fd);
}

/* One attempt for each session, as in RFC 4254 section 6.5, whether it succeeds or not. */
static enum result
start_requested(struct monitor *monitor, struct session *session,
    const struct session_request *request, char *why)
{
	CLEANUP(program_clear) struct program program = { 0 };
	struct session_started started = { 0, -1, -1, -1 };

	if (session->is_started) {
		snprintf(why, TEXT_MAX, "a program was started already");
		return RESULT_DENIED;
	}
	TRY(program_choose(monitor, request, &program, why));
	TRY(session_environment_of_command(monitor, session, request));
	log_start(monitor, session, request);
	TRY(start_program(monitor, session, (enum session_kind)request->kind, &program, &started));
	session->is_started = true;
	session->takes_signals =
	    request->kind != SESSION_KIND_SUBSYSTEM && program_forced(monitor) == NULL;
	tell_started(monitor, session, &started);
	return RESULT_OK;
}

enum result
on_start_session(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct session_request request;
	struct session *session;
	char why[TEXT_MAX];
	enum result result;

	session_request_get(&reader, &request);
	TRY(reader_end(&reader));
	session = sessions_find(monitor->sessions, request.id);
	if (session == NULL)
		return RESULT_PROTOCOL;
	listening_settle(monitor);
	if (monitor->phase != IPC_PHASE_OPEN)
		return RESULT_OK; /* nobody is there any more to start anything for */
	result = start_requested(monitor, session, &request, why);
	if (result == RESULT_PROTOCOL)
		return result;
	if (result != RESULT_OK)
		tell_text(monitor, IPC_session_started, request.id, 0, why);
	return RESULT_OK;
}

/* --- resize_pty, signal_session, send_break, close_session -------------------------------------- */

enum result
on_resize_pty(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	uint32_t id = get_u32(&reader);
	uint32_t columns = get_u32(&reader);
	uint32_t rows = get_u32(&reader);
	uint32_t width_px = get_u32(&reader);
	uint32_t height_px = get_u32(&reader);
	const struct session *session = sessions_find(monitor->sessions, id);

	TRY(reader_end(&reader));
	if (session == NULL)
		return RESULT_PROTOCOL;
	if (pty_is_open(&session->pty))
		pty_resize(&session->pty, columns, rows, width_px, height_px);
	return RESULT_OK;
}

enum result
on_signal_session(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	uint32_t id = get_u32(&reader);
	struct bytes name = get_string(&reader);
	const struct session *session = sessions_find(monitor->sessions, id);
	const struct errand user = { .account = monitor->account, .inputs = monitor->inputs };
	int number;
	bool done = signals_find(name, &number);

	TRY(reader_end(&reader));
	if (session == NULL)
		return RESULT_PROTOCOL;
	done = done && session->takes_signals && session->pid > 0 &&
	       kill_as(&user, session->pid, number);
	tell_done(monitor, IPC_signal_sent, id, done);
	return RESULT_OK;
}

enum result
on_send_break(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	uint32_t id = get_u32(&reader);
	const struct session *session = sessions_find(monitor->sessions, id);
	enum pty_break sent = PTY_BREAK_FAILED;

	TRY(reader_end(&reader));
	if (session == NULL)
		return RESULT_PROTOCOL;
	if (session->is_started && pty_is_open(&session->pty))
		sent = pty_break(&session->pty);
	tell_number(monitor, IPC_break_sent, id, (uint32_t)sent);
	return RESULT_OK;
}

enum result
on_close_session(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	uint32_t id = get_u32(&reader);
	struct session *session = sessions_find(monitor->sessions, id);

	TRY(reader_end(&reader));
	if (session == NULL)
		return RESULT_PROTOCOL;
	log_verbose("session-close", "Close session: user %s from %s port %u id %u",
	    monitor->account->name, monitor->inputs->peer.address, monitor->inputs->peer.port, id);
	session->is_closed = true;
	records_end(session);
	x11_end(monitor, session);
	pty_close(&session->pty);
	sessions_settle(monitor->sessions, session);
	return RESULT_OK;
}
