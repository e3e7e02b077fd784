/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/key/fingerprint.c against what ssh-keygen -l prints for the same keys.
 */
#include "tests/unit/common/key/keys.h"

static const struct {
	const char *name, *fingerprint;
} rows[] = {
	{ "ecdsa256", "SHA256:UuwzZD6kdhuBvmsd3OREHXdfP6gQt+ANyBi8nevqnWk" },
	{ "ecdsa384", "SHA256:HAKheyaSzk9VZcbrMRJwRKIQxB87z3wukjylFKDF5mA" },
	{ "ecdsa521", "SHA256:4wmEkunEnekn/6PBN1uHbwfRHp+vaEhNL05Z/r98I8s" },
	{ "ed25519", "SHA256:/RcLxXrwG4WuNeT9swc+JqEb0LoWaTDfqd7s4m65ua4" },
	{ "rsa2048", "SHA256:61UrWa6BanFng5K2s7LMXajt6itt42PWeh3XevkZ2A0" },
	{ "rsa3072", "SHA256:hyzbnBBsmo/0rrXwUH8OO2anysIWODiHL/Ub7GomYeQ" },
};

static void
prints_what_ssh_keygen_prints(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(key_freep) struct key *key = keys_public(rows[i].name);
		char text[FINGERPRINT_SIZE];

		fingerprint_format(key_blob(key), text);
		assert_string_equal(text, rows[i].fingerprint);
	}
}

static void
names_blobs_that_are_no_keys(void **state)
{
	char text[FINGERPRINT_SIZE];

	memset(text, 'x', sizeof(text));
	fingerprint_format(BYTES(""), text);
	assert_string_equal(text, "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_what_ssh_keygen_prints),
		cmocka_unit_test(names_blobs_that_are_no_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
