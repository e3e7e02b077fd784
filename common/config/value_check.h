/* SPDX-License-Identifier: ISC */
/*
 * The forms that words of the configuration have. Inside the room only.
 *
 * Each check is RESULT_OK, or RESULT_MALFORMED with what is wrong and what would be right in `why` (VALUE_WHY_MAX bytes).
 */
#pragma once

#include "common/config/value.h"

/* "none" is no path, no word and no list. */
bool value_is_none(const struct lex_line *line);

/* What stands in our identification, RFC 4253 section 4.2. */
enum result value_check_addendum(struct bytes text, char *why) MUST_USE;

enum result value_check_ports(const struct lex_line *line, char *why) MUST_USE;

/* host, v6, host:port, [host]:port */
enum result value_check_listen(const struct lex_line *line, char *why) MUST_USE;

/* A name and a command, which may be internal-sftp with options. */
enum result value_check_subsystem(const struct lex_line *line, char *why) MUST_USE;

/* The rest of a line as it stands: a command, by its keyword. */
enum result value_check_command(enum keyword keyword, const char *text, char *why) MUST_USE;

/* Lists whose words have a form, by their keyword. */
enum result value_check_words(
    enum keyword keyword, const struct lex_line *line, char *why) MUST_USE;

/* Likewise a word or path that stands alone. */
enum result value_check_text(enum keyword keyword, const char *word, char *why) MUST_USE;
