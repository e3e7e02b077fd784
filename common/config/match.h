/* SPDX-License-Identifier: ISC */
/*
 * Match blocks: what their lines ask for, and whether a connection is that. Inside the room only.
 */
#pragma once

#include <sys/queue.h>

#include "common/config/config.h"
#include "common/config/lex.h"

enum match_kind {
	MATCH_ALL,
	MATCH_INVALID_USER,
	MATCH_USER,
	MATCH_GROUP,
	MATCH_HOST,
	MATCH_ADDRESS,
	MATCH_LOCAL_ADDRESS,
	MATCH_LOCAL_PORT,
	MATCH_RDOMAIN,
	MATCH_VERSION,
	MATCH_KIND_COUNT
};

#define MATCH_CRITERIA_MAX 64

/* One Match line. All of its criteria must hold, and those of the blocks that its file was included from. */
struct match_block {
	STAILQ_ENTRY(match_block) link;
	const struct match_block *outer; /* NULL: none */
	struct setting_origin origin;    /* its file is a file_name of the configuration's */
	size_t count;
	struct match_criterion {
		enum match_kind kind;
		char *argument; /* owned; NULL where the criterion has none */
	} criteria[MATCH_CRITERIA_MAX];
};

/* Takes the words behind Match apart. RESULT_MALFORMED with `why` (VALUE_WHY_MAX bytes). */
enum result match_parse(const struct lex_line *line, const struct match_block *outer,
    struct match_block **out, char *why) MUST_USE;
void match_free(struct match_block *block);

/* Does the block hold for this connection? `subject` NULL: for all connections whatsoever. */
bool match_holds(const struct match_block *block, const struct config_subject *subject);

/* The argument of a criterion that holds for nobody, since it is a list of exceptions only; NULL: there is none. */
const char *match_of_nobody(const struct match_block *block);

/* What the block asks for, as "User alice Address 192.0.2.0/24", cut to `size` bytes. */
void match_describe(const struct match_block *block, char *out, size_t size);

/* Must one know the account to tell? */
bool match_asks_for_account(const struct match_block *block);

/* Or what the client's host is called? */
bool match_asks_for_host(const struct match_block *block);
