/* SPDX-License-Identifier: ISC */
/*
 * ssh-rsa keys, with the signatures rsa-sha2-256 and rsa-sha2-512; those with SHA-1 have no row in
 * the table of algorithms. Pure. RFC 4253 section 6.6, RFC 8332.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "common/crypto/owned.h"
#include "common/key/key_internal.h"
#include "common/mem.h"

#define MODULUS_MAX (RSA_BITS_MAX / 8)

static bool
is_odd(struct bytes magnitude)
{
	return magnitude.size > 0 && (magnitude.data[magnitude.size - 1] & 1) != 0;
}

/* What can be said of a public key without factoring it. e = 1 would leave every message as it is. */
static enum result
check_public(struct bytes modulus, struct bytes exponent)
{
	if (modulus.size > MODULUS_MAX || exponent.size > modulus.size)
		return RESULT_MALFORMED;
	if (!is_odd(modulus) || !is_odd(exponent))
		return RESULT_MALFORMED;
	if (exponent.size == 1 && exponent.data[0] < 3)
		return RESULT_MALFORMED;
	return RESULT_OK;
}

static enum result
check_bits(const EVP_PKEY *pkey)
{
	const int bits = EVP_PKEY_get_bits(pkey);

	return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX ? RESULT_OK : RESULT_MALFORMED;
}

static enum result
rsa_read_public(const struct key_type *type, struct reader *reader, struct key_parts *out)
{
	CLEANUP(parameters_freep) struct parameters *parameters = NULL;
	CLEANUP(pkey_freep) EVP_PKEY *pkey = NULL;
	struct bytes exponent = get_mpint(reader);
	struct bytes modulus = get_mpint(reader);

	if (reader_end(reader) != RESULT_OK)
		return RESULT_MALFORMED;
	TRY(check_public(modulus, exponent));
	TRY(parameters_new(&parameters));
	parameters_put_magnitude(parameters, OSSL_PKEY_PARAM_RSA_N, modulus);
	parameters_put_magnitude(parameters, OSSL_PKEY_PARAM_RSA_E, exponent);
	TRY(parameters_make_key(parameters, type->family, false, &pkey));
	TRY(check_bits(pkey));
	out->pkey = TAKE(pkey);
	return RESULT_OK;
}

static enum result
rsa_write_public(const struct key_type *type, const struct key_parts *parts, struct writer *writer)
{
	const EVP_PKEY *pkey = parts->pkey;
	TRY(pkey_put_mpint(pkey, OSSL_PKEY_PARAM_RSA_E, writer));
	return pkey_put_mpint(pkey, OSSL_PKEY_PARAM_RSA_N, writer);
}

struct private_numbers {
	struct bytes modulus, exponent, private_exponent, factor1, factor2;
	struct bytes coefficient; /* empty: not in the file */
};

static enum result
check_numbers(const struct reader *reader, const struct private_numbers *numbers)
{
	if (reader->result != RESULT_OK)
		return RESULT_MALFORMED;
	if (numbers->private_exponent.size > MODULUS_MAX ||
	    numbers->coefficient.size > MODULUS_MAX || numbers->factor1.size > MODULUS_MAX ||
	    numbers->factor2.size > MODULUS_MAX)
		return RESULT_MALFORMED;
	return check_public(numbers->modulus, numbers->exponent);
}

static void
bn_context_freep(BN_CTX **context)
{
	BN_CTX_free(*context);
}

/* d mod (factor - 1), which the file leaves out. */
static enum result
put_crt_exponent(struct parameters *parameters, const char *name, struct bytes private_exponent,
    struct bytes factor)
{
	CLEANUP(bn_context_freep) BN_CTX *context = BN_CTX_new();
	CLEANUP(number_freep) BIGNUM *d = NULL, *modulus = NULL, *remainder = BN_new();

	d = BN_bin2bn(private_exponent.data, (int)private_exponent.size, NULL);
	modulus = BN_bin2bn(factor.data, (int)factor.size, NULL);
	if (context == NULL || d == NULL || modulus == NULL || remainder == NULL)
		return RESULT_MEMORY;
	BN_set_flags(d, BN_FLG_CONSTTIME);
	BN_set_flags(modulus, BN_FLG_CONSTTIME);
	if (BN_sub_word(modulus, 1) != 1 || BN_is_zero(modulus) || BN_is_negative(modulus) ||
	    BN_mod(remainder, d, modulus, context) != 1)
		return RESULT_MALFORMED;
	parameters_put_number(parameters, name, remainder);
	return RESULT_OK;
}

/* 1 / factor2 mod factor1. */
static enum result
put_coefficient(struct parameters *parameters, const struct private_numbers *numbers)
{
	CLEANUP(bn_context_freep) BN_CTX *context = BN_CTX_new();
	CLEANUP(number_freep) BIGNUM *p = NULL, *q = NULL, *inverse = BN_new();

	p = BN_bin2bn(numbers->factor1.data, (int)numbers->factor1.size, NULL);
	q = BN_bin2bn(numbers->factor2.data, (int)numbers->factor2.size, NULL);
	if (context == NULL || p == NULL || q == NULL || inverse == NULL)
		return RESULT_MEMORY;
	BN_set_flags(p, BN_FLG_CONSTTIME);
	BN_set_flags(q, BN_FLG_CONSTTIME);
	if (BN_is_zero(p) || BN_mod_inverse(inverse, q, p, context) == NULL)
		return RESULT_MALFORMED;
	parameters_put_number(parameters, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, inverse);
	return RESULT_OK;
}

static enum result
make_private(const struct private_numbers *numbers, EVP_PKEY **out)
{
	CLEANUP(parameters_freep) struct parameters *parameters = NULL;

	TRY(parameters_new(&parameters));
	parameters_put_magnitude(parameters, OSSL_PKEY_PARAM_RSA_N, numbers->modulus);
	parameters_put_magnitude(parameters, OSSL_PKEY_PARAM_RSA_E, numbers->exponent);
	parameters_put_magnitude(parameters, OSSL_PKEY_PARAM_RSA_D, numbers->private_exponent);
	parameters_put_magnitude(parameters, OSSL_PKEY_PARAM_RSA_FACTOR1, numbers->factor1);
	parameters_put_magnitude(parameters, OSSL_PKEY_PARAM_RSA_FACTOR2, numbers->factor2);
	TRY(put_crt_exponent(parameters, OSSL_PKEY_PARAM_RSA_EXPONENT1, numbers->private_exponent,
	    numbers->factor1));
	TRY(put_crt_exponent(parameters, OSSL_PKEY_PARAM_RSA_EXPONENT2, numbers->private_exponent,
	    numbers->factor2));
	if (numbers->coefficient.size == 0)
		TRY(put_coefficient(parameters, numbers));
	else
		parameters_put_magnitude(
		    parameters, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, numbers->coefficient);
	return parameters_make_key(parameters, key_type_rsa.family, true, out);
}

static enum result
rsa_read_private(const struct key_type *type, struct reader *reader, struct key_parts *out)
{
	struct private_numbers numbers;

	numbers.modulus = get_mpint(reader);
	numbers.exponent = get_mpint(reader);
	numbers.private_exponent = get_mpint(reader);
	numbers.coefficient = get_mpint(reader);
	numbers.factor1 = get_mpint(reader);
	numbers.factor2 = get_mpint(reader);
	TRY(check_numbers(reader, &numbers));
	return make_private(&numbers, &out->pkey);
}

enum result
key_rsa_read_factors(struct reader *reader, EVP_PKEY **out)
{
	struct private_numbers numbers = { .coefficient = bytes_of("", 0) };

	numbers.exponent = get_mpint(reader);
	numbers.modulus = get_mpint(reader);
	numbers.private_exponent = get_mpint(reader);
	numbers.factor1 = get_mpint(reader);
	numbers.factor2 = get_mpint(reader);
	TRY(check_numbers(reader, &numbers));
	return make_private(&numbers, out);
}

static enum result
rsa_signature_to_wire(const struct key *key, struct bytes signature, struct writer *out)
{
	put_raw(out, signature);
	return RESULT_OK;
}

/* A shorter one gets its leading zeros back: old PuTTY sends it as a number. */
static enum result
rsa_signature_from_wire(const struct key *key, struct bytes blob, uint8_t *out, size_t *size)
{
	const size_t modulus_size = (key->bits + 7) / 8;

	if (blob.size == 0 || blob.size > modulus_size)
		return RESULT_SIGNATURE;
	memset(out, 0, modulus_size - blob.size);
	memcpy(out + modulus_size - blob.size, blob.data, blob.size);
	*size = modulus_size;
	return RESULT_OK;
}

const struct key_type key_type_rsa = {
	.name = "ssh-rsa",
	.family = "RSA",
	.field_count = 2,
	.read_public = rsa_read_public,
	.write_public = rsa_write_public,
	.read_private = rsa_read_private,
	.signature_to_wire = rsa_signature_to_wire,
	.signature_from_wire = rsa_signature_from_wire,
};
