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
key_from_public_line(struct bytes line, struct key **out, struct bytes *comment)
{
	CLEANUP(key_freep) struct key *key = NULL;
	OWNED_BUF blob;
	struct bytes name, digits;

	*out = NULL;
	*comment = bytes_of("", 0);
	buf_init(&blob, KEY_BLOB_MAX);
	name = take_word(&line);
	digits = take_word(&line);
	if (name.size == 0 || digits.size == 0)
		return RESULT_MALFORMED;
	if (key_type_find(name) == NULL)
		return RESULT_UNSUPPORTED;
	if (text_base64_decode(digits, &blob) != RESULT_OK)
		return RESULT_MALFORMED;
	TRY(key_from_blob(buf_bytes(&blob), &key));
	if (!bytes_is(name, key_type(key)))
		return RESULT_MALFORMED;
	*comment = line;
	*out = TAKE(key);
	return RESULT_OK;
}
