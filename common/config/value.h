/* SPDX-License-Identifier: ISC */
/*
 * Typed values of keywords. Inside the room only.
 */
#pragma once

#include "common/config/keywords.h"
#include "common/config/lex.h"
#include "common/config/sources.h"

#define VALUE_WHY_MAX 512

struct value {
	bool is_set;
	bool is_doubtful; /* names in `text` are not known: nothing may go by them */
	int64_t number;   /* flags, choices, numbers, limits (0: none), times, octal modes */
	char *text;       /* owned; NULL: unset or "none" */
	char **words;     /* owned; subsystems: name, command, name, command */
	size_t count;
	struct settings_startups startups;
	struct settings_net_block net_block;
	struct penalty_words penalties;
	struct settings_rekey rekey;
	bool has_rekey_time; /* the line has a second word */
	struct settings_qos qos;
	struct setting_origin origin; /* borrowed from the configuration, or of settings */
};

/*
 * The value that a line gives to a keyword. RESULT_MALFORMED with what is wrong and what would be right in
 * `why` (VALUE_WHY_MAX bytes); RESULT_MEMORY. `out` is empty after a failure. RESULT_OK with a text in `why`: it is taken,
 * and that is what an operator should know about it.
 */
enum result value_parse(
    enum keyword keyword, const struct lex_line *line, struct value *out, char *why) MUST_USE;

void value_clear(struct value *value);

/* `why` (VALUE_WHY_MAX bytes) says that a word is not what it must be, `right`. RESULT_MALFORMED, always. */
enum result value_wrong(const char *word, const char *right, char *why) MUST_USE;

/* Appends the words of `more`. RESULT_LIMIT beyond VALUE_WORDS_MAX. */
#define VALUE_WORDS_MAX 1024
enum result value_append(struct value *value, const struct value *more) MUST_USE;
