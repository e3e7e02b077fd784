/* SPDX-License-Identifier: ISC */
/*
 * The MAC of RFC 4253 section 6.4, for the constructions that need one beside their cipher.
 */
#pragma once

#include <openssl/types.h>

#include "common/crypto/algorithm.h"

struct umac;

/* Embedded in its owner; the contexts own the key and wipe it. */
struct mac {
	EVP_MAC_CTX *context; /* HMAC's */
	struct umac *umac;    /* or UMAC's; the other is NULL */
	size_t tag_size;
	bool is_cut; /* the tag is shorter than the digest */
};

#define MAC_TAG_MAX HASH_SIZE_MAX

/* The key is copied; its size is the row's. RESULT_MEMORY, RESULT_CRYPTO. */
enum result mac_init(
    struct mac *mac, const struct mac_algorithm *algorithm, struct bytes key) MUST_USE;
void mac_clear(struct mac *mac);

/* HMAC(key, u32 sequence ‖ data), or UMAC(key, data) with the sequence number as its nonce: tag_size bytes to `tag`, which may lie right behind the data. */
enum result mac_compute(
    struct mac *mac, uint32_t sequence, struct bytes data, uint8_t *tag) MUST_USE;

/* Compares in constant time. RESULT_INTEGRITY. */
enum result mac_verify(
    struct mac *mac, uint32_t sequence, struct bytes data, const uint8_t *tag) MUST_USE;
