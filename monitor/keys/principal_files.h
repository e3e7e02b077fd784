/* SPDX-License-Identifier: ISC */
/*
 * Whom AuthorizedPrincipalsFile and AuthorizedPrincipalsCommand let be this user (edge: reads files as the user, runs
 * a program).
 */
#pragma once

#include "monitor/keys/publickey.h"
#include "monitor/lines/principals.h"

struct principal_files_answer {
	bool is_found;                   /* some line names one of the certificate's principals */
	struct principals_line line;     /* views of `text` */
	char where[PUBLICKEY_WHERE_MAX]; /* the file, quoted, or the command's keyword */
	struct buf text;                 /* owned */
};

/* Does the configuration have either? Else the user's own name is asked for. */
bool principal_files_are_set(const struct settings *settings);

/* Looks for the certificate of `question` in the file, then in what the program prints. `account` is who the file is
 * expanded for and read as: the question's, or somebody in place of nobody. Fills the whole answer. */
void principal_files_find(const struct publickey_question *question, const struct account *account,
    struct principal_files_answer *answer);
void principal_files_clear(struct principal_files_answer *answer);
