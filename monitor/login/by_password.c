/* SPDX-License-Identifier: ISC */
/*
 * Passwords, typed at once or in answer to questions (edge).
 *
 * An account that does not exist or may not log in takes the same way: PAM is asked, or a hash computed, with
 * something that is nobody's password.
 */
#include "monitor/login/by_password.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/wire.h"
#include "monitor/account/shadow.h"
#include "monitor/lines/users.h"
#include "monitor/login/attempt.h"
#include "monitor/login/by_realm.h"
#include "monitor/login/decision.h"
#include "monitor/login/lookup.h"
#include "monitor/login/policy.h"
#include "monitor/rules/decide.h"
#include "monitor/session/records.h"

#define PASSWORD_PROMPT "Password: "
#define NEW_PROMPT      "New password: "
#define AGAIN_PROMPT    "Retype new password: "
#define EXPIRED_TEXT    "Your password has expired."

static bool
permits_empty(const struct monitor *monitor)
{
	return settings_flag(monitor->settings, KEYWORD_PermitEmptyPasswords);
}

/* As AuthenticationMethods names it. */
static const char *
method_of(const struct monitor *monitor)
{
	switch (monitor->login->trying) {
	case AUTH_METHOD_KEYBOARD:
		return "keyboard-interactive";
	case AUTH_METHOD_PASSWORD:
		return "password";
	default:
		return "none";
	}
}

/* As the log names it, with who asked the questions. */
static const char *
described_method(const struct monitor *monitor)
{
	if (monitor->login->trying != AUTH_METHOD_KEYBOARD)
		return method_of(monitor);
	return login_uses_pam(monitor) ? "keyboard-interactive/pam"
				       : "keyboard-interactive/password";
}

/* Everything that speaks for or against it. `is_proved`: the password was judged; else: would the right one do? */
static void
judge(const struct monitor *monitor, bool is_proved, enum password_verdict verdict,
    struct decision *decision)
{
	struct login *login = monitor->login;
	struct decision_question question = attempt_question(monitor, method_of(monitor));

	question.is_proved = is_proved;
	question.proof = verdict == PASSWORD_RIGHT ? RESULT_OK : RESULT_SIGNATURE;
	decision_make(&question, decision);
	login_tell_trace(login);
}

/* Nobody may log in to this account by a password: then none is right. */
static bool
is_nobody(const struct monitor *monitor)
{
	CLEANUP(decision_clear) struct decision decision = { .refusal = REFUSAL_NONE };

	judge(monitor, false, PASSWORD_WRONG, &decision);
	return decision.verdict.value != VERDICT_KEY_WOULD_DO;
}

/* --- How it ends -------------------------------------------------------------------------------- */

static void
refuse(struct monitor *monitor, enum refusal refusal, const char *why)
{
	const struct login *login = monitor->login;

	log_info(refusal_code(refusal), "Failed %s for %s%s from %s port %u ssh2: %s",
	    described_method(monitor),
	    login->is_looked_up && !login->is_known ? "invalid user " : "", login->user,
	    monitor->inputs->peer.address, monitor->inputs->peer.port, why);
	records_failure(monitor);
	if (by_realm_is_asked(monitor))
		by_realm_forget(monitor);
	attempt_fail(monitor, ATTEMPT_PASSWORD_SLOT_MS);
}

static void
refuse_with(struct monitor *monitor, enum refusal refusal, const char *what, struct bytes reason)
{
	char why[DECIDE_REASON_MAX + 64];

	snprintf(why, sizeof(why), "%s%s%.*s", what, reason.size > 0 ? ": " : "",
	    (int)(reason.size > 200 ? 200 : reason.size), (const char *)reason.data);
	refuse(monitor, refusal, why);
}

static void
refuse_wrong(struct monitor *monitor, enum password_verdict verdict, struct bytes reason)
{
	CLEANUP(decision_clear) struct decision decision = { .refusal = REFUSAL_NONE };

	judge(monitor, false, PASSWORD_WRONG, &decision);
	if (decision.verdict.value != VERDICT_KEY_WOULD_DO)
		refuse(monitor, decision.refusal, decision.reason);
	else if (verdict == PASSWORD_NO_ACCESS)
		refuse_with(
		    monitor, REFUSAL_PASSWORD_ACCESS, "the account may not be used now", reason);
	else if (verdict == PASSWORD_NO_ANSWER)
		refuse_with(monitor, REFUSAL_PASSWORD_UNKNOWN, "it could not be checked", reason);
	else
		refuse_with(monitor, REFUSAL_PASSWORD, "the password is wrong", reason);
}

/* The only way from a right password to a login. */
static void
pass(struct monitor *monitor, enum password_verdict verdict)
{
	CLEANUP(decision_clear) struct decision decision = { .refusal = REFUSAL_NONE };
	const struct attempt_proof proof = {
		.method = method_of(monitor),
		.described = described_method(monitor),
		.text = "",
		.line = bytes_of_text(described_method(monitor)),
	};

	judge(monitor, true, verdict, &decision);
	if (decision.verdict.value != VERDICT_ALLOWED)
		refuse(monitor, decision.refusal, decision.reason);
	else if (!attempt_pass(monitor, &proof, &decision.answer.permissions))
		refuse(monitor, REFUSAL_COMMANDS, "no more is permitted by it than before");
}

/* --- Asking the client's user ------------------------------------------------------------------- */

enum result
by_password_prompt(struct monitor *monitor, const struct auth_prompts *prompts)
{
	struct login *login = monitor->login;
	CLEANUP(mem_freep) void *room = NULL;
	const size_t size = ipc_row(IPC_auth_prompt)->body_max;
	struct writer writer;

	TRY(mem_new(1, size, &room));
	writer = writer_into(room, size);
	auth_prompts_put(&writer, prompts);
	TRY(writer_end(&writer));
	TRY(policy_tell(monitor));
	login->is_prompted = true;
	login->is_being_checked = false;
	login->prompt_count = prompts->count;
	ipc_gate_again(&monitor->gate, IPC_authenticate);
	ipc_gate_again(&monitor->gate, IPC_auth_reply);
	monitor_tell(monitor, IPC_auth_prompt, writer_bytes(&writer), NULL, 0);
	log_verbose("auth-postponed", "Postponed %s for %s from %s port %u ssh2",
	    described_method(monitor), login->user, monitor->inputs->peer.address,
	    monitor->inputs->peer.port);
	return RESULT_OK;
}

/* Without PAM the questions are ours. */
static void
ask_for(struct monitor *monitor, const char *instruction, const char *const *texts, uint32_t count)
{
	struct auth_prompts prompts = {
		.name = bytes_of("", 0), .instruction = bytes_of_text(instruction), .count = count
	};

	for (uint32_t i = 0; i < count; i++)
		prompts.prompts[i] = (struct auth_prompt){ bytes_of_text(texts[i]), false };
	if (by_password_prompt(monitor, &prompts) != RESULT_OK)
		refuse(monitor, REFUSAL_MEMORY, "no question can be asked");
}

static void
ask_for_new_password(struct monitor *monitor, const char *instruction)
{
	const char *const texts[] = { NEW_PROMPT, AGAIN_PROMPT };

	monitor->login->asks_for_new = true;
	ask_for(monitor, instruction, texts, COUNT(texts));
}

static void
ask_for_password(struct monitor *monitor)
{
	const char *const text = PASSWORD_PROMPT;

	monitor->login->asks_for_new = false;
	ask_for(monitor, "", &text, 1);
}

void
by_keyboard_cancel(struct monitor *monitor, bool counts)
{
	struct login *login = monitor->login;

	if (!login->is_prompted)
		return;
	login->is_prompted = false;
	ipc_gate_shut(&monitor->gate, IPC_auth_reply);
	if (login_uses_pam(monitor)) {
		pam_link_leave(monitor->pam);
		login->is_approved = false; /* what approved it is gone */
	}
	if (counts)
		attempt_count_failure(monitor);
}

/* --- What PAM or shadow say --------------------------------------------------------------------- */

/* RFC 4252 section 8: the client sends the old one and the new one together. */
static void
ask_for_change(struct monitor *monitor, const char *why)
{
	char prompt[DECIDE_REASON_MAX + 64];

	monitor->login->may_change = true;
	if (monitor->login->trying == AUTH_METHOD_KEYBOARD) {
		ask_for_new_password(monitor, why);
		return;
	}
	snprintf(prompt, sizeof(prompt), "%s\n%s", why, NEW_PROMPT);
	attempt_tell(monitor, AUTH_OUTCOME_CHANGE, prompt);
}

static void
settle_password(struct monitor *monitor, enum password_verdict verdict, struct bytes reason)
{
	char why[DECIDE_REASON_MAX];

	text_quote(reason, why, sizeof(why));
	if (verdict != PASSWORD_EXPIRED && verdict != PASSWORD_UNFIT)
		buf_reset(&monitor->login->old_password);
	switch (verdict) {
	case PASSWORD_RIGHT:
		pass(monitor, verdict);
		return;
	case PASSWORD_EXPIRED:
		log_info(
		    "password-expired", "the password of %s must be changed", monitor->login->user);
		ask_for_change(monitor, EXPIRED_TEXT);
		return;
	case PASSWORD_UNFIT:
		attempt_count_failure(monitor);
		if (monitor->phase == IPC_PHASE_LOGIN)
			ask_for_change(monitor, why);
		return;
	case PASSWORD_WRONG:
	case PASSWORD_NO_ACCESS:
	case PASSWORD_NO_ANSWER:
		break;
	}
	refuse_wrong(monitor, verdict, reason);
}

/* Nothing else is to be had before the password is changed. */
static void
force_change(struct permissions *held)
{
	permissions_clear(held);
	held->session = held->pty = true;
	held->must_change_password = true;
}

static void
settle_account(struct monitor *monitor, enum password_verdict verdict, struct bytes reason)
{
	struct login *login = monitor->login;
	const bool is_expired = verdict == PASSWORD_EXPIRED;

	if (verdict != PASSWORD_RIGHT && !is_expired) {
		log_info("pam-account",
		    "Access denied for user %s from %s port %u by PAM account configuration: %.*s",
		    login->user, monitor->inputs->peer.address, monitor->inputs->peer.port,
		    LOG_BYTES(reason));
		attempt_fail(monitor, ATTEMPT_PASSWORD_SLOT_MS);
		return;
	}
	if (is_expired)
		force_change(&login->held);
	login->is_approved = true;
	attempt_admit(monitor);
}

void
by_password_settled(struct monitor *monitor, enum pam_question question,
    enum password_verdict verdict, struct bytes reason, struct bytes notice)
{
	struct login *login = monitor->login;

	login->is_being_checked = false;
	lookup_user(monitor);
	/* What modules say to whoever guesses tells which users there are. */
	if (verdict != PASSWORD_WRONG && verdict != PASSWORD_NO_ANSWER)
		attempt_notice(monitor, notice);
	if (question == PAM_ACCOUNT) {
		settle_account(monitor, verdict, reason);
		return;
	}
	/* PAM has not seen a password that Kerberos has: it is still to be asked for the account. */
	login->is_approved =
	    question != PAM_NOTHING && login_uses_pam(monitor) && verdict == PASSWORD_RIGHT;
	settle_password(monitor, verdict, reason);
}

/* --- Attempts ----------------------------------------------------------------------------------- */

static bool
may_begin(struct monitor *monitor, enum auth_method method)
{
	struct login *login = monitor->login;

	login->trying = method;
	if (methods_allow(monitor->settings, &login->methods, method_of(monitor)))
		return true;
	lookup_user(monitor);
	refuse_wrong(monitor, PASSWORD_WRONG, bytes_of("", 0));
	return false;
}

static void
settle_shadow(struct monitor *monitor, enum password_verdict verdict, const char *reason)
{
	by_password_settled(monitor, PAM_PASSWORD, verdict, bytes_of_text(reason), bytes_of("", 0));
}

/* What is typed for nobody is compared with nothing; nor is that of which only the realm has a say. */
static enum password_verdict
check_shadow(struct monitor *monitor, struct bytes password)
{
	const bool is_none = by_realm_is_alone(monitor) || is_nobody(monitor);
	const struct account *account = is_none ? NULL : monitor->login->account;

	if (account != NULL && account->virtual != NULL)
		return shadow_check_hash(account->virtual->password, password);
	return shadow_check(account, password, permits_empty(monitor));
}

static void
change_shadow(struct monitor *monitor, struct bytes old_password, struct bytes new_password)
{
	char reason[DECIDE_REASON_MAX] = "";
	enum password_verdict verdict;

	if (check_shadow(monitor, old_password) != PASSWORD_EXPIRED) {
		settle_shadow(monitor, PASSWORD_WRONG, reason);
		return;
	}
	verdict = shadow_change(
	    monitor->login->account, old_password, new_password, reason, sizeof(reason));
	settle_shadow(monitor, verdict, reason);
}

void
by_password_local(struct monitor *monitor, struct bytes password)
{
	if (login_uses_pam(monitor))
		pam_link_password(monitor, password, is_nobody(monitor));
	else
		settle_shadow(monitor, check_shadow(monitor, password), "");
}

static void
try_with_pam(struct monitor *monitor, const struct auth_request *request)
{
	const bool nobody = is_nobody(monitor);

	/* pam_unix would take an empty one for an account that has none. */
	if (request->is_change && !nobody)
		pam_link_change(monitor, request->password, request->new_password);
	else
		pam_link_password(monitor, request->password, nobody);
}

void
by_password_try(struct monitor *monitor, const struct auth_request *request)
{
	struct login *login = monitor->login;

	if (!may_begin(monitor, AUTH_METHOD_PASSWORD))
		return;
	lookup_user(monitor);
	if (request->is_change && (!login->may_change || by_realm_is_alone(monitor)))
		refuse(monitor, REFUSAL_PASSWORD_STALE, "nobody asked for another password");
	else if (by_realm_is_asked(monitor) && !request->is_change)
		by_realm_try(monitor, request->password, is_nobody(monitor));
	else if (login_uses_pam(monitor))
		try_with_pam(monitor, request);
	else if (request->is_change)
		change_shadow(monitor, request->password, request->new_password);
	else
		settle_shadow(monitor, check_shadow(monitor, request->password), "");
}

/* The first question is asked of everybody alike, and nobody is looked up for it. */
void
by_keyboard_try(struct monitor *monitor)
{
	if (!may_begin(monitor, AUTH_METHOD_KEYBOARD))
		return;
	if (login_uses_pam(monitor))
		pam_link_converse(monitor);
	else
		ask_for_password(monitor);
}

/* --- Answers ------------------------------------------------------------------------------------ */

static void
take_password(struct monitor *monitor, struct bytes password)
{
	struct buf *kept = &monitor->login->old_password;

	buf_reset(kept);
	if (buf_append(kept, password) != RESULT_OK)
		settle_shadow(monitor, PASSWORD_WRONG, "");
	else if (by_realm_is_asked(monitor))
		by_realm_try(monitor, password, is_nobody(monitor));
	else
		settle_shadow(monitor, check_shadow(monitor, password), "");
}

static void
take_new_password(struct monitor *monitor, const struct auth_replies *replies)
{
	struct buf *kept = &monitor->login->old_password;

	if (bytes_equal(replies->replies[0], replies->replies[1]))
		change_shadow(monitor, buf_bytes(kept), replies->replies[0]);
	else
		settle_shadow(monitor, PASSWORD_UNFIT, "The two are not the same.");
}

enum result
on_auth_reply(struct monitor *monitor, struct ipc_message *message)
{
	struct reader reader = reader_of(message->body);
	struct login *login = monitor->login;
	struct auth_replies replies;

	auth_replies_get(&reader, &replies);
	TRY(reader_end(&reader));
	if (!login->is_prompted || replies.count != login->prompt_count)
		return RESULT_PROTOCOL;
	ipc_gate_shut(&monitor->gate, IPC_authenticate); /* the answer is the attempt now */
	login->is_prompted = false;
	login->asked_at_ms = clock_now_ms();
	lookup_user(monitor);
	if (login_uses_pam(monitor))
		pam_link_reply(monitor, &replies, is_nobody(monitor));
	else if (login->asks_for_new)
		take_new_password(monitor, &replies);
	else
		take_password(monitor, replies.replies[0]);
	return RESULT_OK;
}

/* --- none --------------------------------------------------------------------------------------- */

bool
by_nothing_try(struct monitor *monitor)
{
	const struct settings *settings = monitor->settings;
	const bool needs_nothing = settings_flag(settings, KEYWORD_PermitNoAuthentication);
	struct login *login = monitor->login;

	if ((!needs_nothing && !permits_empty(monitor)) ||
	    !methods_allow(settings, &login->methods, "none"))
		return false;
	login->trying = AUTH_METHOD_NONE;
	lookup_user(monitor);
	if (is_nobody(monitor))
		return false;
	if (needs_nothing)
		pass(monitor, PASSWORD_RIGHT);
	else if (login_uses_pam(monitor))
		pam_link_password(monitor, bytes_of("", 0), false);
	else
		settle_shadow(monitor, check_shadow(monitor, bytes_of("", 0)), "");
	return true;
}
