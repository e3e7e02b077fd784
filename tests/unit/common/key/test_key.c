/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/key/key.c and blob.c: which blobs are keys.
 */
#include "common/wire.h"
#include "tests/unit/common/key/keys.h"

static const char *const names[] = { "ed25519", "ecdsa256", "ecdsa384", "ecdsa521", "rsa2048",
	"rsa3072" };

static void
reads_blobs_of_every_type(void **state)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		CLEANUP(key_freep) struct key *from_file = keys_private(names[i]);
		CLEANUP(key_freep) struct key *key = NULL;

		ROW_RESULT(names[i], key_from_blob(key_blob(from_file), &key), RESULT_OK);
		ROW_TRUE(names[i], key_equal(key, from_file));
		ROW_TRUE(names[i], !key_is_private(key));
		ROW_TRUE(names[i], key_bits(key) == key_bits(from_file));
		ROW_TRUE(names[i], strcmp(key_type(key), key_type(from_file)) == 0);
		ROW_TRUE(names[i], key_type_is_known(bytes_of_text(key_type(key))));
	}
}

static void
other_keys_are_not_equal(void **state)
{
	CLEANUP(key_freep) struct key *a = keys_public("rsa2048");
	CLEANUP(key_freep) struct key *b = keys_public("rsa3072");
	CLEANUP(key_freep) struct key *c = keys_public("ed25519");

	assert_false(key_equal(a, b));
	assert_false(key_equal(a, c));
	assert_false(key_equal(c, a));
}

static void
refuses_every_cut_and_any_byte_behind(void **state)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		CLEANUP(key_freep) struct key *key = keys_public(names[i]);
		struct bytes blob = key_blob(key);
		struct key *other;
		OWNED_BUF longer;

		for (size_t size = 0; size < blob.size; size++) {
			ROW_TRUE(names[i],
			    key_from_blob(bytes_of(blob.data, size), &other) != RESULT_OK);
			ROW_TRUE(names[i], other == NULL);
		}
		buf_init(&longer, KEY_BLOB_MAX);
		assert_ok(buf_append(&longer, blob));
		assert_ok(buf_append(&longer, BYTES("\0")));
		ROW_RESULT(names[i], key_from_blob(buf_bytes(&longer), &other), RESULT_MALFORMED);
	}
}

static void
refuses_points_off_the_curve(void **state)
{
	CLEANUP(key_freep) struct key *key = keys_public("ecdsa256");
	OWNED_BUF blob;
	struct key *other;

	buf_init(&blob, KEY_BLOB_MAX);
	assert_ok(buf_append(&blob, key_blob(key)));
	blob.memory[blob.end - 1] ^= 1;
	assert_result(key_from_blob(buf_bytes(&blob), &other), RESULT_MALFORMED);
	blob.memory[blob.end - 1] ^= 1;
	assert_ok(key_from_blob(buf_bytes(&blob), &other));
	key_free(other);
}

/* Behind the type's name. */
static const struct {
	const char *name, *type, *hex;
	enum result result;
} rows[] = {
	{ "no type", "", "", RESULT_UNSUPPORTED },
	{ "a type of others", "ssh-xyz", "00000000", RESULT_UNSUPPORTED },
	{ "DSA without numbers", "ssh-dss", "00000000000000000000000000000000", RESULT_MALFORMED },
	{ "a certificate", "ssh-ed25519-cert-v01@openssh.com", "00000000", RESULT_UNSUPPORTED },
	{ "an algorithm, not a type", "rsa-sha2-256", "0000000103 00000000", RESULT_UNSUPPORTED },
	{ "ed25519 of 31 bytes", "ssh-ed25519",
	    "0000001f 00000000000000000000000000000000000000000000000000000000000000",
	    RESULT_MALFORMED },
	{ "ed25519 of 33 bytes", "ssh-ed25519",
	    "00000021 000000000000000000000000000000000000000000000000000000000000000000",
	    RESULT_MALFORMED },
	{ "a point of another curve", "ecdsa-sha2-nistp256", "00000008 6e69737470333834 00000000",
	    RESULT_MALFORMED },
	{ "the point at infinity", "ecdsa-sha2-nistp256", "00000008 6e69737470323536 00000001 00",
	    RESULT_MALFORMED },
	{ "no point", "ecdsa-sha2-nistp256", "00000008 6e69737470323536 00000000",
	    RESULT_MALFORMED },
	{ "a compressed point", "ecdsa-sha2-nistp256",
	    "00000008 6e69737470323536 00000021 "
	    "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
	    RESULT_MALFORMED },
	{ "rsa without numbers", "ssh-rsa", "00000000 00000000", RESULT_MALFORMED },
	{ "rsa of 8 bits", "ssh-rsa", "0000000103 0000000200fb", RESULT_MALFORMED },
};

static enum result
blob_result(const char *type, struct bytes rest)
{
	uint8_t room[8192];
	struct writer writer = writer_into(room, sizeof(room));
	struct key *key;
	enum result result;

	put_text(&writer, type);
	put_raw(&writer, rest);
	assert_ok(writer_end(&writer));
	result = key_from_blob(writer_bytes(&writer), &key);
	assert_true((key != NULL) == (result == RESULT_OK));
	key_free(key);
	return result;
}

static void
refuses_broken_blobs(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes rest = support_hex(rows[i].hex);

		ROW_RESULT(rows[i].name, blob_result(rows[i].type, rest), rows[i].result);
		free((void *)rest.data);
	}
}

/* e and n; n is 2^(8 * (size - 1)) * top and odd if asked for. */
static const struct {
	const char *name;
	uint8_t exponent, top;
	size_t size;
	bool is_odd;
	enum result result;
} rsa_rows[] = {
	{ "1024 bits", 3, 0x80, 128, true, RESULT_OK },
	{ "1023 bits", 3, 0x40, 128, true, RESULT_MALFORMED },
	{ "16384 bits", 3, 0x80, 2048, true, RESULT_OK },
	{ "16385 bits", 3, 0x01, 2049, true, RESULT_MALFORMED },
	{ "an even modulus", 3, 0x80, 256, false, RESULT_MALFORMED },
	{ "exponent 1", 1, 0x80, 256, true, RESULT_MALFORMED },
	{ "an even exponent", 4, 0x80, 256, true, RESULT_MALFORMED },
	{ "exponent 0", 0, 0x80, 256, true, RESULT_MALFORMED },
};

static void
keeps_rsa_within_its_limits(void **state)
{
	for (size_t i = 0; i < COUNT(rsa_rows); i++) {
		uint8_t rest[4096], modulus[2049] = { rsa_rows[i].top };
		struct writer writer = writer_into(rest, sizeof(rest));

		modulus[rsa_rows[i].size - 1] = rsa_rows[i].is_odd ? 1 : 2;
		put_mpint(&writer, bytes_of(&rsa_rows[i].exponent, 1));
		put_mpint(&writer, bytes_of(modulus, rsa_rows[i].size));
		ROW_RESULT(rsa_rows[i].name, blob_result("ssh-rsa", writer_bytes(&writer)),
		    rsa_rows[i].result);
	}
}

static void
refuses_blobs_beyond_the_limit(void **state)
{
	uint8_t *large = calloc(1, KEY_BLOB_MAX + 1);
	struct key *key;

	assert_non_null(large);
	assert_result(key_from_blob(bytes_of(large, KEY_BLOB_MAX + 1), &key), RESULT_LIMIT);
	free(large);
}

static void
frees_nothing(void **state)
{
	struct key *key = NULL;

	key_free(NULL);
	key_freep(&key);
	assert_null(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_blobs_of_every_type),
		cmocka_unit_test(other_keys_are_not_equal),
		cmocka_unit_test(refuses_every_cut_and_any_byte_behind),
		cmocka_unit_test(refuses_points_off_the_curve),
		cmocka_unit_test(refuses_broken_blobs),
		cmocka_unit_test(keeps_rsa_within_its_limits),
		cmocka_unit_test(refuses_blobs_beyond_the_limit),
		cmocka_unit_test(frees_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
