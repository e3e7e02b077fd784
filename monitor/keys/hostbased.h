/* SPDX-License-Identifier: ISC */
/*
 * May the host that shows this key speak for this user? Two questions: is it the key of the host (known_hosts), and is
 * the host's word taken for its user (rhosts)? Reads the system's files, and as the user theirs (edge). sshd(8),
 * HostbasedAuthentication.
 */
#pragma once

#include "common/key/certificate.h"
#include "monitor/monitor.h"
#include "monitor/rules/refusal.h"

#define HOSTBASED_WHERE_MAX  256
#define HOSTBASED_REASON_MAX 512

struct hostbased_question {
	const struct settings *settings;
	const struct account *account; /* NULL: unknown user; the same work is done for nobody */
	struct bytes client_user;      /* without control characters, as is the host */
	struct bytes host;             /* in lower case: who is taken to be there */
	struct bytes address; /* its address, or the name again where that is all that counts */
	struct bytes peer_address; /* the client's, numeric, in any case */
	struct bytes peer_name;    /* what its host is called in any case; empty: not known */
	struct bytes key_blob;     /* as the client sent it; need not be well formed */
	const struct certificate *certificate; /* what it is; NULL: a plain key */
	uint64_t now_s;                        /* wall clock */
	bool is_bound; /* a method that was passed before is bound to a command */
	bool is_root;  /* we run as root: become the user while opening files */
};

struct hostbased_answer {
	enum result result;                /* RESULT_OK only if both answers are yes */
	struct permissions permissions;    /* all off unless RESULT_OK */
	char known[HOSTBASED_WHERE_MAX];   /* FILE:LINE with the host's key */
	char trusted[HOSTBASED_WHERE_MAX]; /* and with the user */
	char reason[HOSTBASED_REASON_MAX]; /* why not, for the log; "" with RESULT_OK */
	enum refusal refusal;              /* the rule that is behind it */
};

/* Always fills the whole answer. RESULT_DENIED otherwise. */
void hostbased_find(const struct hostbased_question *question, struct hostbased_answer *answer);
