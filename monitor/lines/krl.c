/* SPDX-License-Identifier: ISC */
/*
 * Key revocation lists (pure). OpenSSH's PROTOCOL.krl. Every section is read to its end, whatever was found.
 */
#include "monitor/lines/krl.h"

#include "common/crypto/hash.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/wire.h"

#define MAGIC   UINT64_C(0x5353484b524c0a00) /* "SSHKRL\n" and a zero */
#define VERSION 1

enum section {
	SECTION_CERTIFICATES = 1,
	SECTION_KEYS = 2,
	SECTION_SHA1 = 3,
	SECTION_SIGNATURE = 4,
	SECTION_SHA256 = 5,
	SECTION_EXTENSION = 255,
};

enum certificate_section {
	CERTIFICATES_SERIALS = 0x20,
	CERTIFICATES_RANGE = 0x21,
	CERTIFICATES_BITMAP = 0x22,
	CERTIFICATES_KEY_IDS = 0x23,
	CERTIFICATES_EXTENSION = 0x39,
};

/* --- Lists of keys ------------------------------------------------------------------------------ */

static bool
is_subject(struct bytes blob, const struct krl_subject *subject)
{
	const struct certificate *certificate = subject->certificate;

	return bytes_equal(blob, subject->key) ||
	       (certificate != NULL && (bytes_equal(blob, certificate_blob(certificate)) ||
					   bytes_equal(blob, key_blob(certificate->authority))));
}

static bool
is_hash_of_subject(struct bytes digest, enum hash_kind kind, const struct krl_subject *subject)
{
	const struct bytes blobs[] = { subject->key,
		subject->certificate == NULL ? subject->key
					     : key_blob(subject->certificate->authority) };
	uint8_t own[HASH_SIZE_MAX];

	for (size_t i = 0; i < COUNT(blobs); i++) {
		if (hash_pieces(kind, &blobs[i], 1, own) == RESULT_OK &&
		    bytes_equal(digest, bytes_of(own, hash_size(kind))))
			return true;
	}
	return false;
}

static enum result
check_keys(struct bytes data, const struct krl_subject *subject, bool *is_revoked)
{
	struct reader reader = reader_of(data);

	while (reader.left > 0 && reader.result == RESULT_OK) {
		struct bytes blob = get_string(&reader);

		*is_revoked |= reader.result == RESULT_OK && is_subject(blob, subject);
	}
	return reader_end(&reader);
}

static enum result
check_hashes(
    struct bytes data, enum hash_kind kind, const struct krl_subject *subject, bool *is_revoked)
{
	struct reader reader = reader_of(data);

	while (reader.left > 0 && reader.result == RESULT_OK) {
		struct bytes digest = get_string(&reader);

		if (reader.result == RESULT_OK && digest.size != hash_size(kind))
			return RESULT_MALFORMED;
		*is_revoked |=
		    reader.result == RESULT_OK && is_hash_of_subject(digest, kind, subject);
	}
	return reader_end(&reader);
}

/* --- Certificates ------------------------------------------------------------------------------- */

/* Zero is what certificates have that were given none: no list of numbers means it. */
static bool
has_serial(const struct certificate *certificate, uint64_t first, uint64_t last)
{
	return certificate->serial != 0 && certificate->serial >= first &&
	       certificate->serial <= last;
}

static enum result
check_serials(struct bytes data, const struct certificate *certificate, bool *is_revoked)
{
	struct reader reader = reader_of(data);

	while (reader.left > 0 && reader.result == RESULT_OK) {
		uint64_t serial = get_u64(&reader);

		*is_revoked |=
		    reader.result == RESULT_OK && has_serial(certificate, serial, serial);
	}
	return reader_end(&reader);
}

static enum result
check_range(struct bytes data, const struct certificate *certificate, bool *is_revoked)
{
	struct reader reader = reader_of(data);
	uint64_t first = get_u64(&reader);
	uint64_t last = get_u64(&reader);

	TRY(reader_end(&reader));
	*is_revoked |= has_serial(certificate, first, last);
	return RESULT_OK;
}

/* A number whose bits stand for serials from an offset on. */
static enum result
check_bitmap(struct bytes data, const struct certificate *certificate, bool *is_revoked)
{
	struct reader reader = reader_of(data);
	uint64_t offset = get_u64(&reader);
	struct bytes bits = get_mpint(&reader);
	uint64_t bit;

	TRY(reader_end(&reader));
	if (certificate->serial == 0 || certificate->serial < offset)
		return RESULT_OK;
	bit = certificate->serial - offset;
	if (bit / 8 < bits.size)
		*is_revoked |= (bits.data[bits.size - 1 - bit / 8] >> (bit % 8) & 1) != 0;
	return RESULT_OK;
}

static enum result
check_key_ids(struct bytes data, const struct certificate *certificate, bool *is_revoked)
{
	struct reader reader = reader_of(data);

	while (reader.left > 0 && reader.result == RESULT_OK) {
		struct bytes key_id = get_string(&reader);

		*is_revoked |=
		    reader.result == RESULT_OK && bytes_equal(key_id, certificate->key_id);
	}
	return reader_end(&reader);
}

/* One that is critical would change what the rest means. */
static enum result
check_extension(struct bytes data)
{
	struct reader reader = reader_of(data);
	bool is_critical;

	get_string(&reader); /* its name */
	is_critical = get_bool(&reader);
	get_string(&reader);
	TRY(reader_end(&reader));
	return is_critical ? RESULT_UNSUPPORTED : RESULT_OK;
}

static enum result
check_part(uint8_t type, struct bytes data, const struct certificate *certificate, bool *is_revoked)
{
	switch (type) {
	case CERTIFICATES_SERIALS:
		return check_serials(data, certificate, is_revoked);
	case CERTIFICATES_RANGE:
		return check_range(data, certificate, is_revoked);
	case CERTIFICATES_BITMAP:
		return check_bitmap(data, certificate, is_revoked);
	case CERTIFICATES_KEY_IDS:
		return check_key_ids(data, certificate, is_revoked);
	case CERTIFICATES_EXTENSION:
		return check_extension(data);
	default:
		return RESULT_UNSUPPORTED;
	}
}

/* Of one authority, or of all if it is not named. What is of others is read all the same. */
static enum result
check_certificates(struct bytes data, const struct krl_subject *subject, bool *is_revoked)
{
	static const struct certificate none = { .key_id = { (const uint8_t *)"", 0 } };
	const struct certificate *certificate = subject->certificate;
	struct reader reader = reader_of(data);
	struct bytes authority = get_string(&reader);
	bool is_ours, found = false;

	get_string(&reader); /* reserved */
	TRY(reader.result);
	is_ours = certificate != NULL &&
		  (authority.size == 0 || bytes_equal(authority, key_blob(certificate->authority)));
	while (reader.left > 0) {
		uint8_t type = get_byte(&reader);
		struct bytes part = get_string(&reader);

		TRY(reader.result);
		TRY(check_part(type, part, certificate == NULL ? &none : certificate, &found));
	}
	*is_revoked |= is_ours && found;
	return RESULT_OK;
}

/* --- The file ----------------------------------------------------------------------------------- */

static enum result
check_section(uint8_t type, struct bytes data, const struct krl_subject *subject, bool *is_revoked)
{
	switch (type) {
	case SECTION_CERTIFICATES:
		return check_certificates(data, subject, is_revoked);
	case SECTION_KEYS:
		return check_keys(data, subject, is_revoked);
	case SECTION_SHA1:
		return check_hashes(data, HASH_SHA1, subject, is_revoked);
	case SECTION_SHA256:
		return check_hashes(data, HASH_SHA256, subject, is_revoked);
	case SECTION_EXTENSION:
		return check_extension(data);
	default:
		return RESULT_UNSUPPORTED; /* signatures, too: nobody says whose would count */
	}
}

static enum result
check_binary(struct bytes file, const struct krl_subject *subject)
{
	struct reader reader = reader_of(file);
	bool is_revoked = false;

	get_u64(&reader); /* the magic */
	if (get_u32(&reader) != VERSION)
		return reader.result == RESULT_OK ? RESULT_UNSUPPORTED : RESULT_MALFORMED;
	get_u64(&reader); /* version of the list, date, flags */
	get_u64(&reader);
	get_u64(&reader);
	get_string(&reader); /* reserved, comment */
	get_string(&reader);
	while (reader.left > 0 && reader.result == RESULT_OK) {
		uint8_t type = get_byte(&reader);
		struct bytes data = get_string(&reader);

		if (reader.result == RESULT_OK)
			TRY(check_section(type, data, subject, &is_revoked));
	}
	if (reader_end(&reader) != RESULT_OK)
		return RESULT_MALFORMED;
	return is_revoked ? RESULT_DENIED : RESULT_OK;
}

/* Who lists a certificate means its key, with all certificates that it has or will have. */
static enum result
check_listed(struct bytes blob, const struct krl_subject *subject, bool *is_revoked)
{
	CLEANUP(certificate_freep) struct certificate *certificate = NULL;
	struct reader reader = reader_of(blob);

	if (!certificate_type_is_known(get_string(&reader))) {
		*is_revoked |= is_subject(blob, subject);
		return RESULT_OK;
	}
	if (certificate_parse(blob, &certificate) != RESULT_OK)
		return RESULT_MALFORMED;
	*is_revoked |= is_subject(key_blob(certificate->subject), subject);
	return RESULT_OK;
}

/* A key on a line of its own, or in a block of several, at the beginning of *file. */
static enum result
take_key(struct bytes *file, struct buf *blob)
{
	const struct bytes from_here = *file;
	struct key_line words;
	struct bytes line;
	unsigned lines;

	if (!text_next_line(file, &line))
		return RESULT_OK;
	line = text_trim(line);
	if (line.size == 0 || line.data[0] == '#')
		return RESULT_OK;
	if (key_block_begins(line)) {
		*file = from_here;
		return key_block_read(file, &lines, blob);
	}
	if (key_line_parse(line, &words) != RESULT_OK || key_line_blob(&words, blob) != RESULT_OK)
		return RESULT_MALFORMED;
	return RESULT_OK;
}

/* A line that cannot be read may have been meant to revoke something. */
static enum result
check_text(struct bytes file, const struct krl_subject *subject)
{
	bool is_revoked = false;

	while (file.size > 0) {
		enum result result;
		OWNED_BUF blob;

		buf_init(&blob, KEY_BLOB_MAX);
		result = take_key(&file, &blob);
		if (result == RESULT_UNSUPPORTED)
			return result;
		if (result != RESULT_OK)
			return RESULT_MALFORMED;
		if (buf_size(&blob) > 0)
			TRY(check_listed(buf_bytes(&blob), subject, &is_revoked));
	}
	return is_revoked ? RESULT_DENIED : RESULT_OK;
}

enum result
krl_check(struct bytes file, const struct krl_subject *subject)
{
	struct reader reader = reader_of(file);

	return get_u64(&reader) == MAGIC ? check_binary(file, subject) : check_text(file, subject);
}
