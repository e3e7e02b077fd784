/* SPDX-License-Identifier: ISC */
/*
 * Public keys as they stand on the wire: from a blob to a key, and from a private key to its blob.
 * Pure. RFC 4253 section 6.6.
 */
#include <stdlib.h>

#include <openssl/evp.h>

#include "common/crypto/start.h"
#include "common/key/key_internal.h"
#include "common/mem.h"

/* A key around `parts`, which it takes over, with a copy of its blob. */
static enum result
key_make(const struct key_type *type, struct key_parts *parts, struct bytes blob, struct key **out)
{
	CLEANUP(key_freep) struct key *key = NULL;
	void *memory;

	TRY(mem_new(1, sizeof(*key), &memory));
	key = memory;
	TRY(mem_new(blob.size, 1, &memory));
	key->blob = memory;
	memcpy(key->blob, blob.data, blob.size);
	key->blob_size = blob.size;
	key->type = type;
	key->bits = (unsigned)EVP_PKEY_get_bits(parts->pkey);
	key->parts = *parts;
	*parts = (struct key_parts){ 0 };
	*out = TAKE(key);
	return RESULT_OK;
}

enum result
key_from_blob(struct bytes blob, struct key **out)
{
	CLEANUP(key_parts_clear) struct key_parts parts = { 0 };
	struct reader reader = reader_of(blob);
	const struct key_type *type;
	struct bytes name;

	*out = NULL;
	if (blob.size > KEY_BLOB_MAX)
		return RESULT_LIMIT;
	name = get_string(&reader);
	if (reader.result != RESULT_OK)
		return RESULT_MALFORMED;
	type = key_type_find(name);
	if (type == NULL)
		return RESULT_UNSUPPORTED;
	TRY(crypto_start());
	TRY(type->read_public(type, &reader, &parts));
	return key_make(type, &parts, blob, out);
}

/* The first algorithm that signs with keys of this type. */
static const struct signature_algorithm *
find_algorithm(const struct key_type *type)
{
	const struct signature_algorithm *algorithm;
	const char *name;
	unsigned flags;

	for (size_t i = 0; (name = algorithm_name(ALGORITHM_HOST_KEY, i, &flags)) != NULL; i++) {
		algorithm = signature_algorithm_find(bytes_of_text(name));
		if (strcmp(algorithm->key_type, type->name) == 0)
			return algorithm;
	}
	return NULL;
}

/* Signs and verifies: a pair whose halves do not fit must not become somebody's host key. */
static enum result
check_pair(const struct key *key)
{
	const struct bytes text = bytes_of_text("a text to be signed");
	const struct signature_algorithm *algorithm = find_algorithm(key->type);
	OWNED_BUF signature;
	enum result result;

	buf_init(&signature, KEY_SIGNATURE_MAX);
	if (algorithm == NULL)
		return RESULT_UNSUPPORTED;
	result = key_sign(key, algorithm, text, &signature);
	if (result == RESULT_OK)
		result = key_verify(key, algorithm, text, buf_bytes(&signature));
	return result == RESULT_OK || result == RESULT_MEMORY ? result : RESULT_MALFORMED;
}

enum result
key_from_private_parts(const struct key_type *type, struct key_parts *parts, struct key **out)
{
	CLEANUP(key_freep) struct key *key = NULL;
	uint8_t blob[KEY_BLOB_MAX];
	struct writer writer = writer_into(blob, sizeof(blob));

	*out = NULL;
	put_text(&writer, type->name);
	TRY(type->write_public(type, parts, &writer));
	TRY(writer_end(&writer));
	TRY(key_from_blob(writer_bytes(&writer), &key));
	key_parts_clear(&key->parts);
	key->parts = *parts;
	*parts = (struct key_parts){ 0 };
	key->is_private = true;
	TRY(check_pair(key));
	*out = TAKE(key);
	return RESULT_OK;
}

enum result
key_from_private_pkey(EVP_PKEY *taken, struct key **out)
{
	CLEANUP(key_parts_clear) struct key_parts parts = { .pkey = taken };
	const struct key_type *type = key_type_find_pkey(taken);

	*out = NULL;
	return type == NULL ? RESULT_UNSUPPORTED : key_from_private_parts(type, &parts, out);
}
