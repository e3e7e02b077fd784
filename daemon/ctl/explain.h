/* SPDX-License-Identifier: ISC */
/*
 * `sallyportctl explain`: would this user be let in from there, and what could be done then? The answer is that of
 * the monitor's own code (monitor/login/decision.h), asked without a client.
 */
#pragma once

#include "common/json.h"
#include "monitor/login/decision.h"
#include "monitor/monitor.h"

#define EXPLAIN_OPTIONS_MAX     64
#define EXPLAIN_CREDENTIALS_MAX 8

/* What somebody would log in with: a method, and for publickey a file. */
struct explain_credential {
	const char *method;
	const char *file; /* of a public key, certificate or private key; NULL: none is looked at */
};

/* The command line; views into it. */
struct explain_request {
	const char *config_file;
	const char *options[EXPLAIN_OPTIONS_MAX]; /* -o */
	size_t option_count;
	const char *user, *address;
	const char *local_address; /* NULL: not known; LocalAddress of Match blocks does not hold */
	const char *host;          /* what the client's is called; NULL: not known */
	const char *client_host,
	    *client_user;    /* what it says of itself, for hostbased; NULL: the same as here */
	unsigned local_port; /* 0: the configuration's first */
	struct explain_credential credentials[EXPLAIN_CREDENTIALS_MAX];
	size_t credential_count;
	const char *connect, *listen; /* a forwarding that is asked for, too; NULL: none */
	bool is_json;
};

enum explain_verdict {
	EXPLAIN_ALLOWED, /* somebody with these credentials is logged in */
	EXPLAIN_MORE,    /* they are good, and AuthenticationMethods wants more */
	EXPLAIN_OPEN,    /* no credential was named; the user may try */
	EXPLAIN_REFUSED,
};

/* What came of it. */
struct explanation {
	enum explain_verdict verdict;
	enum refusal refusal;
	char reason[PUBLICKEY_REASON_MAX];
	char offered[METHODS_NAMES_MAX]; /* what may be tried first */
	char next[METHODS_NAMES_MAX];    /* and after the credentials */
	struct trace trace;              /* owned */
	bool has_permissions;
	struct permissions permissions; /* owned; of a login */
	bool is_forward_asked, is_forward_allowed;
	char forward_text[512]; /* what is said of the forwarding */
};
void explanation_clear(struct explanation *explanation);

/* RESULT_CONFIG: usage, already said on standard error. */
enum result explain_parse(int argc, char **argv, struct explain_request *out) MUST_USE;

/* For people, and for machines. Appended to `out`. */
enum result explain_put_text(const struct explain_request *request,
    const struct explanation *explanation, struct buf *out) MUST_USE;
enum result explain_put_json(const struct explain_request *request,
    const struct explanation *explanation, struct buf *out) MUST_USE;
const char *explain_verdict_name(enum explain_verdict verdict);

/* The subcommand; exits with 0: allowed, 1: refused, 2: it cannot be told. */
int explain_main(int argc, char **argv);
