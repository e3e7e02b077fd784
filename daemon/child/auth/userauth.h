/* SPDX-License-Identifier: ISC */
/*
 * The client's side of logging in, RFC 4252: what a client may say and in which order. It decides
 * nothing: every attempt is asked of the monitor, and what the monitor answers is passed on.
 */
#pragma once

#include "common/ipc_bodies.h"
#include "daemon/child/outlet.h"

/* What the client tried last, and is waiting to hear of. */
enum userauth_attempt {
	USERAUTH_ATTEMPT_NONE,  /* nothing is asked of the monitor */
	USERAUTH_ATTEMPT_OTHER, /* methods that we do not serve */
	USERAUTH_ATTEMPT_QUERY, /* would this key do? */
	USERAUTH_ATTEMPT_PROOF, /* a signature, or `none` where that may be enough */
	USERAUTH_ATTEMPT_PASSWORD,
	USERAUTH_ATTEMPT_KEYBOARD,
	USERAUTH_ATTEMPT_PROMPTED, /* not the monitor is asked, but the client's user */
	USERAUTH_ATTEMPT_GSS,
	USERAUTH_ATTEMPT_GSS_TOKEN, /* not the monitor is asked, but the client */
	USERAUTH_ATTEMPT_GSS_MIC,   /* likewise */
};

struct userauth {
	enum userauth_attempt attempt;
	struct buf banner;         /* not sent yet */
	struct buf user, service;  /* of the first request */
	struct buf algorithm, key; /* of a query: they come back in its answer */
	bool has_user;
	uint32_t prompts; /* that the client's user is to answer */
};

/* `banner` is copied; empty: none. */
enum result userauth_init(struct userauth *auth, struct bytes banner) MUST_USE;
/* Another text before login, if none was shown yet. */
enum result userauth_set_banner(struct userauth *auth, struct bytes banner) MUST_USE;
void userauth_clear(struct userauth *auth);

/* A message of 50 to 79. RESULT_PROTOCOL: outlet's fault says why the connection ends; wire errors. */
enum result userauth_receive(
    struct userauth *auth, struct bytes payload, struct outlet *outlet) MUST_USE;

/* The monitor is asked; the next message of the client must wait. */
static inline bool
userauth_is_waiting(const struct userauth *auth)
{
	return auth->attempt != USERAUTH_ATTEMPT_NONE &&
	       auth->attempt != USERAUTH_ATTEMPT_PROMPTED &&
	       auth->attempt != USERAUTH_ATTEMPT_GSS_TOKEN &&
	       auth->attempt != USERAUTH_ATTEMPT_GSS_MIC;
}

/* The monitor's answer. RESULT_MALFORMED if it answers what was not asked. */
enum result userauth_answer(struct userauth *auth, const struct auth_answer *answer,
    struct outlet *outlet, bool *is_logged_in) MUST_USE;

struct gss_to_client; /* common/gss_bodies.h */

/* The monitor's step in gssapi-with-mic. RESULT_MALFORMED if nobody tries it. */
enum result userauth_gss(
    struct userauth *auth, const struct gss_to_client *say, struct outlet *outlet) MUST_USE;

/* The monitor asks the client's user, RFC 4256. RESULT_MALFORMED if nobody tries keyboard-interactive. */
enum result userauth_prompt(
    struct userauth *auth, const struct auth_prompts *prompts, struct outlet *outlet) MUST_USE;
