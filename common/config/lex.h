/* SPDX-License-Identifier: ISC */
/*
 * One line of sshd_config: the keyword, and the words behind it. For the room, and for commands that settings hold.
 */
#pragma once

#include "common/buf.h"

#define LEX_WORDS_MAX 256

/* A line taken apart. */
struct lex_line {
	struct bytes keyword; /* a view of the line; empty: blank or comment */
	struct bytes raw;     /* a view: the rest of the line, trimmed */
	char **words;         /* owned: unquoted */
	size_t count;
};

/*
 * RESULT_MALFORMED with *why (static text): a NUL byte, quotes that do not close, too many words.
 * Clear the line in every case.
 */
enum result lex_line(struct bytes text, struct lex_line *out, const char **why) MUST_USE;
void lex_line_clear(struct lex_line *line);

/* Takes apart a command that stood in such a line: `raw` and the words, without a keyword; else as lex_line. */
enum result lex_words(struct bytes text, struct lex_line *out, const char **why) MUST_USE;

/* Appends a word as lex_line would read it again: quoted where it must be. */
enum result lex_put_word(struct buf *out, const char *word) MUST_USE;
