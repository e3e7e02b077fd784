/* SPDX-License-Identifier: ISC */
/*
 * Answers, delays and counters of attempts (edge).
 */
#include "monitor/login/attempt.h"

#include <stdio.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/wire.h"
#include "monitor/login/decision.h"
#include "monitor/login/gss_link.h"
#include "monitor/login/pam_link.h"
#include "monitor/login/peer_name.h"
#include "monitor/login/policy.h"

/* --- The question ------------------------------------------------------------------------------- */

struct decision_question
attempt_question(const struct monitor *monitor, const char *method)
{
	struct login *login = monitor->login;

	return (struct decision_question){ .inputs = monitor->inputs,
		.settings = monitor->settings,
		.account = login->account,
		.why_no_account = login->why_no_account,
		.refused_account = login->refused_account,
		.methods = &login->methods,
		.method = method,
		.host_name = bytes_of_text(peer_name_for_options(monitor)),
		.is_bound = login->has_held && login->held.command != NULL,
		.trace = &login->trace };
}

/* --- Answers ------------------------------------------------------------------------------------ */

void
attempt_notice(struct monitor *monitor, struct bytes text)
{
	struct buf *notice = &monitor->login->notice;

	/* What there is no room for is not shown. */
	if (text.size > 0 && buf_append(notice, text) == RESULT_OK &&
	    text.data[text.size - 1] != '\n')
		(void)!buf_append(notice, bytes_of_text("\n"));
}

static void
tell(struct monitor *monitor, enum auth_outcome outcome, bool is_partial, const char *prompt)
{
	struct login *login = monitor->login;
	char methods[METHODS_NAMES_MAX];
	struct auth_answer answer = { .outcome = (uint32_t)outcome,
		.partial_success = is_partial,
		.notice = buf_bytes(&login->notice),
		.prompt = bytes_of_text(prompt) };
	uint8_t room[METHODS_NAMES_MAX + NOTICE_TEXT_MAX + 1024];
	struct writer writer = writer_into(room, sizeof(room));

	methods_name(monitor->settings, &login->methods, methods);
	answer.methods = bytes_of_text(methods);
	if (policy_tell(monitor) != RESULT_OK) {
		phase_end(monitor, SSH_DISCONNECT_BY_APPLICATION, "out of memory");
		return;
	}
	ipc_gate_again(&monitor->gate, IPC_authenticate);
	auth_answer_put(&writer, &answer);
	monitor_tell(monitor, IPC_authenticated, writer_bytes(&writer), NULL, 0);
	buf_reset(&login->notice);
}

void
attempt_tell(struct monitor *monitor, enum auth_outcome outcome, const char *prompt)
{
	tell(monitor, outcome, false, prompt);
}

/* --- Failures ----------------------------------------------------------------------------------- */

void
attempt_count_failure(struct monitor *monitor)
{
	struct login *login = monitor->login;
	int64_t most = settings_number(monitor->settings, KEYWORD_MaxAuthTries);

	login->has_failed = true;
	login->failures++;
	if ((int64_t)login->failures < most)
		return;
	log_info("auth-too-many",
	    "maximum authentication attempts exceeded for %s%s from %s port %u ssh2",
	    login->is_looked_up && !login->is_known ? "invalid user " : "", login->user,
	    monitor->inputs->peer.address, monitor->inputs->peer.port);
	phase_end(monitor, SSH_DISCONNECT_PROTOCOL_ERROR, "Too many authentication failures");
}

void
attempt_fail(struct monitor *monitor, unsigned slot_ms)
{
	const uint64_t asked_at_ms = monitor->login->asked_at_ms;
	const uint64_t took_ms = clock_now_ms() - asked_at_ms;

	if (!monitor->login->is_question)
		monitor->login->has_failed = true;
	monitor->login->answer_due_ms = asked_at_ms + (took_ms / slot_ms + 1) * slot_ms;
}

void
attempt_answer_question(struct monitor *monitor)
{
	monitor->login->is_question = true;
	attempt_fail(monitor, ATTEMPT_KEY_SLOT_MS);
}

void
login_meet_deadline(struct monitor *monitor, uint64_t now_ms)
{
	struct login *login = monitor->login;

	if (login->answer_due_ms == 0 || now_ms < login->answer_due_ms)
		return;
	login->answer_due_ms = 0;
	if (monitor->phase != IPC_PHASE_LOGIN)
		return;
	if (!login->is_question)
		attempt_count_failure(monitor);
	login->is_question = false;
	if (monitor->phase == IPC_PHASE_LOGIN)
		attempt_tell(monitor, AUTH_OUTCOME_FAILURE, "");
}

void
attempt_abandoned(const struct monitor *monitor)
{
	const struct login *login = monitor->login;

	if (login == NULL || !login->is_being_checked || monitor->account != NULL)
		return;
	log_info(refusal_code(REFUSAL_LEFT),
	    "Failed %s for %s%s from %s port %u ssh2: the client left before the answer",
	    login->trying != AUTH_METHOD_KEYBOARD ? "password"
	    : login_uses_pam(monitor)             ? "keyboard-interactive/pam"
						  : "keyboard-interactive/password",
	    login->is_looked_up && !login->is_known ? "invalid user " : "", login->user,
	    monitor->inputs->peer.address, monitor->inputs->peer.port);
}

/* --- Success ------------------------------------------------------------------------------------ */

void
attempt_admit(struct monitor *monitor)
{
	struct login *login = monitor->login;

	log_info("auth-accepted", "%s", login->accepted);
	phase_open(monitor, TAKE(login->account), &login->held);
	attempt_tell(monitor, AUTH_OUTCOME_SUCCESS, "");
	gss_link_open(monitor);
	if (login_uses_pam(monitor))
		pam_link_open(monitor);
}

static void
complete(struct monitor *monitor)
{
	if (login_uses_pam(monitor) && !monitor->login->is_approved)
		pam_link_account(monitor);
	else
		attempt_admit(monitor);
}

static void
describe(const struct monitor *monitor, const char *outcome, const struct attempt_proof *proof,
    char *out)
{
	snprintf(out, ATTEMPT_TEXT_MAX, "%s %s for %s from %s port %u ssh2%s", outcome,
	    proof->described, monitor->login->user, monitor->inputs->peer.address,
	    monitor->inputs->peer.port, proof->text);
}

/* For the session, and for PAM's. */
static enum result
keep_line(struct login *login, struct bytes line)
{
	TRY(buf_append(&login->proofs, line));
	return buf_append(&login->proofs, bytes_of_text("\n"));
}

bool
attempt_pass(
    struct monitor *monitor, const struct attempt_proof *proof, struct permissions *permissions)
{
	struct login *login = monitor->login;
	char text[ATTEMPT_TEXT_MAX];

	if (decision_hold(&login->has_held, &login->held, permissions) != RESULT_OK ||
	    keep_line(login, proof->line) != RESULT_OK)
		return false;
	switch (methods_pass(monitor->settings, &login->methods, proof->method)) {
	case METHODS_COMPLETE:
		describe(monitor, "Accepted", proof, login->accepted);
		complete(monitor);
		return true;
	case METHODS_MORE:
		describe(monitor, "Partial", proof, text);
		log_info("auth-partial", "%s", text);
		tell(monitor, AUTH_OUTCOME_FAILURE, true, "");
		return true;
	}
	return false;
}
