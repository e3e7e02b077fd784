/* SPDX-License-Identifier: ISC */
/*
 * The verdict on one attempt to log in: what all the evidence amounts to. The only place where a login
 * is allowed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/macros.h"
#include "common/result.h"
#include "monitor/rules/refusal.h"

/* No value is 0, 1 or -1, and any two differ in many bits: a flipped bit makes no login. */
enum verdict_value {
	VERDICT_REFUSED = 0x2b5c6d93,
	VERDICT_KEY_WOULD_DO = 0x4d93b25c, /* a query: the key is listed, nothing is proved */
	VERDICT_ALLOWED = 0x72a91ce5,
};

/* The first thing that speaks against it, for the log. */
enum verdict_against {
	VERDICT_AGAINST_NOTHING,
	VERDICT_AGAINST_METHOD,
	VERDICT_AGAINST_USE,
	VERDICT_AGAINST_HOST,
	VERDICT_AGAINST_ACCOUNT,
	VERDICT_AGAINST_KEY,
	VERDICT_AGAINST_LISTED,
	VERDICT_AGAINST_SIGNATURE,
	VERDICT_AGAINST_TOUCH,
	VERDICT_AGAINST_VERIFICATION,
};

struct verdict {
	enum verdict_value value;
	enum verdict_against against;
};

/* RESULT_OK where it speaks for the login; anything else speaks against it. */
struct evidence {
	enum result method;  /* the configuration allows it, now */
	enum result use;     /* the key did not pass before: AuthenticationMethods wants another */
	enum result host;    /* it is meant for us, as far as it says for whom */
	enum result account; /* there is one and it may log in */
	enum result key;     /* well formed, of an algorithm that we accept */
	enum result listed;  /* among the user's authorized keys, under conditions that hold */
	bool is_signed;      /* a login, not a query */
	enum result
	    signature; /* verified over data that we built; RESULT_SIGNATURE when not asked for */
	enum result touch;        /* a security key was touched where that is demanded */
	enum result verification; /* and knew its user where that is */
};

/* The one place where a login is allowed: only if nothing speaks against it and it is signed. What speaks against it first,
 * in the order of verdict_against, is told along. */
struct verdict verdict_of(const struct evidence *evidence) MUST_USE;

/* For the log; static. */
const char *verdict_text(enum verdict_against against);

/* The rule behind it, where that follows from it alone; else REFUSAL_NONE. */
enum refusal verdict_refusal(enum verdict_against against);
