/* SPDX-License-Identifier: ISC */
/*
 * ssh-dss: DSA with a group of 160 bits and SHA-1, for peers that have nothing else. Pure. RFC 4253
 * section 6.6.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dsa.h>
#include <openssl/evp.h>

#include "common/crypto/owned.h"
#include "common/key/key_internal.h"
#include "common/mem.h"

#define PRIME_BITS_MIN 1024
#define PRIME_BITS_MAX 3072
#define ORDER_SIZE     20 /* of q, and so of r and s */

static void
signature_freep(DSA_SIG **signature)
{
	DSA_SIG_free(*signature);
}

/* p, q, g and y. */
static enum result
read_numbers(struct reader *reader, struct parameters *parameters)
{
	static const char *const names[] = { OSSL_PKEY_PARAM_FFC_P, OSSL_PKEY_PARAM_FFC_Q,
		OSSL_PKEY_PARAM_FFC_G, OSSL_PKEY_PARAM_PUB_KEY };
	struct bytes numbers[COUNT(names)];

	for (size_t i = 0; i < COUNT(names); i++) {
		numbers[i] = get_mpint(reader);
		if (reader->result != RESULT_OK || numbers[i].size > PRIME_BITS_MAX / 8)
			return RESULT_MALFORMED;
		parameters_put_magnitude(parameters, names[i], numbers[i]);
	}
	/* Below the prime, and with the order's size to the byte: what signatures are cut to. */
	if (numbers[0].size < PRIME_BITS_MIN / 8 || numbers[1].size != ORDER_SIZE ||
	    numbers[1].data[0] < 0x80)
		return RESULT_MALFORMED;
	return RESULT_OK;
}

/* The public value is in the group: 1 < y < p, and its order is q. */
static enum result
check_public(EVP_PKEY *pkey)
{
	CLEANUP(pkey_context_freep)
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

	if (context == NULL)
		return RESULT_MEMORY;
	return EVP_PKEY_public_check(context) == 1 ? RESULT_OK : RESULT_MALFORMED;
}

static enum result
dss_read_public(const struct key_type *type, struct reader *reader, struct key_parts *out)
{
	CLEANUP(parameters_freep) struct parameters *parameters = NULL;
	CLEANUP(pkey_freep) EVP_PKEY *pkey = NULL;

	TRY(parameters_new(&parameters));
	TRY(read_numbers(reader, parameters));
	if (reader_end(reader) != RESULT_OK)
		return RESULT_MALFORMED;
	TRY(parameters_make_key(parameters, type->family, false, &pkey));
	TRY(check_public(pkey));
	out->pkey = TAKE(pkey);
	return RESULT_OK;
}

static enum result
dss_write_public(const struct key_type *type, const struct key_parts *parts, struct writer *writer)
{
	const EVP_PKEY *pkey = parts->pkey;
	TRY(pkey_put_mpint(pkey, OSSL_PKEY_PARAM_FFC_P, writer));
	TRY(pkey_put_mpint(pkey, OSSL_PKEY_PARAM_FFC_Q, writer));
	TRY(pkey_put_mpint(pkey, OSSL_PKEY_PARAM_FFC_G, writer));
	return pkey_put_mpint(pkey, OSSL_PKEY_PARAM_PUB_KEY, writer);
}

static enum result
dss_read_private(const struct key_type *type, struct reader *reader, struct key_parts *out)
{
	CLEANUP(parameters_freep) struct parameters *parameters = NULL;
	struct bytes secret;

	TRY(parameters_new(&parameters));
	TRY(read_numbers(reader, parameters));
	secret = get_mpint(reader);
	if (reader->result != RESULT_OK || secret.size > ORDER_SIZE)
		return RESULT_MALFORMED;
	parameters_put_magnitude(parameters, OSSL_PKEY_PARAM_PRIV_KEY, secret);
	return parameters_make_key(parameters, type->family, true, &out->pkey);
}

/* DER to r and s, each as long as the order. */
static enum result
dss_signature_to_wire(const struct key *key, struct bytes signature, struct writer *out)
{
	CLEANUP(signature_freep) DSA_SIG *pair = NULL;
	const uint8_t *at = signature.data;
	uint8_t both[2 * ORDER_SIZE];
	const BIGNUM *r, *s;

	pair = d2i_DSA_SIG(NULL, &at, (long)signature.size);
	if (pair == NULL)
		return RESULT_CRYPTO;
	DSA_SIG_get0(pair, &r, &s);
	if (BN_bn2binpad(r, both, ORDER_SIZE) != ORDER_SIZE ||
	    BN_bn2binpad(s, both + ORDER_SIZE, ORDER_SIZE) != ORDER_SIZE)
		return RESULT_CRYPTO;
	put_raw(out, bytes_of(both, sizeof(both)));
	return RESULT_OK;
}

static enum result
dss_signature_from_wire(const struct key *key, struct bytes blob, uint8_t *out, size_t *size)
{
	CLEANUP(signature_freep) DSA_SIG *pair = DSA_SIG_new();
	CLEANUP(number_freep) BIGNUM *r = NULL, *s = NULL;
	int encoded;

	if (blob.size != 2 * (size_t)ORDER_SIZE)
		return RESULT_SIGNATURE;
	r = BN_bin2bn(blob.data, ORDER_SIZE, NULL);
	s = BN_bin2bn(blob.data + ORDER_SIZE, ORDER_SIZE, NULL);
	if (pair == NULL || r == NULL || s == NULL)
		return RESULT_MEMORY;
	DSA_SIG_set0(pair, TAKE(r), TAKE(s));
	encoded = i2d_DSA_SIG(pair, &out);
	if (encoded <= 0)
		return RESULT_CRYPTO;
	*size = (size_t)encoded;
	return RESULT_OK;
}

const struct key_type key_type_dss = {
	.name = "ssh-dss",
	.family = "DSA",
	.field_count = 4,
	.read_public = dss_read_public,
	.write_public = dss_write_public,
	.read_private = dss_read_private,
	.signature_to_wire = dss_signature_to_wire,
	.signature_from_wire = dss_signature_from_wire,
};
