/* SPDX-License-Identifier: ISC */
/*
 * Keywords of which not all values are served. Inside the room only.
 */
#pragma once

#include "common/config/value.h"

/* Why other values are not. */
const char *value_why_not_more(const struct keyword_row *row);

/* The value of a row that has `only`. RESULT_MALFORMED with what is accepted in `why` (VALUE_WHY_MAX bytes). */
enum result value_only_read(const struct keyword_row *row, const struct lex_line *line,
    struct value *out, char *why) MUST_USE;
