/* SPDX-License-Identifier: ISC */
/*
 * To be the user for a while, with regard to files (edge: uid).
 */
#pragma once

#include "monitor/monitor.h"

/* What this process was before. */
struct as_user {
	bool is_changed;
	gid_t group;
	gid_t *groups; /* owned */
	int group_count;
};

/*
 * From here on files are opened with the rights of the account and no others; root, of whom nothing is taken, stays
 * root. `before` is zero; as_user_end must follow, also behind a failure. RESULT_SYSTEM, RESULT_MEMORY.
 */
enum result as_user_begin(const struct account *account, struct as_user *before) MUST_USE;

/* Root again, as before; if that cannot be had, the process ends. For CLEANUP. */
void as_user_end(struct as_user *before);
