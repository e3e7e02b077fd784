/* SPDX-License-Identifier: ISC */
/*
 * Keys for explanations (edge).
 */
#include "daemon/ctl/explain_key.h"

#include <stdio.h>

#include "common/fd.h"
#include "common/key/certificate.h"
#include "common/key/key.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/wire.h"
#include "monitor/lines/authorized_keys.h"

/* A .pub file of a key or certificate. */
static enum result
read_line(struct bytes text, struct buf *blob)
{
	struct key_line words;
	struct bytes line;

	if (!text_next_line(&text, &line))
		return RESULT_MALFORMED;
	TRY(key_line_parse(line, &words));
	return key_line_blob(&words, blob);
}

/* Blocks of several lines, and lines with options before the key. */
static enum result
read_lines(struct bytes text, struct buf *blob)
{
	CLEANUP(authorized_keys_clear) struct authorized_keys keys;
	struct authorized_line line;

	authorized_keys_init(&keys, text);
	while (authorized_keys_next(&keys, &line)) {
		if (line.kind == AUTHORIZED_LINE_KEY)
			return buf_append(blob, line.blob);
	}
	return RESULT_MALFORMED;
}

static enum result
read_private(struct bytes text, struct buf *blob)
{
	CLEANUP(key_freep) struct key *key = NULL;

	TRY(key_from_private_file(text, NULL, &key));
	return buf_append(blob, key_blob(key));
}

enum result
explain_key_read(const char *file, struct buf *blob)
{
	static enum result (*const readers[])(
	    struct bytes text, struct buf * blob) = { read_private, read_line, read_lines };
	enum result result = RESULT_MALFORMED;
	OWNED_BUF text;

	buf_init(&text, KEY_FILE_MAX);
	if (fd_read_path(file, KEY_FILE_MAX, &text) != RESULT_OK) {
		fprintf(stderr, "sallyportctl: %s cannot be read\n", file);
		return RESULT_CONFIG;
	}
	for (size_t i = 0; i < COUNT(readers) && result != RESULT_OK; i++) {
		buf_reset(blob);
		result = readers[i](buf_bytes(&text), blob);
		if (result == RESULT_DENIED) {
			fprintf(stderr, "sallyportctl: %s has a passphrase: name its .pub file\n",
			    file);
			return RESULT_CONFIG;
		}
	}
	if (result != RESULT_OK)
		fprintf(stderr, "sallyportctl: %s is no key or certificate\n", file);
	return result == RESULT_OK ? RESULT_OK : RESULT_CONFIG;
}

struct bytes
explain_key_algorithm(const struct settings *settings, enum keyword keyword, struct bytes blob)
{
	const struct bytes accepted = bytes_of_text(settings_text(settings, keyword));
	struct reader reader = reader_of(blob);
	const struct bytes type = get_string(&reader);
	struct bytes first = bytes_of("", 0);
	const char *name;
	unsigned flags;

	for (size_t i = 0; (name = algorithm_name(ALGORITHM_USER_KEY, i, &flags)) != NULL; i++) {
		const struct bytes text = bytes_of_text(name);
		const struct signature_algorithm *algorithm = signature_algorithm_find(text);

		/* A browser's signature is asked for by nobody else. */
		if (!bytes_is(type, algorithm->blob_type) || (flags & ALGORITHM_WEBAUTHN) != 0)
			continue;
		if (text_has_name(accepted, text))
			return text;
		if (first.size == 0)
			first = text;
	}
	return first;
}
