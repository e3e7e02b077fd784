/* SPDX-License-Identifier: ISC */
/*
 * The login phase's memory, and how the log names who is at it (edge: writes the log).
 */
#include "monitor/login/login.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/mem.h"

void
login_watch(struct login *login)
{
	if (log_is_on(LOG_LEVEL_DEBUG1))
		(void)!trace_keep(&login->trace); /* without memory nothing is told */
}

void
login_tell_trace(struct login *login)
{
	const struct trace *trace = &login->trace;

	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_step *step = &trace->steps[i];

		log_debug("decision", "decision: %s %s%s%s (%s:%u): %s",
		    trace_kind_name(step->kind), step->subject,
		    step->subject[0] == '\0' ? "" : ", ", step->rule, step->file, step->line,
		    step->text);
	}
	trace_rewind(&login->trace, 0);
}

enum result
login_new(struct login **out)
{
	TRY(mem_new(1, sizeof(**out), (void **)out));
	login_watch(*out);
	buf_init(&(*out)->used_keys, 16384);
	buf_init(&(*out)->proofs, 65536);
	buf_init(&(*out)->old_password, AUTH_PASSWORD_MAX);
	buf_init(&(*out)->realm_password, AUTH_PASSWORD_MAX);
	buf_init(&(*out)->notice, NOTICE_TEXT_MAX);
	return RESULT_OK;
}

void
login_free(struct login *login)
{
	if (login == NULL)
		return;
	account_free(login->account);
	permissions_clear(&login->held);
	trace_clear(&login->trace);
	buf_clear(&login->used_keys);
	buf_clear(&login->proofs);
	buf_clear(&login->old_password);
	buf_clear(&login->realm_password);
	buf_clear(&login->notice);
	free(login->user);
	free(login->raw_user);
	free(login->gss_principal);
	free(login);
}

struct bytes
login_name_of(struct bytes said)
{
	const uint8_t *colon = said.size == 0 ? NULL : memchr(said.data, ':', said.size);

	return colon == NULL ? said : bytes_of(said.data, (size_t)(colon - said.data));
}

struct bytes
login_name(const struct login *login)
{
	return login_name_of(bytes_of(login->raw_user, login->raw_user_size));
}

bool
login_uses_pam(const struct monitor *monitor)
{
	return settings_flag(monitor->settings, KEYWORD_UsePAM) && !monitor->login->is_virtual;
}

uint64_t
login_deadline_ms(const struct monitor *monitor)
{
	return monitor->login->answer_due_ms;
}

void
login_describe(const struct monitor *monitor, char *out, size_t size)
{
	const struct login *login = monitor->login;

	if (monitor->account != NULL)
		snprintf(out, size, "user %s ", monitor->account->name);
	else if (login->user == NULL)
		snprintf(out, size, "%s", "");
	else
		snprintf(out, size, "%s user %s ",
		    login->is_looked_up && !login->is_known ? "invalid" : "authenticating",
		    login->user);
}

void
login_timed_out(const struct monitor *monitor)
{
	char who[USER_NAME_MAX * 4];

	login_describe(monitor, who, sizeof(who));
	log_info("login-timeout",
	    "Timeout before authentication for connection from %s%s port %u: no login within "
	    "LoginGraceTime",
	    who, monitor->inputs->peer.address, monitor->inputs->peer.port);
}
