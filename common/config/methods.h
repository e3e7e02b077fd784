/* SPDX-License-Identifier: ISC */
/*
 * The form of AuthenticationMethods (pure). What the lists mean is in monitor/rules/methods.h.
 */
#pragma once

#include "common/config/lex.h"
#include "common/result.h"

/* RESULT_MALFORMED with what is wrong in `why` (VALUE_WHY_MAX bytes). */
enum result methods_check(const struct lex_line *line, char *why) MUST_USE;
