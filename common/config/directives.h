/* SPDX-License-Identifier: ISC */
/*
 * A configuration from inside: its directives in the order in which they were said.
 */
#pragma once

#include <sys/queue.h>

#include "common/config/config.h"
#include "common/config/match.h"
#include "common/config/value.h"

/* One line that said something. */
struct directive {
	STAILQ_ENTRY(directive) link;
	enum keyword keyword;
	const struct match_block *block; /* where it stands; NULL: outside of all */
	struct value value; /* owned; its origin's file is a file_name of the configuration's */
};

struct file_name {
	STAILQ_ENTRY(file_name) link;
	char name[];
};

/* Reads the files that a pattern means into the configuration, where it stands now. */
typedef enum result config_includer(struct config *config, const char *pattern,
    const struct setting_origin *origin, struct buf *errors);

struct config {
	STAILQ_HEAD(directives, directive) directives;
	STAILQ_HEAD(file_names, file_name) files;
	STAILQ_HEAD(match_blocks, match_block) blocks;

	/* While a file is read: */
	const struct match_block *outer;   /* the block that included it */
	const struct match_block *current; /* the block that this line is in */
	config_includer *includer;         /* NULL: nothing can be included */
	const char *folder;                /* of the first file, with its slash; borrowed */
	unsigned depth;                    /* of files in files */
};
