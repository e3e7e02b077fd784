/* SPDX-License-Identifier: ISC */
/*
 * chacha20-poly1305@openssh.com: the length encrypted with one key, the rest with another, Poly1305
 * over both. Pure. OpenSSH's PROTOCOL.chacha20poly1305; it is not the AEAD of RFC 8439.
 *
 * The nonce is the sequence number. Block 0 of the main key's stream yields the one-time Poly1305
 * key, the packet is encrypted from block 1 on: one initialisation serves both, as the stream goes on.
 */
#include <endian.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "common/crypto/seal_internal.h"
#include "common/crypto/start.h"
#include "common/mem.h"

#define LENGTH_SIZE   4
#define STREAM_KEY    32
#define STREAM_BLOCK  64
#define POLY1305_KEY  32
#define POLY1305_SIZE 16

/* All owned, for the life of the keys. */
struct seal_chachapoly {
	struct seal base;
	EVP_CIPHER_CTX *main;   /* K_2 of the description: packets and Poly1305 keys */
	EVP_CIPHER_CTX *length; /* K_1: lengths */
	EVP_MAC_CTX *poly1305;
};

static struct seal_chachapoly *
chachapoly_of(struct seal *seal)
{
	return (struct seal_chachapoly *)seal;
}

static enum result
stream_new(const EVP_CIPHER *cipher, const uint8_t *key, EVP_CIPHER_CTX **out)
{
	*out = EVP_CIPHER_CTX_new();
	if (*out == NULL)
		return RESULT_MEMORY;
	return EVP_EncryptInit_ex2(*out, cipher, key, NULL, NULL) == 1 ? RESULT_OK : RESULT_CRYPTO;
}

static enum result
chachapoly_start(struct seal *seal, const struct seal_setup *setup)
{
	struct seal_chachapoly *chachapoly = chachapoly_of(seal);
	const uint8_t *key = setup->keys->key.data;
	const EVP_CIPHER *cipher;
	EVP_MAC *mac;

	seal->shape = (struct seal_shape){
		.block = setup->cipher->block_size,
		.tag_size = POLY1305_SIZE,
		.head_size = LENGTH_SIZE,
		.length_is_aad = true,
	};
	TRY(crypto_cipher(setup->cipher->evp_name, &cipher));
	TRY(crypto_mac(CRYPTO_POLY1305, &mac));
	TRY(stream_new(cipher, key, &chachapoly->main));
	TRY(stream_new(cipher, key + STREAM_KEY, &chachapoly->length));
	chachapoly->poly1305 = EVP_MAC_CTX_new(mac);
	return chachapoly->poly1305 == NULL ? RESULT_MEMORY : RESULT_OK;
}

static void
chachapoly_stop(struct seal *seal)
{
	struct seal_chachapoly *chachapoly = chachapoly_of(seal);

	EVP_CIPHER_CTX_free(chachapoly->main);
	EVP_CIPHER_CTX_free(chachapoly->length);
	EVP_MAC_CTX_free(chachapoly->poly1305);
}

/* Puts a stream at block 0 of the packet's nonce. libcrypto's IV is 4 bytes of counter and 12 of
 * nonce; here a counter of 8, of which no packet needs more than one byte or two, and a nonce of 8. */
static enum result
stream_seek(EVP_CIPHER_CTX *stream, uint32_t sequence)
{
	uint64_t iv[2] = { 0, htobe64(sequence) };

	if (EVP_EncryptInit_ex2(stream, NULL, NULL, (const uint8_t *)iv, NULL) != 1)
		return RESULT_CRYPTO;
	return RESULT_OK;
}

static enum result
stream_apply(EVP_CIPHER_CTX *stream, const uint8_t *in, uint8_t *out, size_t size)
{
	int done;

	return EVP_EncryptUpdate(stream, out, &done, in, (int)size) == 1 ? RESULT_OK
									 : RESULT_CRYPTO;
}

/* Begins a packet: takes block 0 of the main stream as Poly1305's key; the stream is at block 1 then. */
static enum result
begin_packet(struct seal_chachapoly *chachapoly, uint32_t sequence)
{
	static const uint8_t zeros[STREAM_BLOCK];
	uint8_t block[STREAM_BLOCK];
	enum result result;

	TRY(stream_seek(chachapoly->main, sequence));
	TRY(stream_apply(chachapoly->main, zeros, block, sizeof(block)));
	result = EVP_MAC_init(chachapoly->poly1305, block, POLY1305_KEY, NULL) == 1 ? RESULT_OK
										    : RESULT_CRYPTO;
	mem_wipe(block, sizeof(block));
	return result;
}

/* The tag of the encrypted length and text. */
static enum result
compute_tag(struct seal_chachapoly *chachapoly, const uint8_t *packet, size_t size, uint8_t *tag)
{
	size_t tag_size;

	if (EVP_MAC_update(chachapoly->poly1305, packet, size) != 1 ||
	    EVP_MAC_final(chachapoly->poly1305, tag, &tag_size, POLY1305_SIZE) != 1)
		return RESULT_CRYPTO;
	return RESULT_OK;
}

static enum result
chachapoly_close(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length)
{
	struct seal_chachapoly *chachapoly = chachapoly_of(seal);
	uint8_t *text = packet + LENGTH_SIZE;

	TRY(stream_seek(chachapoly->length, sequence));
	TRY(stream_apply(chachapoly->length, packet, packet, LENGTH_SIZE));
	TRY(begin_packet(chachapoly, sequence));
	TRY(stream_apply(chachapoly->main, text, text, packet_length));
	return compute_tag(
	    chachapoly, packet, LENGTH_SIZE + (size_t)packet_length, text + packet_length);
}

/* Leaves the packet as it is: the tag is of the encrypted length. */
static enum result
chachapoly_open_length(
    struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t *packet_length)
{
	struct seal_chachapoly *chachapoly = chachapoly_of(seal);
	uint32_t length;

	TRY(stream_seek(chachapoly->length, sequence));
	TRY(stream_apply(chachapoly->length, packet, (uint8_t *)&length, sizeof(length)));
	*packet_length = be32toh(length);
	return RESULT_OK;
}

static enum result
chachapoly_open(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length)
{
	struct seal_chachapoly *chachapoly = chachapoly_of(seal);
	const uint32_t length = htobe32(packet_length);
	uint8_t *text = packet + LENGTH_SIZE;
	uint8_t tag[POLY1305_SIZE];

	TRY(begin_packet(chachapoly, sequence));
	TRY(compute_tag(chachapoly, packet, LENGTH_SIZE + (size_t)packet_length, tag));
	if (CRYPTO_memcmp(tag, text + packet_length, sizeof(tag)) != 0)
		return RESULT_INTEGRITY;
	memcpy(packet, &length, sizeof(length));
	return stream_apply(chachapoly->main, text, text, packet_length);
}

const struct seal_operations seal_chachapoly_operations = {
	.size = sizeof(struct seal_chachapoly),
	.start = chachapoly_start,
	.stop = chachapoly_stop,
	.open_length = chachapoly_open_length,
	.open = chachapoly_open,
	.close = chachapoly_close,
};
