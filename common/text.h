/* SPDX-License-Identifier: ISC */
/*
 * Texts: base64, hexadecimal, numbers, name lists (RFC 4251 section 5), quoting of what a peer sent.
 */
#pragma once

#include "common/buf.h"

/* Decodes base64 (RFC 4648, padding required, no blanks), appended to `out`. RESULT_MALFORMED. */
enum result text_base64_decode(struct bytes text, struct buf *out) MUST_USE;

/* Encodes with or without "=" padding, appended to `out` without a NUL. */
enum result text_base64_encode(struct bytes bytes, bool padding, struct buf *out) MUST_USE;

/* An ASCII letter in lower case; whatever else as it is. */
char text_lower(char c);

/* A decimal number without sign or blanks, 0..max; the whole text must be digits. */
enum result text_number(struct bytes text, uint64_t max, uint64_t *out) MUST_USE;

/*
 * Walks a comma-separated name list: takes the first name off *rest into *name; false at the end.
 * Empty names are yielded too, so a caller can refuse them.
 */
bool text_next_name(struct bytes *rest, struct bytes *name);

/* Is `name` one of the names in `list`? */
bool text_has_name(struct bytes list, struct bytes name);

/* Splits off the first line (without LF or CR LF). false when nothing is left. */
bool text_next_line(struct bytes *rest, struct bytes *line);

/* Has each % one of these letters behind it, or another %? */
bool text_has_only_tokens(struct bytes text, const char *letters);

struct bytes text_trim(struct bytes text); /* blanks and tabs at both ends */

/*
 * Writes `bytes` into `out` (always NUL-terminated, `size` bytes) with control characters, DEL,
 * backslash and invalid UTF-8 as \ooo octal; cut when it does not fit.
 */
void text_quote(struct bytes bytes, char *out, size_t size);

/* The same, but a backslash stays: for lines in which some parts were quoted already. */
void text_escape(struct bytes bytes, char *out, size_t size);
