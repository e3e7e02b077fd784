/* SPDX-License-Identifier: ISC */
/*
 * Message digests through libcrypto, with long-lived fetched algorithms.
 */
#pragma once

#include "common/buf.h"

#define HASH_SIZE_MAX 64

enum hash_kind {
	HASH_NONE,
	HASH_MD5, /* for old MACs alone */
	HASH_SHA1,
	HASH_SHA224, /* for ssh.com's names alone */
	HASH_SHA256,
	HASH_SHA384,
	HASH_SHA512,
	HASH_SHA3_256,
	HASH_SHA3_512,
	HASH_SHAKE128, /* these two of any size: hash_expand */
	HASH_SHAKE256,
	HASH_KIND_COUNT
};

size_t hash_size(enum hash_kind kind);
const char *hash_name(enum hash_kind kind); /* libcrypto's name, "SHA2-256" and so on */

/* Digest of the concatenation of `count` pieces into `out` (hash_size bytes). */
enum result hash_pieces(
    enum hash_kind kind, const struct bytes *pieces, size_t count, uint8_t *out) MUST_USE;

/* `size` bytes of an extendable-output function of the pieces. FIPS 202. */
enum result hash_expand(enum hash_kind kind, const struct bytes *pieces, size_t count, uint8_t *out,
    size_t size) MUST_USE;

/* HMAC (RFC 2104) under a key of at most 64 bytes, with a hash whose blocks have 64: SHA-1, SHA-256. For what is no
 * secret; packets have mac.h. */
enum result hash_keyed(
    enum hash_kind kind, struct bytes key, struct bytes data, uint8_t *out) MUST_USE;
