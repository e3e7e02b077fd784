/* SPDX-License-Identifier: ISC */
/*
 * The login phase of one connection: who asks, how often it failed, and the answer that waits for its
 * moment. RFC 4252.
 */
#pragma once

#include "monitor/login/account.h"
#include "monitor/monitor.h"

struct login {
	char *user;        /* owned, quoted for the log; NULL before the first attempt */
	uint8_t *raw_user; /* owned; as it came, to be compared with */
	size_t raw_user_size;
	struct account *account; /* owned; NULL: unknown, or may not log in */
	bool is_looked_up;       /* account, is_known and refusal say something */
	bool has_news;           /* the child was not told yet which settings were chosen */
	bool is_judged;          /* and it was asked whether the account may log in */
	bool is_known;           /* there is such an account, whether or not it may log in */
	char refusal[256];       /* why the account may not log in, for the log */
	unsigned attempts;       /* requests so far */
	bool is_question;  /* the failure that waits answers what may be tried, and counts not */
	unsigned failures; /* of which count against MaxAuthTries */
	uint64_t answer_due_ms; /* a failure waits until then; 0: none */
};

enum result login_new(struct login **out) MUST_USE;
void login_free(struct login *login);

/* When login_meet_deadline has something to do; 0: never. */
uint64_t login_deadline_ms(const struct monitor *monitor);
void login_meet_deadline(struct monitor *monitor, uint64_t now_ms);

/* LoginGraceTime is over: says so in the log. */
void login_timed_out(const struct monitor *monitor);

/* "authenticating user root ", "user root ", "invalid user x " or "", as sshd's log names the peer. */
void login_describe(const struct monitor *monitor, char *out, size_t size);
