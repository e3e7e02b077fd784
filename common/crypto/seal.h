/* SPDX-License-Identifier: ISC */
/*
 * Sealing and opening one SSH packet in place, RFC 4253 section 6: a cipher with its integrity, one
 * direction, one set of keys. A packet here is `u32 packet_length ‖ padding_length ‖ payload ‖
 * padding`, followed by `tag_size` bytes for the MAC or tag.
 */
#pragma once

#include "common/buf.h"

struct cipher_algorithm;
struct mac_algorithm;
struct seal; /* opaque; owns contexts and keys; wipes them */

enum seal_direction {
	SEAL_SEALING, /* we encrypt and send */
	SEAL_OPENING, /* we receive and decrypt */
};

struct seal_keys {
	struct bytes iv, key, mac_key; /* sizes as the algorithms' rows say; copied */
};

/*
 * `mac` is NULL for AEAD ciphers. cipher "none" (seal_new_none) is what a connection starts with.
 * No allocation and no fetch happens after this call.
 */
enum result seal_new(const struct cipher_algorithm *cipher, const struct mac_algorithm *mac,
    enum seal_direction direction, const struct seal_keys *keys, struct seal **out) MUST_USE;
enum result seal_new_none(struct seal **out) MUST_USE;
void seal_free(struct seal *seal);
void seal_freep(struct seal **seal);

/* What the framing must know. */
struct seal_shape {
	size_t block;       /* padding makes a multiple of this, at least 8 */
	size_t tag_size;    /* bytes behind the packet */
	size_t head_size;   /* bytes needed before seal_open_length can answer: 4, or one block */
	bool length_is_aad; /* packet_length is left out of what is padded to `block` */
	bool hides_errors;  /* nobody may learn at which byte a forged packet was refused */
};
const struct seal_shape *seal_shape(const struct seal *seal);

/*
 * Opening, step one: from the first head_size bytes at `packet`, the packet_length (not checked
 * against any limit). May decrypt the head in place; call it once for each packet.
 */
enum result seal_open_length(
    struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t *packet_length) MUST_USE;

/*
 * Opening, step two: the whole packet of 4 + packet_length bytes with its tag behind it is there.
 * Checks integrity, decrypts in place. RESULT_INTEGRITY. packet_length must be a multiple of the
 * block as the shape says and >= 5 (the caller checked).
 */
enum result seal_open(
    struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length) MUST_USE;

/* Sealing: encrypts 4 + packet_length bytes in place and writes tag_size bytes behind them. */
enum result seal_close(
    struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length) MUST_USE;
