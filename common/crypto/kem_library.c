/* SPDX-License-Identifier: ISC */
/*
 * ML-KEM by libcrypto, which has it since OpenSSL 3.5, and our own where it has not. Pure. FIPS 203.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "common/crypto/kem.h"
#include "common/crypto/owned.h"
#include "common/crypto/start.h"

/* Names of libcrypto 3.5, which the headers of older ones lack. */
#define PARAMETER_RANDOM "ikme"

/* libcrypto checks the modulus when it takes the key. */
static enum result
encapsulate_by_library(const struct kem *kem, const uint8_t *public, const uint8_t *random,
    uint8_t *ciphertext, uint8_t *secret)
{
	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_octet_string(
		    PARAMETER_RANDOM, (void *)random, kem->random_size),
		OSSL_PARAM_construct_end(),
	};
	CLEANUP(pkey_freep)
	EVP_PKEY *pkey =
	    EVP_PKEY_new_raw_public_key_ex(NULL, kem->name, NULL, public, kem->public_size);
	CLEANUP(pkey_context_freep) EVP_PKEY_CTX *context = NULL;
	size_t ciphertext_size = kem->ciphertext_size, secret_size = KEM_SECRET_SIZE;

	ERR_clear_error();
	if (pkey == NULL)
		return RESULT_MALFORMED;
	context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (context == NULL)
		return RESULT_MEMORY;
	if (EVP_PKEY_encapsulate_init(context, parameters) != 1 ||
	    EVP_PKEY_encapsulate(context, ciphertext, &ciphertext_size, secret, &secret_size) != 1)
		return RESULT_CRYPTO;
	return ciphertext_size == kem->ciphertext_size && secret_size == KEM_SECRET_SIZE
		   ? RESULT_OK
		   : RESULT_CRYPTO;
}

static enum result
encapsulate(const struct kem *own, const uint8_t *public, const uint8_t *random,
    uint8_t *ciphertext, uint8_t *secret)
{
	if (crypto_has_kem(own->name))
		return encapsulate_by_library(own, public, random, ciphertext, secret);
	return own->encapsulate(public, random, ciphertext, secret);
}

static enum result
encapsulate_768(const uint8_t *public, const uint8_t *random, uint8_t *ciphertext, uint8_t *secret)
{
	return encapsulate(&kem_own_mlkem768, public, random, ciphertext, secret);
}

static enum result
encapsulate_1024(const uint8_t *public, const uint8_t *random, uint8_t *ciphertext, uint8_t *secret)
{
	return encapsulate(&kem_own_mlkem1024, public, random, ciphertext, secret);
}

const struct kem kem_mlkem768 = { "ML-KEM-768", 1184, 1088, 32, encapsulate_768 };
const struct kem kem_mlkem1024 = { "ML-KEM-1024", 1568, 1568, 32, encapsulate_1024 };
