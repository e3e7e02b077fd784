/* SPDX-License-Identifier: ISC */
/*
 * ssh-ed25519 and ssh-ed448. Pure. RFC 8709.
 */
#include <openssl/evp.h>

#include "common/crypto/owned.h"
#include "common/key/key_internal.h"
#include "common/mem.h"

#define PUBLIC_SIZE_MAX 57

/* The seed is as long as the public part. */
struct variant {
	size_t public_size, signature_size;
};

static const struct variant ed25519 = { 32, 64 };
static const struct variant ed448 = { 57, 114 };

static const struct variant *
variant_of(const struct key_type *type)
{
	return type->curve;
}

static enum result
eddsa_read_public(const struct key_type *type, struct reader *reader, struct key_parts *out)
{
	struct bytes public = get_string(reader);

	if (reader_end(reader) != RESULT_OK || public.size != variant_of(type)->public_size)
		return RESULT_MALFORMED;
	out->pkey =
	    EVP_PKEY_new_raw_public_key_ex(NULL, type->family, NULL, public.data, public.size);
	return out->pkey == NULL ? RESULT_MALFORMED : RESULT_OK;
}

static enum result
eddsa_write_public(
    const struct key_type *type, const struct key_parts *parts, struct writer *writer)
{
	const EVP_PKEY *pkey = parts->pkey;
	uint8_t public[PUBLIC_SIZE_MAX];
	size_t size = sizeof(public);

	if (EVP_PKEY_get_raw_public_key(pkey, public, &size) != 1 ||
	    size != variant_of(type)->public_size)
		return RESULT_CRYPTO;
	put_string(writer, bytes_of(public, size));
	return RESULT_OK;
}

/* Signing with a public part that is not the seed's gives the seed away: all copies must agree. */
static enum result
check_public(const EVP_PKEY *pkey, struct bytes public, struct bytes copy)
{
	uint8_t own[PUBLIC_SIZE_MAX];
	size_t size = sizeof(own);

	if (EVP_PKEY_get_raw_public_key(pkey, own, &size) != 1)
		return RESULT_CRYPTO;
	if (!bytes_equal(public, bytes_of(own, size)) || !bytes_equal(copy, public))
		return RESULT_MALFORMED;
	return RESULT_OK;
}

static enum result
eddsa_read_private(const struct key_type *type, struct reader *reader, struct key_parts *out)
{
	CLEANUP(pkey_freep) EVP_PKEY *pkey = NULL;
	const size_t size = variant_of(type)->public_size;
	struct bytes public = get_string(reader);
	struct bytes secret = get_string(reader); /* the seed, and the public part once more */

	if (reader->result != RESULT_OK || public.size != size || secret.size != 2 * size)
		return RESULT_MALFORMED;
	pkey = EVP_PKEY_new_raw_private_key_ex(NULL, type->family, NULL, secret.data, size);
	if (pkey == NULL)
		return RESULT_MALFORMED;
	TRY(check_public(pkey, public, bytes_of(secret.data + size, size)));
	out->pkey = TAKE(pkey);
	return RESULT_OK;
}

static enum result
eddsa_signature_to_wire(const struct key *key, struct bytes signature, struct writer *out)
{
	put_raw(out, signature);
	return RESULT_OK;
}

static enum result
eddsa_signature_from_wire(const struct key *key, struct bytes blob, uint8_t *out, size_t *size)
{
	if (blob.size != variant_of(key->type)->signature_size)
		return RESULT_MALFORMED;
	memcpy(out, blob.data, blob.size);
	*size = blob.size;
	return RESULT_OK;
}

const struct key_type key_type_ed25519 = {
	.name = "ssh-ed25519",
	.family = "ED25519",
	.field_count = 1,
	.curve = &ed25519,
	.read_public = eddsa_read_public,
	.write_public = eddsa_write_public,
	.read_private = eddsa_read_private,
	.signature_to_wire = eddsa_signature_to_wire,
	.signature_from_wire = eddsa_signature_from_wire,
};

const struct key_type key_type_ed448 = {
	.name = "ssh-ed448",
	.family = "ED448",
	.field_count = 1,
	.curve = &ed448,
	.read_public = eddsa_read_public,
	.write_public = eddsa_write_public,
	.read_private = eddsa_read_private,
	.signature_to_wire = eddsa_signature_to_wire,
	.signature_from_wire = eddsa_signature_from_wire,
};
