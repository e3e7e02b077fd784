/* SPDX-License-Identifier: ISC */
/*
 * bcrypt_pbkdf: the first row is OpenBSD's, the others are from Python's bcrypt.
 */
#include "common/key/bcrypt_kdf.h"

#include "common/key/blowfish.h"
#include "tests/unit/support.h"

static const struct {
	struct bytes passphrase, salt;
	uint32_t rounds;
	const char *key;
} rows[] = {
	{ BYTES_ROW("password"), BYTES_ROW("salt"), 4,
	    "5bbf0cc293587f1c3635555c27796598d47e579071bf427e9d8fbe842aba34d9" },
	{ BYTES_ROW("password"), BYTES_ROW("\0"), 4, "c12b566235eee04c212598970a579a67" },
	{ BYTES_ROW("p\0wd"), BYTES_ROW("NaCl salt"), 2,
	    "1a7ca93b78d06e65c800230ea758f75ca931ebe6c8a0a41c50a6f2a030a7737f"
	    "5aeaa0c4a5c5727111eb0de7afee4fe5" },
	{ BYTES_ROW("x"), BYTES_ROW("0123456789abcdef"), 8,
	    "7f6b7a8d4c063ba6616fbda447401e2033be8c477715ef886fc19e0c7d408ede"
	    "a8698fca52eb2333e2e3a1749e67e302385be5754333ccae53d4c1367005d743" },
};

static void
derives_what_others_derive(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes expected = support_hex(rows[i].key);
		uint8_t key[BCRYPT_KDF_SIZE_MAX];

		ROW_RESULT(rows[i].key,
		    bcrypt_kdf(
			rows[i].passphrase, rows[i].salt, rows[i].rounds, key, expected.size),
		    RESULT_OK);
		ROW_BYTES(rows[i].key, bytes_of(key, expected.size), expected);
		free((void *)expected.data);
	}
}

static void
refuses_what_makes_no_sense(void **state)
{
	uint8_t key[BCRYPT_KDF_SIZE_MAX + 1];
	const struct bytes text = BYTES("text"), nothing = bytes_of("", 0);

	assert_result(bcrypt_kdf(nothing, text, 1, key, 32), RESULT_MALFORMED);
	assert_result(bcrypt_kdf(text, nothing, 1, key, 32), RESULT_MALFORMED);
	assert_result(bcrypt_kdf(text, text, 0, key, 32), RESULT_MALFORMED);
	assert_result(bcrypt_kdf(text, text, BCRYPT_KDF_ROUNDS_MAX + 1, key, 32), RESULT_MALFORMED);
	assert_result(bcrypt_kdf(text, text, 1, key, 0), RESULT_MALFORMED);
	assert_result(bcrypt_kdf(text, text, 1, key, sizeof(key)), RESULT_MALFORMED);
}

/* B. Schneier's first words, and the last of the last box. */
static void
begins_with_the_digits_of_pi(void **state)
{
	struct blowfish blowfish;

	assert_ok(blowfish_init(&blowfish));
	assert_int_equal(blowfish.subkeys[0], 0x243f6a88);
	assert_int_equal(blowfish.subkeys[17], 0x8979fb1b);
	assert_int_equal(blowfish.boxes[0][0], 0xd1310ba6);
	assert_int_equal(blowfish.boxes[3][255], 0x3ac372e6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(derives_what_others_derive),
		cmocka_unit_test(refuses_what_makes_no_sense),
		cmocka_unit_test(begins_with_the_digits_of_pi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
