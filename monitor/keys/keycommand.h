/* SPDX-License-Identifier: ISC */
/*
 * AuthorizedKeysCommand and AuthorizedPrincipalsCommand: programs of the operator's that print the keys of a user,
 * or the names that a certificate may have (edge).
 */
#pragma once

#include "common/key/certificate.h"
#include "monitor/keys/delegate.h"

#define KEYCOMMAND_OUTPUT_MAX (1024 * 1024)

enum keycommand_kind { KEYCOMMAND_KEYS, KEYCOMMAND_PRINCIPALS };

struct keycommand_question {
	enum keycommand_kind kind;
	const struct monitor_inputs *inputs; /* from where to where; NULL: nothing is asked */
	const struct settings *settings;
	const struct account *account;         /* NULL: nobody's, of whom nothing is asked */
	struct bytes blob;                     /* the key or certificate that is offered */
	const struct certificate *certificate; /* NULL: it is a key */
};

/* Is there one? */
bool keycommand_is_set(const struct settings *settings, enum keycommand_kind kind);

/*
 * Runs the program, if there is one and somebody to ask it of: it would be told of whoever comes along. Else
 * RESULT_NOT_FOUND. It runs as the user of its own setting, and what it prints, lines as in authorized_keys or in
 * AuthorizedPrincipalsFile, is appended. What fails is in the log.
 */
enum result keycommand_ask(const struct keycommand_question *question, struct buf *out) MUST_USE;
