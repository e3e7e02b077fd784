/* SPDX-License-Identifier: ISC */
/*
 * SSH's data representation, in and out. Pure. RFC 4251 section 5.
 */
#include "common/wire.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

/* What a failed getter yields: empty, but safe to hand to memcpy and its kin. */
static const struct bytes nothing = { (const uint8_t *)"", 0 };

struct reader
reader_of(struct bytes bytes)
{
	return (struct reader){ .at = bytes.data, .left = bytes.size, .result = RESULT_OK };
}

void
reader_fail(struct reader *reader, enum result result)
{
	if (reader->result != RESULT_OK)
		return;
	reader->result = result;
	reader->left = 0; /* so every later getter fails by itself */
}

struct bytes
get_raw(struct reader *reader, size_t size)
{
	struct bytes taken;

	if (reader->result != RESULT_OK)
		return nothing;
	if (size > reader->left) {
		reader_fail(reader, RESULT_TRUNCATED);
		return nothing;
	}
	if (size == 0)
		return nothing;
	taken = bytes_of(reader->at, size);
	reader->at += size;
	reader->left -= size;
	return taken;
}

/* A big-endian number of `size` bytes, at most eight. */
static uint64_t
get_number(struct reader *reader, size_t size)
{
	struct bytes raw = get_raw(reader, size);
	uint64_t value = 0;

	for (size_t i = 0; i < raw.size; i++)
		value = value << 8 | raw.data[i];
	return value;
}

uint8_t
get_byte(struct reader *reader)
{
	return (uint8_t)get_number(reader, 1);
}

bool
get_bool(struct reader *reader)
{
	return get_byte(reader) != 0;
}

uint32_t
get_u32(struct reader *reader)
{
	return (uint32_t)get_number(reader, 4);
}

uint64_t
get_u64(struct reader *reader)
{
	return get_number(reader, 8);
}

struct bytes
get_string(struct reader *reader)
{
	return get_raw(reader, get_u32(reader));
}

struct bytes
get_rest(struct reader *reader)
{
	return get_raw(reader, reader->left);
}

struct bytes
get_mpint(struct reader *reader)
{
	struct bytes number = get_string(reader);

	if (number.size == 0)
		return number;
	if ((number.data[0] & 0x80) != 0) { /* negative */
		reader_fail(reader, RESULT_MALFORMED);
		return nothing;
	}
	if (number.data[0] != 0)
		return number;
	/* A zero byte is there for the sign only: one, before a byte that needs it. */
	if (number.size == 1 || (number.data[1] & 0x80) == 0) {
		reader_fail(reader, RESULT_MALFORMED);
		return nothing;
	}
	return bytes_of(number.data + 1, number.size - 1);
}

struct bytes
get_text(struct reader *reader, size_t max)
{
	struct bytes text = get_string(reader);

	if (text.size > max) {
		reader_fail(reader, RESULT_LIMIT);
		return nothing;
	}
	if (text.size > 0 && memchr(text.data, 0, text.size) != NULL) {
		reader_fail(reader, RESULT_MALFORMED);
		return nothing;
	}
	return text;
}

enum result
reader_end(const struct reader *reader)
{
	if (reader->result != RESULT_OK)
		return reader->result;
	return reader->left > 0 ? RESULT_TRAILING : RESULT_OK;
}

struct writer
writer_into(void *room, size_t size)
{
	return (struct writer){ .start = room, .room = size, .result = RESULT_OK };
}

/* Room for `size` more bytes, already counted as used; NULL when they do not fit. */
static uint8_t *
take_room(struct writer *writer, size_t size)
{
	uint8_t *at;

	if (writer->result != RESULT_OK)
		return NULL;
	if (size > writer->room - writer->used) {
		writer->result = RESULT_LIMIT;
		return NULL;
	}
	if (size == 0)
		return NULL;
	at = writer->start + writer->used;
	writer->used += size;
	return at;
}

void
put_raw(struct writer *writer, struct bytes bytes)
{
	uint8_t *at = take_room(writer, bytes.size);

	if (at != NULL)
		memcpy(at, bytes.data, bytes.size);
}

void
put_byte(struct writer *writer, uint8_t value)
{
	put_raw(writer, bytes_of(&value, sizeof(value)));
}

void
put_bool(struct writer *writer, bool value)
{
	put_byte(writer, value ? 1 : 0);
}

void
put_u32(struct writer *writer, uint32_t value)
{
	uint32_t big = htobe32(value);

	put_raw(writer, bytes_of(&big, sizeof(big)));
}

void
put_u64(struct writer *writer, uint64_t value)
{
	uint64_t big = htobe64(value);

	put_raw(writer, bytes_of(&big, sizeof(big)));
}

/* The length in front of a string; a size that it cannot express is refused. */
static void
put_length(struct writer *writer, size_t size)
{
	if (size > UINT32_MAX && writer->result == RESULT_OK)
		writer->result = RESULT_LIMIT;
	put_u32(writer, (uint32_t)size);
}

void
put_string(struct writer *writer, struct bytes bytes)
{
	put_length(writer, bytes.size);
	put_raw(writer, bytes);
}

void
put_text(struct writer *writer, const char *text)
{
	put_string(writer, bytes_of_text(text == NULL ? "" : text));
}

void
put_mpint(struct writer *writer, struct bytes magnitude)
{
	bool sign_byte;

	while (magnitude.size > 0 && magnitude.data[0] == 0)
		magnitude = bytes_of(magnitude.data + 1, magnitude.size - 1);
	sign_byte = magnitude.size > 0 && (magnitude.data[0] & 0x80) != 0;
	put_length(writer, sign_byte ? magnitude.size + 1 : magnitude.size);
	if (sign_byte)
		put_byte(writer, 0);
	put_raw(writer, magnitude);
}

size_t
put_string_begin(struct writer *writer)
{
	size_t begin = writer->used;

	put_u32(writer, 0);
	return begin;
}

void
put_string_end(struct writer *writer, size_t begin)
{
	size_t size;
	struct writer length;

	if (writer->result != RESULT_OK)
		return;
	assert(begin <= writer->used && writer->used - begin >= sizeof(uint32_t));
	size = writer->used - begin - sizeof(uint32_t);
	length = writer_into(writer->start + begin, sizeof(uint32_t));
	put_length(&length, size);
	writer->result = length.result;
}
