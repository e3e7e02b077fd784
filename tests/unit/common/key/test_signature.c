/* SPDX-License-Identifier: ISC */
/*
 * Tests of signing and verifying (common/key/signature.c and the types' own files): signatures by others,
 * Wycheproof's odd ones, and what a liar might send.
 */
#include "common/wire.h"
#include "tests/unit/common/key/keys.h"

static const struct signature_algorithm *
algorithm(const char *name)
{
	const struct signature_algorithm *found = signature_algorithm_find(bytes_of_text(name));

	assert_non_null(found);
	return found;
}

static const struct {
	const char *key, *algorithm, *maker, *data, *signature;
} foreign[] = {
#include "tests/vectors/signatures.inc"
};

static void
verifies_signatures_by_others(void **state)
{
	for (size_t i = 0; i < COUNT(foreign); i++) {
		CLEANUP(key_freep) struct key *key = keys_public(foreign[i].key);
		struct bytes data = support_hex(foreign[i].data);
		struct bytes signature = support_hex(foreign[i].signature);

		ROW_RESULT(foreign[i].algorithm,
		    key_verify(key, algorithm(foreign[i].algorithm), data, signature), RESULT_OK);
		((uint8_t *)data.data)[0] ^= 1;
		ROW_RESULT(foreign[i].algorithm,
		    key_verify(key, algorithm(foreign[i].algorithm), data, signature),
		    RESULT_SIGNATURE);
		free((void *)data.data);
		free((void *)signature.data);
	}
}

static const struct {
	const char *name, *result, *public, *data, *signature;
} wycheproof[] = {
#include "tests/vectors/ed25519.inc"
};

static struct bytes
put_blob(struct writer *writer, const char *name, struct bytes body)
{
	put_text(writer, name);
	put_string(writer, body);
	assert_ok(writer_end(writer));
	return writer_bytes(writer);
}

static void
judges_ed25519_as_wycheproof_does(void **state)
{
	for (size_t i = 0; i < COUNT(wycheproof); i++) {
		CLEANUP(key_freep) struct key *key = NULL;
		struct bytes public = support_hex(wycheproof[i].public);
		struct bytes data = support_hex(wycheproof[i].data);
		struct bytes signature = support_hex(wycheproof[i].signature);
		const bool is_valid = strcmp(wycheproof[i].result, "valid") == 0;
		uint8_t blob[512], wire[512];
		struct writer blob_writer = writer_into(blob, sizeof(blob));
		struct writer wire_writer = writer_into(wire, sizeof(wire));

		assert_ok(key_from_blob(put_blob(&blob_writer, "ssh-ed25519", public), &key));
		ROW_TRUE(wycheproof[i].name, (key_verify(key, algorithm("ssh-ed25519"), data,
						  put_blob(&wire_writer, "ssh-ed25519",
						      signature)) == RESULT_OK) == is_valid);
		free((void *)public.data);
		free((void *)data.data);
		free((void *)signature.data);
	}
}

static const struct {
	const char *key, *algorithm;
} pairs[] = {
	{ "ed25519", "ssh-ed25519" },
	{ "ecdsa256", "ecdsa-sha2-nistp256" },
	{ "ecdsa384", "ecdsa-sha2-nistp384" },
	{ "ecdsa521", "ecdsa-sha2-nistp521" },
	{ "rsa2048", "rsa-sha2-256" },
	{ "rsa3072", "rsa-sha2-512" },
};

static void
verifies_what_it_signed_and_nothing_else(void **state)
{
	for (size_t i = 0; i < COUNT(pairs); i++) {
		CLEANUP(key_freep) struct key *key = keys_private(pairs[i].key);
		CLEANUP(key_freep) struct key *public = keys_public(pairs[i].key);
		OWNED_BUF signature;

		buf_init(&signature, KEY_SIGNATURE_MAX);
		assert_ok(key_sign(key, algorithm(pairs[i].algorithm), BYTES("data"), &signature));
		ROW_RESULT(pairs[i].key,
		    key_verify(public, algorithm(pairs[i].algorithm), BYTES("data"),
			buf_bytes(&signature)),
		    RESULT_OK);
		for (size_t at = 0; at < buf_size(&signature); at++) {
			signature.memory[signature.start + at] ^= 0x04;
			ROW_TRUE(
			    pairs[i].key, key_verify(public, algorithm(pairs[i].algorithm),
					      BYTES("data"), buf_bytes(&signature)) != RESULT_OK);
			signature.memory[signature.start + at] ^= 0x04;
		}
		for (size_t size = 0; size < buf_size(&signature); size++)
			ROW_TRUE(pairs[i].key,
			    key_verify(public, algorithm(pairs[i].algorithm), BYTES("data"),
				bytes_of(buf_bytes(&signature).data, size)) != RESULT_OK);
	}
}

static void
a_signature_does_not_choose_its_algorithm(void **state)
{
	CLEANUP(key_freep) struct key *key = keys_private("rsa2048");
	OWNED_BUF signature;

	buf_init(&signature, KEY_SIGNATURE_MAX);
	assert_ok(key_sign(key, algorithm("rsa-sha2-256"), BYTES("data"), &signature));
	assert_result(
	    key_verify(key, algorithm("rsa-sha2-512"), BYTES("data"), buf_bytes(&signature)),
	    RESULT_SIGNATURE);
	assert_result(
	    key_verify(key, algorithm("ssh-ed25519"), BYTES("data"), buf_bytes(&signature)),
	    RESULT_SIGNATURE);
	assert_result(key_verify(key, algorithm("ssh-rsa"), BYTES("data"), buf_bytes(&signature)),
	    RESULT_SIGNATURE);
}

static void
signs_with_private_keys_and_their_algorithms_only(void **state)
{
	CLEANUP(key_freep) struct key *key = keys_private("ed25519");
	CLEANUP(key_freep) struct key *public = keys_public("ed25519");
	OWNED_BUF signature;

	buf_init(&signature, KEY_SIGNATURE_MAX);
	assert_result(key_sign(public, algorithm("ssh-ed25519"), BYTES("data"), &signature),
	    RESULT_UNSUPPORTED);
	assert_result(key_sign(key, algorithm("rsa-sha2-256"), BYTES("data"), &signature),
	    RESULT_UNSUPPORTED);
	assert_int_equal(buf_size(&signature), 0);
}

/* What stands in an ECDSA signature behind its name: mpint r, mpint s. */
static const struct {
	const char *name, *hex;
	enum result result;
} ecdsa_rows[] = {
	{ "both zero", "00000000 00000000", RESULT_SIGNATURE },
	{ "r zero", "00000000 0000000101", RESULT_SIGNATURE },
	{ "s zero", "0000000101 00000000", RESULT_SIGNATURE },
	{ "both one", "0000000101 0000000101", RESULT_SIGNATURE },
	{ "negative r", "0000000180 0000000101", RESULT_MALFORMED },
	{ "superfluous zero", "000000020001 0000000101", RESULT_MALFORMED },
	{ "bytes behind", "0000000101 0000000101 00", RESULT_MALFORMED },
	{ "one number", "0000000101", RESULT_MALFORMED },
	{ "nothing", "", RESULT_MALFORMED },
	{ "longer than the order",
	    "00000022 01000000000000000000000000000000000000000000000000000000000000000000 "
	    "0000000101",
	    RESULT_SIGNATURE },
	{ "r is the order",
	    "00000021 00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551 "
	    "0000000101",
	    RESULT_SIGNATURE },
};

static void
refuses_odd_numbers_in_ecdsa_signatures(void **state)
{
	CLEANUP(key_freep) struct key *key = keys_public("ecdsa256");

	for (size_t i = 0; i < COUNT(ecdsa_rows); i++) {
		struct bytes numbers = support_hex(ecdsa_rows[i].hex);
		uint8_t wire[256];
		struct writer writer = writer_into(wire, sizeof(wire));

		ROW_RESULT(ecdsa_rows[i].name,
		    key_verify(key, algorithm("ecdsa-sha2-nistp256"), BYTES("data"),
			put_blob(&writer, "ecdsa-sha2-nistp256", numbers)),
		    ecdsa_rows[i].result);
		free((void *)numbers.data);
	}
}

/* Signs texts until a signature begins with a zero byte, as one in 256 does. */
static uint16_t
find_short_signature(const struct key *key, size_t head, struct buf *signature)
{
	for (uint16_t text = 0; text < 8192; text++) {
		buf_reset(signature);
		assert_ok(key_sign(
		    key, algorithm("rsa-sha2-256"), bytes_of(&text, sizeof(text)), signature));
		if (buf_bytes(signature).data[head] == 0)
			return text;
	}
	fail_msg("no signature began with a zero");
	return 0;
}

/* Old PuTTY sends an RSA signature as a number, without its leading zeros. */
static void
pads_short_rsa_signatures(void **state)
{
	CLEANUP(key_freep) struct key *key = keys_private("rsa2048");
	const size_t head = 4 + strlen("rsa-sha2-256") + 4;
	uint8_t wire[512];
	struct writer writer = writer_into(wire, sizeof(wire));
	OWNED_BUF signature;
	uint16_t text;

	buf_init(&signature, KEY_SIGNATURE_MAX);
	text = find_short_signature(key, head, &signature);
	assert_ok(key_verify(key, algorithm("rsa-sha2-256"), bytes_of(&text, sizeof(text)),
	    put_blob(
		&writer, "rsa-sha2-256", bytes_of(buf_bytes(&signature).data + head + 1, 255))));
}

static void
refuses_rsa_signatures_longer_than_the_modulus(void **state)
{
	CLEANUP(key_freep) struct key *key = keys_private("rsa2048");
	const size_t head = 4 + strlen("rsa-sha2-256") + 4;
	uint8_t wire[512], longer[257] = { 0 };
	struct writer writer = writer_into(wire, sizeof(wire));
	OWNED_BUF signature;

	buf_init(&signature, KEY_SIGNATURE_MAX);
	assert_ok(key_sign(key, algorithm("rsa-sha2-256"), BYTES("data"), &signature));
	memcpy(longer + 1, buf_bytes(&signature).data + head, 256);
	assert_result(key_verify(key, algorithm("rsa-sha2-256"), BYTES("data"),
			  put_blob(&writer, "rsa-sha2-256", bytes_of(longer, sizeof(longer)))),
	    RESULT_SIGNATURE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verifies_signatures_by_others),
		cmocka_unit_test(judges_ed25519_as_wycheproof_does),
		cmocka_unit_test(verifies_what_it_signed_and_nothing_else),
		cmocka_unit_test(a_signature_does_not_choose_its_algorithm),
		cmocka_unit_test(signs_with_private_keys_and_their_algorithms_only),
		cmocka_unit_test(refuses_odd_numbers_in_ecdsa_signatures),
		cmocka_unit_test(pads_short_rsa_signatures),
		cmocka_unit_test(refuses_rsa_signatures_longer_than_the_modulus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
