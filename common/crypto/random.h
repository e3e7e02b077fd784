/* SPDX-License-Identifier: ISC */
/*
 * Random bytes (edge). A test may put its own source here.
 */
#pragma once

#include "common/buf.h"

/* Fills `out` from libcrypto's generator (seeded by getrandom). RESULT_CRYPTO. */
enum result random_bytes(uint8_t *out, size_t size) MUST_USE;

/* The same for private keys: from a generator of its own, whose output nobody is shown. */
enum result random_secret_bytes(uint8_t *out, size_t size) MUST_USE;

typedef enum result random_source(uint8_t *out, size_t size);
void random_set_source(random_source *source); /* NULL restores the real one; tests only */

/*
 * Bytes drawn ahead, for packets' padding: asking libcrypto for a few bytes costs several times what
 * sealing a small packet does. Zeroed at the start; belongs to one connection and one process: two
 * that share a filled pool after a fork would send the same padding.
 */
#define RANDOM_POOL_SIZE 1024

struct random_pool {
	uint8_t bytes[RANDOM_POOL_SIZE]; /* the last `left` of them are not used yet */
	size_t left;
};

/* At most RANDOM_POOL_SIZE bytes at once. What is given is wiped in the pool. RESULT_CRYPTO. */
enum result random_pool_take(struct random_pool *pool, uint8_t *out, size_t size) MUST_USE;
