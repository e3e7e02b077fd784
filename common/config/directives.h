/* SPDX-License-Identifier: ISC */
/*
 * A configuration from inside: its directives in the order in which they were said.
 */
#pragma once

#include <sys/queue.h>

#include "common/config/config.h"
#include "common/config/value.h"

/* One line that said something. */
struct directive {
	STAILQ_ENTRY(directive) link;
	enum keyword keyword;
	struct value value; /* owned; its origin's file is a file_name of the configuration's */
};

struct file_name {
	STAILQ_ENTRY(file_name) link;
	char name[];
};

struct config {
	STAILQ_HEAD(directives, directive) directives;
	STAILQ_HEAD(file_names, file_name) files;
};
