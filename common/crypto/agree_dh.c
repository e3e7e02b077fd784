/* SPDX-License-Identifier: ISC */
/*
 * Key agreement modulo a prime: the fixed groups of RFC 3526 and RFC 2409, and any other, by libcrypto. Pure.
 * RFC 4253 section 8, RFC 4419, RFC 8268.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include "common/crypto/agree_internal.h"
#include "common/crypto/owned.h"
#include "common/crypto/start.h"
#include "common/mem.h"
#include "common/wire.h"

/* RFC 4253 section 8: at least so many bits are set in a value that is not chosen to be weak. */
#define BITS_SET_MIN 4

/* Of our exponent where libcrypto does not know the group's own: twice what any key of ours has. */
#define EXPONENT_BITS 512

static void
builder_freep(OSSL_PARAM_BLD **builder)
{
	OSSL_PARAM_BLD_free(*builder);
}

static void
parameters_freep(OSSL_PARAM **parameters)
{
	OSSL_PARAM_free(*parameters);
}

/* The group as libcrypto's parameters, with no key in it. It knows those of RFC 3526 by their primes. */
static enum result
make_group(const BIGNUM *prime, const BIGNUM *generator, EVP_PKEY **out)
{
	CLEANUP(pkey_context_freep)
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	CLEANUP(builder_freep) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	CLEANUP(parameters_freep) OSSL_PARAM *parameters = NULL;

	if (context == NULL || builder == NULL)
		return RESULT_MEMORY;
	if (OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_FFC_P, prime) != 1 ||
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_FFC_G, generator) != 1 ||
	    OSSL_PARAM_BLD_push_int(builder, OSSL_PKEY_PARAM_DH_PRIV_LEN, EXPONENT_BITS) != 1)
		return RESULT_CRYPTO;
	parameters = OSSL_PARAM_BLD_to_param(builder);
	if (parameters == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, out, EVP_PKEY_KEY_PARAMETERS, parameters) != 1)
		return RESULT_CRYPTO;
	return RESULT_OK;
}

static enum result
make_key(EVP_PKEY *group, EVP_PKEY **out)
{
	CLEANUP(pkey_context_freep)
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, group, NULL);

	if (context == NULL)
		return RESULT_MEMORY;
	if (EVP_PKEY_keygen_init(context) != 1 || EVP_PKEY_generate(context, out) != 1)
		return RESULT_CRYPTO;
	return RESULT_OK;
}

/* f as the contents of an mpint: a zero in front where the highest bit is set. */
static enum result
append_public(EVP_PKEY *own, struct buf *out)
{
	CLEANUP(number_freep) BIGNUM *number = NULL;
	size_t size;
	uint8_t *at;

	if (EVP_PKEY_get_bn_param(own, OSSL_PKEY_PARAM_PUB_KEY, &number) != 1)
		return RESULT_CRYPTO;
	size = (size_t)BN_num_bytes(number) + (BN_num_bits(number) % 8 == 0 ? 1 : 0);
	TRY(buf_reserve(out, size, &at));
	if (BN_bn2binpad(number, at, (int)size) < 0)
		return RESULT_CRYPTO;
	buf_commit(out, size);
	return RESULT_OK;
}

static unsigned
count_bits(struct bytes magnitude)
{
	unsigned count = 0;

	for (size_t i = 0; i < magnitude.size; i++)
		count += (unsigned)__builtin_popcount(magnitude.data[i]);
	return count;
}

/* The contents of an mpint, as a positive number in its shortest form. */
static enum result
magnitude_of(struct bytes contents, struct bytes *out)
{
	if (contents.size == 0 || contents.size > AGREE_PRIME_MAX + 1 ||
	    (contents.data[0] & 0x80) != 0)
		return RESULT_MALFORMED;
	if (contents.data[0] == 0) {
		contents = bytes_of(contents.data + 1, contents.size - 1);
		if (contents.size == 0 || (contents.data[0] & 0x80) == 0)
			return RESULT_MALFORMED;
	}
	*out = contents;
	return count_bits(contents) < BITS_SET_MIN ? RESULT_MALFORMED : RESULT_OK;
}

/* The client's value as a key of the same group. libcrypto checks 1 < e < p - 1 when it derives; a
 * value of p or above is refused here, for it would be taken modulo p. */
static enum result
make_peer(EVP_PKEY *group, const BIGNUM *prime, struct bytes magnitude, EVP_PKEY **out)
{
	CLEANUP(number_freep) BIGNUM *value = BN_bin2bn(magnitude.data, (int)magnitude.size, NULL);
	CLEANUP(pkey_freep) EVP_PKEY *peer = EVP_PKEY_new();
	uint8_t encoded[AGREE_PRIME_MAX];
	const int size = BN_num_bytes(prime);

	if (value == NULL || peer == NULL)
		return RESULT_MEMORY;
	if (BN_cmp(value, prime) >= 0)
		return RESULT_MALFORMED;
	if (BN_bn2binpad(value, encoded, size) != size ||
	    EVP_PKEY_copy_parameters(peer, group) != 1)
		return RESULT_CRYPTO;
	if (EVP_PKEY_set1_encoded_public_key(peer, encoded, (size_t)size) != 1)
		return RESULT_MALFORMED;
	*out = TAKE(peer);
	return RESULT_OK;
}

/* Of the modulus's size, zeros in front kept: how long the secret is tells nothing about it. */
static enum result
derive(EVP_PKEY *own, EVP_PKEY *peer, uint8_t *secret, size_t *size)
{
	CLEANUP(pkey_context_freep)
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);

	if (context == NULL)
		return RESULT_MEMORY;
	if (EVP_PKEY_derive_init(context) != 1 || EVP_PKEY_CTX_set_dh_pad(context, 1) != 1)
		return RESULT_CRYPTO;
	if (EVP_PKEY_derive_set_peer(context, peer) != 1) /* checks the value */
		return RESULT_MALFORMED;
	*size = AGREE_PRIME_MAX;
	return EVP_PKEY_derive(context, secret, size) == 1 ? RESULT_OK : RESULT_MALFORMED;
}

static enum result
respond(const BIGNUM *prime, const BIGNUM *generator, struct bytes client_public,
    struct buf *server_public, struct buf *shared)
{
	CLEANUP(pkey_freep) EVP_PKEY *group = NULL;
	CLEANUP(pkey_freep) EVP_PKEY *own = NULL;
	CLEANUP(pkey_freep) EVP_PKEY *peer = NULL;
	uint8_t secret[AGREE_PRIME_MAX];
	struct bytes magnitude;
	enum result result;
	size_t size = 0;

	TRY(magnitude_of(client_public, &magnitude));
	TRY(make_group(prime, generator, &group));
	TRY(make_key(group, &own));
	TRY(make_peer(group, prime, magnitude, &peer));
	TRY(append_public(own, server_public));
	result = derive(own, peer, secret, &size);
	if (result == RESULT_OK)
		result = agree_append_mpint(bytes_of(secret, size), shared);
	mem_wipe(secret, sizeof(secret));
	return result;
}

static enum result
respond_fixed(BIGNUM *(*make_prime)(BIGNUM *), struct bytes client_public,
    struct buf *server_public, struct buf *shared)
{
	CLEANUP(number_freep) BIGNUM *prime = NULL;
	CLEANUP(number_freep) BIGNUM *generator = BN_new();

	TRY(crypto_start());
	prime = make_prime(NULL);
	if (prime == NULL || generator == NULL || BN_set_word(generator, 2) != 1)
		return RESULT_MEMORY;
	return respond(prime, generator, client_public, server_public, shared);
}

#define GROUP(number, make_prime)                                                       \
	static enum result group##number##_respond(                                     \
	    struct bytes client_public, struct buf *server_public, struct buf *shared)  \
	{                                                                               \
		return respond_fixed(make_prime, client_public, server_public, shared); \
	}                                                                               \
	const struct agreement agree_group##number = { group##number##_respond }

GROUP(1, BN_get_rfc2409_prime_1024);
GROUP(14, BN_get_rfc3526_prime_2048);
GROUP(15, BN_get_rfc3526_prime_3072);
GROUP(16, BN_get_rfc3526_prime_4096);
GROUP(17, BN_get_rfc3526_prime_6144);
GROUP(18, BN_get_rfc3526_prime_8192);

enum result
agree_in_group(const struct agree_group *group, struct bytes client_public,
    struct buf *server_public, struct buf *shared)
{
	CLEANUP(number_freep) BIGNUM *prime = NULL;
	CLEANUP(number_freep) BIGNUM *generator = NULL;

	if (group->prime.size > AGREE_PRIME_MAX || group->generator.size > AGREE_PRIME_MAX)
		return RESULT_LIMIT;
	TRY(crypto_start());
	prime = BN_bin2bn(group->prime.data, (int)group->prime.size, NULL);
	generator = BN_bin2bn(group->generator.data, (int)group->generator.size, NULL);
	if (prime == NULL || generator == NULL)
		return RESULT_MEMORY;
	return respond(prime, generator, client_public, server_public, shared);
}

enum result
agree_fixed_prime(unsigned bits, struct buf *out)
{
	static const struct {
		unsigned bits;
		BIGNUM *(*make)(BIGNUM *);
	} primes[] = {
		{ 2048, BN_get_rfc3526_prime_2048 },
		{ 4096, BN_get_rfc3526_prime_4096 },
		{ 8192, BN_get_rfc3526_prime_8192 },
	};

	for (size_t i = 0; i < COUNT(primes); i++) {
		CLEANUP(number_freep) BIGNUM *prime = NULL;
		uint8_t *at;

		if (primes[i].bits != bits)
			continue;
		prime = primes[i].make(NULL);
		if (prime == NULL)
			return RESULT_MEMORY;
		TRY(buf_reserve(out, bits / 8, &at));
		buf_commit(out, (size_t)BN_bn2bin(prime, at));
		return RESULT_OK;
	}
	return RESULT_NOT_FOUND;
}
