/* SPDX-License-Identifier: ISC */
/*
 * Key agreement, the server's side of it: one row of functions for each kind. RFC 4253, RFC 5656,
 * RFC 8731, and drafts for hybrids with post-quantum encapsulation.
 */
#pragma once

#include "common/buf.h"

#define AGREE_PUBLIC_MAX 2048

/* Numbers modulo a safe prime: big-endian, without zeros in front. */
struct agree_group {
	struct bytes prime, generator;
};

#define AGREE_PRIME_MAX 1024 /* bytes: 8192 bits */

struct agreement {
	/*
	 * Takes the client's public value; yields the server's public value and the shared secret as
	 * it enters the exchange hash and the key derivation, that is with its mpint or string
	 * encoding. Both are appended. `shared` is secret: its buf wipes. RESULT_MALFORMED for a
	 * value that the standard refuses (wrong size, low-order point, not on the curve).
	 */
	enum result (*respond)(
	    struct bytes client_public, struct buf *server_public, struct buf *shared);
};

extern const struct agreement agree_x25519; /* agree_ecdh.c; x448 likewise */
extern const struct agreement agree_x448;
extern const struct agreement agree_nistp256; /* agree_ecdh.c; nistp384, nistp521 likewise */
extern const struct agreement agree_nistp384;
extern const struct agreement agree_nistp521;
extern const struct agreement agree_secp256k1;

extern const struct agreement agree_mlkem768x25519; /* agree_hybrid.c, and the next three */
extern const struct agreement agree_mlkem768nistp256;
extern const struct agreement agree_mlkem1024nistp384;
extern const struct agreement agree_sntrup761x25519;

extern const struct agreement agree_group1;  /* agree_dh.c: 1024 bits, RFC 2409 */
extern const struct agreement agree_group14; /* 2048 */
extern const struct agreement agree_group15; /* 3072 */
extern const struct agreement agree_group16; /* 4096 */
extern const struct agreement agree_group17; /* 6144 */
extern const struct agreement agree_group18; /* 8192 */

/* The same as `respond` in a group that was chosen for this exchange. RFC 4419. RESULT_MALFORMED. */
enum result agree_in_group(const struct agree_group *group, struct bytes client_public,
    struct buf *server_public, struct buf *shared) MUST_USE;

/* Appends the prime of RFC 3526 with 2048, 4096 or 8192 bits; its generator is 2. RESULT_NOT_FOUND. */
enum result agree_fixed_prime(unsigned bits, struct buf *prime) MUST_USE;
