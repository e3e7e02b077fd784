/* SPDX-License-Identifier: ISC */
/*
 * UMAC, RFC 4418, by nettle: the MAC behind umac-64@openssh.com and umac-128@openssh.com.
 */
#pragma once

#include "common/buf.h"

#define UMAC_KEY_SIZE 16

struct umac; /* opaque; owns its copy of the key and wipes it */

/* `tag_size` is 8 or 16, the key has UMAC_KEY_SIZE bytes. RESULT_MEMORY. */
enum result umac_new(size_t tag_size, struct bytes key, struct umac **out) MUST_USE;
void umac_free(struct umac *umac);

/* tag_size bytes to `tag`, which may lie right behind the data. No nonce may come twice. */
void umac_compute(struct umac *umac, uint64_t nonce, struct bytes data, uint8_t *tag);
