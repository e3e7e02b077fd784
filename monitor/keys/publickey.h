/* SPDX-License-Identifier: ISC */
/*
 * Is this key among the authorized keys of this account, under conditions that hold now? Opens the key
 * files as the user, goes through their lines, and puts each key that fits before decide.c (edge).
 */
#pragma once

#include "common/buf.h"
#include "monitor/monitor.h"
#include "monitor/rules/trace.h"

#define PUBLICKEY_WHERE_MAX  512
#define PUBLICKEY_REASON_MAX 512

struct publickey_question {
	const struct monitor_inputs *inputs; /* NULL: no program is asked */
	const struct settings *settings;
	const struct account
	    *account;          /* NULL: unknown user; the same work is done against nothing */
	struct bytes address;  /* the client's, numeric */
	struct bytes host;     /* what its host is called; empty: not known */
	struct bytes key_blob; /* as the client sent it; need not be well formed */
	const struct certificate *certificate; /* what it is; NULL: a plain key */
	uint64_t now_s;                        /* wall clock */
	bool is_root;        /* we run as root: become the user while opening files */
	struct trace *trace; /* NULL: nobody wants to know more than the answer */
};

struct publickey_answer {
	enum result result;              /* RESULT_OK only if an acceptable line was found */
	struct permissions permissions;  /* owned; all off unless RESULT_OK */
	char where[PUBLICKEY_WHERE_MAX]; /* the file, quoted; "" unless RESULT_OK */
	unsigned line;                   /* 1 is the first */
	char comment[LOGIN_COMMENT_MAX]; /* of the key; "" where it is none for a variable */
	char options
	    [LOGIN_OPTIONS_MAX]; /* before the key, as they stand there; "" where there is no room */
	char reason[PUBLICKEY_REASON_MAX]; /* why not, for the log; "" with RESULT_OK */
	enum refusal refusal; /* the rule that is behind it; REFUSAL_NONE with RESULT_OK */
	struct key_assertion assertion; /* of the signature, once somebody verifies it */
};

void publickey_answer_clear(struct publickey_answer *answer);

/* Always fills the whole answer, which the caller clears. RESULT_NOT_FOUND: no such line; RESULT_DENIED: lines with the key, but
 * none whose conditions hold, or the configuration is against it; others: why nothing could be read. */
void publickey_find(const struct publickey_question *question, struct publickey_answer *answer);
