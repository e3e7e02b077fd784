/* SPDX-License-Identifier: ISC */
/*
 * Accounts of the system: who a name is, and whether the account may log in at all (edge: passwd,
 * shadow, group, nologin).
 */
#pragma once

#include "monitor/login/trace.h"
#include "monitor/monitor.h"

/*
 * The account with its groups; RESULT_NO_MATCH for a name that nobody has, for which as much is looked
 * up as for one that exists. Others (RESULT_SYSTEM, RESULT_MEMORY, RESULT_LIMIT) mean that it could
 * not be found out.
 */
enum result account_find(const char *name, struct account **out) MUST_USE;

/* Locked, expired, no shell, /etc/nologin: false, and a text for the log that says which. `uses_pam`: all but the
 * shell is PAM's affair, whose modules know these rules; many of its users with keys are locked for passwords. */
bool account_may_log_in(const struct account *account, bool uses_pam, struct trace *trace,
    char *reason, size_t size) MUST_USE;

/* RESULT_SYSTEM: some cannot be asked for now, and who knows what they would say. */
enum result account_group_names(const struct account *account, struct group_names *out) MUST_USE;

void account_free(struct account *account);
void account_freep(struct account **account);
