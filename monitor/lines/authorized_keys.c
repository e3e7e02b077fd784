/* SPDX-License-Identifier: ISC */
/*
 * Lines of an authorized_keys file (pure). sshd(8), AUTHORIZED_KEYS FILE FORMAT.
 *
 * Whoever owns the file may write anything into it, and for a file that several people share one line
 * must not become another: a line is read whole or not at all.
 */
#include "monitor/lines/authorized_keys.h"

#include "common/key/key.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/wire.h"
#include "monitor/lines/options.h"

void
authorized_keys_init(struct authorized_keys *keys, struct bytes file)
{
	*keys = (struct authorized_keys){ .rest = file };
	buf_init(&keys->blob, KEY_BLOB_MAX);
}

void
authorized_keys_clear(struct authorized_keys *keys)
{
	buf_clear(&keys->blob);
}

static struct bytes
skip(struct bytes text, size_t size)
{
	return text_trim(bytes_of(text.data + size, text.size - size));
}

/* The first word, up to a blank. */
static struct bytes
first_word(struct bytes text)
{
	size_t size = 0;

	while (size < text.size && text.data[size] != ' ' && text.data[size] != '\t')
		size++;
	return bytes_of(text.data, size);
}

static void
refuse(struct authorized_line *line, const char *reason)
{
	line->kind = AUTHORIZED_LINE_REFUSED;
	line->reason = reason;
}

/* `text` begins with the type of a key that we have. */
static void
read_key(struct authorized_keys *keys, struct bytes text, struct authorized_line *line)
{
	struct reader reader;

	line->type = first_word(text);
	text = skip(text, line->type.size);
	buf_reset(&keys->blob);
	if (text.size == 0 || text_base64_decode(first_word(text), &keys->blob) != RESULT_OK) {
		refuse(line, "the base64 of the key is broken");
		return;
	}
	line->comment = skip(text, first_word(text).size);
	reader = reader_of(buf_bytes(&keys->blob));
	if (!bytes_equal(get_string(&reader), line->type)) {
		refuse(line, "the key is not of the type that stands before it");
		return;
	}
	line->kind = AUTHORIZED_LINE_KEY;
	line->blob = buf_bytes(&keys->blob);
}

static void
read_line(struct authorized_keys *keys, struct bytes text, struct authorized_line *line)
{
	size_t size;

	if (key_type_is_known(first_word(text))) {
		read_key(keys, text, line);
		return;
	}
	if (options_field(text, &size) != RESULT_OK) {
		refuse(line, "a quote is not closed");
		return;
	}
	line->options = bytes_of(text.data, size);
	text = skip(text, size);
	if (key_type_is_known(first_word(text)))
		read_key(keys, text, line);
}

/* A key without options, in several lines. Of a block that cannot be read only the first line is taken: those
 * behind it may be whole lines of somebody else. */
static void
read_block(struct authorized_keys *keys, struct bytes text, struct authorized_line *line)
{
	struct reader reader;
	struct bytes type;
	unsigned lines;

	buf_reset(&keys->blob);
	switch (key_block_read(&text, &lines, &keys->blob)) {
	case RESULT_OK:
		break;
	case RESULT_UNSUPPORTED:
		return;
	default:
		refuse(line, "the key that begins here does not end, or is broken");
		return;
	}
	keys->rest = text;
	keys->number += lines - 1;
	reader = reader_of(buf_bytes(&keys->blob));
	type = get_string(&reader);
	if (!key_type_is_known(type))
		return;
	line->kind = AUTHORIZED_LINE_KEY;
	line->type = type;
	line->blob = buf_bytes(&keys->blob);
}

bool
authorized_keys_next(struct authorized_keys *keys, struct authorized_line *line)
{
	const struct bytes from_here = keys->rest;
	struct bytes text;

	if (!text_next_line(&keys->rest, &text))
		return false;
	*line = (struct authorized_line){ .number = ++keys->number };
	if (text.size > AUTHORIZED_KEYS_LINE_MAX) {
		refuse(line, "the line is longer than 16 KiB");
		return true;
	}
	if (text.size > 0 && memchr(text.data, '\0', text.size) != NULL) {
		refuse(line, "there is a NUL byte in it");
		return true;
	}
	text = text_trim(text);
	if (key_block_begins(text))
		read_block(keys, from_here, line);
	else if (text.size > 0 && text.data[0] != '#')
		read_line(keys, text, line);
	return true;
}
