/* SPDX-License-Identifier: ISC */
/*
 * Key encapsulation, the server's side of it: from the client's public key to a ciphertext for the client
 * and a secret that both know. FIPS 203 (ML-KEM); Streamlined NTRU Prime, round 3 of NIST's competition.
 *
 * Randomness comes from the caller, so that known answers can be tested; it and the secret are the
 * caller's to wipe. No branch and no index depends on them.
 */
#pragma once

#include "common/buf.h"

#define KEM_SECRET_SIZE    32
#define KEM_CIPHERTEXT_MAX 1568
#define KEM_RANDOM_MAX     3044

struct kem {
	const char *name;
	size_t public_size, ciphertext_size, random_size;
	/* RESULT_MALFORMED for a public key that the standard refuses. `public` has public_size bytes. */
	enum result (*encapsulate)(
	    const uint8_t *public, const uint8_t *random, uint8_t *ciphertext, uint8_t *secret);
};

extern const struct kem kem_mlkem768; /* kem_library.c: libcrypto's, or our own where it has none */
extern const struct kem kem_mlkem1024;    /* kem_library.c */
extern const struct kem kem_own_mlkem768; /* kem_mlkem.c */
extern const struct kem kem_own_mlkem1024;
extern const struct kem kem_sntrup761; /* kem_sntrup.c */
