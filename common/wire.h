/* SPDX-License-Identifier: ISC */
/*
 * SSH's data representation, RFC 4251 section 5: a reader that remembers its first error and from
 * then on yields zeros, and a writer into room that somebody reserved. Read all fields, then ask
 * once. No pointer arithmetic on a peer's lengths happens anywhere else but here and in packet.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

struct reader {
	const uint8_t *at;
	size_t left;
	enum result result; /* the first error */
};

struct reader reader_of(struct bytes bytes);

uint8_t get_byte(struct reader *reader);
bool get_bool(struct reader *reader); /* any non-zero byte is true, RFC 4251 */
uint32_t get_u32(struct reader *reader);
uint64_t get_u64(struct reader *reader);
struct bytes get_raw(struct reader *reader, size_t size); /* exactly `size` bytes */
struct bytes get_string(struct reader *reader);           /* a view into the message */
struct bytes get_rest(struct reader *reader);             /* all that is left */

/*
 * A non-negative mpint: a view of its magnitude without the leading zero byte. Negative numbers and
 * superfluous leading zeros are RESULT_MALFORMED.
 */
struct bytes get_mpint(struct reader *reader);

/* A string without NUL, at most `max` bytes; otherwise RESULT_MALFORMED or RESULT_LIMIT. */
struct bytes get_text(struct reader *reader, size_t max);

/* Remembers `result` as the reader's error if it has none yet. */
void reader_fail(struct reader *reader, enum result result);

/* The first error; RESULT_TRAILING if bytes are left over; RESULT_OK. */
enum result reader_end(const struct reader *reader) MUST_USE;

struct writer {
	uint8_t *start;
	size_t used;
	size_t room;
	enum result result; /* RESULT_LIMIT as soon as something did not fit */
};

struct writer writer_into(void *room, size_t size);

void put_byte(struct writer *writer, uint8_t value);
void put_bool(struct writer *writer, bool value);
void put_u32(struct writer *writer, uint32_t value);
void put_u64(struct writer *writer, uint64_t value);
void put_raw(struct writer *writer, struct bytes bytes);
void put_string(struct writer *writer, struct bytes bytes);
void put_text(struct writer *writer, const char *text); /* a string; NULL is the empty one */

/* An mpint from an unsigned big-endian magnitude (leading zeros are dropped). */
void put_mpint(struct writer *writer, struct bytes magnitude);

/* A string that is written in place: fields put between the two calls are its contents. */
size_t put_string_begin(struct writer *writer);
void put_string_end(struct writer *writer, size_t begin);

static inline struct bytes
writer_bytes(const struct writer *writer)
{
	return bytes_of(writer->start, writer->used);
}

/* RESULT_OK, or RESULT_LIMIT if anything did not fit. */
static inline enum result MUST_USE
writer_end(const struct writer *writer)
{
	return writer->result;
}
