/* SPDX-License-Identifier: ISC */
/*
 * Key agreement modulo a prime: the fixed groups of RFC 3526 and RFC 2409, by libcrypto. Pure. RFC 4253
 * section 8, RFC 8268.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include "common/crypto/agree_internal.h"
#include "common/crypto/start.h"
#include "common/mem.h"
#include "common/wire.h"

#define MODULUS_MAX 1024 /* bytes: group 18 */

/* RFC 4253 section 8: at least so many bits are set in a value that is not chosen to be weak. */
#define BITS_SET_MIN 4

static void
pkey_freep(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
}

static void
context_freep(EVP_PKEY_CTX **context)
{
	EVP_PKEY_CTX_free(*context);
}

static void
number_freep(BIGNUM **number)
{
	BN_free(*number); /* public values only */
}

static enum result
make_key(const char *group, EVP_PKEY **out)
{
	CLEANUP(context_freep) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group, 0),
		OSSL_PARAM_construct_end(),
	};

	if (context == NULL)
		return RESULT_MEMORY;
	if (EVP_PKEY_keygen_init(context) != 1 ||
	    EVP_PKEY_CTX_set_params(context, parameters) != 1 ||
	    EVP_PKEY_generate(context, out) != 1)
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
	if (contents.size == 0 || contents.size > MODULUS_MAX + 1 || (contents.data[0] & 0x80) != 0)
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
make_peer(const char *group, EVP_PKEY *own, struct bytes magnitude, EVP_PKEY **out)
{
	CLEANUP(number_freep) BIGNUM *value = BN_bin2bn(magnitude.data, (int)magnitude.size, NULL);
	CLEANUP(number_freep) BIGNUM *prime = NULL;
	CLEANUP(context_freep) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM *parameters = NULL;
	enum result result = RESULT_MALFORMED;

	if (value == NULL || context == NULL || builder == NULL ||
	    EVP_PKEY_get_bn_param(own, OSSL_PKEY_PARAM_FFC_P, &prime) != 1 ||
	    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) != 1 ||
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PUB_KEY, value) != 1)
		result = RESULT_CRYPTO;
	else if (BN_cmp(value, prime) < 0) {
		parameters = OSSL_PARAM_BLD_to_param(builder);
		if (parameters != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
		    EVP_PKEY_fromdata(context, out, EVP_PKEY_PUBLIC_KEY, parameters) == 1)
			result = RESULT_OK;
	}
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(builder);
	return result;
}

/* Of the modulus's size, zeros in front kept: how long the secret is tells nothing about it. */
static enum result
derive(EVP_PKEY *own, EVP_PKEY *peer, uint8_t *secret, size_t *size)
{
	CLEANUP(context_freep)
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);

	if (context == NULL)
		return RESULT_MEMORY;
	if (EVP_PKEY_derive_init(context) != 1 || EVP_PKEY_CTX_set_dh_pad(context, 1) != 1)
		return RESULT_CRYPTO;
	if (EVP_PKEY_derive_set_peer(context, peer) != 1) /* checks the value */
		return RESULT_MALFORMED;
	*size = MODULUS_MAX;
	return EVP_PKEY_derive(context, secret, size) == 1 ? RESULT_OK : RESULT_MALFORMED;
}

static enum result
respond(
    const char *group, struct bytes client_public, struct buf *server_public, struct buf *shared)
{
	CLEANUP(pkey_freep) EVP_PKEY *own = NULL;
	CLEANUP(pkey_freep) EVP_PKEY *peer = NULL;
	uint8_t secret[MODULUS_MAX];
	struct bytes magnitude;
	enum result result;
	size_t size = 0;

	TRY(magnitude_of(client_public, &magnitude));
	TRY(crypto_start());
	TRY(make_key(group, &own));
	TRY(make_peer(group, own, magnitude, &peer));
	TRY(append_public(own, server_public));
	result = derive(own, peer, secret, &size);
	if (result == RESULT_OK)
		result = agree_append_mpint(bytes_of(secret, size), shared);
	mem_wipe(secret, sizeof(secret));
	return result;
}

#define GROUP(number, name)                                                            \
	static enum result group##number##_respond(                                    \
	    struct bytes client_public, struct buf *server_public, struct buf *shared) \
	{                                                                              \
		return respond(name, client_public, server_public, shared);            \
	}                                                                              \
	const struct agreement agree_group##number = { 0, group##number##_respond }

GROUP(14, "modp_2048");
GROUP(15, "modp_3072");
GROUP(16, "modp_4096");
GROUP(17, "modp_6144");
GROUP(18, "modp_8192");
