/* SPDX-License-Identifier: ISC */
/*
 * What sshd_config says of the sources of connections: PerSourceNetBlockSize and PerSourcePenalties. Pure.
 */
#pragma once

#include <stddef.h>

#include "common/buf.h"
#include "common/config/lex.h"
#include "common/config/settings.h"

/* "v4bits" or "v4bits:v6bits". RESULT_MALFORMED. */
enum result net_block_parse(const char *word, struct settings_net_block *out) MUST_USE;

/* What the words of some lines say; what none of them says is not set. */
struct penalty_words {
	bool is_off;   /* "no" was said, and is the first of "yes" and "no" */
	bool has_flag; /* "yes" or "no" was said */
	unsigned set;  /* bits 1 << enum penalty_part: which of `parts` were said */
	uint64_t parts[PENALTY_PART_COUNT];
};

/* One line. RESULT_MALFORMED, with the reason in `why` (VALUE_WHY_MAX bytes). */
enum result penalty_words_parse(
    const struct lex_line *line, struct penalty_words *out, char *why) MUST_USE;

/* Adds what a later line says of parts that no line before it named. */
void penalty_words_merge(struct penalty_words *into, const struct penalty_words *later);

/* What is in force: what was said, and the defaults of everything else. */
struct settings_penalties penalty_words_resolve(const struct penalty_words *words);

/* As penalty_words_parse reads it. RESULT_MEMORY, RESULT_LIMIT. */
enum result penalties_format(const struct settings_penalties *penalties, struct buf *out) MUST_USE;
