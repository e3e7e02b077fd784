/* SPDX-License-Identifier: ISC */
/*
 * Key encapsulation against published vectors and known answers, and what is refused.
 */
#include "common/crypto/kem.h"

#include "common/crypto/random.h"
#include "common/crypto/start.h"
#include "tests/unit/support.h"

struct row {
	const char *name, *result, *public, *random, *ciphertext, *secret;
};

static const struct row mlkem768[] = {
#include "tests/vectors/mlkem768.inc"
};
static const struct row sntrup761[] = {
#include "tests/vectors/sntrup761.inc"
};

static void
check_row(const struct kem *kem, const struct row *row)
{
	struct bytes public = support_hex(row->public);
	struct bytes random = support_hex(row->random);
	struct bytes ciphertext = support_hex(row->ciphertext);
	struct bytes secret = support_hex(row->secret);
	uint8_t our_ciphertext[KEM_CIPHERTEXT_MAX], our_secret[KEM_SECRET_SIZE];
	enum result result = RESULT_MALFORMED;

	if (public.size == kem->public_size && random.size == kem->random_size)
		result = kem->encapsulate(public.data, random.data, our_ciphertext, our_secret);
	if (strcmp(row->result, "valid") == 0) {
		ROW_RESULT(row->name, result, RESULT_OK);
		ROW_BYTES(row->name, bytes_of(our_ciphertext, kem->ciphertext_size), ciphertext);
		ROW_BYTES(row->name, bytes_of(our_secret, KEM_SECRET_SIZE), secret);
	} else {
		ROW_RESULT(row->name, result, RESULT_MALFORMED);
	}
	free((void *)public.data);
	free((void *)random.data);
	free((void *)ciphertext.data);
	free((void *)secret.data);
}

static void
test_mlkem768(void **state)
{
	for (size_t i = 0; i < COUNT(mlkem768); i++) {
		check_row(&kem_mlkem768, &mlkem768[i]);
		check_row(&kem_own_mlkem768, &mlkem768[i]);
	}
}

/* Below OpenSSL 3.5 both are our own. */
static void
test_library_and_own_agree(void **state)
{
	const struct kem *const pairs[][2] = { { &kem_mlkem768, &kem_own_mlkem768 },
		{ &kem_mlkem1024, &kem_own_mlkem1024 } };
	uint8_t public[2048] = { 0 }, random[32];
	uint8_t first[KEM_CIPHERTEXT_MAX], second[KEM_CIPHERTEXT_MAX];
	uint8_t first_secret[KEM_SECRET_SIZE], second_secret[KEM_SECRET_SIZE];

	for (size_t i = 0; i < COUNT(pairs); i++) {
		const size_t size = pairs[i][0]->public_size;

		/* Two coefficients of 12 bits in three bytes, each below 0x700. */
		assert_ok(random_bytes(public, size));
		for (size_t at = 0; at + 32 < size; at += 3) {
			public[at + 1] &= 0x76;
			public[at + 2] &= 0x77;
		}
		assert_ok(random_bytes(random, sizeof(random)));
		assert_ok(pairs[i][0]->encapsulate(public, random, first, first_secret));
		assert_ok(pairs[i][1]->encapsulate(public, random, second, second_secret));
		assert_memory_equal(first, second, pairs[i][0]->ciphertext_size);
		assert_memory_equal(first_secret, second_secret, KEM_SECRET_SIZE);
	}
}

static void
test_sntrup761(void **state)
{
	for (size_t i = 0; i < COUNT(sntrup761); i++)
		check_row(&kem_sntrup761, &sntrup761[i]);
}

/* Some vectors must be there, and of both kinds: an empty table would prove nothing. */
static void
test_tables(void **state)
{
	size_t valid = 0;
	size_t with_size = 0;

	for (size_t i = 0; i < COUNT(mlkem768); i++) {
		valid += strcmp(mlkem768[i].result, "valid") == 0;
		with_size += strcmp(mlkem768[i].result, "invalid") == 0 &&
			     strlen(mlkem768[i].public) == 2 * kem_mlkem768.public_size;
	}
	assert_true(valid >= 5 && with_size >= 5);
	assert_true(COUNT(sntrup761) >= 5);
}

/* All random bytes alike: no permutation's worth of order in them, and still the right weight. */
static void
test_extremes_of_randomness(void **state)
{
	static const uint8_t fills[] = { 0x00, 0xff, 0x80, 0x55 };
	const struct kem *const kems[] = { &kem_mlkem768, &kem_mlkem1024, &kem_own_mlkem768,
		&kem_own_mlkem1024, &kem_sntrup761 };
	uint8_t public[2048] = { 0 }, random[KEM_RANDOM_MAX];
	uint8_t first[KEM_CIPHERTEXT_MAX], second[KEM_CIPHERTEXT_MAX];
	uint8_t first_secret[KEM_SECRET_SIZE], second_secret[KEM_SECRET_SIZE];

	for (size_t k = 0; k < COUNT(kems); k++) {
		for (size_t i = 0; i < COUNT(fills); i++) {
			memset(random, fills[i], sizeof(random));
			assert_ok(kems[k]->encapsulate(public, random, first, first_secret));
			assert_ok(kems[k]->encapsulate(public, random, second, second_secret));
			assert_memory_equal(first, second, kems[k]->ciphertext_size);
			assert_memory_equal(first_secret, second_secret, KEM_SECRET_SIZE);
		}
	}
}

/* FIPS 203 section 7.2: coefficients that are not below the modulus. */
static void
test_modulus_check(void **state)
{
	const struct kem *const kems[] = { &kem_mlkem768, &kem_mlkem1024, &kem_own_mlkem768,
		&kem_own_mlkem1024 };
	uint8_t public[2048] = { 0 }, random[32] = { 0 };
	uint8_t ciphertext[KEM_CIPHERTEXT_MAX], secret[KEM_SECRET_SIZE];

	for (size_t k = 0; k < COUNT(kems); k++) {
		const size_t last = kems[k]->public_size - 32 - 1;

		public[last] = 0xd0; /* the last coefficient: 0xd00 = 3328 */
		assert_ok(kems[k]->encapsulate(public, random, ciphertext, secret));
		public[last - 1] = 0x10; /* 0xd01 = 3329 */
		assert_result(
		    kems[k]->encapsulate(public, random, ciphertext, secret), RESULT_MALFORMED);
		public[last] = public[last - 1] = 0;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mlkem768),
		cmocka_unit_test(test_library_and_own_agree),
		cmocka_unit_test(test_sntrup761),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_extremes_of_randomness),
		cmocka_unit_test(test_modulus_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
