/* SPDX-License-Identifier: ISC */
/*
 * The exchange hash and the keys made from it, against hashes of the same bytes written out in one
 * piece, as RFC 4253 sections 7.2 and 8 lay them out.
 */
#include "daemon/child/transport/derive.h"

#include <openssl/evp.h>

#include "common/crypto/hash.h"
#include "tests/unit/support.h"

static void
sha256(struct bytes bytes, uint8_t out[32])
{
	assert_int_equal(EVP_Digest(bytes.data, bytes.size, out, NULL, EVP_sha256(), NULL), 1);
}

static void
test_exchange_hash(void **state)
{
	const struct derive_transcript transcript = {
		.client_version = BYTES("C"),
		.server_version = BYTES("SV"),
		.client_kexinit = BYTES("\x14"
					"cl"),
		.server_kexinit = BYTES("\x14"
					"ser"),
		.host_key = BYTES("KEYYY"),
		.client_public = BYTES(""),
		.server_public = BYTES("Q"),
		.shared = BYTES("\0\0\0\1\x09"),
	};
	uint8_t expected[32], actual[HASH_SIZE_MAX];

	sha256(BYTES("\0\0\0\1C\0\0\0\2SV\0\0\0\3\x14"
		     "cl\0\0\0\4\x14"
		     "ser"
		     "\0\0\0\5KEYYY\0\0\0\0\0\0\0\1Q\0\0\0\1\x09"),
	    expected);
	assert_ok(derive_exchange_hash(HASH_SHA256, &transcript, actual));
	assert_memory_equal(actual, expected, sizeof(expected));
}

static const struct derive_secret secret = {
	.hash = HASH_SHA256,
	.shared = BYTES_ROW("\0\0\0\1K"),
	.exchange_hash = BYTES_ROW("HHHH"),
	.session_id = BYTES_ROW("IIII"),
};

static void
test_each_letter(void **state)
{
	for (char letter = 'A'; letter <= 'F'; letter++) {
		uint8_t expected[32], actual[32];
		char input[] = "\0\0\0\1KHHHHxIIII";

		input[9] = letter;
		sha256(bytes_of(input, sizeof(input) - 1), expected);
		assert_ok(derive_key(&secret, letter, actual, sizeof(actual)));
		assert_memory_equal(actual, expected, sizeof(expected));
	}
}

/* More than one hash is needed: K2 = HASH(K, H, K1). */
static void
test_long_key_is_extended(void **state)
{
	uint8_t input[5 + 4 + 32], expected[64], actual[DERIVE_KEY_MAX];

	sha256(BYTES("\0\0\0\1KHHHHCIIII"), expected);
	memcpy(input, "\0\0\0\1KHHHH", 9);
	memcpy(input + 9, expected, 32);
	sha256(bytes_of(input, sizeof(input)), expected + 32);
	assert_ok(derive_key(&secret, 'C', actual, sizeof(actual)));
	assert_memory_equal(actual, expected, sizeof(expected));
}

/* A short key is the beginning of a long one, and nothing is written behind it. */
static void
test_short_key(void **state)
{
	uint8_t all[64], some[65];

	assert_ok(derive_key(&secret, 'A', all, sizeof(all)));
	for (size_t size = 0; size <= 64; size++) {
		memset(some, 0x5a, sizeof(some));
		assert_ok(derive_key(&secret, 'A', some, size));
		assert_memory_equal(some, all, size);
		assert_int_equal(some[size], 0x5a);
	}
}

/* What one direction seals the other side of the same direction opens; no other. */
static void
test_directions_have_keys_of_their_own(void **state)
{
	const struct cipher_algorithm *cipher =
	    cipher_algorithm_find(bytes_of_text("chacha20-poly1305@openssh.com"));
	struct seal *from_client, *to_client;
	uint8_t packet[64] = { 0, 0, 0, 16, 4 };
	uint32_t length;

	assert_ok(derive_seal(&secret, SEAL_OPENING, cipher, NULL, &from_client));
	assert_ok(derive_seal(&secret, SEAL_SEALING, cipher, NULL, &to_client));
	assert_ok(seal_close(to_client, 0, packet, 16));
	/* A reflected packet is not one of the client's. */
	if (seal_open_length(from_client, 0, packet, &length) == RESULT_OK)
		assert_result(seal_open(from_client, 0, packet, 16), RESULT_INTEGRITY);
	seal_free(from_client);
	seal_free(to_client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchange_hash),
		cmocka_unit_test(test_each_letter),
		cmocka_unit_test(test_long_key_is_extended),
		cmocka_unit_test(test_short_key),
		cmocka_unit_test(test_directions_have_keys_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
