/* SPDX-License-Identifier: ISC */
/*
 * Asking PAM (edge). docs/ipc.md says which message answers which.
 */
#include "monitor/login/pam_link.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/mem.h"
#include "monitor/login/by_password.h"
#include "monitor/login/login.h"
#include "monitor/login/peer_name.h"
#include "monitor/session/enter.h"
#include "monitor/session/rc.h"

/* Modules that make homes and mount them may take a while; a program is started at once. */
#define SESSION_MS    60000
#define RUN_MS        10000

#define VARIABLES_MAX (64 * 1024)
#define NOTICE_MAX    (16 * 1024)

enum result
pam_link_new(struct pam_link **out)
{
	TRY(mem_new(1, sizeof(**out), (void **)out));
	helper_init(&(*out)->helper, PAM_TO_MONITOR);
	for (size_t i = 0; i < PAM_LEFT_MAX; i++)
		(*out)->left[i] = -1;
	buf_init(&(*out)->variables, VARIABLES_MAX);
	buf_init(&(*out)->notice, NOTICE_MAX);
	return RESULT_OK;
}

void
pam_link_free(struct pam_link *link)
{
	if (link == NULL)
		return;
	for (size_t i = 0; i < PAM_LEFT_MAX; i++)
		helper_kill(&link->left[i]);
	if (!link->has_session && link->question != PAM_SESSION)
		helper_kill(&link->helper.pidfd);
	helper_clear(&link->helper);
	buf_clear(&link->variables);
	buf_clear(&link->notice);
	free(link);
}

int
pam_link_fd(const struct pam_link *link)
{
	return link == NULL ? -1 : link->helper.fd;
}

/* It notices by itself that nobody listens, closes what it opened and ends: modules that count failures have seen
 * this one. If it has not when the monitor ends, or too many have not, it is killed. */
void
pam_link_leave(struct pam_link *link)
{
	const size_t last = PAM_LEFT_MAX - 1;

	fd_close(&link->helper.fd);
	link->question = PAM_NOTHING;
	if (link->helper.pidfd < 0)
		return;
	helper_kill(&link->left[last]);
	memmove(&link->left[1], &link->left[0], last * sizeof(link->left[0]));
	link->left[0] = link->helper.pidfd;
	link->helper.pidfd = -1;
}

/* --- Its start ---------------------------------------------------------------------------------- */

static enum result
send_start(const struct monitor *monitor, int socket)
{
	const struct monitor_inputs *inputs = monitor->inputs;
	const struct settings *settings = monitor->settings;
	char connection[2 * MONITOR_ADDRESS_MAX + 32];
	struct pam_start start = {
		.service = bytes_of_text(settings_text(settings, KEYWORD_PAMServiceName)),
		.user = login_name(monitor->login),
		.rhost = bytes_of_text(peer_host(monitor)),
		.permits_empty = settings_flag(settings, KEYWORD_PermitEmptyPasswords),
		.log_level = (uint32_t)log_get_level(),
	};
	uint8_t room[4096];
	struct writer writer = writer_into(room, sizeof(room));

	snprintf(connection, sizeof(connection), "%s %u %s %u", inputs->peer.address,
	    inputs->peer.port, inputs->local.address, inputs->local.port);
	start.connection = bytes_of_text(connection);
	pam_start_put(&writer, &start);
	TRY(writer_end(&writer));
	return ipc_send(socket, IPC_pam_start, writer_bytes(&writer), NULL, 0);
}

static enum result
start(struct monitor *monitor)
{
	struct helper *helper = &monitor->pam->helper;
	const struct spawn_plan plan = {
		.name = "sallyport-pam",
		.program_fd = monitor->inputs->pam_program_fd,
		.restores_core_limit = true,
	};

	TRY(helper_start(helper, &plan));
	return send_start(monitor, helper->fd);
}

/* --- What it is asked --------------------------------------------------------------------------- */

/* There is no answer to wait for: the login hears that. */
static void
give_up(struct monitor *monitor, const char *why)
{
	const enum pam_question question = monitor->pam->question;

	pam_link_leave(monitor->pam);
	monitor->pam->has_session = false;
	if (question == PAM_NOTHING)
		return;
	log_error("pam", "PAM does not answer for user %s from %s port %u: %s",
	    monitor->login->user, monitor->inputs->peer.address, monitor->inputs->peer.port, why);
	/* Somebody who is just being asked hears of it when he answers. */
	if (question != PAM_SESSION && monitor->phase == IPC_PHASE_LOGIN &&
	    !monitor->login->is_prompted)
		by_password_settled(
		    monitor, question, PASSWORD_NO_ANSWER, bytes_of_text(why), bytes_of("", 0));
}

static void
ask(struct monitor *monitor, enum pam_question question, enum ipc_type type, struct bytes body)
{
	struct pam_link *link = monitor->pam;
	enum result result = RESULT_OK;

	if (link->question != PAM_NOTHING)
		pam_link_leave(link);
	link->question = question;
	monitor->login->is_being_checked = question == PAM_PASSWORD || question == PAM_CHANGE;
	if (link->helper.fd < 0)
		result = start(monitor);
	if (result == RESULT_OK)
		result = ipc_send(link->helper.fd, type, body, NULL, 0);
	if (result != RESULT_OK)
		give_up(monitor, result_text(result));
}

/* Passwords are wiped from here as soon as they are on their way. */
static void
ask_texts(struct monitor *monitor, enum pam_question question, enum ipc_type type,
    const struct bytes *texts, size_t count)
{
	uint8_t room[2 * AUTH_PASSWORD_MAX + 16];
	struct writer writer = writer_into(room, sizeof(room));

	for (size_t i = 0; i < count; i++)
		put_string(&writer, texts[i]);
	if (writer_end(&writer) == RESULT_OK) {
		ask(monitor, question, type, writer_bytes(&writer));
	} else {
		monitor->pam->question = question;
		give_up(monitor, "the password is too long");
	}
	mem_wipe(room, sizeof(room));
}

void
pam_link_password(struct monitor *monitor, struct bytes password, bool is_nobody)
{
	if (is_nobody)
		password = bytes_of_text(NOBODYS_PASSWORD);
	ask_texts(monitor, PAM_PASSWORD, IPC_pam_password, &password, 1);
}

void
pam_link_converse(struct monitor *monitor)
{
	ask(monitor, PAM_CONVERSATION, IPC_pam_converse, bytes_of(NULL, 0));
}

void
pam_link_change(struct monitor *monitor, struct bytes old_password, struct bytes new_password)
{
	const struct bytes texts[] = { old_password, new_password };

	ask_texts(monitor, PAM_CHANGE, IPC_pam_change, texts, COUNT(texts));
}

void
pam_link_account(struct monitor *monitor)
{
	ask(monitor, PAM_ACCOUNT, IPC_pam_account, bytes_of(NULL, 0));
}

void
pam_link_reply(struct monitor *monitor, const struct auth_replies *replies, bool is_nobody)
{
	uint8_t room[AUTH_PROMPTS_MAX * (AUTH_PASSWORD_MAX + 4) + 4];
	struct auth_replies passed_on = *replies;
	struct writer writer = writer_into(room, sizeof(room));
	enum result result;

	if (monitor->pam->question != PAM_CONVERSATION) { /* it died while the user typed */
		by_password_settled(monitor, PAM_CONVERSATION, PASSWORD_NO_ANSWER,
		    bytes_of_text("PAM's process is gone"), bytes_of("", 0));
		return;
	}
	monitor->login->is_being_checked = true;
	for (uint32_t i = 0; is_nobody && i < passed_on.count; i++)
		passed_on.replies[i] = bytes_of_text(NOBODYS_PASSWORD);
	auth_replies_put(&writer, &passed_on);
	result = writer_end(&writer);
	if (result == RESULT_OK)
		result = ipc_send(
		    monitor->pam->helper.fd, IPC_pam_reply, writer_bytes(&writer), NULL, 0);
	mem_wipe(room, writer.used);
	if (result != RESULT_OK)
		give_up(monitor, result_text(result));
}

static enum result
send_open(const struct monitor *monitor)
{
	const struct account *account = monitor->account;
	struct pam_open open = {
		.change_user = monitor->inputs->is_root,
		.group_count = (uint32_t)account->group_count,
		.auth_info = buf_bytes(&monitor->login->proofs),
	};
	CLEANUP(mem_freep) void *room = NULL;
	struct writer writer;

	TRY(mem_new(1, IPC_BODY_MAX, &room));
	writer = writer_into(room, IPC_BODY_MAX);
	for (size_t i = 0; i < account->group_count && i < IPC_GROUPS_MAX; i++)
		open.groups[i] = account->groups[i];
	pam_open_put(&writer, &open);
	TRY(writer_end(&writer));
	return ipc_send(monitor->pam->helper.fd, IPC_pam_open, writer_bytes(&writer), NULL, 0);
}

void
pam_link_open(struct monitor *monitor)
{
	struct pam_link *link = monitor->pam;

	link->question = PAM_SESSION;
	if (link->helper.fd < 0 || send_open(monitor) != RESULT_OK)
		give_up(monitor, "its session cannot be opened");
}

/* --- What it says ------------------------------------------------------------------------------- */

enum result
on_pam_prompt(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct auth_prompts prompts;

	auth_prompts_get(&reader, &prompts);
	TRY(reader_end(&reader));
	if (monitor->pam->question != PAM_CONVERSATION || monitor->login->is_prompted)
		return RESULT_PROTOCOL;
	return by_password_prompt(monitor, &prompts);
}

enum result
on_pam_done(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	const enum pam_question question = monitor->pam->question;
	struct pam_done done;

	pam_done_get(&reader, &done);
	TRY(reader_end(&reader));
	if (question == PAM_NOTHING || question == PAM_SESSION || monitor->login->is_prompted)
		return RESULT_PROTOCOL;
	monitor->pam->question = PAM_NOTHING;
	by_password_settled(
	    monitor, question, (enum password_verdict)done.verdict, done.reason, done.notice);
	return RESULT_OK;
}

static enum result
keep_variables(struct pam_link *link, const struct pam_opened *opened)
{
	for (uint32_t i = 0; i < opened->variable_count; i++) {
		TRY(buf_append(&link->variables, opened->variables[i]));
		TRY(buf_append(&link->variables, bytes_of("", 1)));
	}
	return RESULT_OK;
}

enum result
on_pam_opened(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct pam_link *link = monitor->pam;
	struct pam_opened opened;

	pam_opened_get(&reader, &opened);
	TRY(reader_end(&reader));
	if (link->question != PAM_SESSION)
		return RESULT_PROTOCOL;
	link->question = PAM_NOTHING;
	TRY(buf_append(&link->notice, opened.notice));
	TRY(keep_variables(link, &opened));
	link->has_session = opened.verdict == PASSWORD_RIGHT;
	if (link->has_session)
		return RESULT_OK;
	log_error("pam-session", "user %s from %s port %u gets nothing: PAM opens no session: %.*s",
	    monitor->account->name, monitor->inputs->peer.address, monitor->inputs->peer.port,
	    LOG_BYTES(opened.reason));
	pam_link_leave(link);
	return RESULT_OK;
}

enum result
on_pam_ran(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);

	monitor->pam->ran_pid = (pid_t)get_u32(&reader);
	monitor->pam->has_ran = true;
	return reader_end(&reader);
}

/* Modules run as root and may write to the log by themselves, at any level: this is what our own program says. */
enum result
on_pam_log(struct monitor *monitor, struct ipc_message *message)
{
	return helper_log(monitor, &monitor->pam->helper, "pam", LOG_LEVEL_FATAL, message->body);
}

static monitor_handler *const handlers[IPC_TYPE_COUNT] = {
#define HANDLER_PAM_TO_MONITOR(name) [IPC_##name] = on_##name,
#include "common/ipc_handlers.def"
};

/* Whoever has a session, or is about to, sees the end of the socket and closes it in its own time. */
static void
end_session(struct pam_link *link)
{
	if (link->has_session || link->question == PAM_SESSION)
		fd_close(&link->helper.fd);
	else
		pam_link_leave(link);
}

void
pam_link_receive(struct monitor *monitor)
{
	CLEANUP(ipc_message_clear) struct ipc_message message = { 0 };
	struct pam_link *link = monitor->pam;
	enum result result;

	if (pam_link_fd(link) < 0)
		return;
	if (monitor->phase == IPC_PHASE_ENDING) {
		end_session(link);
		return;
	}
	result = helper_receive(&link->helper, monitor->phase, &message);
	if (result == RESULT_AGAIN)
		return;
	if (result == RESULT_OK)
		result = handlers[message.type](monitor, &message);
	if (result == RESULT_OK)
		return;
	if (result == RESULT_CLOSED)
		give_up(monitor, "its process ended");
	else
		give_up(monitor, result_text(result));
}

/* --- Its session -------------------------------------------------------------------------------- */

/* True: it has something to say, or is gone. */
static bool
await(const struct monitor *monitor, uint64_t deadline_ms)
{
	struct pollfd fds[] = {
		{ .fd = monitor->pam->helper.fd, .events = POLLIN },
		{ .fd = monitor->child_pidfd, .events = POLLIN },
	};
	const uint64_t now_ms = clock_now_ms();
	int ready;

	if (now_ms >= deadline_ms)
		return false;
	ready = poll(fds, COUNT(fds), (int)(deadline_ms - now_ms));
	return (ready < 0 && errno == EINTR) || (ready > 0 && fds[1].revents == 0);
}

bool
pam_link_await_session(struct monitor *monitor)
{
	const uint64_t deadline_ms = clock_now_ms() + SESSION_MS;
	const struct pam_link *link = monitor->pam;

	if (!login_uses_pam(monitor))
		return true;
	if (link == NULL)
		return false;
	while (link->question == PAM_SESSION && await(monitor, deadline_ms))
		pam_link_receive(monitor);
	return link->has_session;
}

static void
list_texts(char *const *list, uint32_t most, uint32_t *count, struct bytes *out)
{
	for (*count = 0; list[*count] != NULL && *count < most; (*count)++)
		out[*count] = bytes_of_text(list[*count]);
}

static void
list_display(const struct rc_display *display, struct pam_run *run)
{
	if (display == NULL)
		return;
	run->xauth = bytes_of_text(display->xauth);
	run->xauth_commands = display->commands;
	run->rc_line = display->line;
}

static enum result
send_run(
    const struct monitor *monitor, const struct session_plan *plan, const int *theirs, size_t count)
{
	const struct account *account = plan->account;
	CLEANUP(mem_freep) void *room = NULL;
	struct pam_run run = {
		.path = bytes_of_text(plan->program->path),
		.change_user = plan->change_user,
		.uid = account->uid,
		.gid = account->gid,
		.user = bytes_of_text(account->name),
		.home = bytes_of_text(account->home),
		.shell = bytes_of_text(account->shell),
		.runs_user_rc = plan->runs_user_rc,
		.terminal = bytes_of_text(plan->pty == NULL ? "" : plan->pty->name),
		.notice = plan->notice,
		.root = bytes_of_text(plan->root == NULL ? "" : plan->root),
		.serves_sftp = plan->sftp_fd > 0,
	};
	int fds[SESSION_STREAMS + 1];
	struct writer writer;
	enum result result;

	assert(count <= SESSION_STREAMS);
	memcpy(fds, theirs, count * sizeof(fds[0]));
	if (run.serves_sftp)
		fds[count++] = plan->sftp_fd;
	list_display(plan->display, &run);
	list_texts(plan->program->argv, PAM_ARGUMENTS_MAX, &run.argument_count, run.arguments);
	list_texts(plan->environment, PAM_ENVIRONMENT_MAX, &run.variable_count, run.variables);
	TRY(mem_new(1, IPC_BODY_MAX, &room));
	writer = writer_into(room, IPC_BODY_MAX);
	pam_run_put(&writer, &run);
	result = writer_end(&writer);
	if (result == RESULT_OK)
		result = ipc_send(
		    monitor->pam->helper.fd, IPC_pam_run, writer_bytes(&writer), fds, count);
	mem_wipe(room, writer.used); /* of a display's cookie */
	return result;
}

enum result
pam_link_run(struct monitor *monitor, const struct session_plan *plan, const int *theirs,
    size_t count, pid_t *pid)
{
	const uint64_t deadline_ms = clock_now_ms() + RUN_MS;
	struct pam_link *link = monitor->pam;

	if (!link->has_session)
		return RESULT_CLOSED;
	link->has_ran = false;
	TRY(send_run(monitor, plan, theirs, count));
	while (link->has_session && !link->has_ran && await(monitor, deadline_ms))
		pam_link_receive(monitor);
	if (!link->has_ran) { /* what it may still say belongs to nothing */
		give_up(monitor, "a program was not started in time");
		return RESULT_SYSTEM;
	}
	*pid = link->ran_pid;
	return *pid > 0 ? RESULT_OK : RESULT_SYSTEM;
}
