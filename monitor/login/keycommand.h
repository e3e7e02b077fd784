/* SPDX-License-Identifier: ISC */
/*
 * AuthorizedKeysCommand: a program of the operator's that prints the keys of a user (edge).
 */
#pragma once

#include "common/key/certificate.h"
#include "monitor/monitor.h"

#define KEYCOMMAND_OUTPUT_MAX (1024 * 1024)
#define KEYCOMMAND_REASON_MAX 256

struct keycommand_question {
	const struct monitor_inputs *inputs; /* where the connection is from and to */
	const struct settings *settings;
	const struct account *account;
	struct bytes blob; /* the key or certificate that is offered */
};

/* Is there one? */
bool keycommand_is_set(const struct settings *settings);

/*
 * Runs it as AuthorizedKeysCommandUser and appends what it prints, lines as in authorized_keys. The program and every
 * folder down to it must be root's, and writable by nobody else. Failures have a text for the log in `reason`
 * (KEYCOMMAND_REASON_MAX bytes).
 */
enum result keycommand_run(
    const struct keycommand_question *question, struct buf *out, char *reason) MUST_USE;
