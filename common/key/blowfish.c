/* SPDX-License-Identifier: ISC */
/*
 * Blowfish as bcrypt needs it. Pure. B. Schneier, "Description of a New Variable-Length Key, 64-Bit Block
 * Cipher"; N. Provos and D. Mazieres, "A Future-Adaptable Password Scheme".
 */
#include "common/key/blowfish.h"

#include <openssl/bn.h>

#include "common/crypto/owned.h"
#include "common/key/key_internal.h"
#include "common/mem.h"

#define GUARD_BITS 64 /* what the rounding of some thousand terms may touch */

/* --- The first state ---------------------------------------------------------------------------- */

/* Adds `factor` * arctan(1/x) * 2^bits to *sum, or takes it away. */
static bool
add_arctan(BIGNUM *sum, BN_ULONG factor, bool is_negative, BN_ULONG x, int bits)
{
	CLEANUP(number_freep) BIGNUM *power = BN_new(), *term = BN_new();
	bool done = power != NULL && term != NULL && BN_set_bit(power, bits) == 1 &&
		    BN_mul_word(power, factor) == 1 && BN_div_word(power, x) != (BN_ULONG)-1;

	for (BN_ULONG divisor = 1; done && !BN_is_zero(power); divisor += 2) {
		done = BN_copy(term, power) != NULL && BN_div_word(term, divisor) != (BN_ULONG)-1 &&
		       (is_negative ? BN_sub(sum, sum, term) : BN_add(sum, sum, term)) == 1 &&
		       BN_div_word(power, x * x) != (BN_ULONG)-1;
		is_negative = !is_negative;
	}
	return done;
}

/* Machin: pi = 16 arctan(1/5) - 4 arctan(1/239). What stands behind the point, big-endian. */
static enum result
compute_pi(uint8_t *out, size_t size)
{
	CLEANUP(number_freep) BIGNUM *pi = BN_new();
	const int bits = (int)(8 * size) + GUARD_BITS;

	if (pi == NULL || !add_arctan(pi, 16, false, 5, bits) ||
	    !add_arctan(pi, 4, true, 239, bits))
		return RESULT_MEMORY;
	if (BN_mask_bits(pi, bits) != 1 || BN_rshift(pi, pi, GUARD_BITS) != 1 ||
	    BN_bn2binpad(pi, out, (int)size) != (int)size)
		return RESULT_CRYPTO;
	return RESULT_OK;
}

static uint32_t
load(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

enum result
blowfish_init(struct blowfish *blowfish)
{
	uint8_t digits[sizeof(*blowfish)];
	const uint8_t *at = digits;

	TRY(compute_pi(digits, sizeof(digits)));
	for (size_t i = 0; i < COUNT(blowfish->subkeys); i++, at += 4)
		blowfish->subkeys[i] = load(at);
	for (size_t box = 0; box < COUNT(blowfish->boxes); box++) {
		for (size_t i = 0; i < COUNT(blowfish->boxes[box]); i++, at += 4)
			blowfish->boxes[box][i] = load(at);
	}
	return RESULT_OK;
}

/* --- The cipher --------------------------------------------------------------------------------- */

static uint32_t
mix(const struct blowfish *blowfish, uint32_t x)
{
	return ((blowfish->boxes[0][x >> 24] + blowfish->boxes[1][x >> 16 & 0xff]) ^
		   blowfish->boxes[2][x >> 8 & 0xff]) +
	       blowfish->boxes[3][x & 0xff];
}

void
blowfish_encrypt(const struct blowfish *blowfish, uint32_t *left, uint32_t *right)
{
	uint32_t l = *left, r = *right;

	for (size_t round = 0; round < BLOWFISH_ROUNDS; round += 2) {
		l ^= blowfish->subkeys[round];
		r ^= mix(blowfish, l);
		r ^= blowfish->subkeys[round + 1];
		l ^= mix(blowfish, r);
	}
	*left = r ^ blowfish->subkeys[BLOWFISH_ROUNDS + 1];
	*right = l ^ blowfish->subkeys[BLOWFISH_ROUNDS];
}

/* Words of a text that is read again and again from its beginning. */
struct cycle {
	const uint8_t *text; /* NULL: zeros */
	size_t at;
};

static uint32_t
next_word(struct cycle *cycle)
{
	uint32_t word = 0;

	if (cycle->text != NULL)
		word = load(cycle->text + cycle->at);
	cycle->at = (cycle->at + 4) % BLOWFISH_KEY_SIZE;
	return word;
}

/* Encrypts the salt in a chain, and puts what comes out in the place of the words. */
static void
replace(struct blowfish *blowfish, uint32_t *words, size_t count, struct cycle *salt,
    uint32_t (*block)[2])
{
	for (size_t i = 0; i < count; i += 2) {
		(*block)[0] ^= next_word(salt);
		(*block)[1] ^= next_word(salt);
		blowfish_encrypt(blowfish, &(*block)[0], &(*block)[1]);
		words[i] = (*block)[0];
		words[i + 1] = (*block)[1];
	}
}

void
blowfish_expand(struct blowfish *blowfish, const uint8_t *key, const uint8_t *salt)
{
	struct cycle key_words = { key, 0 }, salt_words = { salt, 0 };
	uint32_t block[2] = { 0, 0 };

	for (size_t i = 0; i < COUNT(blowfish->subkeys); i++)
		blowfish->subkeys[i] ^= next_word(&key_words);
	replace(blowfish, blowfish->subkeys, COUNT(blowfish->subkeys), &salt_words, &block);
	for (size_t box = 0; box < COUNT(blowfish->boxes); box++)
		replace(blowfish, blowfish->boxes[box], COUNT(blowfish->boxes[box]), &salt_words,
		    &block);
	mem_wipe(block, sizeof(block));
}
