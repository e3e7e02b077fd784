/* SPDX-License-Identifier: ISC */
/*
 * A cipher with a MAC beside it: either the MAC of the plaintext packet (RFC 4253 section 6.4), or of the
 * length in the clear and the ciphertext ("-etm@openssh.com"). The cipher is AES in counter mode (RFC
 * 4344), or an old one by its name: in CBC mode (RFC 4253 section 6.3) or RC4 (RFC 4345). Pure.
 *
 * Each runs on from packet to packet, so one context does without any set-up for a packet.
 */
#include <assert.h>

#include <openssl/evp.h>

#include "common/crypto/mac.h"
#include "common/crypto/seal_internal.h"
#include "common/crypto/start.h"
#include "common/mem.h"

#define LENGTH_SIZE 4

struct seal_mac {
	struct seal base;
	EVP_CIPHER_CTX *cipher; /* owned */
	struct mac mac;
};

static const struct seal_operations etm_operations;

static struct seal_mac *
mac_seal_of(struct seal *seal)
{
	return (struct seal_mac *)seal;
}

/* RFC 4345 section 4: the first bytes of RC4's key stream tell too much about the key. */
static enum result
discard(EVP_CIPHER_CTX *cipher, size_t size)
{
	uint8_t room[64] = { 0 };
	int done;

	assert(size % sizeof(room) == 0);
	for (size_t used = 0; used < size; used += sizeof(room)) {
		if (EVP_CipherUpdate(cipher, room, &done, room, (int)sizeof(room)) != 1)
			return RESULT_CRYPTO;
	}
	mem_wipe(room, sizeof(room));
	return RESULT_OK;
}

static enum result
start_cipher(struct seal_mac *both, const struct seal_setup *setup)
{
	const struct cipher_algorithm *row = setup->cipher;
	const uint8_t *iv = row->iv_size == 0 ? NULL : setup->keys->iv.data;
	const int encrypts = setup->direction == SEAL_SEALING;
	const EVP_CIPHER *cipher;

	TRY(crypto_cipher(row->evp_name, &cipher));
	both->cipher = EVP_CIPHER_CTX_new();
	if (both->cipher == NULL)
		return RESULT_MEMORY;
	/* The size of a key of RC4 is chosen before the key is there. */
	if (EVP_CipherInit_ex2(both->cipher, cipher, NULL, NULL, encrypts, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_key_length(both->cipher, (int)row->key_size) != 1 ||
	    EVP_CipherInit_ex2(both->cipher, NULL, setup->keys->key.data, iv, encrypts, NULL) !=
		1 ||
	    EVP_CIPHER_CTX_set_padding(both->cipher, 0) != 1)
		return RESULT_CRYPTO;
	return discard(both->cipher, row->discard_size);
}

static enum result
mac_start(struct seal *seal, const struct seal_setup *setup)
{
	struct seal_mac *both = mac_seal_of(seal);
	const bool etm = (setup->mac->flags & ALGORITHM_ETM) != 0;

	seal->operations = etm ? &etm_operations : &seal_mac_operations;
	seal->shape = (struct seal_shape){
		.block = setup->cipher->block_size,
		.tag_size = setup->mac->tag_size,
		.head_size = etm ? LENGTH_SIZE : setup->cipher->block_size,
		.length_is_aad = etm,
		.hides_errors = !etm && (setup->cipher->flags & ALGORITHM_CBC) != 0,
	};
	TRY(mac_init(&both->mac, setup->mac, setup->keys->mac_key));
	return start_cipher(both, setup);
}

static void
mac_stop(struct seal *seal)
{
	EVP_CIPHER_CTX_free(mac_seal_of(seal)->cipher);
	mac_clear(&mac_seal_of(seal)->mac);
}

static enum result
apply(struct seal_mac *both, uint8_t *text, size_t size)
{
	int done;

	if (EVP_CipherUpdate(both->cipher, text, &done, text, (int)size) != 1)
		return RESULT_CRYPTO;
	return RESULT_OK;
}

static enum result
mac_close(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length)
{
	struct seal_mac *both = mac_seal_of(seal);
	const size_t size = LENGTH_SIZE + (size_t)packet_length;

	TRY(mac_compute(&both->mac, sequence, bytes_of(packet, size), packet + size));
	return apply(both, packet, size);
}

static enum result
mac_open_length(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t *packet_length)
{
	TRY(apply(mac_seal_of(seal), packet, seal->shape.head_size));
	return seal_plain_length(seal, sequence, packet, packet_length);
}

static enum result
mac_open(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length)
{
	struct seal_mac *both = mac_seal_of(seal);
	const size_t size = LENGTH_SIZE + (size_t)packet_length;
	const size_t head_size = seal->shape.head_size; /* decrypted by mac_open_length */

	TRY(apply(both, packet + head_size, size - head_size));
	return mac_verify(&both->mac, sequence, bytes_of(packet, size), packet + size);
}

static enum result
etm_close(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length)
{
	struct seal_mac *both = mac_seal_of(seal);
	const size_t size = LENGTH_SIZE + (size_t)packet_length;

	TRY(apply(both, packet + LENGTH_SIZE, packet_length));
	return mac_compute(&both->mac, sequence, bytes_of(packet, size), packet + size);
}

static enum result
etm_open(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length)
{
	struct seal_mac *both = mac_seal_of(seal);
	const size_t size = LENGTH_SIZE + (size_t)packet_length;

	TRY(mac_verify(&both->mac, sequence, bytes_of(packet, size), packet + size));
	return apply(both, packet + LENGTH_SIZE, packet_length);
}

const struct seal_operations seal_mac_operations = {
	.size = sizeof(struct seal_mac),
	.start = mac_start,
	.stop = mac_stop,
	.open_length = mac_open_length,
	.open = mac_open,
	.close = mac_close,
};

static const struct seal_operations etm_operations = {
	.size = sizeof(struct seal_mac),
	.start = mac_start,
	.stop = mac_stop,
	.open_length = seal_plain_length,
	.open = etm_open,
	.close = etm_close,
};
