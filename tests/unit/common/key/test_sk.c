/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/key/key_sk.c: keys and signatures of security keys, by a device in software that does one thing
 * wrong at a time. Those of a real client are in tests/interop/test_security_keys.py.
 */
#include "common/key/certificate.h"
#include "tests/unit/common/key/device.h"

#define DATA "what a client signs to log in"
#define CBOR "\xa1\x63xyz\x01"

#define HEAD "{\"type\":\"webauthn.get\",\"challenge\":\"%s\",\"origin\":\"" DEVICE_ORIGIN "\""

static const struct {
	const char *name;
	enum result result;
	struct device device;
} rows[] = {
	{ "Ed25519, touched", RESULT_OK, { .flags = 0x01 } },
	{ "nobody touched it", RESULT_OK, { .flags = 0 } },
	{ "all bits but those", RESULT_OK, { .flags = 0xfa } },
	{ "P-256, touched and verified", RESULT_OK, { DEVICE_NISTP256, .flags = 0x05 } },
	{ "a high counter", RESULT_OK, { DEVICE_NISTP256, .counter = UINT32_MAX } },
	{ "for a page", RESULT_SIGNATURE, { .application = "https://example.org" } },
	{ "for a longer application", RESULT_SIGNATURE, { .application = "ssh:x" } },
	{ "for no application", RESULT_SIGNATURE, { DEVICE_NISTP256, .application = "" } },
	{ "says touched, was not", RESULT_SIGNATURE, { .said_flags = 0x01 } },
	{ "says verified, was not", RESULT_SIGNATURE,
	    { DEVICE_NISTP256, .flags = 0x01, .said_flags = 0x04 } },
	{ "another counter", RESULT_SIGNATURE, { .counter = 7, .said_counter = 1 } },
	{ "extensions without a browser", RESULT_SIGNATURE,
	    { .flags = 0x81, .extensions = BYTES_ROW(CBOR) } },
	{ "a byte behind", RESULT_MALFORMED, { .flags = 0x01, .has_more = true } },
	{ "a byte behind, P-256", RESULT_MALFORMED, { DEVICE_NISTP256, .has_more = true } },
	{ "by an ordinary key's name", RESULT_SIGNATURE, { .said_name = "ssh-ed25519" } },
	{ "by the other type's name", RESULT_SIGNATURE, { .said_name = DEVICE_NISTP256 } },
	{ "by a browser's name", RESULT_SIGNATURE,
	    { DEVICE_NISTP256, .said_name = DEVICE_BROWSER } },

	{ "browser", RESULT_OK, { DEVICE_BROWSER, .flags = 0x01 } },
	{ "browser, by its key's name", RESULT_SIGNATURE,
	    { DEVICE_BROWSER, .said_name = DEVICE_NISTP256 } },
	{ "browser, without its text", RESULT_MALFORMED,
	    { DEVICE_BROWSER, .has_no_client_data = true } },
	{ "browser, a byte behind", RESULT_MALFORMED, { DEVICE_BROWSER, .has_more = true } },
	{ "browser, extensions", RESULT_OK,
	    { DEVICE_BROWSER, .flags = 0x81, .extensions = BYTES_ROW(CBOR) } },
	{ "browser, extensions that no bit tells of", RESULT_MALFORMED,
	    { DEVICE_BROWSER, .flags = 0x01, .extensions = BYTES_ROW(CBOR) } },
	{ "browser, a bit that tells of none", RESULT_MALFORMED,
	    { DEVICE_BROWSER, .flags = 0x81 } },
	{ "browser, extensions not signed", RESULT_SIGNATURE,
	    { DEVICE_BROWSER, .flags = 0x81, .extensions = BYTES_ROW(CBOR),
		.said_extensions = BYTES_ROW("\xa0") } },
	{ "browser, a new key", RESULT_MALFORMED, { DEVICE_BROWSER, .flags = 0x41 } },
	{ "browser, for a page", RESULT_SIGNATURE,
	    { DEVICE_BROWSER, .application = "example.org" } },
	{ "browser, says touched", RESULT_SIGNATURE, { DEVICE_BROWSER, .said_flags = 0x01 } },
	{ "browser, another origin said", RESULT_SIGNATURE,
	    { DEVICE_BROWSER, .said_origin = "https://example.net" } },
	{ "browser, a shorter origin said", RESULT_MALFORMED,
	    { DEVICE_BROWSER, .said_origin = "https://example.or" } },
	{ "browser, no origin", RESULT_OK, { DEVICE_BROWSER, .origin = "" } },
	{ "browser, a quote in the origin", RESULT_MALFORMED,
	    { DEVICE_BROWSER, .origin = "https://a\",\"b\":\"" } },
	{ "browser, another challenge", RESULT_SIGNATURE,
	    { DEVICE_BROWSER, .client_data =
				  "{\"type\":\"webauthn.get\",\"challenge\":"
				  "\"d2hhdCBhIGNsaWVudCBzaWducyB0byBsb2cgaW8\",\"origin\":"
				  "\"" DEVICE_ORIGIN "\"}" } },
	{ "browser, the challenge once more", RESULT_MALFORMED,
	    { DEVICE_BROWSER, .client_data = HEAD ",\"challenge\":\"AAAA\"}" } },
	{ "browser, made to make a key", RESULT_MALFORMED,
	    { DEVICE_BROWSER, .client_data =
				  "{\"type\":\"webauthn.create\",\"challenge\":\"%s\",\"origin\":"
				  "\"" DEVICE_ORIGIN "\"}" } },
};

static enum result
verify(const struct device *device, struct bytes data, struct bytes signature,
    struct key_assertion *assertion)
{
	CLEANUP(key_freep) struct key *key = device_key(device);

	return key_verify_assertion(key, device_algorithm(device), data, signature, assertion);
}

static void
judges_what_devices_sign(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct key_assertion assertion;
		uint8_t room[8192];
		struct bytes signature =
		    device_sign(&rows[i].device, BYTES(DATA), room, sizeof(room));
		const bool is_good = rows[i].result == RESULT_OK;

		ROW_RESULT(rows[i].name,
		    verify(&rows[i].device, BYTES(DATA), signature, &assertion), rows[i].result);
		ROW_TRUE(rows[i].name, assertion.is_security_key);
		ROW_TRUE(rows[i].name,
		    assertion.is_user_present == (is_good && (rows[i].device.flags & 1) != 0));
		ROW_TRUE(rows[i].name,
		    assertion.is_user_verified == (is_good && (rows[i].device.flags & 4) != 0));
		ROW_TRUE(rows[i].name, assertion.counter == (is_good ? rows[i].device.counter : 0));
		ROW_TRUE(rows[i].name,
		    verify(&rows[i].device, BYTES(DATA "."), signature, &assertion) != RESULT_OK);
	}
}

static const struct device devices[] = {
	{ .flags = 0x01, .counter = 3 },
	{ DEVICE_NISTP256, .flags = 0x05 },
	{ DEVICE_BROWSER, .flags = 0x81, .extensions = BYTES_ROW(CBOR) },
};

/* Every bit of all of it was signed, or says how long it is. */
static void
nothing_of_a_signature_can_be_changed(void **state)
{
	for (size_t i = 0; i < COUNT(devices); i++) {
		struct key_assertion assertion;
		uint8_t room[8192];
		struct bytes signature = device_sign(&devices[i], BYTES(DATA), room, sizeof(room));

		for (size_t at = 0; at < signature.size; at++) {
			room[at] ^= 0x04;
			ROW_TRUE(device_algorithm(&devices[i])->name,
			    verify(&devices[i], BYTES(DATA), signature, &assertion) != RESULT_OK);
			room[at] ^= 0x04;
		}
		for (size_t size = 0; size < signature.size; size++)
			ROW_TRUE(device_algorithm(&devices[i])->name,
			    verify(&devices[i], BYTES(DATA), bytes_of(room, size), &assertion) !=
				RESULT_OK);
		assert_ok(verify(&devices[i], BYTES(DATA), signature, &assertion));
	}
}

/* A signature that has nothing but the touch to tell is no good by an ordinary key, and the other way round. */
static void
ordinary_keys_are_no_devices(void **state)
{
	CLEANUP(key_freep) struct key *plain = keys_private("ed25519");
	CLEANUP(key_freep) struct key *device = device_key(&devices[0]);
	const struct signature_algorithm *ed25519 = signature_algorithm_find(BYTES("ssh-ed25519"));
	struct key_assertion assertion;
	OWNED_BUF signature;

	buf_init(&signature, KEY_SIGNATURE_MAX);
	assert_false(key_is_security_key(plain));
	assert_true(key_is_security_key(device));
	assert_false(key_equal(plain, device));
	assert_ok(key_sign(plain, ed25519, BYTES(DATA), &signature));
	assert_ok(
	    key_verify_assertion(plain, ed25519, BYTES(DATA), buf_bytes(&signature), &assertion));
	assert_false(
	    assertion.is_security_key || assertion.is_user_present || assertion.is_user_verified);
	assert_result(
	    key_verify(device, ed25519, BYTES(DATA), buf_bytes(&signature)), RESULT_SIGNATURE);
	assert_result(
	    key_verify(device, device_algorithm(&devices[0]), BYTES(DATA), buf_bytes(&signature)),
	    RESULT_SIGNATURE);
	buf_reset(&signature);
	assert_result(key_sign(device, device_algorithm(&devices[0]), BYTES(DATA), &signature),
	    RESULT_UNSUPPORTED);
}

/* --- Keys --------------------------------------------------------------------------------------- */

#define POINT                                                                 \
	"04 6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" \
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"

static const struct {
	const char *name, *type, *hex;
	enum result result;
} blobs[] = {
	{ "Ed25519", DEVICE_ED25519,
	    "00000020 d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a "
	    "00000004 7373683a",
	    RESULT_OK },
	{ "no application", DEVICE_ED25519,
	    "00000020 d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
	    RESULT_MALFORMED },
	{ "an empty application", DEVICE_ED25519,
	    "00000020 d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a 00000000",
	    RESULT_OK },
	{ "a NUL in the application", DEVICE_ED25519,
	    "00000020 d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a "
	    "00000004 7373003a",
	    RESULT_MALFORMED },
	{ "a byte behind", DEVICE_ED25519,
	    "00000020 d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a "
	    "00000004 7373683a 00",
	    RESULT_MALFORMED },
	{ "a short key", DEVICE_ED25519,
	    "0000001f d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f70751 "
	    "00000004 7373683a",
	    RESULT_MALFORMED },
	{ "P-256", DEVICE_NISTP256, "00000008 6e69737470323536 00000041" POINT "00000004 7373683a",
	    RESULT_OK },
	{ "P-256, no application", DEVICE_NISTP256, "00000008 6e69737470323536 00000041" POINT,
	    RESULT_MALFORMED },
	{ "another curve", DEVICE_NISTP256,
	    "00000008 6e69737470333834 00000041" POINT "00000004 7373683a", RESULT_MALFORMED },
	{ "no point", DEVICE_NISTP256, "00000008 6e69737470323536 00000001 00 00000004 7373683a",
	    RESULT_MALFORMED },
};

static void
reads_keys_with_their_application(void **state)
{
	for (size_t i = 0; i < COUNT(blobs); i++) {
		CLEANUP(key_freep) struct key *key = NULL;
		struct bytes fields = support_hex(blobs[i].hex);
		uint8_t room[512];
		struct writer blob = writer_into(room, sizeof(room));

		put_text(&blob, blobs[i].type);
		put_raw(&blob, fields);
		ROW_RESULT(
		    blobs[i].name, key_from_blob(writer_bytes(&blob), &key), blobs[i].result);
		ROW_TRUE(blobs[i].name,
		    key == NULL || (key_is_security_key(key) && !key_is_private(key)));
		free((void *)fields.data);
	}
}

static void
knows_the_names_of_certificates(void **state)
{
	assert_true(certificate_type_is_known(BYTES("sk-ssh-ed25519-cert-v01@openssh.com")));
	assert_true(
	    certificate_type_is_known(BYTES("sk-ecdsa-sha2-nistp256-cert-v01@openssh.com")));
	assert_false(certificate_type_is_known(
	    BYTES("webauthn-sk-ecdsa-sha2-nistp256-cert-v01@openssh.com")));
	assert_false(
	    certificate_type_is_known(BYTES("sk-ssh-ed25519@openssh.com-cert-v01@openssh.com")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_what_devices_sign),
		cmocka_unit_test(nothing_of_a_signature_can_be_changed),
		cmocka_unit_test(ordinary_keys_are_no_devices),
		cmocka_unit_test(reads_keys_with_their_application),
		cmocka_unit_test(knows_the_names_of_certificates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
