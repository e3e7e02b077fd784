/* SPDX-License-Identifier: ISC */
/*
 * SipHash: the vectors of its authors, and that a secret changes everything.
 */
#include "common/siphash.h"

#include "tests/unit/support.h"

/* Secret 00 01 .. 0f, input 00 01 .. of this many bytes; from the reference implementation. */
static const struct {
	const char *name;
	size_t size;
	uint64_t hash;
} vectors[] = {
	{ "nothing", 0, 0x726fdb47dd0e0e31 },
	{ "one byte", 1, 0x74f839c593dc67fd },
	{ "one word", 8, 0x93f5f5799a932462 },
	{ "the paper's", 15, 0xa129ca6149be45e5 },
};

static void
gives_what_its_authors_say(void **state)
{
	uint8_t secret[SIPHASH_SECRET_SIZE], input[16];

	for (uint8_t i = 0; i < 16; i++)
		secret[i] = input[i] = i;
	for (size_t i = 0; i < COUNT(vectors); i++)
		ROW_TRUE(vectors[i].name,
		    siphash(secret, bytes_of(input, vectors[i].size)) == vectors[i].hash);
}

static void
another_secret_gives_another_hash(void **state)
{
	uint8_t secret[SIPHASH_SECRET_SIZE] = { 0 };
	const uint64_t hash = siphash(secret, BYTES("192.0.2.1"));

	for (size_t i = 0; i < sizeof(secret); i++) {
		secret[i] = 1;
		assert_true(siphash(secret, BYTES("192.0.2.1")) != hash);
		secret[i] = 0;
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_what_its_authors_say),
		cmocka_unit_test(another_secret_gives_another_hash),
	};

	return cmocka_run_group_tests_name("siphash", tests, NULL, NULL);
}
