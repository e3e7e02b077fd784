/* SPDX-License-Identifier: ISC */
/*
 * Variables of a session's program, from all who have a say (edge: it asks our own environment).
 */
#include "monitor/session/session_environment.h"

#include <stdlib.h>

#include "common/mem.h"
#include "common/pattern.h"
#include "common/text.h"
#include "monitor/forward/agent.h"
#include "monitor/forward/tunnels.h"
#include "monitor/lines/users.h"
#include "monitor/login/gss_link.h"
#include "monitor/login/pam_link.h"
#include "monitor/session/auth_info.h"
#include "monitor/session/program_choice.h"
#include "monitor/session/user_environment.h"

/* What a session without a shell is told. */
#define NO_SHELL "/usr/sbin/nologin"

enum result
session_environment_of_command(
    const struct monitor *monitor, struct session *session, const struct session_request *request)
{
	struct bytes command = request->command;
	CLEANUP(mem_freep) char *name = NULL;
	const char *subsystem;

	if (program_forced(monitor) == NULL || request->kind == SESSION_KIND_SHELL)
		return RESULT_OK;
	if (request->kind == SESSION_KIND_SUBSYSTEM) {
		TRY(mem_text(request->command, &name));
		subsystem = settings_subsystem(monitor->settings, name);
		command = bytes_of_text(subsystem == NULL ? "" : subsystem);
	}
	return environment_set(
	    &session->environment, bytes_of_text("SSH_ORIGINAL_COMMAND"), command);
}

/* SetEnv: "NAME=value", above what the client sent and what the server sets by itself. The first of equal names is
 * right, so it is set last. */
static enum result
set_configured(const struct monitor *monitor, struct session *session)
{
	for (size_t i = settings_count(monitor->settings, KEYWORD_SetEnv); i-- > 0;) {
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

/* Where the tickets are that came with the login. */
static enum result
set_credentials(const struct monitor *monitor, struct session *session)
{
	const struct bytes name = buf_bytes(&monitor->gss->ccache);

	if (name.size == 0)
		return RESULT_OK;
	return environment_set(&session->environment, bytes_of_text("KRB5CCNAME"), name);
}

/* Of the key alone: who relies on them must not hear somebody else. */
static enum result
set_key_options(const struct monitor *monitor, struct session *session)
{
	const char *text = monitor->permissions.foreign;
	struct bytes rest = bytes_of_text(text == NULL ? "" : text), line;

	environment_forget(&session->environment, KEY_OPTION_VARIABLE);
	while (text_next_line(&rest, &line)) {
		const uint8_t *sign = memchr(line.data, '=', line.size);
		const size_t size = sign == NULL ? 0 : (size_t)(sign - line.data);

		if (size > 0)
			TRY(environment_set(&session->environment, bytes_of(line.data, size),
			    bytes_of(sign + 1, line.size - size - 1)));
	}
	return RESULT_OK;
}

enum result
session_environment_complete(struct monitor *monitor, struct session *session)
{
	const struct monitor_inputs *inputs = monitor->inputs;
	const struct account *account = monitor->account;
	char tunnels[TUNNELS_TEXT_MAX];
	struct environment_facts facts = {
		.user = account->name,
		.home = account->home,
		.shell = monitor->permissions.commands ? account->shell : NO_SHELL,
		.is_superuser = account->uid == 0,
		.peer_address = inputs->peer.address,
		.peer_port = inputs->peer.port,
		.local_address = inputs->local.address,
		.local_port = inputs->local.port,
		.terminal = pty_is_open(&session->pty) ? session->pty.name : NULL,
		.terminal_type = session->terminal_type,
		.tunnels = tunnels_text(monitor, tunnels),
		.display = session->display.is_open ? session->display.name : NULL,
		.agent = agent_path(monitor, session),
		.time_zone = getenv("TZ"),
		.run_folder = getenv("XDG_RUNTIME_DIR"),
	};

	if (monitor->permissions.must_change_password)
		environment_clear(&session->environment); /* of what the client sent */
	TRY(environment_complete(&session->environment, &facts));
	if (monitor->permissions.must_change_password)
		return RESULT_OK;
	TRY(user_environment_set(monitor, &session->environment));
	TRY(set_credentials(monitor, session));
	TRY(set_pam_variables(monitor, session));
	TRY(set_configured(monitor, session));
	TRY(set_key_options(monitor, session));
	return auth_info_set(monitor, &session->environment);
}
