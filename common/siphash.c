/* SPDX-License-Identifier: ISC */
/*
 * SipHash-2-4 (pure).
 */
#include "common/siphash.h"

#define WORD_SIZE 8

struct state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t
rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void
mix(struct state *s, unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 = rotate(s->v2, 32);
	}
}

/* Little-endian, of up to eight bytes. */
static uint64_t
word_at(const uint8_t *at, size_t size)
{
	uint64_t word = 0;

	for (size_t i = 0; i < size; i++)
		word |= (uint64_t)at[i] << 8 * i;
	return word;
}

static void
absorb(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	mix(s, 2);
	s->v0 ^= word;
}

uint64_t
siphash(const uint8_t secret[SIPHASH_SECRET_SIZE], struct bytes bytes)
{
	const uint64_t k0 = word_at(secret, WORD_SIZE), k1 = word_at(secret + WORD_SIZE, WORD_SIZE);
	struct state s = {
		.v0 = k0 ^ 0x736f6d6570736575,
		.v1 = k1 ^ 0x646f72616e646f6d,
		.v2 = k0 ^ 0x6c7967656e657261,
		.v3 = k1 ^ 0x7465646279746573,
	};
	const size_t whole = bytes.size / WORD_SIZE * WORD_SIZE;

	for (size_t at = 0; at < whole; at += WORD_SIZE)
		absorb(&s, word_at(bytes.data + at, WORD_SIZE));
	absorb(&s, (uint64_t)bytes.size << 56 |
		       (bytes.size > whole ? word_at(bytes.data + whole, bytes.size - whole) : 0));
	s.v2 ^= 0xff;
	mix(&s, 4);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
