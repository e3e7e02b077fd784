/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/key/certificate.c: certificates that are put together here, one thing wrong at a time.
 * Those that ssh-keygen makes are in tests/interop/test_host_keys.py.
 */
#include "common/key/certificate.h"

#include "common/wire.h"
#include "tests/unit/common/key/keys.h"

struct field {
	const char *data;
	size_t size;
};

#define FIELD(text)                    \
	{                              \
		text, sizeof(text) - 1 \
	}

/* What a row changes; the rest is as in an ordinary certificate. */
struct recipe {
	const char *name;
	enum result result;
	const char *type;
	struct field principals, critical, extensions;
	uint32_t kind;
	unsigned left_out; /* bytes cut off the end */
	bool has_more;     /* a byte behind the end */
	const char *authority, *signed_by;
	bool is_first_version; /* its fields, whatever the type says */
};

#define ALICE      "\0\0\0\5alice"
#define OPTION     "\0\0\0\rforce-command\0\0\0\6\0\0\0\2ls"
#define ADDRESS    "\0\0\0\016source-address\0\0\0\7\0\0\0\3::1"
#define CUSTOM     "\0\0\0\1z\0\0\0\0"

#define VERSION_00 "ssh-rsa-cert-v00@openssh.com"
#define VERSION_01 "ssh-rsa-cert-v01@openssh.com"

static const struct recipe recipes[] = {
	{ .name = "ordinary", .result = RESULT_OK },
	{ "for a user", RESULT_OK, .kind = CERTIFICATE_USER },
	{ "of no kind", RESULT_MALFORMED, .kind = 3 },
	{ "two principals", RESULT_OK, .principals = FIELD(ALICE "\0\0\0\3bob") },
	{ "principals with commas", RESULT_OK, .principals = FIELD("\0\0\0\3a,b") },
	{ "no name of a principal", RESULT_MALFORMED, .principals = FIELD("\0\0\0\0") },
	{ "a NUL in a principal", RESULT_MALFORMED, .principals = FIELD("\0\0\0\3a\0b") },
	{ "principals cut off", RESULT_MALFORMED, .principals = FIELD("\0\0\0\5ali") },
	{ "two options", RESULT_OK, .critical = FIELD(OPTION ADDRESS) },
	{ "options out of order", RESULT_MALFORMED, .critical = FIELD(ADDRESS OPTION) },
	{ "an option twice", RESULT_MALFORMED, .critical = FIELD(OPTION OPTION) },
	{ "an option of no name", RESULT_MALFORMED, .critical = FIELD("\0\0\0\0\0\0\0\0") },
	{ "an option cut off", RESULT_TRUNCATED, .critical = FIELD("\0\0\0\1a\0\0\0\1") },
	{ "an extension twice", RESULT_MALFORMED, .extensions = FIELD(CUSTOM CUSTOM) },
	{ "cut off", RESULT_MALFORMED, .left_out = 1 },
	{ "more than all", RESULT_MALFORMED, .has_more = true },
	{ "a type of others", RESULT_UNSUPPORTED, .type = "ssh-xyz-cert-v01@openssh.com" },
	{ "another type's fields", RESULT_MALFORMED,
	    .type = "ecdsa-sha2-nistp256-cert-v01@openssh.com" },
	{ "a plain key", RESULT_UNSUPPORTED, .type = "ssh-ed25519" },
	{ "signed by another", RESULT_SIGNATURE, .signed_by = "ecdsa256" },
	{ "an authority of RSA", RESULT_OK, .authority = "rsa2048", .signed_by = "rsa2048" },
};

#define FIRST .is_first_version = true

static const struct recipe first_recipes[] = {
	{ .name = "ordinary", .result = RESULT_OK, FIRST },
	{ "an authority of RSA", RESULT_OK, .authority = "rsa2048", .signed_by = "rsa2048", FIRST },
	{ "two constraints", RESULT_OK, .critical = FIELD(OPTION ADDRESS), FIRST },
	{ "constraints out of order", RESULT_MALFORMED, .critical = FIELD(ADDRESS OPTION), FIRST },
	{ "a constraint twice", RESULT_MALFORMED, .critical = FIELD(OPTION OPTION), FIRST },
	{ "a constraint cut off", RESULT_TRUNCATED, .critical = FIELD("\0\0\0\1a\0\0\0\1"), FIRST },
	{ "principals cut off", RESULT_MALFORMED, .principals = FIELD("\0\0\0\5ali"), FIRST },
	{ "of no kind", RESULT_MALFORMED, .kind = 3, FIRST },
	{ "cut off", RESULT_MALFORMED, .left_out = 1, FIRST },
	{ "more than all", RESULT_MALFORMED, .has_more = true, FIRST },
	{ "signed by another", RESULT_SIGNATURE, .signed_by = "ecdsa256", FIRST },
	{ "called the second", RESULT_MALFORMED, .type = VERSION_01, FIRST },
	{ "of a type that came later", RESULT_UNSUPPORTED,
	    .type = "ssh-ed25519-cert-v00@openssh.com", FIRST },
	{ "a digest in its name", RESULT_UNSUPPORTED, .type = "rsa-sha2-512-cert-v00@openssh.com",
	    FIRST },
	{ "the second", RESULT_MALFORMED, .type = VERSION_00 },
};

static void
put_field(struct writer *writer, struct field field, const char *ordinary, size_t size)
{
	if (field.data == NULL)
		put_string(writer, bytes_of(ordinary, size));
	else
		put_string(writer, bytes_of(field.data, field.size));
}

static void
put_signature(struct writer *writer, const struct key *key)
{
	const char *name = strcmp(key_type(key), "ssh-rsa") == 0 ? "rsa-sha2-512" : key_type(key);
	OWNED_BUF signature;

	buf_init(&signature, KEY_SIGNATURE_MAX);
	assert_ok(key_sign(
	    key, signature_algorithm_find(bytes_of_text(name)), writer_bytes(writer), &signature));
	put_string(writer, buf_bytes(&signature));
}

/* The terms, which both versions have in this order. */
static void
put_terms(struct writer *writer, const struct recipe *recipe)
{
	put_u32(writer, recipe->kind == 0 ? CERTIFICATE_HOST : recipe->kind);
	put_text(writer, "key id");
	put_field(writer, recipe->principals, ALICE, sizeof(ALICE) - 1);
	put_u64(writer, 100);
	put_u64(writer, 200);
	put_field(writer, recipe->critical, "", 0);
}

static void
put_fields(struct writer *writer, const struct recipe *recipe, struct bytes subject)
{
	if (recipe->is_first_version) {
		put_raw(writer, subject);
		put_terms(writer, recipe);
		put_text(writer, "nonce");
		put_text(writer, "");
		return;
	}
	put_text(writer, "nonce");
	put_raw(writer, subject);
	put_u64(writer, 7);
	put_terms(writer, recipe);
	put_field(writer, recipe->extensions, "", 0);
	put_text(writer, "");
}

/* The first version is RSA's, and so is what is called by its name or the second's. */
static bool
is_of_rsa(const struct recipe *recipe)
{
	return recipe->is_first_version ||
	       (recipe->type != NULL && strcmp(recipe->type, VERSION_00) == 0);
}

static const char *
type_of(const struct recipe *recipe)
{
	if (recipe->type != NULL)
		return recipe->type;
	return recipe->is_first_version ? VERSION_00 : "ssh-ed25519-cert-v01@openssh.com";
}

static struct bytes
make(const struct recipe *recipe, uint8_t *room, size_t size)
{
	CLEANUP(key_freep)
	struct key *subject = keys_public(is_of_rsa(recipe) ? "rsa2048" : "ed25519");
	CLEANUP(key_freep)
	struct key *authority =
	    keys_private(recipe->authority == NULL ? "ed25519" : recipe->authority);
	CLEANUP(key_freep)
	struct key *signer =
	    keys_private(recipe->signed_by == NULL ? "ed25519" : recipe->signed_by);
	struct reader plain = reader_of(key_blob(subject));
	struct writer writer = writer_into(room, size);

	get_string(&plain);
	put_text(&writer, type_of(recipe));
	put_fields(&writer, recipe, get_rest(&plain));
	put_string(&writer, key_blob(authority));
	put_signature(&writer, signer);
	if (recipe->has_more)
		put_byte(&writer, 0);
	assert_ok(writer_end(&writer));
	return bytes_of(room, writer.used - recipe->left_out);
}

static void
judge(const struct recipe *recipe)
{
	CLEANUP(certificate_freep) struct certificate *certificate = NULL;
	uint8_t room[KEY_BLOB_MAX];
	struct bytes blob = make(recipe, room, sizeof(room));

	ROW_RESULT(recipe->name, certificate_parse(blob, &certificate), recipe->result);
	ROW_TRUE(recipe->name, (certificate != NULL) == (recipe->result == RESULT_OK));
	if (certificate != NULL)
		ROW_BYTES(recipe->name, certificate_blob(certificate), blob);
}

static void
judges_each_field(void **state)
{
	for (size_t i = 0; i < COUNT(recipes); i++)
		judge(&recipes[i]);
}

static void
judges_each_field_of_the_first_version(void **state)
{
	for (size_t i = 0; i < COUNT(first_recipes); i++)
		judge(&first_recipes[i]);
}

static void
tells_what_it_says(void **state)
{
	CLEANUP(certificate_freep) struct certificate *certificate = NULL;
	CLEANUP(key_freep) struct key *key = keys_public("ed25519");
	uint8_t room[KEY_BLOB_MAX];

	assert_ok(certificate_parse(make(&recipes[0], room, sizeof(room)), &certificate));
	memset(room, 0, sizeof(room)); /* it has a copy of its own */
	assert_true(key_equal(certificate->subject, key));
	assert_true(key_equal(certificate->authority, key));
	assert_false(certificate->is_first_version);
	assert_int_equal(certificate->serial, 7);
	assert_int_equal(certificate->kind, CERTIFICATE_HOST);
	assert_int_equal(certificate->valid_after, 100);
	assert_int_equal(certificate->valid_before, 200);
	assert_int_equal(certificate->principal_count, 1);
	assert_bytes_text(certificate->key_id, "key id");
	assert_bytes_text(certificate->signed_with, "ssh-ed25519");
}

static void
tells_what_the_first_version_says(void **state)
{
	static const struct recipe recipe = { .critical = FIELD(OPTION ADDRESS), FIRST };
	CLEANUP(certificate_freep) struct certificate *certificate = NULL;
	CLEANUP(key_freep) struct key *key = keys_public("rsa2048");
	uint8_t room[KEY_BLOB_MAX];

	assert_true(certificate_type_is_known(BYTES(VERSION_00)));
	assert_true(certificate_type_is_known(BYTES("ssh-dss-cert-v00@openssh.com")));
	assert_ok(certificate_parse(make(&recipe, room, sizeof(room)), &certificate));
	assert_true(certificate->is_first_version);
	assert_true(key_equal(certificate->subject, key));
	assert_int_equal(certificate->serial, 0);
	assert_int_equal(certificate->kind, CERTIFICATE_HOST);
	assert_int_equal(certificate->valid_after, 100);
	assert_int_equal(certificate->valid_before, 200);
	assert_int_equal(certificate->principal_count, 1);
	assert_bytes_text(certificate->key_id, "key id");
	assert_bytes(certificate->critical_options, BYTES(OPTION ADDRESS));
	assert_bytes_text(certificate->extensions, "");
}

/* Whatever is changed, it is no longer what the authority signed. */
static void
refuse_every_change_and_cut(const struct recipe *recipe)
{
	uint8_t room[KEY_BLOB_MAX];
	struct bytes blob = make(recipe, room, sizeof(room));
	struct certificate *certificate;

	for (size_t i = 0; i < blob.size; i++) {
		room[i] ^= 1;
		assert_int_not_equal(certificate_parse(blob, &certificate), RESULT_OK);
		room[i] ^= 1;
		assert_int_not_equal(certificate_parse(bytes_of(room, i), &certificate), RESULT_OK);
	}
	assert_ok(certificate_parse(blob, &certificate));
	certificate_free(certificate);
}

static void
refuses_every_change_and_cut(void **state)
{
	refuse_every_change_and_cut(&recipes[0]);
	refuse_every_change_and_cut(&first_recipes[0]);
}

static void
principals_are_compared_whole(void **state)
{
	const struct certificate certificate = { .principals = BYTES("\0\0\0\5alice\0\0\0\3bob") };
	static const char *const others[] = { "", "alic", "alicex", "Alice", "alice,bob", "ob" };

	assert_true(certificate_has_principal(&certificate, BYTES("alice")));
	assert_true(certificate_has_principal(&certificate, BYTES("bob")));
	for (size_t i = 0; i < COUNT(others); i++)
		ROW_TRUE(
		    others[i], !certificate_has_principal(&certificate, bytes_of_text(others[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(principals_are_compared_whole),
		cmocka_unit_test(judges_each_field),
		cmocka_unit_test(judges_each_field_of_the_first_version),
		cmocka_unit_test(tells_what_it_says),
		cmocka_unit_test(tells_what_the_first_version_says),
		cmocka_unit_test(refuses_every_change_and_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
