/* SPDX-License-Identifier: ISC */
/*
 * Values that are numbers, or words for them. Inside the room only.
 */
#pragma once

#include "common/config/value.h"

/* The value of a keyword whose type is one of FLAG, CHOICE, NUMBER, LIMIT, TIME, SIZE, OCTAL, STARTUPS, NET_BLOCK and
 * REKEY, else RESULT_UNSUPPORTED. RESULT_MALFORMED with what is wrong in `why` (VALUE_WHY_MAX bytes). */
enum result value_number_read(
    enum keyword keyword, const struct lex_line *line, struct value *out, char *why) MUST_USE;
