/* SPDX-License-Identifier: ISC */
/*
 * ssh-mldsa44-ed25519@openssh.com: ML-DSA-44 and Ed25519 in one key, of which both must sign. Pure, with
 * libcrypto 3.5 and later. FIPS 204; draft-ietf-lamps-pq-composite-sigs.
 */
#include <openssl/evp.h>
#include <openssl/params.h>

#include "common/crypto/hash.h"
#include "common/crypto/owned.h"
#include "common/key/key_internal.h"
#include "common/mem.h"

#define MLDSA_PUBLIC_SIZE      1312
#define MLDSA_SIGNATURE_SIZE   2420
#define ED25519_PUBLIC_SIZE    32
#define ED25519_SIGNATURE_SIZE 64
#define SEED_SIZE              32 /* of either */

#define PREFIX                 "CompositeAlgorithmSignatures2025"
#define LABEL                  "COMPSIG-MLDSA44-Ed25519-SHA512"
#define SHA512_SIZE            64

/* Names of libcrypto 3.5, which the headers of older ones lack. */
#define MLDSA             "ML-DSA-44"
#define PARAMETER_SEED    "seed"
#define PARAMETER_CONTEXT "context-string"

/* Both public parts, in this order. */
#define PUBLIC_SIZE    (MLDSA_PUBLIC_SIZE + ED25519_PUBLIC_SIZE)
#define SIGNATURE_SIZE (MLDSA_SIGNATURE_SIZE + ED25519_SIGNATURE_SIZE)

static enum result
mldsa_read_public(const struct key_type *type, struct reader *reader, struct key_parts *out)
{
	struct bytes both = get_string(reader);

	if (reader_end(reader) != RESULT_OK || both.size != PUBLIC_SIZE)
		return RESULT_MALFORMED;
	out->second =
	    EVP_PKEY_new_raw_public_key_ex(NULL, MLDSA, NULL, both.data, MLDSA_PUBLIC_SIZE);
	out->pkey = EVP_PKEY_new_raw_public_key_ex(
	    NULL, type->family, NULL, both.data + MLDSA_PUBLIC_SIZE, ED25519_PUBLIC_SIZE);
	if (out->second == NULL)
		return RESULT_UNSUPPORTED; /* any bytes of this size are a key: there is no ML-DSA */
	return out->pkey == NULL ? RESULT_MALFORMED : RESULT_OK;
}

static enum result
mldsa_write_public(
    const struct key_type *type, const struct key_parts *parts, struct writer *writer)
{
	uint8_t both[PUBLIC_SIZE];
	size_t mldsa_size = MLDSA_PUBLIC_SIZE, ed25519_size = ED25519_PUBLIC_SIZE;

	if (EVP_PKEY_get_raw_public_key(parts->second, both, &mldsa_size) != 1 ||
	    EVP_PKEY_get_raw_public_key(parts->pkey, both + MLDSA_PUBLIC_SIZE, &ed25519_size) !=
		1 ||
	    mldsa_size != MLDSA_PUBLIC_SIZE || ed25519_size != ED25519_PUBLIC_SIZE)
		return RESULT_CRYPTO;
	put_string(writer, bytes_of(both, sizeof(both)));
	return RESULT_OK;
}

static enum result
mldsa_from_seed(struct bytes seed, EVP_PKEY **out)
{
	CLEANUP(parameters_freep) struct parameters *parameters = NULL;

	TRY(parameters_new(&parameters));
	parameters_put_octets(parameters, PARAMETER_SEED, seed);
	return parameters_make_key(parameters, MLDSA, true, out) == RESULT_OK ? RESULT_OK
									      : RESULT_UNSUPPORTED;
}

/* The public part is compared with what the seeds make by whoever asked. */
static enum result
mldsa_read_private(const struct key_type *type, struct reader *reader, struct key_parts *out)
{
	struct bytes public = get_string(reader);
	struct bytes seeds = get_string(reader);

	if (reader->result != RESULT_OK || public.size != PUBLIC_SIZE ||
	    seeds.size != 2 * SEED_SIZE)
		return RESULT_MALFORMED;
	TRY(mldsa_from_seed(bytes_of(seeds.data, SEED_SIZE), &out->second));
	out->pkey = EVP_PKEY_new_raw_private_key_ex(
	    NULL, type->family, NULL, seeds.data + SEED_SIZE, SEED_SIZE);
	return out->pkey == NULL ? RESULT_MALFORMED : RESULT_OK;
}

/* --- Signatures --------------------------------------------------------------------------------- */

/* What both sign: prefix, label, the length of a context that is empty, and the hash of the message. */
#define REPRESENTATIVE_SIZE (sizeof(PREFIX) - 1 + sizeof(LABEL) - 1 + 1 + SHA512_SIZE)

static enum result
represent(struct bytes data, uint8_t out[REPRESENTATIVE_SIZE])
{
	struct writer writer = writer_into(out, REPRESENTATIVE_SIZE);

	put_raw(&writer, bytes_of_text(PREFIX));
	put_raw(&writer, bytes_of_text(LABEL));
	put_byte(&writer, 0);
	TRY(writer_end(&writer));
	return hash_pieces(HASH_SHA512, &data, 1, out + writer.used);
}

static void
mldsa_parameters(OSSL_PARAM out[2])
{
	out[0] = OSSL_PARAM_construct_octet_string(
	    PARAMETER_CONTEXT, (void *)(uintptr_t)LABEL, sizeof(LABEL) - 1);
	out[1] = OSSL_PARAM_construct_end();
}

static enum result
sign_one(EVP_PKEY *pkey, const OSSL_PARAM *parameters, struct bytes data, uint8_t *out, size_t size)
{
	CLEANUP(digest_context_freep) EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t done = size;

	if (context == NULL)
		return RESULT_MEMORY;
	if (EVP_DigestSignInit_ex(context, NULL, NULL, NULL, NULL, pkey, parameters) != 1 ||
	    EVP_DigestSign(context, out, &done, data.data, data.size) != 1 || done != size)
		return RESULT_CRYPTO;
	return RESULT_OK;
}

static enum result
verify_one(EVP_PKEY *pkey, const OSSL_PARAM *parameters, struct bytes data, struct bytes signature)
{
	CLEANUP(digest_context_freep) EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (context == NULL)
		return RESULT_MEMORY;
	if (EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, pkey, parameters) != 1)
		return RESULT_CRYPTO;
	if (EVP_DigestVerify(context, signature.data, signature.size, data.data, data.size) != 1)
		return RESULT_SIGNATURE;
	return RESULT_OK;
}

static enum result
mldsa_sign(const struct key_parts *parts, struct bytes data, struct writer *out)
{
	uint8_t representative[REPRESENTATIVE_SIZE], both[SIGNATURE_SIZE];
	const struct bytes message = bytes_of(representative, sizeof(representative));
	OSSL_PARAM parameters[2];

	mldsa_parameters(parameters);
	TRY(represent(data, representative));
	TRY(sign_one(parts->second, parameters, message, both, MLDSA_SIGNATURE_SIZE));
	TRY(sign_one(
	    parts->pkey, NULL, message, both + MLDSA_SIGNATURE_SIZE, ED25519_SIGNATURE_SIZE));
	put_raw(out, bytes_of(both, sizeof(both)));
	return RESULT_OK;
}

static enum result
mldsa_verify(const struct key_parts *parts, struct bytes data, struct bytes blob)
{
	uint8_t representative[REPRESENTATIVE_SIZE];
	const struct bytes message = bytes_of(representative, sizeof(representative));
	OSSL_PARAM parameters[2];

	if (blob.size != SIGNATURE_SIZE)
		return RESULT_SIGNATURE;
	mldsa_parameters(parameters);
	TRY(represent(data, representative));
	TRY(verify_one(
	    parts->second, parameters, message, bytes_of(blob.data, MLDSA_SIGNATURE_SIZE)));
	return verify_one(parts->pkey, NULL, message,
	    bytes_of(blob.data + MLDSA_SIGNATURE_SIZE, ED25519_SIGNATURE_SIZE));
}

/* None of libcrypto's own keys is of this type: two of them are. */
static bool
mldsa_matches(const struct key_type *type, const EVP_PKEY *pkey)
{
	return false;
}

const struct key_type key_type_mldsa44_ed25519 = {
	.name = "ssh-mldsa44-ed25519@openssh.com",
	.family = "ED25519",
	.field_count = 1,
	.matches = mldsa_matches,
	.read_public = mldsa_read_public,
	.write_public = mldsa_write_public,
	.read_private = mldsa_read_private,
	.sign = mldsa_sign,
	.verify = mldsa_verify,
};
