/* SPDX-License-Identifier: ISC */
/*
 * The login phase of one connection: who asks, how often it failed, and the answer that waits for its
 * moment. RFC 4252.
 */
#pragma once

#include "monitor/account/account.h"
#include "monitor/login/decision.h"
#include "monitor/monitor.h"
#include "monitor/rules/methods.h"
#include "monitor/rules/trace.h"

/* A line of the log about an attempt; what modules have to say to the client's user. */
#define ATTEMPT_TEXT_MAX 1024
#define NOTICE_TEXT_MAX  8192

/* A host's name, with its NUL. */
#define PEER_NAME_MAX 256

enum gss_turn {
	GSS_TURN_NONE,
	GSS_TURN_TOKEN,
	GSS_TURN_MIC,
};

struct login {
	char *user;        /* owned, quoted for the log; NULL before the first attempt */
	uint8_t *raw_user; /* owned; as it came, to be compared with */
	size_t raw_user_size;
	struct account *account;      /* owned; NULL: unknown, or may not log in */
	bool is_looked_up;            /* account, is_known and why_no_account say something */
	bool is_judged;               /* and it was asked whether the account may log in */
	bool is_known;                /* there is such an account, whether or not it may log in */
	bool is_virtual;              /* UsersFile has it: PAM is not asked */
	enum refusal refused_account; /* the rule by which the account may not log in */
	char why_no_account[DECISION_REASON_MAX]; /* and its reason, for the log */
	bool has_news;                 /* the child was not told yet which settings were chosen */
	char peer_name[PEER_NAME_MAX]; /* see peer_name.h */
	bool is_peer_asked;            /* it was asked for, whether or not there is one */
	struct trace
	    trace;         /* of the decision; its steps are kept for the log at level DEBUG only */
	unsigned attempts; /* requests so far */
	bool is_question;  /* the failure that waits answers what may be tried, and counts not */
	bool has_failed; /* something that was tried was refused, whether or not it was answered */
	unsigned failures;      /* of which count against MaxAuthTries */
	uint64_t answer_due_ms; /* a failure waits until then; 0: none */

	/* What was passed so far, AuthenticationMethods. */
	struct methods methods;
	bool has_held;
	struct permissions held; /* owned: what all methods so far permit */
	struct buf used_keys;    /* fingerprints, a line each */
	struct buf proofs;       /* a line for each method, as ExposeAuthInfo has them */
	char key_comment[LOGIN_COMMENT_MAX]; /* of the user's key that was used last */
	char key_fingerprint[FINGERPRINT_SIZE];
	char key_options[LOGIN_OPTIONS_MAX]; /* of its line */
	char accepted[ATTEMPT_TEXT_MAX];     /* the log's line, for when PAM approves, too */
	bool is_approved;                    /* PAM lets the account be used */

	/* Passwords and conversations. */
	enum auth_method trying;
	uint64_t asked_at_ms;    /* when the request or the latest answer came */
	bool is_being_checked;   /* PAM has a password, and has not said what it is worth */
	bool is_prompted;        /* the client's user is asked */
	uint32_t prompt_count;   /* so many questions */
	bool asks_for_new;       /* for another password, that is, without PAM */
	bool may_change;         /* the right password was given, and it must be changed */
	struct buf old_password; /* which was that */
	struct buf notice;       /* for the client's user, with the next answer */

	/* gssapi-with-mic, and passwords that the realm judges. */
	enum gss_turn gss_turn;    /* what the client is to send */
	unsigned gss_tokens;       /* that it has sent */
	char *gss_principal;       /* owned: whom the context is with, or whose password it was */
	bool gss_has_credentials;  /* that came with it */
	struct buf realm_password; /* that the realm is asked about, for whoever is asked next */
};

/* Keeps the decision's steps if the log shows them; tells those that there are. */
void login_watch(struct login *login);
void login_tell_trace(struct login *login);

enum result login_new(struct login **out) MUST_USE;
void login_free(struct login *login);

/* The account's name: what the client sent, without a style (":" and what is behind it), which no account has. */
struct bytes login_name(const struct login *login);
struct bytes login_name_of(struct bytes said);

/* Does PAM check passwords and accounts, and open sessions? Nothing of users whom the system does not know. */
bool login_uses_pam(const struct monitor *monitor);

/* When login_meet_deadline has something to do; 0: never. */
uint64_t login_deadline_ms(const struct monitor *monitor);
void login_meet_deadline(struct monitor *monitor, uint64_t now_ms);

/* LoginGraceTime is over: says so in the log. */
void login_timed_out(const struct monitor *monitor);

/* "authenticating user root ", "user root ", "invalid user x " or "", as sshd's log names the peer. */
void login_describe(const struct monitor *monitor, char *out, size_t size);
