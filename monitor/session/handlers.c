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
#include <sys/stat.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/pattern.h"
#include "common/text.h"
#include "monitor/login/login.h"
#include "monitor/login/pam_link.h"
#include "monitor/login/virtual.h"
#include "monitor/session/auth_info.h"
#include "monitor/session/kill.h"
#include "monitor/session/rights.h"
#include "monitor/session/sessions.h"
#include "monitor/session/signals.h"
#include "monitor/session/start.h"
#include "monitor/session/user_environment.h"

#define ANSWER_MAX        1024
#define TEXT_MAX          512
#define TERMINAL_TYPE_MAX 64

/* What is run while the password must be changed. */
#define PASSWD_PROGRAM "/usr/bin/passwd"

static void
tell_done(struct monitor *monitor, enum ipc_type type, uint32_t id, bool done)
{
	uint8_t room[8];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, id);
	put_u32(&writer, done ? 1 : 0);
	monitor_tell(monitor, type, writer_bytes(&writer), NULL, 0);
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

/* Where a rule stands, for the log. */
static void
log_refusal(const struct monitor *monitor, const char *reason, enum keyword rule, const char *text)
{
	struct setting_origin origin = settings_origin(monitor->settings, rule);

	log_info(reason, "user %s from %s port %u: %s (%s:%u)", monitor->account->name,
	    monitor->inputs->peer.address, monitor->inputs->peer.port, text, origin.file,
	    origin.line);
}

/* --- open_session ------------------------------------------------------------------------------- */

static bool
judge_open(struct monitor *monitor, char *why)
{
	int64_t most = settings_number(monitor->settings, KEYWORD_MaxSessions);

	if (!monitor->permissions.session) {
		snprintf(why, TEXT_MAX, "this login may not open sessions");
		return false;
	}
	if (!pam_link_await_session(monitor)) {
		snprintf(why, TEXT_MAX, "the session could not be opened (PAM)");
		return false;
	}
	if (most >= 0 && monitor->sessions->count < (uint64_t)most)
		return true;
	snprintf(
	    why, TEXT_MAX, "MaxSessions %lld does not permit another session", (long long)most);
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
		log_refusal(monitor, "session-refused", KEYWORD_MaxSessions, why);
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
judge_pty(const struct monitor *monitor, const struct session *session)
{
	if (!settings_flag(monitor->settings, KEYWORD_PermitTTY)) {
		log_refusal(
		    monitor, "pty-refused", KEYWORD_PermitTTY, "PermitTTY no refuses a terminal");
		return false;
	}
	if (!monitor->permissions.pty) {
		log_info("pty-refused", "user %s: this login may not have a terminal",
		    monitor->account->name);
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

/* In a build tree the program is in a folder of its own name. */
static void
find_sftp_server(const struct settings *settings, char *path, size_t size)
{
	const char *folder = settings_text(settings, KEYWORD_LibexecDir);
	struct stat info;

	if (folder == NULL)
		folder = SALLYPORT_LIBEXECDIR;
	snprintf(path, size, "%s/sftp-server", folder);
	if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
		snprintf(path, size, "%s/sftp-server/sftp-server", folder);
}

static enum result
choose_subsystem(
    const struct monitor *monitor, struct bytes name, struct program *program, char *why)
{
	CLEANUP(mem_freep) char *text = NULL;
	const char *command = NULL;
	char quoted[128];
	char path[4096];

	if (mem_text(name, &text) == RESULT_OK)
		command = settings_subsystem(monitor->settings, text);
	if (command == NULL) {
		text_quote(name, quoted, sizeof(quoted));
		snprintf(why, TEXT_MAX, "subsystem not found");
		log_info("subsystem-unknown",
		    "subsystem request for %s by user %s failed, subsystem not found", quoted,
		    monitor->account->name);
		return RESULT_NOT_FOUND;
	}
	if (!program_is_internal_sftp(command))
		return program_for_command(
		    monitor->account->shell, bytes_of_text(command), program);
	find_sftp_server(monitor->settings, path, sizeof(path));
	return program_for_internal_sftp(path, command, program);
}

/* What the configuration or the key says is run in the place of anything else; NULL: nothing. */
static const char *
forced_command(const struct monitor *monitor)
{
	return rights_command(monitor->settings, &monitor->permissions);
}

/* The program that it was asked for must exist all the same. */
static enum result
force_program(const struct monitor *monitor, const struct session_request *request,
    struct program *program, char *why)
{
	CLEANUP(program_clear) struct program asked_for = { 0 };
	const char *command = forced_command(monitor);
	char path[4096];

	if (request->kind == SESSION_KIND_SUBSYSTEM)
		TRY(choose_subsystem(monitor, request->command, &asked_for, why));
	if (!program_is_internal_sftp(command))
		return program_for_command(
		    monitor->account->shell, bytes_of_text(command), program);
	find_sftp_server(monitor->settings, path, sizeof(path));
	return program_for_internal_sftp(path, command, program);
}

/* In the place of everything, without a shell and whatever it would read. */
static enum result
choose_passwd(const struct session_request *request, struct program *program, char *why)
{
	if (request->kind == SESSION_KIND_SUBSYSTEM) {
		snprintf(why, TEXT_MAX, "the password must be changed first: log in to a terminal");
		return RESULT_DENIED;
	}
	return program_for_path(PASSWD_PROGRAM, program);
}

static enum result
choose_program(const struct monitor *monitor, const struct session_request *request,
    struct program *program, char *why)
{
	const char *shell = monitor->account->shell;

	snprintf(why, TEXT_MAX, "cannot start the program");
	if (monitor->permissions.must_change_password)
		return choose_passwd(request, program, why);
	if (forced_command(monitor) != NULL)
		return force_program(monitor, request, program, why);
	if (request->kind != SESSION_KIND_SUBSYSTEM && !monitor->permissions.commands) {
		snprintf(why, TEXT_MAX, "this login may not run commands");
		log_info("command-refused", "user %s: this login may not run commands: no shell",
		    monitor->account->name);
		return RESULT_DENIED;
	}
	switch (request->kind) {
	case SESSION_KIND_SHELL:
		return program_for_shell(shell, program);
	case SESSION_KIND_EXEC:
		return program_for_command(shell, request->command, program);
	case SESSION_KIND_SUBSYSTEM:
		return choose_subsystem(monitor, request->command, program, why);
	default:
		return RESULT_PROTOCOL;
	}
}

/* What the client asked for, where something else is run. */
static enum result
set_original_command(
    const struct monitor *monitor, struct session *session, const struct session_request *request)
{
	struct bytes command = request->command;
	CLEANUP(mem_freep) char *name = NULL;
	const char *subsystem;

	if (forced_command(monitor) == NULL || request->kind == SESSION_KIND_SHELL)
		return RESULT_OK;
	if (request->kind == SESSION_KIND_SUBSYSTEM) {
		TRY(mem_text(request->command, &name));
		subsystem = settings_subsystem(monitor->settings, name);
		command = bytes_of_text(subsystem == NULL ? "" : subsystem);
	}
	return environment_set(
	    &session->environment, bytes_of_text("SSH_ORIGINAL_COMMAND"), command);
}

/* SetEnv: "NAME=value", above what the client sent and what the server sets by itself. */
static enum result
set_configured(const struct monitor *monitor, struct session *session)
{
	for (size_t i = 0; i < settings_count(monitor->settings, KEYWORD_SetEnv); i++) {
		const char *word = settings_word(monitor->settings, KEYWORD_SetEnv, i);
		const size_t size = strcspn(word, "=");

		TRY(environment_set(
		    &session->environment, bytes_of(word, size), bytes_of_text(word + size + 1)));
	}
	return RESULT_OK;
}

/* PAM's, but for those that only say how somebody logged in. */
static enum result
set_pam_variables(const struct monitor *monitor, struct session *session)
{
	const struct bytes not_these = bytes_of_text("SSH_AUTH_INFO*,SSH_CONNECTION*");
	struct bytes rest = buf_bytes(&monitor->pam->variables);

	while (rest.size > 0) {
		const size_t size = strnlen((const char *)rest.data, rest.size);
		const uint8_t *sign = memchr(rest.data, '=', size);
		const struct bytes name =
		    bytes_of(rest.data, sign == NULL ? 0 : (size_t)(sign - rest.data));

		if (name.size > 0 && pattern_list_match(not_these, name) == LIST_MATCH_NO)
			TRY(environment_set(
			    &session->environment, name, bytes_of(sign + 1, size - name.size - 1)));
		rest = bytes_of(rest.data + size + 1, rest.size - size - 1);
	}
	return RESULT_OK;
}

static enum result
complete_environment(struct monitor *monitor, struct session *session)
{
	const struct monitor_inputs *inputs = monitor->inputs;
	const struct account *account = monitor->account;
	struct environment_facts facts = {
		.user = account->name,
		.home = account->home,
		.shell = monitor->permissions.commands ? account->shell : VIRTUAL_NO_SHELL,
		.is_superuser = account->uid == 0,
		.peer_address = inputs->peer.address,
		.peer_port = inputs->peer.port,
		.local_address = inputs->local.address,
		.local_port = inputs->local.port,
		.terminal = pty_is_open(&session->pty) ? session->pty.name : NULL,
		.terminal_type = session->terminal_type,
		.time_zone = getenv("TZ"),
		.run_folder = getenv("XDG_RUNTIME_DIR"),
	};

	if (monitor->permissions.must_change_password)
		environment_clear(&session->environment); /* of what the client sent */
	TRY(environment_complete(&session->environment, &facts));
	if (monitor->permissions.must_change_password)
		return RESULT_OK;
	TRY(user_environment_set(monitor, &session->environment));
	TRY(set_pam_variables(monitor, session));
	TRY(set_configured(monitor, session));
	return auth_info_set(monitor, &session->environment);
}

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
	if (forced_command(monitor) != NULL) {
		kind = settings_text(monitor->settings, KEYWORD_ForceCommand) != NULL
			   ? "forced-command (config)"
			   : "forced-command (key-option)";
		text_quote(bytes_of_text(forced_command(monitor)), name, sizeof(name));
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

/* Whoever asks for a shell sees what PAM's modules said. */
static struct bytes
notice_for(const struct monitor *monitor, enum session_kind kind)
{
	return kind == SESSION_KIND_SHELL ? buf_bytes(&monitor->pam->notice) : bytes_of("", 0);
}

static enum result
start_program(struct monitor *monitor, struct session *session, enum session_kind kind,
    const struct program *program, struct session_started *started)
{
	struct session_plan plan = {
		.program = program,
		.account = monitor->account,
		.inputs = monitor->inputs,
		.change_user = monitor->inputs->is_root,
		.runs_user_rc = runs_user_rc(monitor, kind),
		.pty = pty_is_open(&session->pty) ? &session->pty : NULL,
		.pam = login_uses_pam(monitor) ? monitor : NULL,
		.notice = notice_for(monitor, kind),
	};

	TRY(complete_environment(monitor, session));
	plan.environment = session->environment.entries;
	TRY(session_start(&plan, started));
	session->pid = started->pid;
	pty_close_slave(&session->pty);
	environment_clear(&session->environment);
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
	TRY(choose_program(monitor, request, &program, why));
	TRY(set_original_command(monitor, session, request));
	log_start(monitor, session, request);
	TRY(start_program(monitor, session, (enum session_kind)request->kind, &program, &started));
	session->is_started = true;
	session->takes_signals =
	    request->kind != SESSION_KIND_SUBSYSTEM && forced_command(monitor) == NULL;
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
	result = start_requested(monitor, session, &request, why);
	if (result == RESULT_PROTOCOL)
		return result;
	if (result != RESULT_OK)
		tell_text(monitor, IPC_session_started, request.id, 0, why);
	return RESULT_OK;
}

/* --- resize_pty, signal_session, close_session -------------------------------------------------- */

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
	int number = signals_find(name);
	bool done;

	TRY(reader_end(&reader));
	if (session == NULL)
		return RESULT_PROTOCOL;
	done = number != 0 && session->takes_signals && session->pid > 0 &&
	       kill_as(monitor->account, monitor->inputs->is_root, session->pid, number);
	tell_done(monitor, IPC_signal_sent, id, done);
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
	pty_close(&session->pty);
	sessions_settle(monitor->sessions, session);
	return RESULT_OK;
}
