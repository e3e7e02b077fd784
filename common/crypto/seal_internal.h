/* SPDX-License-Identifier: ISC */
/*
 * What a construction of cipher and integrity is made of: a row of operations and a struct that
 * starts with struct seal. For seal*.c and the table of ciphers only.
 */
#pragma once

#include "common/crypto/algorithm.h"
#include "common/crypto/seal.h"

struct seal_setup {
	const struct cipher_algorithm *cipher;
	const struct mac_algorithm *mac; /* NULL for AEAD ciphers */
	enum seal_direction direction;
	const struct seal_keys *keys; /* sizes are checked already */
};

struct seal_operations {
	size_t size; /* of the whole struct */
	enum result (*start)(struct seal *seal, const struct seal_setup *setup);
	void (*stop)(struct seal *seal); /* wipes what it owns; also after start failed halfway */
	enum result (*open_length)(
	    struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t *packet_length);
	enum result (*open)(
	    struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length);
	enum result (*close)(
	    struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length);
};

/* The beginning of every construction's struct. */
struct seal {
	const struct seal_operations *operations;
	struct seal_shape shape;
	bool failed; /* a forged packet or a failure of libcrypto came by: nothing works any more */
};

extern const struct seal_operations seal_none_operations;
extern const struct seal_operations seal_gcm_operations;
extern const struct seal_operations seal_chachapoly_operations;
extern const struct seal_operations seal_mac_operations;

/* What the two that compute AES-GCM share: sizes, and the counter of RFC 5647, once for each packet. */
#define SEAL_GCM_NONCE_SIZE 12
#define SEAL_GCM_TAG_SIZE   16
struct seal_shape seal_gcm_shape(const struct cipher_algorithm *cipher);
void seal_gcm_next_nonce(uint8_t nonce[SEAL_GCM_NONCE_SIZE]);

/* From now on these operations stand for seal_gcm_operations. */
void seal_replace_gcm(const struct seal_operations *operations);

/* The length in the clear, for the constructions that leave it so. */
enum result seal_plain_length(
    struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t *packet_length);
