/* SPDX-License-Identifier: ISC */
/*
 * Requests of the login phase: who asks, and by which method (edge). RFC 4252 section 5.
 *
 * The child can only ask.
 */
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/wire.h"
#include "monitor/login/attempt.h"
#include "monitor/login/by_gss.h"
#include "monitor/login/by_host.h"
#include "monitor/login/by_key.h"
#include "monitor/login/by_password.h"
#include "monitor/login/decision.h"
#include "monitor/login/lookup.h"
#include "monitor/login/policy.h"
#include "monitor/status.h"

/* Of one connection, questions whether a key would do among them, which are no failures. */
#define REQUESTS_MAX 128

/* --- Who asks ----------------------------------------------------------------------------------- */

static enum result
remember_user(struct login *login, struct bytes user)
{
	TRY(mem_new(1, USER_NAME_MAX * 4 + 1, (void **)&login->user));
	TRY(mem_new(1, user.size + 1, (void **)&login->raw_user));
	if (user.size > 0)
		memcpy(login->raw_user, user.data, user.size);
	login->raw_user_size = user.size;
	text_quote(login_name(login), login->user, USER_NAME_MAX * 4 + 1);
	return RESULT_OK;
}

/* A client that changes its user in the middle gets a disconnect from an honest child. */
static enum result
check_subject(struct monitor *monitor, const struct auth_request *request)
{
	struct login *login = monitor->login;

	if (monitor->session_id_size == 0 || request->user.size > USER_NAME_MAX ||
	    !bytes_is(request->service, "ssh-connection"))
		return RESULT_PROTOCOL;
	if (login->user == NULL)
		return remember_user(login, request->user);
	if (!bytes_equal(request->user, bytes_of(login->raw_user, login->raw_user_size)))
		return RESULT_PROTOCOL;
	return RESULT_OK;
}

/* RefuseConnection: whoever it is, nobody gets as far as to try. */
static void
refuse_connection(struct monitor *monitor)
{
	const struct setting_origin origin =
	    settings_origin(monitor->settings, KEYWORD_RefuseConnection);

	log_info(refusal_code(REFUSAL_CONNECTION),
	    "Refused connection of user %s from %s port %u: "
	    "RefuseConnection (%s:%u)",
	    monitor->login->user, monitor->inputs->peer.address, monitor->inputs->peer.port,
	    origin.file, origin.line);
	status_note(monitor, MONITOR_STATUS_REFUSED);
	phase_end(monitor, SSH_DISCONNECT_BY_APPLICATION, "This connection is refused");
}

/* A client's first question, what it may try, is no attempt, and answered at once: unless Match blocks asked for
 * the account, which takes a time that tells something. */
static void
on_none(struct monitor *monitor)
{
	const bool is_first = monitor->login->attempts == 1;

	if (by_nothing_try(monitor))
		return;
	if (is_first && !monitor->login->is_looked_up)
		attempt_tell(monitor, AUTH_OUTCOME_FAILURE, "");
	else if (is_first)
		attempt_answer_question(monitor);
	else
		attempt_fail(monitor, ATTEMPT_KEY_SLOT_MS);
}

/* Methods that this server has not. */
static void
on_other(struct monitor *monitor)
{
	lookup_user(monitor);
	attempt_fail(monitor, ATTEMPT_KEY_SLOT_MS);
}

/* --- The message -------------------------------------------------------------------------------- */

static bool
may_go_on(struct monitor *monitor)
{
	const struct setting_origin origin =
	    settings_origin(monitor->settings, KEYWORD_AuthenticationMethods);

	const enum refusal refusal = decision_connection(monitor->settings, &monitor->login->trace);

	if (refusal == REFUSAL_CONNECTION) {
		refuse_connection(monitor);
		return false;
	}
	if (refusal != REFUSAL_NONE) {
		log_error(refusal_code(refusal),
		    "nobody can log in as %s: each list of AuthenticationMethods has a method that "
		    "is turned off (%s:%u)",
		    monitor->login->user, origin.file, origin.line);
		phase_end(monitor, SSH_DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE,
		    "no authentication methods enabled");
		return false;
	}
	if (++monitor->login->attempts <= REQUESTS_MAX)
		return true;
	log_info("auth-requests", "too many requests to log in from %s port %u",
	    monitor->inputs->peer.address, monitor->inputs->peer.port);
	phase_end(monitor, SSH_DISCONNECT_PROTOCOL_ERROR, "Too many authentication failures");
	return false;
}

static enum result
dispatch(struct monitor *monitor, const struct auth_request *request)
{
	switch ((enum auth_method)request->method) {
	case AUTH_METHOD_NONE:
		on_none(monitor);
		return RESULT_OK;
	case AUTH_METHOD_PUBLICKEY:
		by_key_try(monitor, request);
		return RESULT_OK;
	case AUTH_METHOD_PASSWORD:
		by_password_try(monitor, request);
		return RESULT_OK;
	case AUTH_METHOD_KEYBOARD:
		by_keyboard_try(monitor);
		return RESULT_OK;
	case AUTH_METHOD_HOST:
		by_host_try(monitor, request);
		return RESULT_OK;
	case AUTH_METHOD_GSSAPI:
		by_gss_try(monitor);
		return RESULT_OK;
	case AUTH_METHOD_KEYEX:
		by_keyex_try(monitor, request);
		return RESULT_OK;
	case AUTH_METHOD_OTHER:
		on_other(monitor);
		return RESULT_OK;
	}
	return RESULT_PROTOCOL;
}

enum result
on_authenticate(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct auth_request request;

	/* Before anything is looked up: failures are answered at multiples of a time from here. */
	monitor->login->asked_at_ms = clock_now_ms();
	auth_request_get(&reader, &request);
	TRY(reader_end(&reader));
	TRY(check_subject(monitor, &request));
	status_tell(monitor, MONITOR_STATUS_SPOKE);
	TRY(policy_choose(monitor));
	if (!may_go_on(monitor))
		return RESULT_OK;
	/* An answer that was none comes as a method that there is not, and is one failure, not two. */
	by_keyboard_cancel(monitor, request.method != AUTH_METHOD_OTHER);
	by_gss_cancel(monitor, request.method != AUTH_METHOD_OTHER);
	if (monitor->phase != IPC_PHASE_LOGIN)
		return RESULT_OK; /* that was one failure too many */
	return dispatch(monitor, &request);
}
