/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/crypto/hash.c: HMAC as RFC 2202 and RFC 4231 have it.
 */
#include "common/crypto/hash.h"

#include "tests/unit/support.h"

#define TWENTY "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"

static const struct {
	const char *name;
	enum hash_kind kind;
	struct bytes key, data;
	const char *digest;
} rows[] = {
	{ "RFC 2202, 1", HASH_SHA1, BYTES_ROW(TWENTY), BYTES_ROW("Hi There"),
	    "b617318655057264e28bc0b6fb378c8ef146be00" },
	{ "RFC 2202, 2", HASH_SHA1, BYTES_ROW("Jefe"), BYTES_ROW("what do ya want for nothing?"),
	    "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	{ "RFC 4231, 1", HASH_SHA256, BYTES_ROW(TWENTY), BYTES_ROW("Hi There"),
	    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ "RFC 4231, 2", HASH_SHA256, BYTES_ROW("Jefe"), BYTES_ROW("what do ya want for nothing?"),
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
};

static void
hashes_under_a_key(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct bytes expected = support_hex(rows[i].digest);
		uint8_t digest[HASH_SIZE_MAX];

		assert_ok(hash_keyed(rows[i].kind, rows[i].key, rows[i].data, digest));
		ROW_BYTES(rows[i].name, bytes_of(digest, hash_size(rows[i].kind)), expected);
		free((void *)expected.data);
	}
}

static void
take_a_long_key(void *context)
{
	static const uint8_t key[65];
	uint8_t digest[HASH_SIZE_MAX];

	(void)!hash_keyed(HASH_SHA1, bytes_of(key, sizeof(key)), BYTES(""), digest);
}

static void
a_key_that_is_too_long_is_our_mistake(void **state)
{
	assert_true(support_asserts(take_a_long_key, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_under_a_key),
		cmocka_unit_test(a_key_that_is_too_long_is_our_mistake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
