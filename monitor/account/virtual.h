/* SPDX-License-Identifier: ISC */
/*
 * Users of a file of the operator's, UsersFile, whom the system does not know: from the file to an account (edge).
 */
#pragma once

#include "monitor/lines/users.h"
#include "monitor/monitor.h"

#define VIRTUAL_REASON_MAX 256

void virtual_user_free(struct virtual_user *user);

struct account_question; /* monitor/account/account.h */

/*
 * The account of this name in the file, both of which the question has. RESULT_NOT_FOUND: the file has none.
 * RESULT_DENIED: it has, and nobody can become that; why is in `reason` (VIRTUAL_REASON_MAX bytes). RESULT_CONFIG and
 * others: the file cannot be used, which is in the log, and nobody of it logs in.
 */
enum result virtual_find(
    const struct account_question *question, struct account **out, char *reason) MUST_USE;
