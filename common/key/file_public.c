/* SPDX-License-Identifier: ISC */
/*
 * The line of a public key: of a .pub file, or of authorized_keys behind its options. Pure.
 */
#include "common/key/key.h"
#include "common/key/key_internal.h"
#include "common/mem.h"
#include "common/text.h"

static bool
is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

/* Takes the first word off *rest, with the blanks around it. */
static struct bytes
take_word(struct bytes *rest)
{
	struct bytes text = text_trim(*rest);
	size_t size = 0;

	while (size < text.size && !is_blank(text.data[size]))
		size++;
	*rest = text_trim(bytes_of(text.data + size, text.size - size));
	return bytes_of(text.data, size);
}

enum result
key_line_parse(struct bytes line, struct key_line *out)
{
	out->type = take_word(&line);
	out->digits = take_word(&line);
	out->comment = line;
	return out->type.size == 0 || out->digits.size == 0 ? RESULT_MALFORMED : RESULT_OK;
}

/* The blob must begin with the type that the line says. */
enum result
key_line_blob(const struct key_line *line, struct buf *blob)
{
	struct reader reader;

	if (text_base64_decode(line->digits, blob) != RESULT_OK)
		return RESULT_MALFORMED;
	reader = reader_of(buf_bytes(blob));
	return bytes_equal(get_string(&reader), line->type) ? RESULT_OK : RESULT_MALFORMED;
}

enum result
key_from_public_line(struct bytes line, struct key **out, struct bytes *comment)
{
	struct key_line words;
	OWNED_BUF blob;

	*out = NULL;
	*comment = bytes_of("", 0);
	buf_init(&blob, KEY_BLOB_MAX);
	TRY(key_line_parse(line, &words));
	if (key_type_find(words.type) == NULL)
		return RESULT_UNSUPPORTED;
	TRY(key_line_blob(&words, &blob));
	TRY(key_from_blob(buf_bytes(&blob), out));
	*comment = words.comment;
	return RESULT_OK;
}
