/* SPDX-License-Identifier: ISC */
/*
 * Names of key files: tokens and wildcards in them (edge: reads folders as the user). sshd_config(5),
 * AuthorizedKeysFile.
 */
#pragma once

#include "monitor/keys/keyfiles.h"

/* Files that one name with wildcards may mean, and entries of folders that are looked at for it: a user may have
 * made any number of either. */
#define KEYNAMES_MAX         64
#define KEYNAMES_ENTRIES_MAX 4096

/* `pattern` with %h, %u, %U and %% replaced, below the home folder unless it is absolute. `out` has
 * KEYFILES_PATH_MAX bytes. RESULT_LIMIT, RESULT_MALFORMED for another token. Pure. */
enum result keynames_expand(const char *pattern, const struct account *account, char *out) MUST_USE;

/* What a name means. */
struct keynames {
	char *list[KEYNAMES_MAX]; /* owned: paths, sorted by their bytes */
	size_t count;
};
void keynames_clear(struct keynames *names);

struct keynames_question {
	const struct account *account;
	const char *pattern;
	bool is_root; /* we are: be the user meanwhile */
};

/*
 * The files that `pattern` means: one, whether or not it is there, unless it has `*`, `?` or `[`, as in glob(7); those
 * match no dot at the beginning of a name, and nothing in what a token stands for. `names` is zero. RESULT_OK also
 * for none. RESULT_LIMIT: so many that none is taken; RESULT_MALFORMED, RESULT_SYSTEM, RESULT_MEMORY: with a text for
 * the log in `reason` (KEYFILES_REASON_MAX bytes).
 */
enum result keynames_find(
    const struct keynames_question *question, struct keynames *names, char *reason) MUST_USE;
