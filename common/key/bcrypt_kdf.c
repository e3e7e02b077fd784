/* SPDX-License-Identifier: ISC */
/*
 * bcrypt_pbkdf: PBKDF2 with bcrypt's slow key schedule in the place of HMAC, and its output spread over the
 * whole key. Pure. OpenSSH's PROTOCOL.key; OpenBSD's bcrypt_pbkdf(3).
 */
#include "common/key/bcrypt_kdf.h"

#include "common/crypto/hash.h"
#include "common/key/blowfish.h"
#include "common/mem.h"

#define BLOCK_SIZE    32
#define BLOCK_WORDS   (BLOCK_SIZE / 4)
#define EXPANSIONS    64
#define ENCRYPTIONS   64
#define SHA512_SIZE   BLOWFISH_KEY_SIZE
#define SALT_SIZE_MAX 1024

static const char magic[] = "OxychromaticBlowfishSwatDynamite";

/* What all blocks of one derivation share, and room for their work. */
struct work {
	struct blowfish start; /* the digits of pi */
	struct blowfish state;
	uint8_t passphrase_hash[SHA512_SIZE], salt_hash[SHA512_SIZE];
	uint8_t last[BLOCK_SIZE], sum[BLOCK_SIZE];
};

static void
load_magic(uint32_t *words)
{
	for (size_t i = 0; i < BLOCK_WORDS; i++) {
		words[i] = 0;
		for (size_t j = 0; j < 4; j++)
			words[i] = words[i] << 8 | (uint8_t)magic[4 * i + j];
	}
}

/* bcrypt's own hash of the two hashes, to work->last: words are read big-endian, written little-endian. */
static void
hash_block(struct work *work)
{
	uint32_t words[BLOCK_WORDS];

	work->state = work->start;
	blowfish_expand(&work->state, work->passphrase_hash, work->salt_hash);
	for (size_t i = 0; i < EXPANSIONS; i++) {
		blowfish_expand(&work->state, work->salt_hash, NULL);
		blowfish_expand(&work->state, work->passphrase_hash, NULL);
	}
	load_magic(words);
	for (size_t i = 0; i < ENCRYPTIONS; i++) {
		for (size_t j = 0; j < BLOCK_WORDS; j += 2)
			blowfish_encrypt(&work->state, &words[j], &words[j + 1]);
	}
	for (size_t i = 0; i < BLOCK_SIZE; i++)
		work->last[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
	mem_wipe(words, sizeof(words));
}

/* One block, all rounds: to work->sum. */
static enum result
derive_block(struct work *work, struct bytes salt, uint32_t number, uint32_t rounds)
{
	const uint8_t number_bytes[4] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16),
		(uint8_t)(number >> 8), (uint8_t)number };
	const struct bytes salt_pieces[] = { salt, bytes_of(number_bytes, sizeof(number_bytes)) };
	const struct bytes last = bytes_of(work->last, sizeof(work->last));

	TRY(hash_pieces(HASH_SHA512, salt_pieces, COUNT(salt_pieces), work->salt_hash));
	hash_block(work);
	memcpy(work->sum, work->last, sizeof(work->sum));
	for (uint32_t round = 1; round < rounds; round++) {
		TRY(hash_pieces(HASH_SHA512, &last, 1, work->salt_hash));
		hash_block(work);
		for (size_t i = 0; i < BLOCK_SIZE; i++)
			work->sum[i] ^= work->last[i];
	}
	return RESULT_OK;
}

/* Bytes of a block go to every `stride`-th place: each piece of the key costs all blocks. */
static enum result
derive_all(struct work *work, struct bytes salt, uint32_t rounds, uint8_t *out, size_t size)
{
	const size_t stride = (size + BLOCK_SIZE - 1) / BLOCK_SIZE;
	const size_t share = (size + stride - 1) / stride;

	for (size_t number = 0; number < stride; number++) {
		TRY(derive_block(work, salt, (uint32_t)number + 1, rounds));
		for (size_t i = 0; i < share && i * stride + number < size; i++)
			out[i * stride + number] = work->sum[i];
	}
	return RESULT_OK;
}

enum result
bcrypt_kdf(struct bytes passphrase, struct bytes salt, uint32_t rounds, uint8_t *out, size_t size)
{
	struct work work;
	enum result result;

	if (passphrase.size == 0 || salt.size == 0 || salt.size > SALT_SIZE_MAX || rounds == 0 ||
	    rounds > BCRYPT_KDF_ROUNDS_MAX || size == 0 || size > BCRYPT_KDF_SIZE_MAX)
		return RESULT_MALFORMED;
	result = blowfish_init(&work.start);
	if (result == RESULT_OK)
		result = hash_pieces(HASH_SHA512, &passphrase, 1, work.passphrase_hash);
	if (result == RESULT_OK)
		result = derive_all(&work, salt, rounds, out, size);
	mem_wipe(&work, sizeof(work));
	return result;
}
