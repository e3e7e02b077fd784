/* SPDX-License-Identifier: ISC */
/*
 * Users of a file of the operator's, UsersFile, whom the system does not know: from the file to an account (edge).
 */
#pragma once

#include "monitor/login/options.h"
#include "monitor/monitor.h"

#define VIRTUAL_WHERE_MAX  512
#define VIRTUAL_REASON_MAX 256

/* What the program runs that the operator chose for a user without a shell; and what such a session is told. */
#define VIRTUAL_OPERATORS_SHELL "/bin/sh"
#define VIRTUAL_NO_SHELL        "/usr/sbin/nologin"

/* What the file says besides what every account has. */
struct virtual_user {
	char where[VIRTUAL_WHERE_MAX]; /* the file, quoted */
	unsigned line;                 /* where the user begins */
	char *password;                /* owned; a hash of crypt's; NULL: none is right */
	char *keys;                    /* owned; as authorized_keys has them, in their lines */
	char *keys_file;               /* owned; NULL: none */
	char *root;                 /* owned; of sessions, with tokens; NULL: ChrootDirectory's */
	char *options_text;         /* owned; what `options` are views of */
	struct key_options options; /* that hold for every login, by whatever method */
	bool
	    has_shell; /* else no program but what the operator chose: a subsystem, a forced command */
};

void virtual_user_free(struct virtual_user *user);

struct account_question; /* monitor/login/account.h */

/*
 * The account of this name in the file, both of which the question has. RESULT_NOT_FOUND: the file has none.
 * RESULT_DENIED: it has, and nobody can become that; why is in `reason` (VIRTUAL_REASON_MAX bytes). RESULT_CONFIG and
 * others: the file cannot be used, which is in the log, and nobody of it logs in.
 */
enum result virtual_find(
    const struct account_question *question, struct account **out, char *reason) MUST_USE;
