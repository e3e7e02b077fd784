/* SPDX-License-Identifier: ISC */
/*
 * Key files of a user, read as the user, who may have put anything at all in their places (edge: uid and files). sshd_config(5), AuthorizedKeysFile and StrictModes.
 */
#pragma once

#include "monitor/monitor.h"

#define KEYFILES_PATH_MAX   1024
#define KEYFILES_FILE_MAX   (8 * 1024 * 1024)
#define KEYFILES_REASON_MAX 256

struct keyfiles_question {
	const struct account *account;
	const char *path;
	bool is_root;   /* we are: be the user meanwhile */
	bool is_strict; /* StrictModes */
};

/*
 * Appends the file to `out`, whose ceiling should be KEYFILES_FILE_MAX. Opening never waits. The process
 * is what it was before when this returns; if that cannot be had, it ends. RESULT_NOT_FOUND,
 * RESULT_MALFORMED (no regular file), RESULT_LIMIT, RESULT_DENIED (StrictModes), RESULT_SYSTEM: with a
 * text for the log in `reason` (KEYFILES_REASON_MAX bytes).
 */
enum result keyfiles_read(
    const struct keyfiles_question *question, struct buf *out, char *reason) MUST_USE;
