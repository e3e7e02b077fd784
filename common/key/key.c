/* SPDX-License-Identifier: ISC */
/*
 * A key and its operations: the table of types, and signing and verifying with any of them. Pure.
 * RFC 4252 section 7, RFC 4253 section 6.6, RFC 8332.
 */
#include "common/key/key.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "common/crypto/owned.h"
#include "common/crypto/start.h"
#include "common/key/key_internal.h"
#include "common/mem.h"

static const struct key_type *const types[] = {
	&key_type_ed25519,
	&key_type_ed448,
	&key_type_nistp256,
	&key_type_nistp384,
	&key_type_nistp521,
	&key_type_secp256k1,
	&key_type_rsa,
	&key_type_dss,
	&key_type_mldsa44_ed25519,
	&key_type_sk_ed25519,
	&key_type_sk_nistp256,
};

const struct key_type *
key_type_find(struct bytes name)
{
	for (size_t i = 0; i < COUNT(types); i++) {
		if (bytes_is(name, types[i]->name))
			return types[i];
	}
	return NULL;
}

const struct key_type *
key_type_find_private(struct bytes name)
{
	const struct key_type *type = key_type_find(name);

	return type == NULL || type->inner != NULL ? NULL : type;
}

const struct key_type *
key_type_find_stem(struct bytes stem)
{
	for (size_t i = 0; i < COUNT(types); i++) {
		if (bytes_is(stem, types[i]->stem == NULL ? types[i]->name : types[i]->stem))
			return types[i];
	}
	return NULL;
}

bool
key_type_is_known(struct bytes name)
{
	return key_type_find(name) != NULL;
}

const struct key_type *
key_type_find_pkey(const EVP_PKEY *pkey)
{
	for (size_t i = 0; i < COUNT(types); i++) {
		if (EVP_PKEY_is_a(pkey, types[i]->family) &&
		    (types[i]->matches == NULL || types[i]->matches(types[i], pkey)))
			return types[i];
	}
	return NULL;
}

void
key_parts_clear(struct key_parts *parts)
{
	EVP_PKEY_free(parts->pkey);
	EVP_PKEY_free(parts->second);
	*parts = (struct key_parts){ 0 };
}

void
key_free(struct key *key)
{
	if (key == NULL)
		return;
	key_parts_clear(&key->parts);
	free(key->blob);
	free(key);
}

void
key_freep(struct key **key)
{
	key_free(*key);
	*key = NULL;
}

const char *
key_type(const struct key *key)
{
	return key->type->name;
}

struct bytes
key_blob(const struct key *key)
{
	return bytes_of(key->blob, key->blob_size);
}

unsigned
key_bits(const struct key *key)
{
	return key->bits;
}

bool
key_is_private(const struct key *key)
{
	return key->is_private;
}

bool
key_is_security_key(const struct key *key)
{
	return key->type->inner != NULL;
}

bool
key_equal(const struct key *a, const struct key *b)
{
	return bytes_equal(key_blob(a), key_blob(b));
}

enum result
key_from_private_file(struct bytes file, const struct bytes *passphrase, struct key **out)
{
	*out = NULL;
	if (file.size > KEY_FILE_MAX)
		return RESULT_LIMIT;
	TRY(crypto_start());
	if (file_openssh_is(file))
		return file_openssh_parse(file, passphrase, out);
	/* TinySSH's are random bytes, which may look like anything: its size tells them, and no DER has it. */
	if (file_others_is(file))
		return file_others_parse(file, out);
	if (file_der_is(file))
		return file_der_parse(file, passphrase, out);
	return file_pem_parse(file, passphrase, out);
}

/* libcrypto's name of the digest; NULL for schemes that have their own. */
static const char *
digest_name(const struct signature_algorithm *algorithm)
{
	return algorithm->hash == HASH_NONE ? NULL : hash_name(algorithm->hash);
}

/* libcrypto's signature of `data` into `out` (KEY_SIGNATURE_MAX bytes). */
static enum result
sign_raw(const struct key *key, const struct signature_algorithm *algorithm, struct bytes data,
    uint8_t *out, size_t *size)
{
	CLEANUP(digest_context_freep) EVP_MD_CTX *context = EVP_MD_CTX_new();

	*size = KEY_SIGNATURE_MAX;
	if (context == NULL)
		return RESULT_MEMORY;
	if (EVP_DigestSignInit_ex(
		context, NULL, digest_name(algorithm), NULL, NULL, key->parts.pkey, NULL) != 1 ||
	    EVP_DigestSign(context, out, size, data.data, data.size) != 1)
		return RESULT_CRYPTO;
	return RESULT_OK;
}

static enum result
sign_blob(const struct key *key, const struct signature_algorithm *algorithm, struct bytes data,
    struct writer *out)
{
	uint8_t raw[KEY_SIGNATURE_MAX];
	size_t size;

	if (key->type->sign != NULL)
		return key->type->sign(&key->parts, data, out);
	TRY(sign_raw(key, algorithm, data, raw, &size));
	return key->type->signature_to_wire(key, bytes_of(raw, size), out);
}

enum result
key_sign(const struct key *key, const struct signature_algorithm *algorithm, struct bytes data,
    struct buf *signature)
{
	uint8_t blob[KEY_SIGNATURE_MAX];
	struct writer inner = writer_into(blob, sizeof(blob));
	struct writer outer;
	uint8_t *at;
	size_t room;

	if (!key->is_private || strcmp(algorithm->key_type, key->type->name) != 0)
		return RESULT_UNSUPPORTED;
	TRY(sign_blob(key, algorithm, data, &inner));
	TRY(writer_end(&inner));
	room = 2 * sizeof(uint32_t) + strlen(algorithm->signature_name) + inner.used;
	TRY(buf_reserve(signature, room, &at));
	outer = writer_into(at, room);
	put_text(&outer, algorithm->signature_name);
	put_string(&outer, writer_bytes(&inner));
	TRY(writer_end(&outer));
	buf_commit(signature, outer.used);
	return RESULT_OK;
}

enum result
key_verify_blob(const struct key *key, const struct signature_algorithm *algorithm,
    struct bytes data, struct bytes blob)
{
	CLEANUP(digest_context_freep) EVP_MD_CTX *context = NULL;
	uint8_t raw[KEY_SIGNATURE_MAX];
	size_t size = 0;

	if (key->type->verify != NULL)
		return key->type->verify(&key->parts, data, blob);
	TRY(key->type->signature_from_wire(key, blob, raw, &size));
	context = EVP_MD_CTX_new();
	if (context == NULL)
		return RESULT_MEMORY;
	if (EVP_DigestVerifyInit_ex(
		context, NULL, digest_name(algorithm), NULL, NULL, key->parts.pkey, NULL) != 1)
		return RESULT_CRYPTO;
	/* Nothing but 1 is a yes: 0 is a no, and below are failures on the way to an answer. */
	if (EVP_DigestVerify(context, raw, size, data.data, data.size) != 1)
		return RESULT_SIGNATURE;
	return RESULT_OK;
}

enum result
key_verify_assertion(const struct key *key, const struct signature_algorithm *algorithm,
    struct bytes data, struct bytes signature, struct key_assertion *assertion)
{
	struct bytes blob;

	*assertion = (struct key_assertion){ .is_security_key = key_is_security_key(key) };
	if (strcmp(algorithm->key_type, key->type->name) != 0)
		return RESULT_SIGNATURE;
	if (assertion->is_security_key)
		return key_sk_verify(key, algorithm, data, signature, assertion);
	TRY(signature_parse(signature, algorithm, &blob));
	return key_verify_blob(key, algorithm, data, blob);
}

enum result
key_verify(const struct key *key, const struct signature_algorithm *algorithm, struct bytes data,
    struct bytes signature)
{
	struct key_assertion ignored;

	return key_verify_assertion(key, algorithm, data, signature, &ignored);
}
