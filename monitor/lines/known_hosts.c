/* SPDX-License-Identifier: ISC */
/*
 * Lines of a known_hosts file (pure).
 */
#include "monitor/lines/known_hosts.h"

#include "common/crypto/hash.h"
#include "common/key/key.h"
#include "common/mem.h"
#include "common/pattern.h"
#include "common/text.h"

/* A name that nobody shall read: "|1|salt|HMAC-SHA1(salt, name)", both in base64. */
#define HASHED_PREFIX "|1|"
#define HASHED_SIZE   20

enum marker { MARKER_NONE, MARKER_AUTHORITY, MARKER_REVOKED, MARKER_OTHER };

enum naming { NAMING_NO, NAMING_YES, NAMING_BROKEN };

/* Takes the first word off *rest, with the blanks around it. */
static struct bytes
take_word(struct bytes *rest)
{
	const struct bytes text = text_trim(*rest);
	size_t size = 0;

	while (size < text.size && text.data[size] != ' ' && text.data[size] != '\t')
		size++;
	*rest = text_trim(bytes_of(text.data + size, text.size - size));
	return bytes_of(text.data, size);
}

static enum marker
take_marker(struct bytes *rest)
{
	struct bytes word;

	if (rest->size == 0 || rest->data[0] != '@')
		return MARKER_NONE;
	word = take_word(rest);
	if (bytes_is(word, "@cert-authority"))
		return MARKER_AUTHORITY;
	return bytes_is(word, "@revoked") ? MARKER_REVOKED : MARKER_OTHER;
}

/* --- Names -------------------------------------------------------------------------------------- */

static enum result
decode_hashed(struct bytes field, struct buf *salt, struct buf *hash)
{
	const size_t prefix = strlen(HASHED_PREFIX);
	struct bytes rest;
	const uint8_t *bar;

	if (field.size < prefix || memcmp(field.data, HASHED_PREFIX, prefix) != 0)
		return RESULT_MALFORMED;
	rest = bytes_of(field.data + prefix, field.size - prefix);
	bar = rest.size == 0 ? NULL : memchr(rest.data, '|', rest.size);
	if (bar == NULL)
		return RESULT_MALFORMED;
	TRY(text_base64_decode(bytes_of(rest.data, (size_t)(bar - rest.data)), salt));
	TRY(text_base64_decode(bytes_of(bar + 1, rest.size - (size_t)(bar - rest.data) - 1), hash));
	return buf_size(salt) == HASHED_SIZE && buf_size(hash) == HASHED_SIZE ? RESULT_OK
									      : RESULT_MALFORMED;
}

static enum naming
hashed_names(struct bytes field, struct bytes host)
{
	uint8_t computed[HASH_SIZE_MAX];
	OWNED_BUF salt, hash;

	buf_init(&salt, HASHED_SIZE);
	buf_init(&hash, HASHED_SIZE);
	if (decode_hashed(field, &salt, &hash) != RESULT_OK ||
	    hash_keyed(HASH_SHA1, buf_bytes(&salt), host, computed) != RESULT_OK)
		return NAMING_BROKEN;
	return bytes_equal(buf_bytes(&hash), bytes_of(computed, HASHED_SIZE)) ? NAMING_YES
									      : NAMING_NO;
}

static enum naming
names(struct bytes field, struct bytes host)
{
	if (field.size == 0)
		return NAMING_BROKEN;
	if (field.data[0] == '|')
		return hashed_names(field, host);
	return pattern_list_match_caseless(field, host) == LIST_MATCH_YES ? NAMING_YES : NAMING_NO;
}

/* --- Lines -------------------------------------------------------------------------------------- */

static bool
is_readable(struct bytes line)
{
	return line.size <= KNOWN_HOSTS_LINE_MAX &&
	       (line.size == 0 || memchr(line.data, '\0', line.size) == NULL);
}

/* Does what stands there, if it can be read, concern what is asked for? */
static bool
concerns(enum marker marker, struct bytes blob, const struct known_hosts_question *question)
{
	const bool is_authority =
	    question->authority.size > 0 && bytes_equal(blob, question->authority);
	const bool is_key = bytes_equal(blob, question->key);

	switch (marker) {
	case MARKER_NONE:
		return is_key && question->authority.size == 0;
	case MARKER_AUTHORITY:
		return is_authority;
	case MARKER_REVOKED:
		return is_key || is_authority;
	case MARKER_OTHER:
		break;
	}
	return false;
}

static void
note(struct known_hosts_answer *answer, enum known_hosts_verdict verdict, unsigned line)
{
	if (verdict <= answer->verdict)
		return;
	answer->verdict = verdict;
	answer->line = line;
}

static void
refuse(struct known_hosts_answer *answer, enum marker marker, unsigned line)
{
	if (answer->refused_count++ == 0)
		answer->refused_line = line;
	if (marker == MARKER_REVOKED)
		note(answer, KNOWN_HOSTS_REVOKED, line);
}

/* The key first: most lines have another one, and hashing their names would cost more. */
static void
read_line(struct bytes line, unsigned number, const struct known_hosts_question *question,
    struct known_hosts_answer *answer)
{
	const enum marker marker = take_marker(&line);
	const struct bytes field = take_word(&line);
	struct key_line words;
	enum naming naming;
	OWNED_BUF blob;

	buf_init(&blob, KEY_BLOB_MAX);
	if (marker == MARKER_OTHER)
		return;
	if (key_line_parse(line, &words) != RESULT_OK ||
	    key_line_blob(&words, &blob) != RESULT_OK) {
		refuse(answer, names(field, question->host) == NAMING_NO ? MARKER_NONE : marker,
		    number);
		return;
	}
	if (!concerns(marker, buf_bytes(&blob), question))
		return;
	naming = names(field, question->host);
	if (naming == NAMING_BROKEN)
		refuse(answer, marker, number);
	else if (naming == NAMING_YES)
		note(answer, marker == MARKER_REVOKED ? KNOWN_HOSTS_REVOKED : KNOWN_HOSTS_LISTED,
		    number);
}

struct known_hosts_answer
known_hosts_find(struct bytes file, const struct known_hosts_question *question)
{
	struct known_hosts_answer answer = { .verdict = KNOWN_HOSTS_SILENT };
	struct bytes text;

	for (unsigned number = 1; text_next_line(&file, &text); number++) {
		struct bytes line = text_trim(text);

		if (line.size == 0 || line.data[0] == '#')
			continue;
		if (is_readable(text))
			read_line(line, number, question, &answer);
		else
			refuse(&answer, take_marker(&line), number);
	}
	return answer;
}
