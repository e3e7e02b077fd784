/* SPDX-License-Identifier: ISC */
/*
 * The text that a browser has signed. Pure. WebAuthn level 2, section 5.8.1.1.
 *
 * It is compared, not understood: the browser writes the first three members in this order and without escapes that
 * could be read in two ways, and a page chooses nothing but the challenge. A second member of one of these names
 * would mean something to a reader of JSON that lets the last one win, so there may be none.
 */
#include "common/key/client_data.h"

#include "common/mem.h"
#include "common/text.h"
#include "common/wire.h"

#define DEPTH_MAX     8           /* of values inside of values */
#define CHALLENGE_MAX (96 * 1024) /* base64 of more than a request to log in can be */

/* --- The first three members -------------------------------------------------------------------- */

static enum result
expect(struct reader *reader, struct bytes expected, enum result otherwise)
{
	struct bytes found = get_raw(reader, expected.size);

	if (reader->result != RESULT_OK)
		return RESULT_MALFORMED;
	return bytes_equal(found, expected) ? RESULT_OK : otherwise;
}

static enum result
expect_text(struct reader *reader, const char *text)
{
	return expect(reader, bytes_of_text(text), RESULT_MALFORMED);
}

/* RFC 4648 section 5: the alphabet for addresses, which differs in two digits. */
static enum result
encode_challenge(struct bytes challenge, struct buf *out)
{
	struct bytes digits;
	OWNED_BUF ordinary;
	uint8_t *at;

	buf_init(&ordinary, CHALLENGE_MAX);
	TRY(text_base64_encode(challenge, false, &ordinary));
	digits = buf_bytes(&ordinary);
	if (digits.data == NULL)
		return RESULT_OK; /* of no bytes, none */
	TRY(buf_reserve(out, digits.size, &at));
	for (size_t i = 0; i < digits.size; i++)
		at[i] = digits.data[i] == '+' ? '-' : digits.data[i] == '/' ? '_' : digits.data[i];
	buf_commit(out, digits.size);
	return RESULT_OK;
}

static enum result
expect_challenge(struct reader *reader, struct bytes challenge)
{
	OWNED_BUF digits;

	buf_init(&digits, CHALLENGE_MAX);
	TRY(encode_challenge(challenge, &digits));
	return expect(reader, buf_bytes(&digits), RESULT_SIGNATURE);
}

/* No origin of a page has any of these. */
static bool
is_plain(struct bytes origin)
{
	for (size_t i = 0; i < origin.size; i++) {
		if (origin.data[i] < ' ' || origin.data[i] == '"' || origin.data[i] == '\\')
			return false;
	}
	return true;
}

/* --- Other members ------------------------------------------------------------------------------ */

static uint8_t
peek(const struct reader *reader)
{
	return reader->left == 0 ? '\0' : reader->at[0];
}

/* Behind its first quote, to behind its last; a view of what is between. */
static struct bytes
take_string(struct reader *reader)
{
	const struct bytes from = bytes_of(reader->at, reader->left);

	while (reader->result == RESULT_OK) {
		const uint8_t byte = get_byte(reader);

		if (byte < ' ')
			reader_fail(reader, RESULT_MALFORMED);
		else if (byte == '\\')
			get_byte(reader);
		else if (byte == '"')
			return bytes_of(from.data, from.size - reader->left - 1);
	}
	return bytes_of("", 0);
}

/* true, false, null and numbers, as far as it matters here: they end before what could end a member. */
static void
skip_word(struct reader *reader)
{
	size_t size = 0;

	for (; size < reader->left && strchr(",:{}[]\"", reader->at[size]) == NULL; size++) {
		if (reader->at[size] <= ' ')
			break;
	}
	if (size == 0)
		reader_fail(reader, RESULT_MALFORMED);
	get_raw(reader, size);
}

/* The brackets that are open, by what closes each. */
struct nest {
	uint8_t closing[DEPTH_MAX];
	size_t depth;
};

static bool
open_bracket(struct nest *nest, uint8_t closing)
{
	if (nest->depth == DEPTH_MAX)
		return false;
	nest->closing[nest->depth++] = closing;
	return true;
}

static bool
close_bracket(struct nest *nest, uint8_t closing)
{
	return nest->depth > 0 && nest->closing[--nest->depth] == closing;
}

/* A list or an object to its end: its strings and brackets are looked at, and what it means is nobody's matter. */
static void
skip_nest(struct reader *reader)
{
	struct nest nest = { .depth = 0 };
	bool is_right = true;

	do {
		const uint8_t byte = get_byte(reader);

		if (byte == '"')
			take_string(reader);
		else if (byte == '{' || byte == '[')
			is_right = open_bracket(&nest, byte == '{' ? '}' : ']');
		else if (byte == '}' || byte == ']')
			is_right = close_bracket(&nest, byte);
	} while (is_right && nest.depth > 0 && reader->result == RESULT_OK);
	if (!is_right)
		reader_fail(reader, RESULT_MALFORMED);
}

static void
skip_value(struct reader *reader)
{
	const uint8_t first = peek(reader);

	if (first == '"') {
		get_byte(reader);
		take_string(reader);
	} else if (first == '{' || first == '[') {
		skip_nest(reader);
	} else {
		skip_word(reader);
	}
}

static bool
is_taken(struct bytes name)
{
	return bytes_is(name, "type") || bytes_is(name, "challenge") || bytes_is(name, "origin");
}

/* The name has no escapes: with them it could be any. */
static enum result
skip_member(struct reader *reader)
{
	struct bytes name;

	TRY(expect_text(reader, ",\""));
	name = take_string(reader);
	TRY(reader->result);
	if (is_taken(name) || (name.size > 0 && memchr(name.data, '\\', name.size) != NULL))
		return RESULT_MALFORMED;
	TRY(expect_text(reader, ":"));
	skip_value(reader);
	return reader->result;
}

/* --- The whole ---------------------------------------------------------------------------------- */

enum result
client_data_check(struct bytes text, struct bytes challenge, struct bytes origin)
{
	struct reader reader = reader_of(text);

	if (!is_plain(origin))
		return RESULT_MALFORMED;
	TRY(expect_text(&reader, "{\"type\":\"webauthn.get\",\"challenge\":\""));
	TRY(expect_challenge(&reader, challenge));
	TRY(expect_text(&reader, "\",\"origin\":\""));
	TRY(expect(&reader, origin, RESULT_SIGNATURE));
	TRY(expect_text(&reader, "\""));
	while (peek(&reader) == ',') {
		if (skip_member(&reader) != RESULT_OK)
			return RESULT_MALFORMED;
	}
	TRY(expect_text(&reader, "}"));
	return reader_end(&reader) == RESULT_OK ? RESULT_OK : RESULT_MALFORMED;
}
