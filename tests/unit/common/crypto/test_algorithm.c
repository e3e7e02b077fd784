/* SPDX-License-Identifier: ISC */
/*
 * The tables of algorithms, the choice between two lists, digests and random bytes.
 */
#include "common/crypto/algorithm.h"

#include "common/crypto/random.h"
#include "common/text.h"
#include "tests/unit/support.h"

static void
test_negotiation(void **state)
{
	static const struct {
		const char *theirs, *ours, *chosen; /* NULL: none */
	} rows[] = {
		{ "a,b,c", "c,b", "b" },
		{ "a", "a", "a" },
		{ "ab,a", "a", "a" },
		{ "", "a", NULL },
		{ "a", "", NULL },
		{ "a,b", "ab", NULL },
		{ ",,a", "a", "a" },
		{ "A", "a", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes chosen;

		ROW_RESULT(rows[i].theirs,
		    algorithm_negotiate(
			bytes_of_text(rows[i].theirs), bytes_of_text(rows[i].ours), &chosen),
		    rows[i].chosen == NULL ? RESULT_NO_MATCH : RESULT_OK);
		if (rows[i].chosen != NULL)
			ROW_BYTES(rows[i].theirs, chosen, bytes_of_text(rows[i].chosen));
	}
}

static bool
is_found(enum algorithm_kind kind, struct bytes name)
{
	switch (kind) {
	case ALGORITHM_KEX:
		return kex_algorithm_find(name) != NULL;
	case ALGORITHM_CIPHER:
		return cipher_algorithm_find(name) != NULL;
	case ALGORITHM_MAC:
		return mac_algorithm_find(name) != NULL;
	case ALGORITHM_HOST_KEY:
	case ALGORITHM_USER_KEY:
		return signature_algorithm_find(name) != NULL;
	default:
		return true;
	}
}

/* Every name that can be configured is one that can be used, and stands in its table once. */
static void
test_every_name_is_found(void **state)
{
	for (int kind = ALGORITHM_KEX; kind <= ALGORITHM_MAC; kind++) {
		const char *name, *other;
		unsigned flags;
		size_t i;

		for (i = 0; (name = algorithm_name((enum algorithm_kind)kind, i, &flags)) != NULL;
		     i++) {
			ROW_TRUE(name, is_found((enum algorithm_kind)kind, bytes_of_text(name)));
			ROW_TRUE(name,
			    (flags & ALGORITHM_DEFAULT) == 0 || (flags & ALGORITHM_LEGACY) == 0);
			for (size_t j = 0; j < i; j++) {
				other = algorithm_name((enum algorithm_kind)kind, j, &flags);
				ROW_TRUE(name, strcmp(name, other) != 0);
			}
		}
		assert_true(i > 0);
	}
}

static void
test_sizes_of_ciphers(void **state)
{
	static const struct {
		const char *name;
		size_t key, iv, block, tag;
	} rows[] = {
		{ "chacha20-poly1305@openssh.com", 64, 0, 8, 16 },
		{ "aes128-gcm@openssh.com", 16, 12, 16, 16 },
		{ "aes256-gcm@openssh.com", 32, 12, 16, 16 },
		{ "aes128-ctr", 16, 16, 16, 0 },
		{ "aes192-ctr", 24, 16, 16, 0 },
		{ "aes256-ctr", 32, 16, 16, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct cipher_algorithm *cipher =
		    cipher_algorithm_find(bytes_of_text(rows[i].name));

		assert_non_null(cipher);
		assert_int_equal(cipher->key_size, rows[i].key);
		assert_int_equal(cipher->iv_size, rows[i].iv);
		assert_int_equal(cipher->block_size, rows[i].block);
		assert_int_equal(cipher->tag_size, rows[i].tag);
	}
	assert_null(cipher_algorithm_find(bytes_of_text("aes128-ct")));
	assert_null(cipher_algorithm_find(bytes_of_text("")));
}

/* RFC 8332: the algorithm's name is not the key's. */
static void
test_rsa_is_a_key_and_three_algorithms(void **state)
{
	const struct signature_algorithm *rsa =
	    signature_algorithm_find(bytes_of_text("rsa-sha2-512"));

	assert_string_equal(rsa->key_type, "ssh-rsa");
	assert_int_equal(rsa->hash, HASH_SHA512);
	rsa = signature_algorithm_find(bytes_of_text("ssh-rsa"));
	assert_int_equal(rsa->hash, HASH_SHA1);
	assert_int_equal(rsa->flags & (ALGORITHM_LEGACY | ALGORITHM_DEFAULT), ALGORITHM_LEGACY);
}

/* Hosts and authorities do not even know their names, and nobody has them unless they are named in full. */
static void
test_only_users_show_certificates_of_the_first_version(void **state)
{
	static const struct bytes first = BYTES_ROW("ssh-rsa-cert-v00@openssh.com,"
						    "ssh-dss-cert-v00@openssh.com");
	static const struct bytes later = BYTES_ROW("ssh-rsa-cert-v01@openssh.com");
	const unsigned flags = ALGORITHM_FIRST_VERSION | ALGORITHM_CERTIFICATE | ALGORITHM_LEGACY;

	assert_true(algorithm_list_has(ALGORITHM_USER_KEY, first, flags));
	assert_false(algorithm_list_has(ALGORITHM_USER_KEY, first, ALGORITHM_DEFAULT));
	assert_false(algorithm_list_has(ALGORITHM_HOST_KEY, first, 0));
	assert_false(algorithm_list_has(ALGORITHM_CA, first, 0));
	assert_true(algorithm_list_has(ALGORITHM_HOST_KEY, later, 0));
	assert_false(algorithm_list_has(ALGORITHM_CA, later, 0));
	assert_true(algorithm_list_has(ALGORITHM_CA, BYTES("ssh-dss"), ALGORITHM_LEGACY));
}

/* FIPS 180-4's example "abc", given in pieces. */
static void
test_digests(void **state)
{
	static const struct {
		enum hash_kind kind;
		const char *digest;
	} rows[] = {
		{ HASH_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ HASH_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ HASH_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
			       "8086072ba1e7cc2358baeca134c825a7" },
		{ HASH_SHA512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
			       "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
	};
	const struct bytes pieces[] = { BYTES("a"), BYTES(""), BYTES("bc") };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes expected = support_hex(rows[i].digest);
		uint8_t digest[HASH_SIZE_MAX];

		assert_int_equal(hash_size(rows[i].kind), expected.size);
		assert_ok(hash_pieces(rows[i].kind, pieces, COUNT(pieces), digest));
		assert_bytes(bytes_of(digest, expected.size), expected);
		free((void *)expected.data);
	}
}

/* --- random bytes ------------------------------------------------------------------------------ */

static size_t asked;

static enum result
counting_source(uint8_t *out, size_t size)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(i + asked);
	asked += size;
	return RESULT_OK;
}

static enum result
failing_source(uint8_t *out, size_t size)
{
	return RESULT_CRYPTO;
}

static void
test_pool_gives_each_byte_once(void **state)
{
	struct random_pool pool = { .left = 0 };
	uint8_t taken[300];

	random_set_source(counting_source);
	asked = 0;
	for (size_t i = 0; i < sizeof(taken); i++)
		assert_ok(random_pool_take(&pool, taken + i, 1));
	assert_int_equal(asked, RANDOM_POOL_SIZE); /* asked for once */
	for (size_t i = 0; i < sizeof(taken); i++)
		assert_int_equal(taken[i], (uint8_t)i);
	for (size_t i = 0; i < sizeof(taken); i++)
		assert_int_equal(pool.bytes[i], 0); /* wiped */
	assert_ok(random_pool_take(&pool, taken, 0));
	random_set_source(NULL);
}

static void
test_pool_does_not_hide_a_failure(void **state)
{
	struct random_pool pool = { .left = 0 };
	uint8_t byte;

	random_set_source(failing_source);
	assert_result(random_pool_take(&pool, &byte, 1), RESULT_CRYPTO);
	assert_result(random_bytes(&byte, 1), RESULT_CRYPTO);
	assert_result(random_secret_bytes(&byte, 1), RESULT_CRYPTO);
	random_set_source(NULL);
	assert_ok(random_pool_take(&pool, &byte, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_negotiation),
		cmocka_unit_test(test_every_name_is_found),
		cmocka_unit_test(test_sizes_of_ciphers),
		cmocka_unit_test(test_rsa_is_a_key_and_three_algorithms),
		cmocka_unit_test(test_only_users_show_certificates_of_the_first_version),
		cmocka_unit_test(test_digests),
		cmocka_unit_test(test_pool_gives_each_byte_once),
		cmocka_unit_test(test_pool_does_not_hide_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
