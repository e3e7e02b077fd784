/* SPDX-License-Identifier: ISC */
/*
 * Message digests of several pieces. Pure.
 */
#include "common/crypto/hash.h"

#include <assert.h>

#include <openssl/evp.h>

#include "common/crypto/owned.h"
#include "common/crypto/start.h"

/* clang-format off */
static const struct {
	const char *name;
	size_t size;
} hashes[HASH_KIND_COUNT] = {
	[HASH_NONE]     = { "none",      0 },
	[HASH_MD5]      = { "MD5",      16 },
	[HASH_SHA1]     = { "SHA1",     20 },
	[HASH_SHA224]   = { "SHA2-224", 28 },
	[HASH_SHA256]   = { "SHA2-256", 32 },
	[HASH_SHA384]   = { "SHA2-384", 48 },
	[HASH_SHA512]   = { "SHA2-512", 64 },
	[HASH_SHA3_256] = { "SHA3-256", 32 },
	[HASH_SHA3_512] = { "SHA3-512", 64 },
	[HASH_SHAKE128] = { "SHAKE-128", 0 },
	[HASH_SHAKE256] = { "SHAKE-256", 0 },
};
/* clang-format on */

size_t
hash_size(enum hash_kind kind)
{
	assert((unsigned)kind < HASH_KIND_COUNT);
	return hashes[kind].size;
}

const char *
hash_name(enum hash_kind kind)
{
	assert((unsigned)kind < HASH_KIND_COUNT);
	return hashes[kind].name;
}

/* A context that has taken all pieces in. */
static enum result
absorb(enum hash_kind kind, const struct bytes *pieces, size_t count, EVP_MD_CTX **out)
{
	CLEANUP(digest_context_freep) EVP_MD_CTX *context = NULL;
	const EVP_MD *digest;

	assert(kind > HASH_NONE && kind < HASH_KIND_COUNT);
	TRY(crypto_digest(kind, &digest));
	context = EVP_MD_CTX_new();
	if (context == NULL)
		return RESULT_MEMORY;
	if (EVP_DigestInit_ex2(context, digest, NULL) != 1)
		return RESULT_CRYPTO;
	for (size_t i = 0; i < count; i++) {
		if (EVP_DigestUpdate(context, pieces[i].data, pieces[i].size) != 1)
			return RESULT_CRYPTO;
	}
	*out = TAKE(context);
	return RESULT_OK;
}

enum result
hash_pieces(enum hash_kind kind, const struct bytes *pieces, size_t count, uint8_t *out)
{
	CLEANUP(digest_context_freep) EVP_MD_CTX *context = NULL;

	assert(hash_size(kind) > 0);
	TRY(absorb(kind, pieces, count, &context));
	return EVP_DigestFinal_ex(context, out, NULL) == 1 ? RESULT_OK : RESULT_CRYPTO;
}

enum result
hash_expand(
    enum hash_kind kind, const struct bytes *pieces, size_t count, uint8_t *out, size_t size)
{
	CLEANUP(digest_context_freep) EVP_MD_CTX *context = NULL;

	assert(kind == HASH_SHAKE128 || kind == HASH_SHAKE256);
	TRY(absorb(kind, pieces, count, &context));
	return EVP_DigestFinalXOF(context, out, size) == 1 ? RESULT_OK : RESULT_CRYPTO;
}

/* --- With a key --------------------------------------------------------------------------------- */

#define BLOCK_SIZE 64

static void
pad(struct bytes key, uint8_t value, uint8_t *out)
{
	memset(out, value, BLOCK_SIZE);
	for (size_t i = 0; i < key.size; i++)
		out[i] ^= key.data[i];
}

enum result
hash_keyed(enum hash_kind kind, struct bytes key, struct bytes data, uint8_t *out)
{
	uint8_t block[BLOCK_SIZE], inner[HASH_SIZE_MAX];

	assert((kind == HASH_SHA1 || kind == HASH_SHA256) && key.size <= BLOCK_SIZE);
	pad(key, 0x36, block);
	TRY(hash_pieces(kind, (struct bytes[]){ bytes_of(block, sizeof(block)), data }, 2, inner));
	pad(key, 0x5c, block);
	return hash_pieces(kind,
	    (struct bytes[]){ bytes_of(block, sizeof(block)), bytes_of(inner, hash_size(kind)) }, 2,
	    out);
}
