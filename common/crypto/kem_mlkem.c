/* SPDX-License-Identifier: ISC */
/*
 * ML-KEM encapsulation, FIPS 203, for libcryptos that have none (before OpenSSL 3.5). Pure. Numbers of
 * algorithms and sections are those of FIPS 203.
 *
 * Coefficients are kept below Q. What depends on the message or the noise takes the same instructions
 * and addresses whatever its value; only the matrix, made of public bytes, is sampled by rejection.
 */
#include "common/crypto/kem.h"

#include <assert.h>

#include "common/crypto/hash.h"
#include "common/mem.h"

#define N          256
#define Q          3329
#define RANK_MAX   4
#define SEED_SIZE  32
#define POLY_SIZE  384 /* bytes of 256 coefficients of 12 bits */
#define NOISE_SIZE 128 /* bytes of randomness of one noise polynomial: both etas are 2 */

struct poly {
	uint16_t c[N];
};

/* Section 8. */
struct parameters {
	unsigned rank;   /* k */
	unsigned u_bits; /* d_u: bits of a coefficient of u in the ciphertext */
	unsigned v_bits; /* d_v */
};

/* 17^BitRev7(i) mod Q, appendix A. */
/* clang-format off */
static const uint16_t zetas[128] = {
	   1, 1729, 2580, 3289, 2642,  630, 1897,  848, 1062, 1919,  193,  797,
	2786, 3260,  569, 1746,  296, 2447, 1339, 1476, 3046,   56, 2240, 1333,
	1426, 2094,  535, 2882, 2393, 2879, 1974,  821,  289,  331, 3253, 1756,
	1197, 2304, 2277, 2055,  650, 1977, 2513,  632, 2865,   33, 1320, 1915,
	2319, 1435,  807,  452, 1438, 2868, 1534, 2402, 2647, 2617, 1481,  648,
	2474, 3110, 1227,  910,   17, 2761,  583, 2649, 1637,  723, 2288, 1100,
	1409, 2662, 3281,  233,  756, 2156, 3015, 3050, 1703, 1651, 2789, 1789,
	1847,  952, 1461, 2687,  939, 2308, 2437, 2388,  733, 2337,  268,  641,
	1584, 2298, 2037, 3220,  375, 2549, 2090, 1645, 1063,  319, 2773,  757,
	2099,  561, 2466, 2594, 2804, 1092,  403, 1026, 1143, 2150, 2775,  886,
	1722, 1212, 1874, 1029, 2110, 2935,  885, 2154,
};

/* 17^(2 BitRev7(i) + 1) mod Q, appendix A. */
static const uint16_t gammas[128] = {
	  17, 3312, 2761,  568,  583, 2746, 2649,  680, 1637, 1692,  723, 2606,
	2288, 1041, 1100, 2229, 1409, 1920, 2662,  667, 3281,   48,  233, 3096,
	 756, 2573, 2156, 1173, 3015,  314, 3050,  279, 1703, 1626, 1651, 1678,
	2789,  540, 1789, 1540, 1847, 1482,  952, 2377, 1461, 1868, 2687,  642,
	 939, 2390, 2308, 1021, 2437,  892, 2388,  941,  733, 2596, 2337,  992,
	 268, 3061,  641, 2688, 1584, 1745, 2298, 1031, 2037, 1292, 3220,  109,
	 375, 2954, 2549,  780, 2090, 1239, 1645, 1684, 1063, 2266,  319, 3010,
	2773,  556,  757, 2572, 2099, 1230,  561, 2768, 2466,  863, 2594,  735,
	2804,  525, 1092, 2237,  403, 2926, 1026, 2303, 1143, 2186, 2150, 1179,
	2775,  554,  886, 2443, 1722, 1607, 1212, 2117, 1874, 1455, 1029, 2300,
	2110, 1219, 2935,  394,  885, 2444, 2154, 1175,
};
/* clang-format on */

/* --- Arithmetic modulo Q ------------------------------------------------------------------------ */

/* a < 2 Q. Without a branch. */
static uint16_t
reduce_once(uint16_t a)
{
	uint16_t less = (uint16_t)(a - Q);
	uint16_t mask = (uint16_t)(0 - (less >> 15)); /* all ones if a < Q */

	return (uint16_t)((mask & a) | (~mask & less));
}

/* a <= 2 Q^2 + Q, by Barrett: the quotient is right or one too small. */
static uint16_t
reduce(uint32_t a)
{
	uint32_t quotient = (uint32_t)(((uint64_t)a * 5039) >> 24);

	return reduce_once((uint16_t)(a - quotient * Q));
}

static uint16_t
multiply(uint16_t a, uint16_t b)
{
	return reduce((uint32_t)a * b);
}

static uint16_t
add(uint16_t a, uint16_t b)
{
	return reduce_once((uint16_t)(a + b));
}

static uint16_t
subtract(uint16_t a, uint16_t b)
{
	return reduce_once((uint16_t)(a + Q - b));
}

static void
poly_add(struct poly *to, const struct poly *from)
{
	for (size_t i = 0; i < N; i++)
		to->c[i] = add(to->c[i], from->c[i]);
}

/* Algorithm 9. */
static void
transform(struct poly *f)
{
	size_t z = 1;

	for (size_t length = 128; length >= 2; length /= 2) {
		for (size_t start = 0; start < N; start += 2 * length) {
			uint16_t zeta = zetas[z++];

			for (size_t j = start; j < start + length; j++) {
				uint16_t t = multiply(zeta, f->c[j + length]);

				f->c[j + length] = subtract(f->c[j], t);
				f->c[j] = add(f->c[j], t);
			}
		}
	}
}

/* Algorithm 10. */
static void
transform_back(struct poly *f)
{
	size_t z = 127;

	for (size_t length = 2; length <= 128; length *= 2) {
		for (size_t start = 0; start < N; start += 2 * length) {
			uint16_t zeta = zetas[z--];

			for (size_t j = start; j < start + length; j++) {
				uint16_t t = f->c[j];

				f->c[j] = add(t, f->c[j + length]);
				f->c[j + length] = multiply(zeta, subtract(f->c[j + length], t));
			}
		}
	}
	for (size_t i = 0; i < N; i++)
		f->c[i] = multiply(f->c[i], 3303); /* 128^-1 */
}

/* sum += a b, all three transformed. Algorithms 11 and 12. */
static void
multiply_add(struct poly *sum, const struct poly *a, const struct poly *b)
{
	for (size_t i = 0; i < N / 2; i++) {
		const uint16_t *x = &a->c[2 * i];
		const uint16_t *y = &b->c[2 * i];
		uint32_t crossed = (uint32_t)multiply(x[1], y[1]) * gammas[i];

		sum->c[2 * i] = add(sum->c[2 * i], reduce((uint32_t)x[0] * y[0] + crossed));
		sum->c[2 * i + 1] =
		    add(sum->c[2 * i + 1], reduce((uint32_t)x[0] * y[1] + (uint32_t)x[1] * y[0]));
	}
}

/* --- Bytes and polynomials ---------------------------------------------------------------------- */

/* ByteDecode_12, algorithm 6. False if a coefficient is not below Q: section 7.2 refuses such keys. */
static bool
decode_12(const uint8_t *in, struct poly *out)
{
	bool is_reduced = true;

	for (size_t i = 0; i < N / 2; i++) {
		const uint8_t *at = in + 3 * i;

		out->c[2 * i] = (uint16_t)(at[0] | (at[1] & 0x0f) << 8);
		out->c[2 * i + 1] = (uint16_t)(at[1] >> 4 | at[2] << 4);
		is_reduced = is_reduced && out->c[2 * i] < Q && out->c[2 * i + 1] < Q;
	}
	return is_reduced;
}

/* Decompress_1 of ByteDecode_1: each bit is nothing or half of Q. */
static void
decode_message(const uint8_t *message, struct poly *out)
{
	for (size_t i = 0; i < N; i++) {
		uint16_t bit = message[i / 8] >> (i % 8) & 1;

		out->c[i] = (uint16_t)(0 - bit) & ((Q + 1) / 2);
	}
}

/* Compress_d, section 4.2.1: round(2^d / Q * x) mod 2^d, the division by a multiplication that is exact
 * for all that can come, since a division's time may tell its operands. */
static uint32_t
compress(uint16_t x, unsigned bits)
{
	const uint64_t reciprocal = (1ULL << 36) / Q + 1;
	uint64_t numerator = ((uint64_t)x << bits) + Q / 2;

	return (uint32_t)(numerator * reciprocal >> 36) & ((1U << bits) - 1);
}

/* ByteEncode_d of Compress_d: `bits` bits of each coefficient, the lowest first. */
static uint8_t *
encode_compressed(const struct poly *f, unsigned bits, uint8_t *out)
{
	uint32_t waiting = 0;
	unsigned count = 0;

	for (size_t i = 0; i < N; i++) {
		waiting |= compress(f->c[i], bits) << count;
		for (count += bits; count >= 8; count -= 8) {
			*out++ = (uint8_t)waiting;
			waiting >>= 8;
		}
	}
	assert(count == 0);
	return out;
}

/* --- Sampling ----------------------------------------------------------------------------------- */

/* Takes coefficients from `size` bytes; the number that there are now. */
static size_t
take_coefficients(const uint8_t *bytes, size_t size, struct poly *out)
{
	size_t count = 0;

	for (size_t i = 0; i + 3 <= size && count < N; i += 3) {
		uint16_t first = (uint16_t)(bytes[i] | (bytes[i + 1] & 0x0f) << 8);
		uint16_t second = (uint16_t)(bytes[i + 1] >> 4 | bytes[i + 2] << 4);

		if (first < Q)
			out->c[count++] = first;
		if (second < Q && count < N)
			out->c[count++] = second;
	}
	return count;
}

/* SampleNTT, algorithm 7. One in 2^50 seeds needs more bytes than are tried at first: then once more. */
static enum result
sample_uniform(const uint8_t *seed, uint8_t column, uint8_t row, struct poly *out)
{
	const uint8_t index[2] = { column, row };
	const struct bytes pieces[] = { bytes_of(seed, SEED_SIZE), bytes_of(index, 2) };
	uint8_t bytes[168 * 16];

	for (size_t size = 168 * 4; size <= sizeof(bytes); size *= 2) {
		TRY(hash_expand(HASH_SHAKE128, pieces, COUNT(pieces), bytes, size));
		if (take_coefficients(bytes, size, out) == N)
			return RESULT_OK;
	}
	return RESULT_MALFORMED; /* no seed that anybody will ever find */
}

/* SamplePolyCBD_2 of PRF_2, algorithm 8: the difference of two sums of two bits. */
static enum result
sample_noise(const uint8_t *seed, uint8_t counter, struct poly *out)
{
	const struct bytes pieces[] = { bytes_of(seed, SEED_SIZE), bytes_of(&counter, 1) };
	uint8_t bytes[NOISE_SIZE];
	enum result result;

	result = hash_expand(HASH_SHAKE256, pieces, COUNT(pieces), bytes, sizeof(bytes));
	for (size_t i = 0; i < N; i++) {
		uint8_t bits = bytes[i / 2] >> (4 * (i % 2));
		uint16_t x = (uint16_t)((bits & 1) + (bits >> 1 & 1));
		uint16_t y = (uint16_t)((bits >> 2 & 1) + (bits >> 3 & 1));

		out->c[i] = subtract(x, y);
	}
	mem_wipe(bytes, sizeof(bytes));
	return result;
}

/* --- K-PKE.Encrypt, algorithm 14 ---------------------------------------------------------------- */

/* All that is secret, in one place to be wiped. */
struct encryption {
	struct poly y[RANK_MAX]; /* transformed */
	struct poly noise, sum;
	uint8_t counter;
};

static enum result
sample_y(struct encryption *work, unsigned rank, const uint8_t *coins)
{
	for (unsigned i = 0; i < rank; i++) {
		TRY(sample_noise(coins, work->counter++, &work->y[i]));
		transform(&work->y[i]);
	}
	return RESULT_OK;
}

/* One polynomial of u: a row of the transposed matrix times y, plus noise. */
static enum result
encrypt_u(struct encryption *work, unsigned rank, unsigned row, const uint8_t *matrix_seed,
    const uint8_t *coins)
{
	struct poly element;

	work->sum = (struct poly){ { 0 } };
	for (unsigned i = 0; i < rank; i++) {
		TRY(sample_uniform(matrix_seed, (uint8_t)row, (uint8_t)i, &element));
		multiply_add(&work->sum, &element, &work->y[i]);
	}
	transform_back(&work->sum);
	TRY(sample_noise(coins, work->counter++, &work->noise));
	poly_add(&work->sum, &work->noise);
	return RESULT_OK;
}

static enum result
encrypt_v(struct encryption *work, unsigned rank, const uint8_t *public, const uint8_t *message,
    const uint8_t *coins)
{
	struct poly element;

	work->sum = (struct poly){ { 0 } };
	for (unsigned i = 0; i < rank; i++) {
		if (!decode_12(public + POLY_SIZE * (size_t)i, &element))
			return RESULT_MALFORMED;
		multiply_add(&work->sum, &element, &work->y[i]);
	}
	transform_back(&work->sum);
	TRY(sample_noise(coins, work->counter++, &work->noise));
	poly_add(&work->sum, &work->noise);
	decode_message(message, &work->noise);
	poly_add(&work->sum, &work->noise);
	return RESULT_OK;
}

static enum result
encrypt(const struct parameters *parameters, struct encryption *work, const uint8_t *public,
    const uint8_t *message, const uint8_t *coins, uint8_t *ciphertext)
{
	const unsigned rank = parameters->rank;
	const uint8_t *matrix_seed = public + POLY_SIZE * (size_t)rank;

	TRY(sample_y(work, rank, coins));
	for (unsigned row = 0; row < rank; row++) {
		TRY(encrypt_u(work, rank, row, matrix_seed, coins));
		ciphertext = encode_compressed(&work->sum, parameters->u_bits, ciphertext);
	}
	TRY(encrypt_v(work, rank, public, message, coins));
	(void)encode_compressed(&work->sum, parameters->v_bits, ciphertext);
	return RESULT_OK;
}

/* --- ML-KEM.Encaps, algorithms 17 and 20 -------------------------------------------------------- */

static size_t
public_size(const struct parameters *parameters)
{
	return POLY_SIZE * (size_t)parameters->rank + SEED_SIZE;
}

static enum result
check_modulus(const struct parameters *parameters, const uint8_t *public)
{
	struct poly ignored;

	for (unsigned i = 0; i < parameters->rank; i++) {
		if (!decode_12(public + POLY_SIZE * (size_t)i, &ignored))
			return RESULT_MALFORMED;
	}
	return RESULT_OK;
}

static enum result
encapsulate(const struct parameters *parameters, const uint8_t *public, const uint8_t *message,
    uint8_t *ciphertext, uint8_t *secret)
{
	const struct bytes key = bytes_of(public, public_size(parameters));
	struct encryption work = { .counter = 0 };
	uint8_t digest[SEED_SIZE];
	uint8_t expanded[KEM_SECRET_SIZE + SEED_SIZE]; /* the secret, then the coins */
	const struct bytes pieces[] = { bytes_of(message, SEED_SIZE), bytes_of(digest, SEED_SIZE) };
	enum result result;

	TRY(check_modulus(parameters, public));
	TRY(hash_pieces(HASH_SHA3_256, &key, 1, digest));
	result = hash_pieces(HASH_SHA3_512, pieces, COUNT(pieces), expanded);
	if (result == RESULT_OK)
		result = encrypt(
		    parameters, &work, public, message, expanded + KEM_SECRET_SIZE, ciphertext);
	if (result == RESULT_OK)
		memcpy(secret, expanded, KEM_SECRET_SIZE);
	mem_wipe(&work, sizeof(work));
	mem_wipe(expanded, sizeof(expanded));
	return result;
}

static enum result
encapsulate_768(const uint8_t *public, const uint8_t *random, uint8_t *ciphertext, uint8_t *secret)
{
	static const struct parameters parameters = { .rank = 3, .u_bits = 10, .v_bits = 4 };

	return encapsulate(&parameters, public, random, ciphertext, secret);
}

static enum result
encapsulate_1024(const uint8_t *public, const uint8_t *random, uint8_t *ciphertext, uint8_t *secret)
{
	static const struct parameters parameters = { .rank = 4, .u_bits = 11, .v_bits = 5 };

	return encapsulate(&parameters, public, random, ciphertext, secret);
}

const struct kem kem_own_mlkem768 = { "ML-KEM-768", 1184, 1088, SEED_SIZE, encapsulate_768 };
const struct kem kem_own_mlkem1024 = { "ML-KEM-1024", 1568, 1568, SEED_SIZE, encapsulate_1024 };
