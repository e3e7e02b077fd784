/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/lines/hashes.c: what crypt makes is taken, what is cut, weak or no hash is not.
 */
#include "monitor/lines/hashes.h"

#include <crypt.h>

#include "tests/unit/support.h"

static void
what_crypt_makes_is_taken(void **state)
{
	static const char *const prefixes[] = { "$y$", "$gy$", "$7$", "$6$", "$5$", "$2b$", "$2a$",
		"$2y$" };

	for (size_t i = 0; i < COUNT(prefixes); i++) {
		char setting[CRYPT_GENSALT_OUTPUT_SIZE];
		static struct crypt_data data;
		struct bytes hash;

		ROW_TRUE(prefixes[i],
		    crypt_gensalt_rn(prefixes[i], 0, NULL, 0, setting, sizeof(setting)) != NULL);
		hash = bytes_of_text(crypt_r("secret", setting, &data));
		ROW_TRUE(prefixes[i], hashes_fault(hash) == NULL);
		ROW_TRUE(prefixes[i], hashes_fault(bytes_of(hash.data, hash.size - 1)) != NULL);
		ROW_TRUE(prefixes[i], hashes_fault(bytes_of_text(setting)) != NULL);
		ROW_TRUE(prefixes[i], hashes_fault(bytes_of(hash.data + 1, hash.size - 1)) != NULL);
	}
}

static void
what_is_weak_or_no_hash_is_not(void **state)
{
	static const char *const texts[] = {
		"",
		"*",
		"!",
		"secret",
		"$",
		"$6$",
		"$6$salt",
		"ab0123456789x",                                        /* DES */
		"$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/",                   /* MD5 */
		"!$5$abcd$0123456789012345678901234567890123456789012", /* locked */
		"$5$abcd$012345678901234567890123456789012345678901:",
		"$5$abcd$01234567890123456789 1234567890123456789012",
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *fault = hashes_fault(bytes_of_text(texts[i]));

		ROW_TRUE(texts[i], fault != NULL && strstr(fault, "openssl passwd -6") != NULL);
	}
	assert_null(
	    hashes_fault(bytes_of_text("$5$abcd$0123456789012345678901234567890123456789012")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_crypt_makes_is_taken),
		cmocka_unit_test(what_is_weak_or_no_hash_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
