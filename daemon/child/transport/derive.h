/* SPDX-License-Identifier: ISC */
/*
 * The exchange hash and the keys made from it. RFC 4253 sections 7.2 and 8, RFC 5656 section 4.
 */
#pragma once

#include "common/crypto/algorithm.h"
#include "common/crypto/seal.h"

/* What the exchange hash covers. */
struct derive_transcript {
	struct bytes client_version, server_version; /* without CR LF */
	struct bytes client_kexinit, server_kexinit; /* payloads, message number included */
	struct bytes host_key;
	struct bytes
	    group; /* of a group exchange: the sizes asked for and the group, encoded; else empty */
	struct bytes client_public, server_public;
	struct bytes shared; /* with its mpint or string encoding */
};

/* Writes hash_size(hash) bytes to `out`. */
enum result derive_exchange_hash(
    enum hash_kind hash, const struct derive_transcript *transcript, uint8_t *out) MUST_USE;

struct derive_secret {
	enum hash_kind hash;
	struct bytes shared; /* with its encoding */
	struct bytes exchange_hash;
	struct bytes session_id;
};

#define DERIVE_KEY_MAX 64

/* `size` bytes (at most DERIVE_KEY_MAX) of the key that `letter` names, 'A' to 'F'. */
enum result derive_key(
    const struct derive_secret *secret, char letter, uint8_t *out, size_t size) MUST_USE;

/* The seal of one direction with all its keys. `mac` is NULL for AEAD ciphers. */
enum result derive_seal(const struct derive_secret *secret, enum seal_direction direction,
    const struct cipher_algorithm *cipher, const struct mac_algorithm *mac,
    struct seal **out) MUST_USE;
