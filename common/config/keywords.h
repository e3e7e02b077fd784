/* SPDX-License-Identifier: ISC */
/*
 * The table of keywords, expanded from keywords.def. Inside the room only.
 */
#pragma once

#include "common/buf.h"
#include "common/config/settings.h"

enum keyword_type {
	KEYWORD_TYPE_FLAG,
	KEYWORD_TYPE_CHOICE,
	KEYWORD_TYPE_NUMBER,
	KEYWORD_TYPE_LIMIT,
	KEYWORD_TYPE_TIME,
	KEYWORD_TYPE_SIZE,
	KEYWORD_TYPE_OCTAL,
	KEYWORD_TYPE_PORTS,
	KEYWORD_TYPE_LISTEN,
	KEYWORD_TYPE_WORD,
	KEYWORD_TYPE_WORDS,
	KEYWORD_TYPE_ADDRESSES,
	KEYWORD_TYPE_PATH,
	KEYWORD_TYPE_PATHS,
	KEYWORD_TYPE_RAW,
	KEYWORD_TYPE_ALGORITHMS,
	KEYWORD_TYPE_SUBSYSTEM,
	KEYWORD_TYPE_STARTUPS,
	KEYWORD_TYPE_NET_BLOCK,
	KEYWORD_TYPE_PENALTIES,
	KEYWORD_TYPE_REKEY,
	KEYWORD_TYPE_QOS,
};

enum keyword_scope {
	KEYWORD_SCOPE_GLOBAL,
	KEYWORD_SCOPE_MATCH,
};

enum keyword_merge {
	KEYWORD_MERGE_FIRST,
	KEYWORD_MERGE_APPEND,
	KEYWORD_MERGE_BY_NAME,
	KEYWORD_MERGE_BY_PART,
	KEYWORD_MERGE_FLAG_HIDES,
};

enum keyword_status {
	KEYWORD_STATUS_WORKS,
	KEYWORD_STATUS_ONLY,
	KEYWORD_STATUS_WITHOUT_KERBEROS, /* likewise, and another build could do more */
	KEYWORD_STATUS_ABSENT,
};

struct keyword_row {
	const char *name;
	enum keyword_type type;
	enum keyword_scope scope;
	enum keyword_merge merge;
	const char *fallback; /* as it would stand in a file; NULL: unset */
	enum keyword_status status;
	const char
	    *only; /* ONLY, WITHOUT_KERBEROS: the values that are accepted, "|" between them */
};

const struct keyword_row *keyword_row(enum keyword keyword);

/* Is no value of it accepted at all? */
bool keyword_is_absent(const struct keyword_row *row);

/* Without regard to case, by an old name, too; false if there is none. */
bool keyword_find(struct bytes name, enum keyword *out);

/* Did earlier versions of sshd have it, and does none now? Such lines say nothing. */
bool keyword_is_gone(struct bytes name);

/* The keyword that looks most like `name`; NULL if none does. */
const char *keyword_suggest(struct bytes name);
