/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/key/public_block.c and public_der.c: what libcrypto writes is read, and what is a byte off is
 * not. Files of ssh-keygen's and AsyncSSH's are in tests/interop/test_key_formats.py.
 */
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "tests/unit/common/key/keys.h"

static EVP_PKEY *
pkey_of(const char *name)
{
	OWNED_BUF file;
	BIO *bio;
	EVP_PKEY *pkey;

	keys_read(name, &file);
	bio = BIO_new_mem_buf(buf_bytes(&file).data, (int)buf_size(&file));
	assert_non_null(bio);
	pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	assert_non_null(pkey);
	BIO_free(bio);
	return pkey;
}

static const char *const names[] = { "rsa2048_pkcs8", "rsa3072_pkcs8", "ecdsa256_pkcs8",
	"ecdsa384_pkcs8", "ecdsa521_pkcs8", "secp256k1_pkcs8", "ed25519_pkcs8", "ed448_pkcs8" };

static void
check_blob(const char *name, const uint8_t *der, size_t size)
{
	CLEANUP(key_freep) struct key *key = keys_private(name);
	OWNED_BUF blob;

	buf_init(&blob, KEY_BLOB_MAX);
	ROW_RESULT(name, key_blob_from_der(bytes_of(der, size), &blob), RESULT_OK);
	ROW_TRUE(name, bytes_equal(buf_bytes(&blob), key_blob(key)));
}

static void
reads_what_libcrypto_writes(void **state)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		EVP_PKEY *pkey = pkey_of(names[i]);
		uint8_t *der = NULL;
		int size = i2d_PUBKEY(pkey, &der);

		assert_true(size > 0);
		check_blob(names[i], der, (size_t)size);
		OPENSSL_free(der);
		if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA) {
			der = NULL;
			size = i2d_PublicKey(pkey, &der);
			assert_true(size > 0);
			check_blob(names[i], der, (size_t)size);
			OPENSSL_free(der);
		}
		EVP_PKEY_free(pkey);
	}
}

/* Of a key with one byte changed either nothing is read, or a key that is as long. */
static void
refuses_what_is_a_byte_off(void **state)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		EVP_PKEY *pkey = pkey_of(names[i]);
		uint8_t *der = NULL;
		const size_t size = (size_t)i2d_PUBKEY(pkey, &der);
		OWNED_BUF blob;

		buf_init(&blob, KEY_BLOB_MAX);
		for (size_t cut = 0; cut < size; cut++) {
			ROW_TRUE(
			    names[i], key_blob_from_der(bytes_of(der, cut), &blob) != RESULT_OK);
			ROW_TRUE(names[i], buf_size(&blob) == 0);
		}
		for (size_t at = 0; at < 20; at++) { /* tags, lengths and the algorithm */
			enum result result;

			der[at] ^= 0x01;
			result = key_blob_from_der(bytes_of(der, size), &blob);
			ROW_TRUE(names[i], result != RESULT_OK ||
					       key_type_is_known(bytes_of(buf_bytes(&blob).data + 4,
						   buf_bytes(&blob).data[3])));
			buf_reset(&blob);
			der[at] ^= 0x01;
		}
		OPENSSL_free(der);
		EVP_PKEY_free(pkey);
	}
}

#define ED25519 "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"
#define POINT   "0123456789abcdef0123456789abcdef"

/* clang-format off */
static const struct {
	const char *name;
	struct bytes der;
	enum result result;
} encodings[] = {
	{ "as it should be",         BYTES_ROW(ED25519 POINT),                                      RESULT_OK },
	{ "nothing",                 BYTES_ROW(""),                                                 RESULT_TRUNCATED },
	{ "a byte behind",           BYTES_ROW(ED25519 POINT "x"),                                  RESULT_TRAILING },
	{ "a byte too few",          BYTES_ROW(ED25519 "0123456789abcdef0123456789abcde"),          RESULT_TRUNCATED },
	{ "length in two bytes",     BYTES_ROW("\x30\x81\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00" POINT), RESULT_MALFORMED },
	{ "no length",               BYTES_ROW("\x30\x80\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00" POINT "\0\0"), RESULT_MALFORMED },
	{ "length in four",          BYTES_ROW("\x30\x84\0\0\0\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00" POINT), RESULT_MALFORMED },
	{ "bits that are not used",  BYTES_ROW("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x01" POINT), RESULT_MALFORMED },
	{ "parameters of Ed25519",   BYTES_ROW("\x30\x2c\x30\x07\x06\x03\x2b\x65\x70\x05\x00\x03\x21\x00" POINT), RESULT_UNSUPPORTED },
	{ "X25519",                  BYTES_ROW("\x30\x2a\x30\x05\x06\x03\x2b\x65\x6e\x03\x21\x00" POINT), RESULT_UNSUPPORTED },
	{ "a small RSA key",         BYTES_ROW("\x30\x06\x02\x01\x23\x02\x01\x03"),                 RESULT_OK },
	{ "less than nothing",       BYTES_ROW("\x30\x06\x02\x01\x83\x02\x01\x03"),                 RESULT_MALFORMED },
	{ "a number of no bytes",    BYTES_ROW("\x30\x05\x02\x00\x02\x01\x03"),                     RESULT_MALFORMED },
	{ "three numbers",           BYTES_ROW("\x30\x09\x02\x01\x23\x02\x01\x03\x02\x01\x05"),     RESULT_TRAILING },
};
/* clang-format on */

static void
takes_der_to_the_letter(void **state)
{
	for (size_t i = 0; i < COUNT(encodings); i++) {
		OWNED_BUF blob;

		buf_init(&blob, KEY_BLOB_MAX);
		ROW_RESULT(encodings[i].name, key_blob_from_der(encodings[i].der, &blob),
		    encodings[i].result);
	}
}

#define BEGIN "---- BEGIN SSH2 PUBLIC KEY ----\n"
#define END   "---- END SSH2 PUBLIC KEY ----\n"
#define A     "AAAAC3NzaC1lZDI1NTE5AAAAICK1bB35Mu15VFYD6/6k\n"
#define B     "cHX8Y8yDnVtLiwmWVmDbLbYa\n"

/* clang-format off */
static const struct {
	const char *name, *text;
	enum result result;
	unsigned lines; /* of the block */
} blocks[] = {
	{ "no headers",            BEGIN A B END,                                              RESULT_OK, 4 },
	{ "and more behind",       BEGIN A B END "more\n",                                     RESULT_OK, 4 },
	{ "no newline at the end", BEGIN A B "---- END SSH2 PUBLIC KEY ----",                  RESULT_OK, 4 },
	{ "headers",               BEGIN "Subject: me\nx-command: /bin/false\n" A B END,       RESULT_OK, 6 },
	{ "a long header",         BEGIN "Comment: \"one \\\ntwo: \\\nthree\"\n" A B END,      RESULT_OK, 7 },
	{ "CR LF",                 "---- BEGIN SSH2 PUBLIC KEY ----\r\n" A B "---- END SSH2 PUBLIC KEY ----\r\n", RESULT_OK, 4 },
	{ "no end",                BEGIN A B,                                                  RESULT_TRUNCATED, 0 },
	{ "a header that goes on", BEGIN "Comment: x\\\n",                                     RESULT_TRUNCATED, 0 },
	{ "the end of another",    BEGIN A B "-----END PUBLIC KEY-----\n",                     RESULT_MALFORMED, 0 },
	{ "another beginning",     BEGIN BEGIN A B END,                                        RESULT_MALFORMED, 0 },
	{ "a header behind",       BEGIN A "Comment: x\n" B END,                               RESULT_MALFORMED, 0 },
	{ "an empty line",         BEGIN "\n" A B END,                                         RESULT_MALFORMED, 0 },
	{ "a line of options",     BEGIN "from=\"::1\" ssh-ed25519 AAAA\n" A B END,            RESULT_MALFORMED, 0 },
	{ "a plain line",          BEGIN "ssh-ed25519 AAAA\n" A B END,                         RESULT_MALFORMED, 0 },
	{ "nothing in it",         BEGIN END,                                                  RESULT_OK, 2 },
	{ "half of it",            BEGIN A "cHX8Y8\n" END,                                     RESULT_MALFORMED, 0 },
	{ "no beginning",          A B END,                                                    RESULT_MALFORMED, 0 },
};
/* clang-format on */

static void
reads_blocks_as_a_whole(void **state)
{
	for (size_t i = 0; i < COUNT(blocks); i++) {
		struct bytes text = bytes_of_text(blocks[i].text);
		const struct bytes before = text;
		unsigned lines = 0;
		OWNED_BUF blob;

		buf_init(&blob, KEY_BLOB_MAX);
		ROW_RESULT(blocks[i].name, key_block_read(&text, &lines, &blob), blocks[i].result);
		ROW_TRUE(blocks[i].name, lines == blocks[i].lines);
		if (blocks[i].result != RESULT_OK)
			ROW_TRUE(blocks[i].name, bytes_equal(text, before));
		else
			ROW_TRUE(blocks[i].name, text.size == 0 || bytes_is(text, "more\n"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_libcrypto_writes),
		cmocka_unit_test(refuses_what_is_a_byte_off),
		cmocka_unit_test(takes_der_to_the_letter),
		cmocka_unit_test(reads_blocks_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
