/* SPDX-License-Identifier: ISC */
/*
 * Blowfish with the key schedule of bcrypt, which takes a salt and can go on from a state: libcrypto's
 * cannot. For bcrypt_kdf.c only.
 */
#pragma once

#include "common/buf.h"

#define BLOWFISH_ROUNDS   16
#define BLOWFISH_KEY_SIZE 64 /* of the keys and salts that bcrypt_pbkdf mixes in */

struct blowfish {
	uint32_t subkeys[BLOWFISH_ROUNDS + 2];
	uint32_t boxes[4][256];
};

/* The state that every key starts from: the binary digits of pi. RESULT_MEMORY. */
enum result blowfish_init(struct blowfish *blowfish) MUST_USE;

/* Mixes in a key and, unless it is NULL, a salt; both of BLOWFISH_KEY_SIZE bytes. */
void blowfish_expand(struct blowfish *blowfish, const uint8_t *key, const uint8_t *salt);

void blowfish_encrypt(const struct blowfish *blowfish, uint32_t *left, uint32_t *right);
