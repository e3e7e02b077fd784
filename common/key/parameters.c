/* SPDX-License-Identifier: ISC */
/*
 * Keys for libcrypto from their numbers, through memory that is wiped, and numbers out of its keys.
 * Pure. libcrypto's own parameter builder leaves copies of secrets on the heap.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <stdlib.h>

#include "common/crypto/owned.h"
#include "common/crypto/start.h"
#include "common/key/key_internal.h"
#include "common/mem.h"

struct parameters {
	OSSL_PARAM list[PARAMETERS_COUNT + 1]; /* ended by a row without a name; points into room */
	size_t count;
	uint8_t room[PARAMETERS_ROOM];
	size_t used;
	enum result result; /* the first error */
};

enum result
parameters_new(struct parameters **out)
{
	void *memory;

	TRY(mem_new(1, sizeof(**out), &memory));
	*out = memory;
	return RESULT_OK;
}

void
parameters_freep(struct parameters **parameters)
{
	mem_wipe(*parameters, sizeof(**parameters));
	free(*parameters);
	*parameters = NULL;
}

/* Room for one more value of `size` bytes, and a row for it; NULL when there is none. */
static uint8_t *
reserve(struct parameters *parameters, size_t size)
{
	uint8_t *at = parameters->room + parameters->used;

	if (parameters->result == RESULT_OK &&
	    (parameters->count == PARAMETERS_COUNT ||
		size > sizeof(parameters->room) - parameters->used))
		parameters->result = RESULT_LIMIT;
	if (parameters->result != RESULT_OK)
		return NULL;
	parameters->used += size;
	return at;
}

static void
add(struct parameters *parameters, OSSL_PARAM parameter)
{
	parameters->list[parameters->count++] = parameter;
}

void
parameters_put_text(struct parameters *parameters, const char *name, const char *text)
{
	uint8_t *at = reserve(parameters, strlen(text) + 1);

	if (at == NULL)
		return;
	memcpy(at, text, strlen(text) + 1);
	add(parameters, OSSL_PARAM_construct_utf8_string(name, (char *)at, strlen(text)));
}

void
parameters_put_octets(struct parameters *parameters, const char *name, struct bytes octets)
{
	uint8_t *at = reserve(parameters, octets.size);

	if (at == NULL)
		return;
	if (octets.size > 0)
		memcpy(at, octets.data, octets.size);
	add(parameters, OSSL_PARAM_construct_octet_string(name, at, octets.size));
}

void
parameters_put_number(struct parameters *parameters, const char *name, const BIGNUM *number)
{
	const size_t size = number == NULL ? 0 : (size_t)BN_num_bytes(number);
	uint8_t *at;

	/* libcrypto takes no empty integers; and zero is good for nothing in a key. */
	if (size == 0 && parameters->result == RESULT_OK)
		parameters->result = RESULT_MALFORMED;
	at = reserve(parameters, size);
	if (at == NULL)
		return;
	if (BN_bn2nativepad(number, at, (int)size) != (int)size)
		parameters->result = RESULT_CRYPTO;
	else
		add(parameters, OSSL_PARAM_construct_BN(name, at, size));
}

void
parameters_put_magnitude(struct parameters *parameters, const char *name, struct bytes magnitude)
{
	CLEANUP(number_freep) BIGNUM *number = NULL;

	if (magnitude.size <= PARAMETERS_ROOM)
		number = BN_bin2bn(magnitude.data, (int)magnitude.size, NULL);
	parameters_put_number(parameters, name, number);
}

enum result
parameters_make_key(
    struct parameters *parameters, const char *family, bool is_private, EVP_PKEY **out)
{
	CLEANUP(pkey_context_freep) EVP_PKEY_CTX *context = NULL;
	const int selection = is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;

	*out = NULL;
	if (parameters->result != RESULT_OK)
		return parameters->result;
	TRY(crypto_start());
	parameters->list[parameters->count] = OSSL_PARAM_construct_end();
	context = EVP_PKEY_CTX_new_from_name(NULL, family, NULL);
	if (context == NULL || EVP_PKEY_fromdata_init(context) != 1)
		return RESULT_CRYPTO;
	if (EVP_PKEY_fromdata(context, out, selection, parameters->list) != 1)
		return RESULT_MALFORMED;
	return RESULT_OK;
}

enum result
pkey_put_mpint(const EVP_PKEY *pkey, const char *name, struct writer *writer)
{
	CLEANUP(number_freep) BIGNUM *number = NULL;
	uint8_t magnitude[RSA_BITS_MAX / 8];

	if (EVP_PKEY_get_bn_param(pkey, name, &number) != 1)
		return RESULT_CRYPTO;
	if ((size_t)BN_num_bytes(number) > sizeof(magnitude))
		return RESULT_MALFORMED;
	put_mpint(writer, bytes_of(magnitude, (size_t)BN_bn2bin(number, magnitude)));
	return RESULT_OK;
}
