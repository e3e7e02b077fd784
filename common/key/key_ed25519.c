/* SPDX-License-Identifier: ISC */
/*
 * ssh-ed25519: keys of 32 bytes, signatures of 64. Pure. RFC 8709.
 */
#include <openssl/evp.h>

#include "common/key/key_internal.h"
#include "common/mem.h"

#define PUBLIC_SIZE    32
#define SEED_SIZE      32
#define SIGNATURE_SIZE 64

static enum result
ed25519_read_public(const struct key_type *type, struct reader *reader, EVP_PKEY **out)
{
	struct bytes public = get_string(reader);

	if (reader_end(reader) != RESULT_OK || public.size != PUBLIC_SIZE)
		return RESULT_MALFORMED;
	*out = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, public.data, public.size);
	return *out == NULL ? RESULT_MALFORMED : RESULT_OK;
}

static enum result
ed25519_write_public(const struct key_type *type, const EVP_PKEY *pkey, struct writer *writer)
{
	uint8_t public[PUBLIC_SIZE];
	size_t size = sizeof(public);

	if (EVP_PKEY_get_raw_public_key(pkey, public, &size) != 1 || size != sizeof(public))
		return RESULT_CRYPTO;
	put_string(writer, bytes_of(public, size));
	return RESULT_OK;
}

/* Signing with a public part that is not the seed's gives the seed away: all copies must agree. */
static enum result
check_public(const EVP_PKEY *pkey, struct bytes public, struct bytes copy)
{
	uint8_t own[PUBLIC_SIZE];
	size_t size = sizeof(own);

	if (EVP_PKEY_get_raw_public_key(pkey, own, &size) != 1)
		return RESULT_CRYPTO;
	if (!bytes_equal(public, bytes_of(own, size)) || !bytes_equal(copy, public))
		return RESULT_MALFORMED;
	return RESULT_OK;
}

static enum result
ed25519_read_private(const struct key_type *type, struct reader *reader, EVP_PKEY **out)
{
	CLEANUP(pkey_freep) EVP_PKEY *pkey = NULL;
	struct bytes public = get_string(reader);
	struct bytes secret = get_string(reader); /* the seed, and the public part once more */

	if (reader->result != RESULT_OK || public.size != PUBLIC_SIZE ||
	    secret.size != SEED_SIZE + PUBLIC_SIZE)
		return RESULT_MALFORMED;
	pkey = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, secret.data, SEED_SIZE);
	if (pkey == NULL)
		return RESULT_MALFORMED;
	TRY(check_public(pkey, public, bytes_of(secret.data + SEED_SIZE, PUBLIC_SIZE)));
	*out = TAKE(pkey);
	return RESULT_OK;
}

static enum result
ed25519_signature_to_wire(const struct key *key, struct bytes signature, struct writer *out)
{
	put_raw(out, signature);
	return RESULT_OK;
}

static enum result
ed25519_signature_from_wire(const struct key *key, struct bytes blob, uint8_t *out, size_t *size)
{
	if (blob.size != SIGNATURE_SIZE)
		return RESULT_MALFORMED;
	memcpy(out, blob.data, blob.size);
	*size = blob.size;
	return RESULT_OK;
}

const struct key_type key_type_ed25519 = {
	.name = "ssh-ed25519",
	.family = "ED25519",
	.read_public = ed25519_read_public,
	.write_public = ed25519_write_public,
	.read_private = ed25519_read_private,
	.signature_to_wire = ed25519_signature_to_wire,
	.signature_from_wire = ed25519_signature_from_wire,
};
