/* SPDX-License-Identifier: ISC */
/*
 * OpenSSH's certificates of both versions. Pure. OpenSSH's PROTOCOL.certkeys, now and in OpenSSH 5.4.
 */
#include "common/key/certificate.h"

#include <stdlib.h>

#include "common/key/key_internal.h"
#include "common/mem.h"

#define SUFFIX "-cert-v01@openssh.com"

/* Of certificates of the first version the table of algorithms has all types there are: their keys sign by one each. */
static const struct key_type *
first_subject_type(struct bytes name)
{
	const struct signature_algorithm *algorithm = signature_algorithm_find(name);

	if (algorithm == NULL || (algorithm->flags & ALGORITHM_FIRST_VERSION) == 0)
		return NULL;
	return key_type_find(bytes_of_text(algorithm->key_type));
}

/* The type of the key inside of a certificate of this type; NULL if there is none. */
static const struct key_type *
subject_type(struct bytes name, bool *is_first_version)
{
	const size_t suffix = strlen(SUFFIX);
	const struct key_type *first = first_subject_type(name);

	*is_first_version = first != NULL;
	if (first != NULL)
		return first;
	if (name.size <= suffix || memcmp(name.data + name.size - suffix, SUFFIX, suffix) != 0)
		return NULL;
	return key_type_find_stem(bytes_of(name.data, name.size - suffix));
}

bool
certificate_type_is_known(struct bytes name)
{
	bool is_first_version;

	return subject_type(name, &is_first_version) != NULL;
}

void
certificate_free(struct certificate *certificate)
{
	if (certificate == NULL)
		return;
	key_free(certificate->subject);
	key_free(certificate->authority);
	free(certificate->blob);
	free(certificate);
}

void
certificate_freep(struct certificate **certificate)
{
	certificate_free(*certificate);
	*certificate = NULL;
}

struct bytes
certificate_blob(const struct certificate *certificate)
{
	return bytes_of(certificate->blob, certificate->blob_size);
}

/* --- Fields ------------------------------------------------------------------------------------- */

/* The fields of the key stand where they stand in a plain blob: strings, as many as the type says. */
static enum result
read_subject(const struct key_type *type, struct reader *reader, struct key **out)
{
	uint8_t room[KEY_BLOB_MAX];
	struct writer plain = writer_into(room, sizeof(room));

	put_text(&plain, type->name);
	for (unsigned i = 0; i < type->field_count; i++)
		put_string(&plain, get_string(reader));
	TRY(reader->result);
	TRY(writer_end(&plain));
	return key_from_blob(writer_bytes(&plain), out);
}

/* What both versions have in the same order. */
static void
read_terms(struct reader *reader, struct certificate *certificate)
{
	certificate->kind = get_u32(reader);
	certificate->key_id = get_string(reader);
	certificate->principals = get_string(reader);
	certificate->valid_after = get_u64(reader);
	certificate->valid_before = get_u64(reader);
	certificate->critical_options = get_string(reader);
}

/* The caller asks the reader whether all was there. */
static enum result
read_first_version(
    const struct key_type *type, struct reader *reader, struct certificate *certificate)
{
	TRY(read_subject(type, reader, &certificate->subject));
	read_terms(reader, certificate);
	certificate->extensions = bytes_of(certificate->critical_options.data, 0);
	get_string(reader); /* nonce */
	get_string(reader); /* reserved */
	return RESULT_OK;
}

static enum result
read_version_one(
    const struct key_type *type, struct reader *reader, struct certificate *certificate)
{
	get_string(reader); /* nonce */
	TRY(read_subject(type, reader, &certificate->subject));
	certificate->serial = get_u64(reader);
	read_terms(reader, certificate);
	certificate->extensions = get_string(reader);
	get_string(reader); /* reserved */
	return RESULT_OK;
}

static enum result
check_principals(struct certificate *certificate)
{
	struct reader reader = reader_of(certificate->principals);

	while (reader.left > 0 && reader.result == RESULT_OK) {
		struct bytes principal = get_text(&reader, KEY_BLOB_MAX);

		if (principal.size == 0)
			return RESULT_MALFORMED;
		certificate->principal_count++;
	}
	if (certificate->principal_count > CERTIFICATE_PRINCIPALS_MAX)
		return RESULT_LIMIT;
	return reader_end(&reader);
}

static int
compare(struct bytes a, struct bytes b)
{
	const size_t size = a.size < b.size ? a.size : b.size;
	const int order = size == 0 ? 0 : memcmp(a.data, b.data, size);

	if (order != 0)
		return order;
	return a.size == b.size ? 0 : a.size < b.size ? -1 : 1;
}

/* Sorted, so that none comes twice: a second force-command would be a matter of taste. */
static enum result
check_options(struct bytes options)
{
	struct reader reader = reader_of(options);
	struct bytes last = bytes_of("", 0);

	while (reader.left > 0 && reader.result == RESULT_OK) {
		struct bytes name = get_text(&reader, KEY_BLOB_MAX);

		get_string(&reader); /* its data */
		if (reader.result == RESULT_OK && compare(last, name) >= 0)
			return RESULT_MALFORMED;
		last = name;
	}
	return reader_end(&reader);
}

static enum result
check_fields(struct certificate *certificate)
{
	if (certificate->kind != CERTIFICATE_USER && certificate->kind != CERTIFICATE_HOST)
		return RESULT_MALFORMED;
	TRY(check_principals(certificate));
	TRY(check_options(certificate->critical_options));
	return check_options(certificate->extensions);
}

/* --- The signature ------------------------------------------------------------------------------ */

static enum result
check_signature(struct certificate *certificate, struct bytes signed_part, struct bytes signature)
{
	struct reader reader = reader_of(signature);
	const struct signature_algorithm *algorithm;

	certificate->signed_with = get_string(&reader);
	TRY(reader.result);
	algorithm = signature_algorithm_find(certificate->signed_with);
	if (algorithm == NULL)
		return RESULT_UNSUPPORTED;
	if ((algorithm->flags & ALGORITHM_CERTIFICATE) != 0)
		return RESULT_MALFORMED;
	return key_verify(certificate->authority, algorithm, signed_part, signature);
}

/* --- The whole ---------------------------------------------------------------------------------- */

static enum result
parse(struct certificate *certificate)
{
	const struct bytes blob = certificate_blob(certificate);
	struct reader reader = reader_of(blob);
	const struct key_type *type =
	    subject_type(get_string(&reader), &certificate->is_first_version);
	struct bytes authority, signed_part, signature;

	if (type == NULL)
		return reader.result == RESULT_OK ? RESULT_UNSUPPORTED : RESULT_MALFORMED;
	TRY(certificate->is_first_version ? read_first_version(type, &reader, certificate)
					  : read_version_one(type, &reader, certificate));
	authority = get_string(&reader);
	signed_part = bytes_of(blob.data, blob.size - reader.left);
	signature = get_string(&reader);
	if (reader_end(&reader) != RESULT_OK)
		return RESULT_MALFORMED;
	TRY(check_fields(certificate));
	TRY(key_from_blob(authority, &certificate->authority)); /* never a certificate itself */
	return check_signature(certificate, signed_part, signature);
}

enum result
certificate_parse(struct bytes blob, struct certificate **out)
{
	CLEANUP(certificate_freep) struct certificate *certificate = NULL;

	*out = NULL;
	if (blob.size > KEY_BLOB_MAX)
		return RESULT_LIMIT;
	TRY(mem_new(1, sizeof(*certificate), (void **)&certificate));
	TRY(mem_new(blob.size + 1, 1, (void **)&certificate->blob));
	if (blob.size > 0)
		memcpy(certificate->blob, blob.data, blob.size);
	certificate->blob_size = blob.size;
	TRY(parse(certificate));
	*out = TAKE(certificate);
	return RESULT_OK;
}

bool
certificate_has_principal(const struct certificate *certificate, struct bytes name)
{
	struct reader reader = reader_of(certificate->principals);

	while (reader.left > 0 && reader.result == RESULT_OK) {
		if (bytes_equal(get_string(&reader), name) && reader.result == RESULT_OK)
			return name.size > 0;
	}
	return false;
}
