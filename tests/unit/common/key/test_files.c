/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/key/file_openssh.c, file_pem.c and file_public.c with files that ssh-keygen and
 * openssl made, and with broken ones.
 */
#include "tests/unit/common/key/keys.h"

static const struct {
	const char *file;
	const char *public; /* NULL: refused with `result` */
	const char *type;
	unsigned bits;
	enum result result;
} private_rows[] = {
	{ "ed25519", "ed25519", "ssh-ed25519", 256, RESULT_OK },
	{ "ed25519_pkcs8", NULL, "ssh-ed25519", 256, RESULT_OK },
	{ "ecdsa256", "ecdsa256", "ecdsa-sha2-nistp256", 256, RESULT_OK },
	{ "ecdsa256_pem", NULL, "ecdsa-sha2-nistp256", 256, RESULT_OK },
	{ "ecdsa256_pem_parameters", NULL, "ecdsa-sha2-nistp256", 256, RESULT_OK },
	{ "ecdsa256_pem_compressed", NULL, "ecdsa-sha2-nistp256", 256, RESULT_OK },
	{ "ecdsa256_pkcs8", NULL, "ecdsa-sha2-nistp256", 256, RESULT_OK },
	{ "ecdsa384", "ecdsa384", "ecdsa-sha2-nistp384", 384, RESULT_OK },
	{ "ecdsa384_pem", NULL, "ecdsa-sha2-nistp384", 384, RESULT_OK },
	{ "ecdsa384_pkcs8", NULL, "ecdsa-sha2-nistp384", 384, RESULT_OK },
	{ "ecdsa521", "ecdsa521", "ecdsa-sha2-nistp521", 521, RESULT_OK },
	{ "ecdsa521_pem", NULL, "ecdsa-sha2-nistp521", 521, RESULT_OK },
	{ "ecdsa521_pkcs8", NULL, "ecdsa-sha2-nistp521", 521, RESULT_OK },
	{ "rsa2048", "rsa2048", "ssh-rsa", 2048, RESULT_OK },
	{ "rsa2048_pem", NULL, "ssh-rsa", 2048, RESULT_OK },
	{ "rsa2048_pkcs8", NULL, "ssh-rsa", 2048, RESULT_OK },
	{ "rsa3072", "rsa3072", "ssh-rsa", 3072, RESULT_OK },
	{ "rsa3072_pem", NULL, "ssh-rsa", 3072, RESULT_OK },
	{ "rsa3072_pkcs8", NULL, "ssh-rsa", 3072, RESULT_OK },
	{ "ed25519_encrypted", NULL, NULL, 0, RESULT_DENIED },
	{ "rsa2048_pem_encrypted", NULL, NULL, 0, RESULT_DENIED },
	{ "rsa2048_pkcs8_encrypted", NULL, NULL, 0, RESULT_DENIED },
	{ "ecdsa256_pem_explicit", NULL, "ecdsa-sha2-nistp256", 256, RESULT_OK },
	{ "secp256k1_pkcs8", NULL, "ecdsa-sha2-1.3.132.0.10", 256, RESULT_OK },
	{ "ed448_pkcs8", NULL, "ssh-ed448", 456, RESULT_OK },
	{ "rsa768_pkcs8", NULL, NULL, 0, RESULT_MALFORMED },
	{ "ed25519.pub", NULL, NULL, 0, RESULT_MALFORMED },
};

static void
reads_private_keys_of_every_format(void **state)
{
	for (size_t i = 0; i < COUNT(private_rows); i++) {
		const char *name = private_rows[i].file;
		CLEANUP(key_freep) struct key *key = NULL, *public = NULL;
		OWNED_BUF file;

		keys_read(name, &file);
		ROW_RESULT(name, key_from_private_file(buf_bytes(&file), NULL, &key),
		    private_rows[i].result);
		ROW_TRUE(name, (key != NULL) == (private_rows[i].result == RESULT_OK));
		if (key == NULL)
			continue;
		ROW_TRUE(name, key_is_private(key));
		ROW_TRUE(name, strcmp(key_type(key), private_rows[i].type) == 0);
		ROW_TRUE(name, key_bits(key) == private_rows[i].bits);
		if (private_rows[i].public == NULL)
			continue;
		public = keys_public(private_rows[i].public);
		ROW_TRUE(name, !key_is_private(public));
		ROW_TRUE(name, key_equal(key, public));
	}
}

/* The same key pair in another format has the same public blob. */
static void
the_format_does_not_change_the_key(void **state)
{
	static const char *const same[][2] = {
		{ "rsa2048", "rsa2048_pkcs8" },
		{ "rsa2048_pem", "rsa2048_pkcs8" },
		{ "ecdsa256", "ecdsa256_pkcs8" },
		{ "ecdsa256_pem", "ecdsa256_pem_compressed" },
		{ "ecdsa521_pem", "ecdsa521_pkcs8" },
		{ "ed25519", "ed25519_pkcs8" },
	};

	for (size_t i = 0; i < COUNT(same); i++) {
		CLEANUP(key_freep) struct key *a = keys_private(same[i][0]);
		CLEANUP(key_freep) struct key *b = keys_private(same[i][1]);

		ROW_TRUE(same[i][0], key_equal(a, b));
	}
}

/* Where OpenSSH's own file is cut or changed, it is no key: nothing of it is left unread. */
static void
refuses_every_cut_of_an_openssh_file(void **state)
{
	const char last[] = "-----END OPENSSH PRIVATE KEY-----";
	OWNED_BUF file;
	struct key *key;
	size_t end;

	keys_read("ed25519", &file);
	end = (size_t)((const uint8_t *)memmem(
			   buf_bytes(&file).data, buf_size(&file), last, strlen(last)) -
		       buf_bytes(&file).data) +
	      strlen(last);
	for (size_t size = 0; size < end; size++) {
		assert_int_not_equal(
		    key_from_private_file(bytes_of(buf_bytes(&file).data, size), NULL, &key),
		    RESULT_OK);
		assert_null(key);
	}
}

/* Puts the binary of an OpenSSH file together again after `change` at `offset`. */
static enum result
parse_changed(struct bytes binary, size_t offset, uint8_t change, struct key **out)
{
	static const char first[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
	static const char last[] = "\n-----END OPENSSH PRIVATE KEY-----\n";
	OWNED_BUF copy, text;

	buf_init(&copy, KEY_FILE_MAX);
	buf_init(&text, KEY_FILE_MAX);
	assert_ok(buf_append(&copy, binary));
	copy.memory[copy.start + offset] ^= change;
	assert_ok(buf_append(&text, BYTES(first)));
	assert_ok(text_base64_encode(buf_bytes(&copy), true, &text));
	assert_ok(buf_append(&text, BYTES(last)));
	return key_from_private_file(buf_bytes(&text), NULL, out);
}

/* All bytes but the comment and the two check numbers are bound to each other. */
static void
refuses_every_change_of_an_openssh_file(void **state)
{
	OWNED_BUF file, digits, binary;
	struct bytes rest, line;
	struct key *key;
	unsigned accepted = 0;

	keys_read("ed25519", &file);
	buf_init(&digits, KEY_FILE_MAX);
	buf_init(&binary, KEY_FILE_MAX);
	rest = buf_bytes(&file);
	while (text_next_line(&rest, &line)) {
		if (line.size > 0 && line.data[0] != '-')
			assert_ok(buf_append(&digits, line));
	}
	assert_ok(text_base64_decode(buf_bytes(&digits), &binary));
	for (size_t i = 0; i < buf_size(&binary); i++) {
		if (parse_changed(buf_bytes(&binary), i, 0x20, &key) != RESULT_OK)
			continue;
		accepted++;
		key_free(key);
	}
	assert_int_equal(accepted, strlen("ed25519 test key"));
	assert_ok(parse_changed(buf_bytes(&binary), 0, 0, &key));
	key_free(key);
}

static void
refuses_what_is_no_key_file(void **state)
{
	static const char *const texts[] = { "", "\n", "-----BEGIN OPENSSH PRIVATE KEY-----",
		"-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----\n",
		"-----BEGIN OPENSSH PRIVATE KEY-----\n!!!!\n-----END OPENSSH PRIVATE KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n" };
	uint8_t *large = calloc(1, KEY_FILE_MAX + 1);
	struct key *key;

	for (size_t i = 0; i < COUNT(texts); i++) {
		ROW_RESULT(texts[i], key_from_private_file(bytes_of_text(texts[i]), NULL, &key),
		    RESULT_MALFORMED);
		assert_null(key);
	}
	assert_result(
	    key_from_private_file(bytes_of(large, KEY_FILE_MAX + 1), NULL, &key), RESULT_LIMIT);
	free(large);
}

static const char *const device_files[] = { "ed25519_sk", "ed25519_sk_encrypted" };

/* What is in them is of use to the device alone, so nobody is asked for the passphrase either. */
static void
leaves_security_keys_to_their_agents(void **state)
{
	const struct bytes dropbear = BYTES("\0\0\0\032sk-ssh-ed25519@openssh.com\0\0\0\0");
	struct key *key;

	for (size_t i = 0; i < COUNT(device_files); i++) {
		OWNED_BUF file;

		keys_read(device_files[i], &file);
		ROW_RESULT(device_files[i], key_from_private_file(buf_bytes(&file), NULL, &key),
		    RESULT_UNSUPPORTED);
		assert_null(key);
	}
	assert_result(key_from_private_file(dropbear, NULL, &key), RESULT_UNSUPPORTED);
	assert_null(key);
}

#define ED25519 "AAAAC3NzaC1lZDI1NTE5AAAAICK1bB35Mu15VFYD6"

static void
reads_public_lines(void **state)
{
	CLEANUP(key_freep) struct key *expected = keys_public("ed25519");
	struct bytes comment;
	struct key *key;
	OWNED_BUF line;

	buf_init(&line, KEY_FILE_MAX);
	assert_ok(buf_append(&line, BYTES(" \tssh-ed25519 \t ")));
	assert_ok(text_base64_encode(key_blob(expected), true, &line));
	assert_ok(key_from_public_line(buf_bytes(&line), &key, &comment));
	assert_true(key_equal(key, expected));
	assert_int_equal(comment.size, 0);
	key_free(key);
	assert_ok(buf_append(&line, BYTES("  me  and you \t")));
	assert_ok(key_from_public_line(buf_bytes(&line), &key, &comment));
	assert_bytes_text(comment, "me  and you");
	key_free(key);
}

static const struct {
	const char *line;
	enum result result;
} public_rows[] = {
	{ "", RESULT_MALFORMED },
	{ "ssh-ed25519", RESULT_MALFORMED },
	{ "ssh-ed25519 ", RESULT_MALFORMED },
	{ "ssh-dss AAAAB3NzaC1kc3M=", RESULT_MALFORMED },
	{ "Ssh-ed25519 AAAA", RESULT_UNSUPPORTED },
	{ "ssh-ed25519 " ED25519, RESULT_MALFORMED },
	{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", RESULT_MALFORMED },
	{ "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIP////////////////////////////////////////9/",
	    RESULT_MALFORMED },
};

static void
refuses_broken_public_lines(void **state)
{
	for (size_t i = 0; i < COUNT(public_rows); i++) {
		struct bytes comment;
		struct key *key;

		ROW_RESULT(public_rows[i].line,
		    key_from_public_line(bytes_of_text(public_rows[i].line), &key, &comment),
		    public_rows[i].result);
		assert_null(key);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_private_keys_of_every_format),
		cmocka_unit_test(the_format_does_not_change_the_key),
		cmocka_unit_test(refuses_every_cut_of_an_openssh_file),
		cmocka_unit_test(refuses_every_change_of_an_openssh_file),
		cmocka_unit_test(refuses_what_is_no_key_file),
		cmocka_unit_test(leaves_security_keys_to_their_agents),
		cmocka_unit_test(reads_public_lines),
		cmocka_unit_test(refuses_broken_public_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
