/* SPDX-License-Identifier: ISC */
/*
 * AES in counter mode with a MAC beside it, RFC 4344: either the MAC of the plaintext packet (RFC
 * 4253 section 6.4), or of the length in the clear and the ciphertext ("-etm@openssh.com"). Pure.
 *
 * The counter runs on from packet to packet, so one context does without any set-up for a packet.
 */
#include <endian.h>

#include <openssl/evp.h>

#include "common/crypto/mac.h"
#include "common/crypto/seal_internal.h"
#include "common/crypto/start.h"

#define LENGTH_SIZE 4

struct seal_ctr {
	struct seal base;
	EVP_CIPHER_CTX *cipher; /* owned */
	struct mac mac;
};

static const struct seal_operations etm_operations;

static struct seal_ctr *
ctr_of(struct seal *seal)
{
	return (struct seal_ctr *)seal;
}

static enum result
ctr_start(struct seal *seal, const struct seal_setup *setup)
{
	struct seal_ctr *ctr = ctr_of(seal);
	const bool etm = (setup->mac->flags & ALGORITHM_ETM) != 0;
	const EVP_CIPHER *cipher;

	seal->operations = etm ? &etm_operations : &seal_ctr_operations;
	seal->shape = (struct seal_shape){
		.block = setup->cipher->block_size,
		.tag_size = setup->mac->tag_size,
		.head_size = etm ? LENGTH_SIZE : setup->cipher->block_size,
		.length_is_aad = etm,
	};
	TRY(mac_init(&ctr->mac, setup->mac, setup->keys->mac_key));
	TRY(crypto_cipher(setup->cipher->evp_name, &cipher));
	ctr->cipher = EVP_CIPHER_CTX_new();
	if (ctr->cipher == NULL)
		return RESULT_MEMORY;
	if (EVP_EncryptInit_ex2(
		ctr->cipher, cipher, setup->keys->key.data, setup->keys->iv.data, NULL) != 1)
		return RESULT_CRYPTO;
	return RESULT_OK;
}

static void
ctr_stop(struct seal *seal)
{
	EVP_CIPHER_CTX_free(ctr_of(seal)->cipher);
	mac_clear(&ctr_of(seal)->mac);
}

/* Encryption and decryption are the same here. */
static enum result
ctr_apply(struct seal_ctr *ctr, uint8_t *text, size_t size)
{
	int done;

	if (EVP_EncryptUpdate(ctr->cipher, text, &done, text, (int)size) != 1)
		return RESULT_CRYPTO;
	return RESULT_OK;
}

static enum result
ctr_close(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length)
{
	struct seal_ctr *ctr = ctr_of(seal);
	const size_t size = LENGTH_SIZE + (size_t)packet_length;

	TRY(mac_compute(&ctr->mac, sequence, bytes_of(packet, size), packet + size));
	return ctr_apply(ctr, packet, size);
}

static enum result
ctr_open_length(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t *packet_length)
{
	TRY(ctr_apply(ctr_of(seal), packet, seal->shape.head_size));
	return seal_plain_length(seal, sequence, packet, packet_length);
}

static enum result
ctr_open(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length)
{
	struct seal_ctr *ctr = ctr_of(seal);
	const size_t size = LENGTH_SIZE + (size_t)packet_length;
	const size_t head_size = seal->shape.head_size; /* decrypted by ctr_open_length */

	TRY(ctr_apply(ctr, packet + head_size, size - head_size));
	return mac_verify(&ctr->mac, sequence, bytes_of(packet, size), packet + size);
}

static enum result
etm_close(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length)
{
	struct seal_ctr *ctr = ctr_of(seal);
	const size_t size = LENGTH_SIZE + (size_t)packet_length;

	TRY(ctr_apply(ctr, packet + LENGTH_SIZE, packet_length));
	return mac_compute(&ctr->mac, sequence, bytes_of(packet, size), packet + size);
}

static enum result
etm_open(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length)
{
	struct seal_ctr *ctr = ctr_of(seal);
	const size_t size = LENGTH_SIZE + (size_t)packet_length;

	TRY(mac_verify(&ctr->mac, sequence, bytes_of(packet, size), packet + size));
	return ctr_apply(ctr, packet + LENGTH_SIZE, packet_length);
}

const struct seal_operations seal_ctr_operations = {
	.size = sizeof(struct seal_ctr),
	.start = ctr_start,
	.stop = ctr_stop,
	.open_length = ctr_open_length,
	.open = ctr_open,
	.close = ctr_close,
};

static const struct seal_operations etm_operations = {
	.size = sizeof(struct seal_ctr),
	.start = ctr_start,
	.stop = ctr_stop,
	.open_length = seal_plain_length,
	.open = etm_open,
	.close = etm_close,
};
