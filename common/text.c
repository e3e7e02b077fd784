/* SPDX-License-Identifier: ISC */
/*
 * Base64, hexadecimal, numbers, name lists, lines, quoting of what a peer sent. Pure. RFC 4648,
 * RFC 4251 section 5.
 */
#include "common/text.h"

#include <string.h>

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The value of a base64 digit, or 64. */
static unsigned int
base64_value(uint8_t digit)
{
	if (digit >= 'A' && digit <= 'Z')
		return digit - 'A';
	if (digit >= 'a' && digit <= 'z')
		return digit - 'a' + 26u;
	if (digit >= '0' && digit <= '9')
		return digit - '0' + 52u;
	if (digit == '+')
		return 62;
	return digit == '/' ? 63 : 64;
}

/* Four digits to three bytes; the last quartet may end in one or two "=". Bits that would be lost
 * must be zero, so that each value has one spelling only. */
static enum result
base64_quartet(const uint8_t *digits, bool last, uint8_t *out, size_t *size)
{
	size_t count = 4;
	uint32_t value = 0;

	if (last && digits[3] == '=')
		count = digits[2] == '=' ? 2 : 3;
	for (size_t i = 0; i < 4; i++) {
		unsigned int digit = i < count ? base64_value(digits[i]) : 0;

		if (digit > 63)
			return RESULT_MALFORMED;
		value = value << 6 | digit;
	}
	if ((count == 3 && (value & 0xff) != 0) || (count == 2 && (value & 0xffff) != 0))
		return RESULT_MALFORMED;
	out[0] = (uint8_t)(value >> 16);
	out[1] = (uint8_t)(value >> 8);
	out[2] = (uint8_t)value;
	*size = count - 1;
	return RESULT_OK;
}

enum result
text_base64_decode(struct bytes text, struct buf *out)
{
	uint8_t *at;
	size_t used = 0;
	size_t size;

	if (text.size % 4 != 0)
		return RESULT_MALFORMED;
	if (text.size == 0)
		return RESULT_OK;
	/* The exact size, so that a text that fits below the ceiling is not refused. */
	size = text.size / 4 * 3;
	size -= text.data[text.size - 1] == '=';
	size -= text.data[text.size - 2] == '=';
	TRY(buf_reserve(out, size, &at));
	for (size_t i = 0; i < text.size; i += 4) {
		uint8_t piece[3];
		size_t count;

		TRY(base64_quartet(text.data + i, i + 4 == text.size, piece, &count));
		/* "x=y=" style padding inside cannot get here: only the end may have it. */
		memcpy(at + used, piece, count);
		used += count;
	}
	buf_commit(out, used);
	return RESULT_OK;
}

enum result
text_base64_encode(struct bytes bytes, bool padding, struct buf *out)
{
	uint8_t *at;
	size_t used = 0;

	if (bytes.size > SIZE_MAX / 2)
		return RESULT_LIMIT;
	TRY(buf_reserve(out, (bytes.size + 2) / 3 * 4, &at));
	for (size_t i = 0; i < bytes.size; i += 3) {
		size_t count = bytes.size - i < 3 ? bytes.size - i : 3;
		uint32_t value = (uint32_t)bytes.data[i] << 16;

		value |= count > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0;
		value |= count > 2 ? bytes.data[i + 2] : 0;
		for (size_t digit = 0; digit <= count; digit++)
			at[used++] = (uint8_t)base64_digits[value >> (18 - 6 * digit) & 63];
		for (; padding && count < 3; count++)
			at[used++] = '=';
	}
	buf_commit(out, used);
	return RESULT_OK;
}

char
text_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

enum result
text_number(struct bytes text, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	*out = 0;
	if (text.size == 0)
		return RESULT_MALFORMED;
	for (size_t i = 0; i < text.size; i++) {
		unsigned int digit = text.data[i] - (unsigned int)'0';

		if (digit > 9)
			return RESULT_MALFORMED;
		if (digit > max || value > (max - digit) / 10)
			return RESULT_LIMIT;
		value = value * 10 + digit;
	}
	*out = value;
	return RESULT_OK;
}

/* Drops `size` bytes at the start of a view. */
static struct bytes
without(struct bytes view, size_t size)
{
	return bytes_of(view.data + size, view.size - size);
}

/* Up to the first `end`, or all of it. */
static size_t
find_byte(struct bytes view, char end)
{
	const uint8_t *at = view.size == 0 ? NULL : memchr(view.data, end, view.size);

	return at == NULL ? view.size : (size_t)(at - view.data);
}

bool
text_next_name(struct bytes *rest, struct bytes *name)
{
	size_t size;

	*name = bytes_of("", 0);
	if (rest->size == 0)
		return false;
	size = find_byte(*rest, ',');
	*name = bytes_of(rest->data, size);
	/* A comma at the very end has an empty name behind it. It stays in *rest alone, to be
	 * yielded as that name by the next call. */
	if (size + 1 == rest->size && size > 0)
		*rest = without(*rest, size);
	else
		*rest = without(*rest, size < rest->size ? size + 1 : size);
	return true;
}

bool
text_has_name(struct bytes list, struct bytes name)
{
	struct bytes each;

	while (text_next_name(&list, &each)) {
		if (bytes_equal(each, name))
			return true;
	}
	return false;
}

bool
text_next_line(struct bytes *rest, struct bytes *line)
{
	size_t size;

	*line = bytes_of("", 0);
	if (rest->size == 0)
		return false;
	size = find_byte(*rest, '\n');
	*line = bytes_of(rest->data, size);
	*rest = without(*rest, size < rest->size ? size + 1 : size);
	if (line->size > 0 && line->data[line->size - 1] == '\r')
		line->size--;
	return true;
}

bool
text_has_only_tokens(struct bytes text, const char *letters)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] != '%')
			continue;
		if (++i == text.size || text.data[i] == '\0' ||
		    (text.data[i] != '%' && strchr(letters, text.data[i]) == NULL))
			return false;
	}
	return true;
}

struct bytes
text_trim(struct bytes text)
{
	while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = without(text, 1);
	while (
	    text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
		text.size--;
	return text;
}

/* One row for each length of a UTF-8 sequence: its first byte, and the least code point for which
 * that length is right. */
/* clang-format off */
static const struct utf8_row {
	uint8_t mask, lead;
	size_t size;
	uint32_t least;
} utf8_rows[] = {
	{ 0x80, 0x00, 1, 0x0     },
	{ 0xe0, 0xc0, 2, 0x80    },
	{ 0xf0, 0xe0, 3, 0x800   },
	{ 0xf8, 0xf0, 4, 0x10000 },
};
/* clang-format on */

static const struct utf8_row *
utf8_find(uint8_t lead)
{
	for (size_t i = 0; i < COUNT(utf8_rows); i++) {
		if ((lead & utf8_rows[i].mask) == utf8_rows[i].lead)
			return &utf8_rows[i];
	}
	return NULL;
}

/* May this code point be shown? Neither C0 and C1 controls, which a terminal would obey, nor what
 * UTF-8 cannot express. */
static bool
is_printable(uint32_t point)
{
	if (point < 0x20 || (point >= 0x7f && point < 0xa0))
		return false;
	return point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

/* Bytes of the valid, printable character at the start of `text`; 0 if there is none. */
static size_t
printable_size(struct bytes text)
{
	const struct utf8_row *row = utf8_find(text.data[0]);
	uint32_t point;

	if (row == NULL || row->size > text.size)
		return 0;
	point = text.data[0] & (uint8_t)~row->mask;
	for (size_t i = 1; i < row->size; i++) {
		if ((text.data[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (text.data[i] & 0x3f);
	}
	return point >= row->least && is_printable(point) ? row->size : 0;
}

/* One character, or one byte as \ooo, to `piece`; returns how many bytes of `text` that was. */
static size_t
quote_piece(struct bytes text, bool backslash, uint8_t piece[4], size_t *piece_size)
{
	size_t size = printable_size(text);

	if (size == 0 || (backslash && text.data[0] == '\\')) {
		piece[0] = '\\';
		piece[1] = (uint8_t)('0' + (text.data[0] >> 6));
		piece[2] = (uint8_t)('0' + (text.data[0] >> 3 & 7));
		piece[3] = (uint8_t)('0' + (text.data[0] & 7));
		*piece_size = 4;
		return 1;
	}
	memcpy(piece, text.data, size);
	*piece_size = size;
	return size;
}

/* Never cuts inside of a character or an escape. */
static void
quote(struct bytes bytes, bool backslash, char *out, size_t size)
{
	size_t used = 0;

	if (size == 0)
		return;
	while (bytes.size > 0) {
		uint8_t piece[4];
		size_t piece_size;
		size_t taken = quote_piece(bytes, backslash, piece, &piece_size);

		if (piece_size >= size - used)
			break;
		memcpy(out + used, piece, piece_size);
		used += piece_size;
		bytes = without(bytes, taken);
	}
	out[used] = '\0';
}

void
text_quote(struct bytes bytes, char *out, size_t size)
{
	quote(bytes, true, out, size);
}

void
text_escape(struct bytes bytes, char *out, size_t size)
{
	quote(bytes, false, out, size);
}
