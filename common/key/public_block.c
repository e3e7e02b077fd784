/* SPDX-License-Identifier: ISC */
/*
 * Public keys that take several lines: the form of RFC 4716, and PEM (RFC 7468) with SubjectPublicKeyInfo or
 * PKCS#1. Pure.
 */
#include "common/key/key.h"
#include "common/mem.h"
#include "common/text.h"

#define DIGITS_MAX  (24 * 1024) /* base64 of KEY_BLOB_MAX, and some */
#define HEADERS_MAX 64
#define TAG_MAX     64 /* bytes, RFC 4716 section 3.3 */

static const struct form {
	const char *begin, *end;
	bool is_der;
} forms[] = {
	{ "---- BEGIN SSH2 PUBLIC KEY ----", "---- END SSH2 PUBLIC KEY ----", false },
	{ "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----", true },
	{ "-----BEGIN RSA PUBLIC KEY-----", "-----END RSA PUBLIC KEY-----", true },
};

static const struct form *
form_of(struct bytes line)
{
	for (size_t i = 0; i < COUNT(forms); i++) {
		if (bytes_is(text_trim(line), forms[i].begin))
			return &forms[i];
	}
	return NULL;
}

bool
key_block_begins(struct bytes line)
{
	return form_of(line) != NULL;
}

static bool
is_letter_or_digit(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9');
}

/* "Tag: value". What begins a line of options is none: it must not vanish in somebody's block. */
static bool
is_header(struct bytes line)
{
	size_t size = 0;

	while (size < line.size && size < TAG_MAX &&
	       (is_letter_or_digit(line.data[size]) || line.data[size] == '-'))
		size++;
	return size > 0 && size + 1 < line.size && line.data[size] == ':' &&
	       line.data[size + 1] == ' ';
}

static bool
is_digits(struct bytes line)
{
	for (size_t i = 0; i < line.size; i++) {
		if (!is_letter_or_digit(line.data[i]) && strchr("+/=", line.data[i]) == NULL)
			return false;
	}
	return line.size > 0 && memchr(line.data, '\0', line.size) == NULL;
}

/* A header goes on in the next line behind a backslash. */
static enum result
skip_headers(struct bytes *text, unsigned *lines)
{
	for (unsigned count = 0; count < HEADERS_MAX; count++) {
		struct bytes rest = *text, line;
		unsigned taken = 0;

		while (text_next_line(&rest, &line) && (taken > 0 || is_header(line))) {
			taken++;
			if (line.size == 0 || line.data[line.size - 1] != '\\')
				break;
		}
		if (taken == 0)
			return RESULT_OK;
		*text = rest;
		*lines += taken;
	}
	return RESULT_LIMIT;
}

static enum result
collect_digits(struct bytes *text, const struct form *form, unsigned *lines, struct buf *digits)
{
	struct bytes line;

	while (text_next_line(text, &line)) {
		(*lines)++;
		line = text_trim(line);
		if (bytes_is(line, form->end))
			return RESULT_OK;
		if (!is_digits(line))
			return RESULT_MALFORMED;
		TRY(buf_append(digits, line));
	}
	return RESULT_TRUNCATED;
}

static enum result
decode(struct bytes digits, const struct form *form, struct buf *blob)
{
	OWNED_BUF der;

	buf_init(&der, KEY_BLOB_MAX);
	if (!form->is_der)
		return text_base64_decode(digits, blob);
	TRY(text_base64_decode(digits, &der));
	return key_blob_from_der(buf_bytes(&der), blob);
}

enum result
key_block_read(struct bytes *text, unsigned *lines, struct buf *blob)
{
	struct bytes rest = *text, line;
	const struct form *form;
	unsigned count = 1;
	OWNED_BUF digits;

	buf_init(&digits, DIGITS_MAX);
	if (!text_next_line(&rest, &line) || (form = form_of(line)) == NULL)
		return RESULT_MALFORMED;
	if (!form->is_der)
		TRY(skip_headers(&rest, &count));
	TRY(collect_digits(&rest, form, &count, &digits));
	TRY(decode(buf_bytes(&digits), form, blob));
	*text = rest;
	*lines = count;
	return RESULT_OK;
}
