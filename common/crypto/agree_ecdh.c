/* SPDX-License-Identifier: ISC */
/*
 * Key agreement on elliptic curves: X25519, X448, the three curves of NIST and secp256k1. Pure. RFC 8731,
 * RFC 7748, RFC 5656 section 4.
 */
#include <assert.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "common/crypto/agree_internal.h"
#include "common/crypto/owned.h"
#include "common/crypto/random.h"
#include "common/crypto/start.h"
#include "common/mem.h"
#include "common/wire.h"

#define MONTGOMERY_SIZE_MAX 56

/* Of scalars, public values and secrets alike. */
struct montgomery {
	const char *name; /* libcrypto's */
	size_t size;
};

static const struct montgomery x25519 = { "X25519", 32 };
static const struct montgomery x448 = { "X448", 56 };

struct curve {
	const char *group; /* libcrypto's name */
	size_t point_size; /* uncompressed: 4, x, y */
};

static const struct curve nistp256 = { "P-256", 65 };
static const struct curve nistp384 = { "P-384", 97 };
static const struct curve nistp521 = { "P-521", 133 };
static const struct curve secp256k1 = { "secp256k1", 65 };

/* Of the shared secret, too, which is the x of a point. */
static size_t
coordinate_size(const struct curve *curve)
{
	return (curve->point_size - 1) / 2;
}

/*
 * libcrypto's own check of the other side's key is left out: it multiplies a point by the order of
 * its curve, which costs as much as the agreement and tells nothing new: these curves have no other
 * subgroup, and that a point is on its curve was checked when it was decoded.
 */
static enum result
derive(EVP_PKEY *own, EVP_PKEY *theirs, uint8_t *secret, size_t size)
{
	CLEANUP(pkey_context_freep) EVP_PKEY_CTX *context = NULL;
	size_t derived = size;

	context = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	if (context == NULL)
		return RESULT_MEMORY;
	if (EVP_PKEY_derive_init(context) != 1 ||
	    EVP_PKEY_derive_set_peer_ex(context, theirs, 0) != 1)
		return RESULT_CRYPTO;
	/* What makes it fail is the other side's point: X25519 to zero. */
	if (EVP_PKEY_derive(context, secret, &derived) != 1)
		return RESULT_MALFORMED;
	return derived == size ? RESULT_OK : RESULT_CRYPTO;
}

/* ---- X25519 and X448 */

/* RFC 8731 section 3: an all-zero secret comes of a point of low order. No branch on the bytes. */
static bool
is_all_zero(const uint8_t *secret, size_t size)
{
	uint8_t any = 0;

	for (size_t i = 0; i < size; i++)
		any |= secret[i];
	return any == 0;
}

static enum result
montgomery_secret(
    const struct montgomery *curve, EVP_PKEY *own, struct bytes theirs, uint8_t *secret)
{
	CLEANUP(pkey_freep) EVP_PKEY *peer = NULL;

	if (theirs.size != curve->size)
		return RESULT_MALFORMED;
	peer = EVP_PKEY_new_raw_public_key_ex(NULL, curve->name, NULL, theirs.data, theirs.size);
	if (peer == NULL)
		return RESULT_MALFORMED;
	TRY(derive(own, peer, secret, curve->size));
	return is_all_zero(secret, curve->size) ? RESULT_MALFORMED : RESULT_OK;
}

enum result
agree_x25519_secret(EVP_PKEY *own, struct bytes theirs, uint8_t *secret)
{
	return montgomery_secret(&x25519, own, theirs, secret);
}

static enum result
montgomery_key_new(const struct montgomery *curve, EVP_PKEY **out)
{
	uint8_t scalar[MONTGOMERY_SIZE_MAX];

	TRY(random_secret_bytes(scalar, curve->size));
	*out = EVP_PKEY_new_raw_private_key_ex(NULL, curve->name, NULL, scalar, curve->size);
	mem_wipe(scalar, sizeof(scalar));
	return *out == NULL ? RESULT_CRYPTO : RESULT_OK;
}

static enum result
montgomery_append_public(const struct montgomery *curve, EVP_PKEY *own, struct buf *out)
{
	uint8_t *at;
	size_t size = curve->size;

	TRY(buf_reserve(out, size, &at));
	if (EVP_PKEY_get_raw_public_key(own, at, &size) != 1 || size != curve->size)
		return RESULT_CRYPTO;
	buf_commit(out, size);
	return RESULT_OK;
}

static enum result
montgomery_exchange(
    const struct montgomery *curve, struct bytes theirs, struct buf *our_public, uint8_t *secret)
{
	CLEANUP(pkey_freep) EVP_PKEY *own = NULL;

	if (theirs.size != curve->size)
		return RESULT_MALFORMED;
	TRY(crypto_start());
	TRY(montgomery_key_new(curve, &own));
	TRY(montgomery_append_public(curve, own, our_public));
	return montgomery_secret(curve, own, theirs, secret);
}

enum result
agree_x25519_exchange(struct bytes theirs, struct buf *our_public, uint8_t *secret)
{
	return montgomery_exchange(&x25519, theirs, our_public, secret);
}

static enum result
montgomery_respond(const struct montgomery *curve, struct bytes client_public,
    struct buf *server_public, struct buf *shared)
{
	uint8_t secret[MONTGOMERY_SIZE_MAX];
	enum result result = montgomery_exchange(curve, client_public, server_public, secret);

	if (result == RESULT_OK)
		result = agree_append_mpint(bytes_of(secret, curve->size), shared);
	mem_wipe(secret, sizeof(secret));
	return result;
}

static enum result
x25519_respond(struct bytes client_public, struct buf *server_public, struct buf *shared)
{
	return montgomery_respond(&x25519, client_public, server_public, shared);
}

static enum result
x448_respond(struct bytes client_public, struct buf *server_public, struct buf *shared)
{
	return montgomery_respond(&x448, client_public, server_public, shared);
}

/* ---- Curves with points: NIST's, and secp256k1 */

/* A public key from an uncompressed point. libcrypto refuses points that are not on the curve. */
static enum result
nistp_public_key(const struct curve *curve, struct bytes point, EVP_PKEY **out)
{
	CLEANUP(pkey_context_freep) EVP_PKEY_CTX *context = NULL;
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_PKEY_PARAM_GROUP_NAME, (char *)curve->group, 0),
		OSSL_PARAM_construct_octet_string(
		    OSSL_PKEY_PARAM_PUB_KEY, (void *)point.data, point.size),
		OSSL_PARAM_construct_end(),
	};

	if (point.size != curve->point_size || point.data[0] != POINT_CONVERSION_UNCOMPRESSED)
		return RESULT_MALFORMED;
	context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (context == NULL)
		return RESULT_MEMORY;
	if (EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, out, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		return RESULT_MALFORMED;
	return RESULT_OK;
}

static enum result
nistp_secret(const struct curve *curve, EVP_PKEY *own, struct bytes theirs, uint8_t *secret)
{
	CLEANUP(pkey_freep) EVP_PKEY *peer = NULL;

	TRY(nistp_public_key(curve, theirs, &peer));
	return derive(own, peer, secret, coordinate_size(curve));
}

enum result
agree_nistp_secret(const char *group, EVP_PKEY *own, struct bytes theirs, uint8_t *secret)
{
	static const struct curve *const curves[] = { &nistp256, &nistp384, &nistp521 };

	for (size_t i = 0; i < COUNT(curves); i++) {
		if (strcmp(curves[i]->group, group) == 0)
			return nistp_secret(curves[i], own, theirs, secret);
	}
	return RESULT_UNSUPPORTED;
}

static enum result
nistp_append_public(const struct curve *curve, EVP_PKEY *own, struct buf *out)
{
	size_t size;
	uint8_t *at;

	TRY(buf_reserve(out, curve->point_size, &at));
	if (EVP_PKEY_get_octet_string_param(
		own, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, at, curve->point_size, &size) != 1 ||
	    size != curve->point_size)
		return RESULT_CRYPTO;
	buf_commit(out, size);
	return RESULT_OK;
}

static enum result
nistp_exchange(
    const struct curve *curve, struct bytes theirs, struct buf *our_public, uint8_t *secret)
{
	CLEANUP(pkey_freep) EVP_PKEY *own = NULL;

	if (theirs.size != curve->point_size)
		return RESULT_MALFORMED;
	TRY(crypto_start());
	own = EVP_EC_gen(curve->group);
	if (own == NULL)
		return RESULT_CRYPTO;
	TRY(nistp_append_public(curve, own, our_public));
	return nistp_secret(curve, own, theirs, secret);
}

enum result
agree_nistp256_exchange(struct bytes theirs, struct buf *our_public, uint8_t *secret)
{
	return nistp_exchange(&nistp256, theirs, our_public, secret);
}

enum result
agree_nistp384_exchange(struct bytes theirs, struct buf *our_public, uint8_t *secret)
{
	return nistp_exchange(&nistp384, theirs, our_public, secret);
}

static enum result
nistp_respond(const struct curve *curve, struct bytes client_public, struct buf *server_public,
    struct buf *shared)
{
	uint8_t secret[AGREE_SECRET_MAX];
	enum result result = nistp_exchange(curve, client_public, server_public, secret);

	if (result == RESULT_OK)
		result = agree_append_mpint(bytes_of(secret, coordinate_size(curve)), shared);
	mem_wipe(secret, sizeof(secret));
	return result;
}

static enum result
nistp256_respond(struct bytes client_public, struct buf *server_public, struct buf *shared)
{
	return nistp_respond(&nistp256, client_public, server_public, shared);
}

static enum result
nistp384_respond(struct bytes client_public, struct buf *server_public, struct buf *shared)
{
	return nistp_respond(&nistp384, client_public, server_public, shared);
}

static enum result
nistp521_respond(struct bytes client_public, struct buf *server_public, struct buf *shared)
{
	return nistp_respond(&nistp521, client_public, server_public, shared);
}

static enum result
secp256k1_respond(struct bytes client_public, struct buf *server_public, struct buf *shared)
{
	return nistp_respond(&secp256k1, client_public, server_public, shared);
}

const struct agreement agree_x25519 = { .respond = x25519_respond };
const struct agreement agree_x448 = { .respond = x448_respond };
const struct agreement agree_nistp256 = { .respond = nistp256_respond };
const struct agreement agree_nistp384 = { .respond = nistp384_respond };
const struct agreement agree_nistp521 = { .respond = nistp521_respond };
const struct agreement agree_secp256k1 = { .respond = secp256k1_respond };
