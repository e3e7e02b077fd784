/* SPDX-License-Identifier: ISC */
/*
 * Does this key, password or host let this account in, from there and now, and what may it do then? Settings,
 * account, address, options and time go in, an answer with its reason comes out (pure).
 */
#pragma once

#include "monitor/lines/options.h"
#include "monitor/monitor.h"
#include "monitor/rules/terms.h"
#include "monitor/rules/trace.h"

#define DECIDE_REASON_MAX 256

/* The clock as it goes in: seconds since 1970, and the local clock read as if it showed UTC. */
struct decide_time {
	uint64_t utc_s, local_s;
};

struct decide_question {
	const struct settings *settings;
	const struct account *account;         /* NULL: unknown user, who gets nothing */
	struct bytes address;                  /* the client's, numeric */
	struct bytes host;                     /* what its host is called; empty: not known */
	const struct key_options *options;     /* of the line with the key, or with its authority */
	const struct certificate *certificate; /* NULL: a plain key */
	/* Whom the certificate must be of: with commas, one of them does; or one name as a whole. NULL data: the
	 * user. */
	struct bytes principals;
	bool is_one_principal;
	struct decide_time now;
	struct setting_origin place; /* where the options stand; file NULL: nowhere */
	struct trace *trace;         /* NULL: nobody wants to know more than the answer */
};

/* RESULT_OK with permissions, or RESULT_DENIED with all of them off and the rule that is against it in
 * `reason` (DECIDE_REASON_MAX bytes). */
enum result decide_key(
    const struct decide_question *question, struct permissions *permissions, char *reason) MUST_USE;

/*
 * May this account log in with what is no key, and what may it do then? For passwords and their like, whose methods
 * were judged by methods.h. Of the question only settings, account, address, the host's name and time are looked at.
 * RESULT_OK with permissions, or RESULT_DENIED as above.
 */
enum result decide_password(
    const struct decide_question *question, struct permissions *permissions, char *reason) MUST_USE;

/*
 * The same where a host's key speaks for the user: `is_bound` says whether what was passed before is bound to a
 * command, as PermitRootLogin forced-commands-only wants it.
 */
enum result decide_host(const struct decide_question *question, bool is_bound,
    struct permissions *permissions, char *reason) MUST_USE;

/*
 * Why `more` cannot be held besides what the methods before permit, with a text for the log in `reason` (a literal):
 * each is bound to a command of its own, or their options give programs two answers. REFUSAL_NONE: it can.
 */
enum refusal decide_conflict(
    const struct permissions *held, const struct permissions *more, const char **reason);

/*
 * What may be done after two methods: what both permit. Takes over what `more` owns. RESULT_DENIED: there is a
 * conflict, and nothing has changed. RESULT_MEMORY.
 */
enum result decide_both(struct permissions *held, struct permissions *more) MUST_USE;

/* Days since 1970 and numbers of days as shadow(5) has them; negative: no such rule. */
struct decide_age {
	long changed_day, most_days, grace_days;
};
enum decide_age_verdict {
	DECIDE_AGE_GOOD,
	DECIDE_AGE_EXPIRED, /* it must be changed */
	DECIDE_AGE_OVER,    /* and it is too late for that */
};
enum decide_age_verdict decide_age(const struct decide_age *age, uint64_t now_s);

/* Does this field of shadow or passwd mean that an administrator locked the account? "*" does not: it
 * only means that no password fits. */
bool decide_is_locked(const char *password);

/* shadow(5): `expires_day` is the first day since 1970 on which it is over; negative: never. */
bool decide_is_expired(long expires_day, uint64_t now_s);
