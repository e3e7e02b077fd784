/* SPDX-License-Identifier: ISC */
/*
 * sk-ssh-ed25519@openssh.com and sk-ecdsa-sha2-nistp256@openssh.com: keys in FIDO devices, which sign a few bytes of
 * their own with ours. Pure. OpenSSH's PROTOCOL.u2f; WebAuthn level 2, section 6.1 and 7.2.
 */
#include "common/crypto/hash.h"
#include "common/key/client_data.h"
#include "common/key/key_internal.h"

#define SHA256_SIZE     32

#define APPLICATION_MAX 1024

#define FLAG_PRESENT    0x01
#define FLAG_VERIFIED   0x04
#define FLAG_CREDENTIAL 0x40 /* a new key follows, as in no signature to log in with */
#define FLAG_EXTENSIONS 0x80 /* more follows, in CBOR */

/* --- Keys --------------------------------------------------------------------------------------- */

/* The fields of the ordinary key, and for what it was made: "ssh:" and what a user put behind it. */
static struct bytes
read_fields(const struct key_type *type, struct reader *reader, struct bytes *application)
{
	const struct bytes all = bytes_of(reader->at, reader->left);
	struct bytes inner;

	for (unsigned i = 0; i < type->inner->field_count; i++)
		get_string(reader);
	inner = bytes_of(all.data, all.size - reader->left);
	*application = get_text(reader, APPLICATION_MAX);
	return inner;
}

static enum result
sk_read_public(const struct key_type *type, struct reader *reader, struct key_parts *out)
{
	struct bytes application;
	struct reader inner = reader_of(read_fields(type, reader, &application));

	if (reader_end(reader) != RESULT_OK)
		return RESULT_MALFORMED;
	return type->inner->read_public(type->inner, &inner, out);
}

static struct bytes
application_of(const struct key *key)
{
	struct reader reader = reader_of(key_blob(key));
	struct bytes application;

	get_string(&reader);
	read_fields(key->type, &reader, &application);
	return application;
}

/* --- Signatures --------------------------------------------------------------------------------- */

/* Views into the signature. */
struct assertion {
	struct bytes blob; /* as an ordinary key's */
	uint8_t flags;
	uint32_t counter;
	struct bytes origin, client_data, extensions; /* of browsers; empty without one */
};

static bool
is_browsers(const struct signature_algorithm *algorithm)
{
	return (algorithm->flags & ALGORITHM_WEBAUTHN) != 0;
}

static enum result
assertion_parse(
    struct bytes signature, const struct signature_algorithm *algorithm, struct assertion *out)
{
	struct reader reader = reader_of(signature);
	struct bytes name = get_string(&reader);

	*out = (struct assertion){ 0 };
	if (signature.size > KEY_SIGNATURE_MAX || reader.result != RESULT_OK)
		return RESULT_MALFORMED;
	if (!bytes_is(name, algorithm->signature_name))
		return RESULT_SIGNATURE;
	out->blob = get_string(&reader);
	out->flags = get_byte(&reader);
	out->counter = get_u32(&reader);
	if (is_browsers(algorithm)) {
		out->origin = get_string(&reader);
		out->client_data = get_string(&reader);
		out->extensions = get_string(&reader);
	}
	return reader_end(&reader) == RESULT_OK ? RESULT_OK : RESULT_MALFORMED;
}

/* The browser's text takes the place of the data, and has it inside. */
static enum result
check_browser(const struct assertion *assertion, struct bytes data)
{
	const bool has_extensions = (assertion->flags & FLAG_EXTENSIONS) != 0;

	if ((assertion->flags & FLAG_CREDENTIAL) != 0 ||
	    has_extensions != (assertion->extensions.size > 0))
		return RESULT_MALFORMED;
	return client_data_check(assertion->client_data, data, assertion->origin);
}

static enum result
put_hash(struct writer *writer, struct bytes data)
{
	uint8_t digest[HASH_SIZE_MAX];

	TRY(hash_pieces(HASH_SHA256, &data, 1, digest));
	put_raw(writer, bytes_of(digest, SHA256_SIZE));
	return RESULT_OK;
}

/* What the device signed. */
static enum result
put_message(struct writer *writer, struct bytes application, const struct assertion *assertion,
    struct bytes data)
{
	TRY(put_hash(writer, application));
	put_byte(writer, assertion->flags);
	put_u32(writer, assertion->counter);
	put_raw(writer, assertion->extensions);
	TRY(put_hash(writer, data));
	return writer_end(writer);
}

enum result
key_sk_verify(const struct key *key, const struct signature_algorithm *algorithm, struct bytes data,
    struct bytes signature, struct key_assertion *out)
{
	const struct key inner = { .type = key->type->inner, .parts = key->parts }; /* borrowed */
	uint8_t room[2 * SHA256_SIZE + 1 + 4 + KEY_SIGNATURE_MAX];
	struct writer message = writer_into(room, sizeof(room));
	struct assertion assertion;

	TRY(assertion_parse(signature, algorithm, &assertion));
	if (is_browsers(algorithm)) {
		TRY(check_browser(&assertion, data));
		data = assertion.client_data;
	}
	TRY(put_message(&message, application_of(key), &assertion, data));
	TRY(key_verify_blob(&inner, algorithm, writer_bytes(&message), assertion.blob));
	out->is_user_present = (assertion.flags & FLAG_PRESENT) != 0;
	out->is_user_verified = (assertion.flags & FLAG_VERIFIED) != 0;
	out->counter = assertion.counter;
	return RESULT_OK;
}

/* --- The types ---------------------------------------------------------------------------------- */

/* None of libcrypto's own keys is of these types. */
static bool
sk_matches(const struct key_type *type, const EVP_PKEY *pkey)
{
	return false;
}

const struct key_type key_type_sk_ed25519 = {
	.name = "sk-ssh-ed25519@openssh.com",
	.stem = "sk-ssh-ed25519",
	.family = "ED25519",
	.inner = &key_type_ed25519,
	.field_count = 2,
	.matches = sk_matches,
	.read_public = sk_read_public,
};

const struct key_type key_type_sk_nistp256 = {
	.name = "sk-ecdsa-sha2-nistp256@openssh.com",
	.stem = "sk-ecdsa-sha2-nistp256",
	.family = "EC",
	.inner = &key_type_nistp256,
	.field_count = 3,
	.matches = sk_matches,
	.read_public = sk_read_public,
};
