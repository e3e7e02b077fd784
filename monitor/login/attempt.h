/* SPDX-License-Identifier: ISC */
/*
 * What follows from an attempt to log in: when and how it is answered, what it counts, and whether it was enough
 * (edge). RFC 4252 section 5.1.
 */
#pragma once

#include "monitor/login/decision.h"
#include "monitor/login/login.h"

/* Failures are answered at multiples of this after the request came. For keys: whether there was an account, and a
 * file to read, is not to be seen in the time that the answer took. For passwords: nor what kind of hash it was. */
#define ATTEMPT_KEY_SLOT_MS      10
#define ATTEMPT_PASSWORD_SLOT_MS 500

/* The question whether somebody may log in by this method, as far as it is the same for all of them: who, from where,
 * and what was passed before. What the method knows besides is the caller's to add. It points into the monitor. */
struct decision_question attempt_question(const struct monitor *monitor, const char *method);

/* It failed: the answer waits for its moment after login->asked_at_ms, and the failure counts then. */
void attempt_fail(struct monitor *monitor, unsigned slot_ms);
/* The same for a question that is no attempt, and counts nothing. */
void attempt_answer_question(struct monitor *monitor);

/* One failure more; at MaxAuthTries the connection ends. */
void attempt_count_failure(struct monitor *monitor);

/* Tells the child what came of its request. `prompt`: for AUTH_OUTCOME_CHANGE. */
void attempt_tell(struct monitor *monitor, enum auth_outcome outcome, const char *prompt);

/* A text that the client's user is shown with the next answer. */
void attempt_notice(struct monitor *monitor, struct bytes text);

/* What somebody passed a method with. */
struct attempt_proof {
	const char *method;    /* as AuthenticationMethods names it */
	const char *described; /* as the log names it */
	const char *text;      /* for the log: ": " and the key, or nothing */
	struct bytes line;     /* for the session, as ExposeAuthInfo has it */
};

/*
 * A verdict let somebody pass, who may do what `permissions` say; takes over what these own. Whether that is enough
 * AuthenticationMethods says; with PAM the account is asked for then. False: it does not count, for two keys may be
 * bound to different commands; nothing was told.
 */
bool attempt_pass(struct monitor *monitor, const struct attempt_proof *proof,
    struct permissions *permissions) MUST_USE;

/* The connection ends while nobody is logged in: what was still being checked is told in the log as refused. */
void attempt_abandoned(const struct monitor *monitor);

/* All methods are passed and PAM approves of the account, or is not asked: somebody is logged in. */
void attempt_admit(struct monitor *monitor);
