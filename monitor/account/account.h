/* SPDX-License-Identifier: ISC */
/*
 * Accounts of the system: who a name is, and whether the account may log in at all (edge: passwd,
 * shadow, group, nologin).
 */
#pragma once

#include "monitor/monitor.h"
#include "monitor/rules/trace.h"

/*
 * The account with its groups; RESULT_NO_MATCH for a name that nobody has, for which as much is looked
 * up as for one that exists. Others (RESULT_SYSTEM, RESULT_MEMORY, RESULT_LIMIT) mean that it could
 * not be found out.
 */
enum result account_find(const char *name, struct account **out) MUST_USE;

/* The same for a name that may be in UsersFile, too (`users_file`; NULL: there is none). RESULT_DENIED with why in
 * `reason` (VIRTUAL_REASON_MAX bytes): a user is there, and nobody can log in as that. *is_virtual: the file has the
 * name, whatever the result. */
struct account_question {
	const char *name, *users_file;
	const struct config *config; /* which options of keys it may have; see users.h */
	bool is_root;                /* we can become anybody */
};
enum result account_find_any(const struct account_question *question, struct account **out,
    bool *is_virtual, char *reason) MUST_USE;

/* While it is there only root logs in; its text says why. */
#define ACCOUNT_NOLOGIN "/etc/nologin"

/* Locked, expired, no shell, /etc/nologin: false, and a text for the log that says which. With PAM all but the
 * shell is its affair, whose modules know these rules; many of its users with keys are locked for passwords. */
struct account_rules {
	bool uses_pam;
	bool has_own_root;   /* whose shell is within, so that it cannot be looked for from here */
	bool is_root;        /* we are, so that shadow not answering is no matter of permissions */
	struct trace *trace; /* NULL: nobody wants to know more than the answer */
};
bool account_may_log_in(const struct account *account, const struct account_rules *rules,
    char *reason, size_t size) MUST_USE;

/* RESULT_SYSTEM: some cannot be asked for now, and who knows what they would say. */
enum result account_group_names(const struct account *account, struct group_names *out) MUST_USE;

void account_free(struct account *account);
void account_freep(struct account **account);

/* Who is looked for when there is nobody: with ids that own no files. */
extern const struct account account_nobody;
