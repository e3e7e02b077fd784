/* SPDX-License-Identifier: ISC */
/*
 * Encapsulation of sntrup761: Streamlined NTRU Prime with p = 761, q = 4591, w = 286, as submitted to
 * the third round of NIST's competition; names of steps are the submission's. Pure.
 *
 * The short polynomial is secret: it is sorted by a network, multiplied by all of its coefficients, and
 * reduced without division. The public key and the ciphertext are not secret, so their coding divides.
 */
#include "common/crypto/kem.h"

#include <assert.h>

#include "common/crypto/hash.h"
#include "common/mem.h"

#define P              761
#define Q              4591
#define WEIGHT         286
#define Q_HALF         ((Q - 1) / 2)
#define SMALL_SIZE     ((P + 3) / 4) /* bytes of a polynomial of -1, 0 and 1 */
#define PUBLIC_SIZE    1158
#define ROUNDED_SIZE   1007
#define HASH_HALF_SIZE 32
#define RADIX_LIMIT    16384U /* what two coefficients together must stay below, or give bytes off */

/* --- Numbers ------------------------------------------------------------------------------------ */

/* x modulo Q, centred, for |x| < 2^23. The rounded quotient is exact: x / Q is never so near a half. */
static int16_t
reduce_q(int32_t x)
{
	const int64_t reciprocal = 239492840; /* 2^40 / Q */
	int64_t quotient = ((int64_t)x * reciprocal + (1LL << 39)) >> 40;

	return (int16_t)(x - Q * (int32_t)quotient);
}

/* x modulo 3, centred, for |x| <= Q_HALF. */
static int16_t
reduce_3(int16_t x)
{
	return (int16_t)(x - 3 * ((10923 * (int32_t)x + 16384) >> 15));
}

/* --- Short: WEIGHT coefficients of -1 or 1 in random places ------------------------------------- */

static void
order(uint32_t *low, uint32_t *high)
{
	uint32_t is_wrong = (uint32_t)(((uint64_t)*high - *low) >> 63);
	uint32_t swapped = (0 - is_wrong) & (*low ^ *high);

	*low ^= swapped;
	*high ^= swapped;
}

/* Batcher's merge exchange (Knuth, volume 3, algorithm 5.2.2M): which elements are compared depends on
 * their number only. */
static void
sort(uint32_t *list, size_t count)
{
	size_t top = 1;

	while (2 * top < count)
		top *= 2;
	for (size_t p = top; p > 0; p /= 2) {
		size_t r = 0;
		size_t d = p;

		for (size_t q = top;; q /= 2) {
			for (size_t i = 0; i + d < count; i++) {
				if ((i & p) == r)
					order(&list[i], &list[i + d]);
			}
			if (q == p)
				break;
			d = q - p;
			r = p;
		}
	}
}

/* `random`: a number of four bytes, the lowest first, for each coefficient. */
static void
make_short(const uint8_t *random, int8_t *out)
{
	uint32_t list[P];

	for (size_t i = 0; i < P; i++) {
		const uint8_t *at = random + 4 * i;

		list[i] =
		    at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
		/* The lowest two bits become the coefficient plus one: 0 or 2, else 1. */
		list[i] = i < WEIGHT ? list[i] & ~1U : (list[i] & ~3U) | 1;
	}
	sort(list, P);
	for (size_t i = 0; i < P; i++)
		out[i] = (int8_t)((int8_t)(list[i] & 3) - 1);
	mem_wipe(list, sizeof(list));
}

/* Small_encode: four coefficients in a byte. */
static void
encode_small(const int8_t *f, uint8_t *out)
{
	for (size_t i = 0; i < SMALL_SIZE; i++) {
		out[i] = 0;
		for (size_t k = 0; k < 4 && 4 * i + k < P; k++)
			out[i] |= (uint8_t)((uint8_t)(f[4 * i + k] + 1) << (2 * k));
	}
}

/* --- Coding of lists of numbers, each below a limit of its own: Encode and Decode --------------- */

struct coding {
	uint16_t values[P];
	uint16_t limits[P];
};

static uint16_t
shrink(uint32_t limit)
{
	return (uint16_t)((limit + 255) >> 8);
}

/* Two neighbours become one number, whose low bytes are given off while it is too large. */
static uint8_t *
encode(struct coding *list, uint8_t *out)
{
	size_t count = P;

	for (; count > 1; count = (count + 1) / 2) {
		for (size_t i = 0; i + 1 < count; i += 2) {
			uint32_t first_limit = list->limits[i];
			uint32_t value = list->values[i] + list->values[i + 1] * first_limit;
			uint32_t limit = list->limits[i + 1] * first_limit;

			for (; limit >= RADIX_LIMIT; limit = (limit + 255) >> 8) {
				*out++ = (uint8_t)value;
				value >>= 8;
			}
			list->values[i / 2] = (uint16_t)value;
			list->limits[i / 2] = (uint16_t)limit;
		}
		if (count % 2 == 1) {
			list->values[count / 2] = list->values[count - 1];
			list->limits[count / 2] = list->limits[count - 1];
		}
	}
	for (uint16_t limit = list->limits[0]; limit > 1; limit = shrink(limit)) {
		*out++ = (uint8_t)list->values[0];
		list->values[0] >>= 8;
	}
	return out;
}

/* What one level of encode gave off: the limit that is left, and by how much the number was divided. */
static uint16_t
given_off(uint32_t limit, const uint8_t **in, uint32_t *low, uint32_t *divided_by)
{
	*low = 0;
	*divided_by = 1;
	for (; limit >= RADIX_LIMIT; limit = (limit + 255) >> 8) {
		*low += *divided_by * *(*in)++;
		*divided_by <<= 8;
	}
	return (uint16_t)limit;
}

/* Takes the levels apart in the order in which encode wrote them; returns where its bytes end. */
static const uint8_t *
decode(const uint16_t *limits, size_t count, const uint8_t *in, uint16_t *out)
{
	uint16_t merged_limits[(P + 1) / 2] = { 0 };
	uint16_t merged[(P + 1) / 2] = { 0 };
	uint32_t low[P / 2] = { 0 };
	uint32_t divided_by[P / 2] = { 0 };

	if (count == 1) {
		uint32_t value = 0;
		unsigned shift = 0;

		for (uint16_t limit = limits[0]; limit > 1; limit = shrink(limit), shift += 8)
			value |= (uint32_t)*in++ << shift;
		assert(limits[0] > 0);
		out[0] = (uint16_t)(value % limits[0]);
		return in;
	}
	for (size_t i = 0; i + 1 < count; i += 2)
		merged_limits[i / 2] = given_off(
		    (uint32_t)limits[i] * limits[i + 1], &in, &low[i / 2], &divided_by[i / 2]);
	if (count % 2 == 1)
		merged_limits[count / 2] = limits[count - 1];
	in = decode(merged_limits, (count + 1) / 2, in, merged);
	for (size_t i = 0; i + 1 < count; i += 2) {
		uint32_t value = low[i / 2] + divided_by[i / 2] * merged[i / 2];

		assert(limits[i] > 0 && limits[i + 1] > 0);
		out[i] = (uint16_t)(value % limits[i]);
		out[i + 1] = (uint16_t)(value / limits[i] % limits[i + 1]);
	}
	if (count % 2 == 1)
		out[count - 1] = merged[count / 2];
	return in;
}

/* Rq_decode. Any bytes are a polynomial. */
static void
decode_public(const uint8_t *public, int16_t *out)
{
	uint16_t limits[P], values[P];

	for (size_t i = 0; i < P; i++)
		limits[i] = Q;
	(void)decode(limits, P, public, values);
	for (size_t i = 0; i < P; i++)
		out[i] = (int16_t)(values[i] - Q_HALF);
}

/* Rounded_encode: multiples of three. */
static void
encode_rounded(const int16_t *c, uint8_t *out)
{
	struct coding list;

	for (size_t i = 0; i < P; i++) {
		list.values[i] = (uint16_t)(((uint32_t)(c[i] + Q_HALF) * 10923) >> 15);
		list.limits[i] = (Q + 2) / 3;
	}
	(void)encode(&list, out);
}

/* --- Encrypt ------------------------------------------------------------------------------------ */

/* Round(h r): their product modulo x^P - x - 1 and Q, each coefficient to the next multiple of three. */
static void
multiply_and_round(const int16_t *h, const int8_t *r, int16_t *out)
{
	int32_t product[2 * P - 1] = { 0 };

	for (size_t i = 0; i < P; i++) {
		for (size_t k = 0; k < P; k++)
			product[i + k] += (int32_t)h[k] * r[i];
	}
	for (size_t i = 2 * P - 2; i >= P; i--) { /* x^P = x + 1 */
		product[i - P] += product[i];
		product[i - P + 1] += product[i];
	}
	for (size_t i = 0; i < P; i++) {
		int16_t coefficient = reduce_q(product[i]);

		out[i] = (int16_t)(coefficient - reduce_3(coefficient));
	}
	mem_wipe(product, sizeof(product));
}

/* --- Hashes, each with a number of its own in front --------------------------------------------- */

/* Hash_prefix: the first half of SHA-512. */
static enum result
hash_with(uint8_t number, struct bytes first, struct bytes second, uint8_t *out)
{
	const struct bytes pieces[] = { bytes_of(&number, 1), first, second };
	uint8_t whole[2 * HASH_HALF_SIZE];
	enum result result = hash_pieces(HASH_SHA512, pieces, COUNT(pieces), whole);

	if (result == RESULT_OK)
		memcpy(out, whole, HASH_HALF_SIZE);
	mem_wipe(whole, sizeof(whole));
	return result;
}

/* Hide's confirmation behind the rounded polynomial, and the secret over the whole ciphertext. */
static enum result
confirm(const int8_t *r, const uint8_t *public, uint8_t *ciphertext, uint8_t *secret)
{
	const struct bytes none = bytes_of("", 0);
	uint8_t small[SMALL_SIZE], key_hash[HASH_HALF_SIZE], small_hash[HASH_HALF_SIZE];
	const struct bytes hidden = bytes_of(small_hash, sizeof(small_hash));
	enum result result;

	encode_small(r, small);
	result = hash_with(4, bytes_of(public, PUBLIC_SIZE), none, key_hash);
	if (result == RESULT_OK)
		result = hash_with(3, bytes_of(small, sizeof(small)), none, small_hash);
	if (result == RESULT_OK)
		result = hash_with(
		    2, hidden, bytes_of(key_hash, sizeof(key_hash)), ciphertext + ROUNDED_SIZE);
	if (result == RESULT_OK)
		result = hash_with(
		    1, hidden, bytes_of(ciphertext, ROUNDED_SIZE + HASH_HALF_SIZE), secret);
	mem_wipe(small, sizeof(small));
	mem_wipe(small_hash, sizeof(small_hash));
	return result;
}

static enum result
encapsulate(const uint8_t *public, const uint8_t *random, uint8_t *ciphertext, uint8_t *secret)
{
	int16_t h[P], c[P];
	int8_t r[P];
	enum result result;

	decode_public(public, h);
	make_short(random, r);
	multiply_and_round(h, r, c);
	encode_rounded(c, ciphertext);
	result = confirm(r, public, ciphertext, secret);
	mem_wipe(r, sizeof(r));
	return result;
}

const struct kem kem_sntrup761 = { "sntrup761", PUBLIC_SIZE, ROUNDED_SIZE + HASH_HALF_SIZE, 4 * P,
	encapsulate };
