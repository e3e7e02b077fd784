/* SPDX-License-Identifier: ISC */
/*
 * A client that has a ticket (edge).
 *
 * That it has one says nothing yet: a token can be passed on. The MIC over data that is built here, of this session and
 * this user, is what logs in. Accounts are looked up behind it, so that those without a ticket learn nothing of them.
 */
#include "monitor/login/by_gss.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/login/attempt.h"
#include "monitor/login/by_realm.h"
#include "monitor/login/decision.h"
#include "monitor/login/lookup.h"
#include "monitor/login/policy.h"

#define METHOD_GSSAPI "gssapi-with-mic"
#define METHOD_KEYEX  "gssapi-keyex"

/* Kerberos needs one token, or two. */
#define TOKENS_MAX 8

/* As AuthenticationMethods and the log name it. */
static const char *
method_of(const struct monitor *monitor)
{
	return monitor->login->trying == AUTH_METHOD_KEYEX ? METHOD_KEYEX : METHOD_GSSAPI;
}

/* --- Verdict ------------------------------------------------------------------------------------ */

/* Everything that speaks for or against it. `is_proved`: the MIC is right; else: would a right one do? */
static void
judge(const struct monitor *monitor, bool is_proved, struct decision *decision)
{
	struct login *login = monitor->login;
	struct decision_question question = attempt_question(monitor, method_of(monitor));

	question.is_proved = is_proved;
	decision_make(&question, decision);
	login_tell_trace(login);
}

static void
principal_text(const struct login *login, char *out, size_t size)
{
	text_quote(
	    bytes_of_text(login->gss_principal == NULL ? "" : login->gss_principal), out, size);
}

static void
refuse(struct monitor *monitor, enum refusal refusal, const char *why)
{
	struct login *login = monitor->login;
	char principal[256];

	principal_text(login, principal, sizeof(principal));
	log_info(refusal_code(refusal), "Failed %s for %s%s from %s port %u ssh2%s%s: %s",
	    method_of(monitor), login->is_looked_up && !login->is_known ? "invalid user " : "",
	    login->user, monitor->inputs->peer.address, monitor->inputs->peer.port,
	    principal[0] == '\0' ? "" : ": principal ", principal, why);
	login->gss_has_credentials = monitor->gss->has_credentials = false;
	attempt_fail(monitor, ATTEMPT_PASSWORD_SLOT_MS);
}

static void
refuse_with(struct monitor *monitor, enum refusal refusal, const char *what, struct bytes reason)
{
	char quoted[GSS_TEXT_MAX], why[GSS_TEXT_MAX + 128];

	text_quote(reason, quoted, sizeof(quoted));
	snprintf(why, sizeof(why), "%s%s%s", what, quoted[0] == '\0' ? "" : ": ", quoted);
	refuse(monitor, refusal, why);
}

/* --- The client's turn -------------------------------------------------------------------------- */

static enum result
tell(struct monitor *monitor, const struct gss_to_client *say)
{
	const size_t size = ipc_row(IPC_gss_to_client)->body_max;
	CLEANUP(mem_freep) void *room = NULL;
	struct writer writer;

	TRY(mem_new(1, size, &room));
	writer = writer_into(room, size);
	gss_to_client_put(&writer, say);
	TRY(writer_end(&writer));
	TRY(policy_tell(monitor));
	monitor_tell(monitor, IPC_gss_to_client, writer_bytes(&writer), NULL, 0);
	return RESULT_OK;
}

/* Then either its token or MIC may come, or another request. */
static void
give_turn(struct monitor *monitor, const struct gss_to_client *say, enum gss_turn turn)
{
	monitor->login->gss_turn = turn;
	ipc_gate_again(&monitor->gate, IPC_authenticate);
	ipc_gate_again(&monitor->gate, IPC_gss_from_client);
	if (tell(monitor, say) != RESULT_OK)
		phase_end(monitor, SSH_DISCONNECT_BY_APPLICATION, "internal error");
}

void
by_gss_cancel(struct monitor *monitor, bool counts)
{
	if (monitor->login->gss_turn == GSS_TURN_NONE)
		return;
	monitor->login->gss_turn = GSS_TURN_NONE;
	ipc_gate_shut(&monitor->gate, IPC_gss_from_client);
	if (counts)
		attempt_count_failure(monitor);
}

/* RFC 4462 sections 3.5 and 4. */
static enum result
check_mic(struct monitor *monitor, enum gss_purpose purpose, struct bytes mic)
{
	const struct login *login = monitor->login;
	uint8_t room[USER_NAME_MAX + 256];
	struct writer writer = writer_into(room, sizeof(room));

	put_string(&writer, bytes_of(monitor->session_id, monitor->session_id_size));
	put_byte(&writer, SSH_MSG_USERAUTH_REQUEST);
	put_string(&writer, bytes_of(login->raw_user, login->raw_user_size));
	put_text(&writer, "ssh-connection");
	put_text(&writer, method_of(monitor));
	TRY(writer_end(&writer));
	gss_link_verify(monitor, purpose, writer_bytes(&writer), mic);
	return RESULT_OK;
}

enum result
on_gss_from_client(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	const uint32_t step = get_u32(&reader);
	const struct bytes token = get_string(&reader);
	struct login *login = monitor->login;
	const enum gss_turn turn = login->gss_turn;

	TRY(reader_end(&reader));
	if (token.size > GSS_TOKEN_MAX || turn == GSS_TURN_NONE ||
	    step != (turn == GSS_TURN_MIC ? GSS_STEP_MIC : GSS_STEP_TOKEN))
		return RESULT_PROTOCOL;
	ipc_gate_shut(&monitor->gate, IPC_authenticate); /* this is the attempt now */
	login->gss_turn = GSS_TURN_NONE;
	login->asked_at_ms = clock_now_ms();
	if (step == GSS_STEP_MIC)
		return check_mic(monitor, GSS_FOR_LOGIN, token);
	if (++login->gss_tokens > TOKENS_MAX)
		refuse(monitor, REFUSAL_GSS_CONTEXT, "more tokens than any mechanism needs");
	else
		gss_link_accept(monitor, token);
	return RESULT_OK;
}

/* --- Attempts ----------------------------------------------------------------------------------- */

/* May it be tried now? Else it is refused. */
static bool
begin(struct monitor *monitor, enum auth_method method)
{
	CLEANUP(decision_clear) struct decision decision = { .refusal = REFUSAL_NONE };
	struct login *login = monitor->login;

	login->trying = method;
	login->gss_tokens = 0;
	login->gss_has_credentials = monitor->gss->has_credentials = false;
	mem_freep(&login->gss_principal);
	if (methods_allow(monitor->settings, &login->methods, method_of(monitor)))
		return true;
	lookup_user(monitor);
	judge(monitor, false, &decision);
	refuse(monitor, decision.refusal, decision.reason);
	return false;
}

void
by_gss_try(struct monitor *monitor)
{
	if (begin(monitor, AUTH_METHOD_GSSAPI))
		gss_link_prepare(monitor);
}

/* The context is that of the key exchange, which has proved that it is of this session. */
void
by_keyex_try(struct monitor *monitor, const struct auth_request *request)
{
	const char *principal = monitor->gss->kex_principal;

	if (!begin(monitor, AUTH_METHOD_KEYEX))
		return;
	if (principal == NULL ||
	    mem_text(bytes_of_text(principal), &monitor->login->gss_principal) != RESULT_OK ||
	    check_mic(monitor, GSS_FOR_KEX, request->signature) != RESULT_OK)
		refuse(monitor, REFUSAL_GSS_CONTEXT, "there is no context of the key exchange");
}

/* --- What the acceptor says --------------------------------------------------------------------- */

/* The failure itself follows, at its time. What the library says of the host's keys is for the log alone. */
static void
fail_context(struct monitor *monitor, const struct gss_accepted *accepted)
{
	const struct gss_to_client say = { .step = GSS_STEP_FAILED,
		.token = accepted->token,
		.major = accepted->major,
		.text = bytes_of_text(GSS_TEXT_FOR_STRANGERS) };

	if (tell(monitor, &say) != RESULT_OK)
		log_error("gss", "the client cannot be told why");
	refuse_with(monitor, REFUSAL_GSS_CONTEXT, "the token is not acceptable", accepted->text);
}

static void
complete_context(struct monitor *monitor, const struct gss_accepted *accepted)
{
	const struct gss_to_client say = { .step = GSS_STEP_LAST, .token = accepted->token };
	struct login *login = monitor->login;

	mem_freep(&login->gss_principal);
	if (accepted->principal.size == 0 || accepted->principal.size > GSS_PRINCIPAL_MAX ||
	    mem_text(accepted->principal, &login->gss_principal) != RESULT_OK)
		refuse(monitor, REFUSAL_GSS_CONTEXT, "the principal's name is none");
	else if (!accepted->has_integrity)
		refuse(monitor, REFUSAL_GSS_CONTEXT, "the context has no integrity, so no MIC");
	else
		give_turn(monitor, &say, GSS_TURN_MIC);
}

void
by_gss_accepted(struct monitor *monitor, const struct gss_accepted *accepted)
{
	const struct gss_to_client say = { .step = GSS_STEP_TOKEN, .token = accepted->token };

	switch ((enum gss_status)accepted->status) {
	case GSS_STATUS_MORE:
		give_turn(monitor, &say, GSS_TURN_TOKEN);
		return;
	case GSS_STATUS_COMPLETE:
		complete_context(monitor, accepted);
		return;
	case GSS_STATUS_FAILED:
		break;
	}
	fail_context(monitor, accepted);
}

static void
settle_preparation(struct monitor *monitor, const struct gss_judged *judged)
{
	const struct gss_to_client say = { .step = GSS_STEP_BEGIN };
	char reason[GSS_TEXT_MAX];

	if (judged->verdict == GSS_YES) {
		give_turn(monitor, &say, GSS_TURN_TOKEN);
		return;
	}
	text_quote(judged->reason, reason, sizeof(reason));
	log_error(refusal_code(REFUSAL_GSS_KEYS),
	    "GSSAPIAuthentication yes, but this host has no key of its own in Kerberos: %s",
	    reason);
	refuse(monitor, REFUSAL_GSS_KEYS, "no key to accept tickets with");
}

/* Only now is anybody looked up, and only a process that is the account may say who may be it. */
static void
settle_mic(struct monitor *monitor, const struct gss_judged *judged)
{
	CLEANUP(decision_clear) struct decision decision = { .refusal = REFUSAL_NONE };
	struct login *login = monitor->login;

	lookup_user(monitor);
	login->gss_has_credentials = judged->has_credentials;
	if (judged->verdict == GSS_NO) {
		refuse_with(monitor, REFUSAL_GSS_MIC, "the MIC is wrong", judged->reason);
		return;
	}
	if (judged->verdict != GSS_YES) {
		refuse_with(
		    monitor, REFUSAL_GSS_UNKNOWN, "it could not be checked", judged->reason);
		return;
	}
	judge(monitor, false, &decision);
	if (decision.verdict.value != VERDICT_KEY_WOULD_DO)
		refuse(monitor, decision.refusal, decision.reason);
	else if (login->is_virtual)
		refuse(
		    monitor, REFUSAL_GSS_PRINCIPAL, "the realm does not know users of UsersFile");
	else
		gss_link_admit(monitor, login->gss_principal);
}

/* --- A login ------------------------------------------------------------------------------------ */

/* What was delegated goes to the user, if that is wanted, once somebody is logged in. */
static void
keep_credentials(struct monitor *monitor)
{
	const struct settings *settings = monitor->settings;

	monitor->gss->has_credentials = monitor->login->gss_has_credentials &&
					settings_flag(settings, KEYWORD_GSSAPIDelegateCredentials);
	monitor->gss->credentials_of =
	    monitor->login->trying == AUTH_METHOD_KEYEX ? GSS_FOR_KEX : GSS_FOR_LOGIN;
	monitor->gss->removes = settings_flag(settings, KEYWORD_GSSAPICleanupCredentials);
}

static void
pass(struct monitor *monitor)
{
	CLEANUP(decision_clear) struct decision decision = { .refusal = REFUSAL_NONE };
	char principal[256], text[300], line[300];
	struct attempt_proof proof = {
		.method = method_of(monitor), .described = method_of(monitor), .text = text
	};

	principal_text(monitor->login, principal, sizeof(principal));
	snprintf(text, sizeof(text), ": %s", principal);
	snprintf(line, sizeof(line), "%s %s", method_of(monitor), principal);
	proof.line = bytes_of_text(line);
	judge(monitor, true, &decision);
	if (decision.verdict.value != VERDICT_ALLOWED) {
		refuse(monitor, decision.refusal, decision.reason);
		return;
	}
	keep_credentials(monitor); /* attempt_pass hands them over; refuse forgets them */
	if (!attempt_pass(monitor, &proof, &decision.answer.permissions))
		refuse(monitor, REFUSAL_COMMANDS, "no more is permitted by it than before");
}

static void
settle_admission(struct monitor *monitor, const struct gss_judged *judged)
{
	if (judged->verdict == GSS_YES)
		pass(monitor);
	else if (judged->verdict == GSS_NO)
		refuse_with(monitor, REFUSAL_GSS_PRINCIPAL, "the principal may not be this user",
		    judged->reason);
	else
		refuse_with(
		    monitor, REFUSAL_GSS_UNKNOWN, "it could not be checked", judged->reason);
}

void
by_gss_settled(struct monitor *monitor, enum gss_question question, const struct gss_judged *judged)
{
	const enum auth_method trying = monitor->login->trying;

	if (trying == AUTH_METHOD_PASSWORD || trying == AUTH_METHOD_KEYBOARD) {
		by_realm_settled(monitor, question, judged);
		return;
	}
	switch (question) {
	case GSS_PREPARE:
		settle_preparation(monitor, judged);
		return;
	case GSS_VERIFY:
		settle_mic(monitor, judged);
		return;
	case GSS_ADMIT:
		settle_admission(monitor, judged);
		return;
	default: /* its process is gone */
		refuse_with(
		    monitor, REFUSAL_GSS_UNKNOWN, "it could not be checked", judged->reason);
	}
}
