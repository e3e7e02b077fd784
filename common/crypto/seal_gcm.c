/* SPDX-License-Identifier: ISC */
/*
 * aes128-gcm@openssh.com and aes256-gcm@openssh.com: the length is in the clear and authenticated
 * (AAD), the nonce is 4 fixed bytes and a counter of packets. Pure. RFC 5647 section 7.
 *
 * The context lives as long as the keys; for a packet only the nonce is set, which does not expand
 * the key again.
 */
#include <endian.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "common/crypto/seal_internal.h"
#include "common/crypto/start.h"
#include "common/mem.h"

#define LENGTH_SIZE 4
#define FIXED_SIZE  4

struct seal_gcm {
	struct seal base;
	EVP_CIPHER_CTX *context; /* owned */
	uint8_t nonce[SEAL_GCM_NONCE_SIZE];
};

static struct seal_gcm *
gcm_of(struct seal *seal)
{
	return (struct seal_gcm *)seal;
}

struct seal_shape
seal_gcm_shape(const struct cipher_algorithm *cipher)
{
	return (struct seal_shape){
		.block = cipher->block_size,
		.tag_size = SEAL_GCM_TAG_SIZE,
		.head_size = LENGTH_SIZE,
		.length_is_aad = true,
	};
}

static enum result
gcm_start(struct seal *seal, const struct seal_setup *setup)
{
	struct seal_gcm *gcm = gcm_of(seal);
	const EVP_CIPHER *cipher;

	seal->shape = seal_gcm_shape(setup->cipher);
	memcpy(gcm->nonce, setup->keys->iv.data, SEAL_GCM_NONCE_SIZE);
	TRY(crypto_cipher(setup->cipher->evp_name, &cipher));
	gcm->context = EVP_CIPHER_CTX_new();
	if (gcm->context == NULL)
		return RESULT_MEMORY;
	if (EVP_CipherInit_ex2(gcm->context, cipher, setup->keys->key.data, gcm->nonce,
		setup->direction == SEAL_SEALING, NULL) != 1)
		return RESULT_CRYPTO;
	return RESULT_OK;
}

static void
gcm_stop(struct seal *seal)
{
	EVP_CIPHER_CTX_free(gcm_of(seal)->context); /* wipes the key */
}

/* The last eight bytes are the counter. */
void
seal_gcm_next_nonce(uint8_t nonce[SEAL_GCM_NONCE_SIZE])
{
	uint64_t counter;

	memcpy(&counter, nonce + FIXED_SIZE, sizeof(counter));
	counter = htobe64(be64toh(counter) + 1);
	memcpy(nonce + FIXED_SIZE, &counter, sizeof(counter));
}

static enum result
gcm_close(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length)
{
	struct seal_gcm *gcm = gcm_of(seal);
	EVP_CIPHER_CTX *context = gcm->context;
	uint8_t *text = packet + LENGTH_SIZE;
	uint8_t *tag = text + packet_length;
	OSSL_PARAM get_tag[] = {
		OSSL_PARAM_construct_octet_string(
		    OSSL_CIPHER_PARAM_AEAD_TAG, tag, seal->shape.tag_size),
		OSSL_PARAM_construct_end(),
	};
	int size;

	if (EVP_EncryptInit_ex2(context, NULL, NULL, gcm->nonce, NULL) != 1 ||
	    EVP_EncryptUpdate(context, NULL, &size, packet, LENGTH_SIZE) != 1 ||
	    EVP_EncryptUpdate(context, text, &size, text, (int)packet_length) != 1 ||
	    EVP_EncryptFinal_ex(context, tag, &size) != 1 ||
	    EVP_CIPHER_CTX_get_params(context, get_tag) != 1)
		return RESULT_CRYPTO;
	seal_gcm_next_nonce(gcm->nonce);
	return RESULT_OK;
}

static enum result
gcm_open(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length)
{
	struct seal_gcm *gcm = gcm_of(seal);
	EVP_CIPHER_CTX *context = gcm->context;
	uint8_t *text = packet + LENGTH_SIZE;
	uint8_t *tag = text + packet_length;
	const OSSL_PARAM set_tag[] = {
		OSSL_PARAM_construct_octet_string(
		    OSSL_CIPHER_PARAM_AEAD_TAG, tag, seal->shape.tag_size),
		OSSL_PARAM_construct_end(),
	};
	int size;

	if (EVP_DecryptInit_ex2(context, NULL, NULL, gcm->nonce, set_tag) != 1 ||
	    EVP_DecryptUpdate(context, NULL, &size, packet, LENGTH_SIZE) != 1 ||
	    EVP_DecryptUpdate(context, text, &size, text, (int)packet_length) != 1)
		return RESULT_CRYPTO;
	if (EVP_DecryptFinal_ex(context, tag, &size) != 1) {
		mem_wipe(text, packet_length); /* what a forger wrote is not for any reader */
		return RESULT_INTEGRITY;
	}
	seal_gcm_next_nonce(gcm->nonce);
	return RESULT_OK;
}

const struct seal_operations seal_gcm_operations = {
	.size = sizeof(struct seal_gcm),
	.start = gcm_start,
	.stop = gcm_stop,
	.open_length = seal_plain_length,
	.open = gcm_open,
	.close = gcm_close,
};
