/* SPDX-License-Identifier: ISC */
/*
 * A public key or key pair and its operations, one row for each type. RFC 4253 section 6.6, RFC 5656,
 * RFC 8332, RFC 8709.
 */
#pragma once

#include "common/buf.h"
#include "common/crypto/algorithm.h"

#define KEY_BLOB_MAX      (16 * 1024)
#define KEY_SIGNATURE_MAX (16 * 1024)
#define KEY_FILE_MAX      (64 * 1024)

struct key; /* opaque; owned by whoever made it; private parts are wiped */

/* A public key from its blob (RFC 4253 section 6.6), fully checked: sizes, points on the curve, no
 * trailing bytes. RSA 1024..16384 bits. RESULT_UNSUPPORTED for a type that we do not have. */
enum result key_from_blob(struct bytes blob, struct key **out) MUST_USE;

/*
 * A private key from a file's contents: OpenSSH v1; PKCS#1, SEC 1 and PKCS#8 as PEM or DER; Dropbear's and
 * TinySSH's. `passphrase` is NULL where there is none: RESULT_DENIED if one is needed; RESULT_INTEGRITY if
 * it is wrong.
 */
enum result key_from_private_file(
    struct bytes file, const struct bytes *passphrase, struct key **out) MUST_USE;

/* A line "type base64 [comment]" of a .pub file or of authorized_keys behind its options. The
 * comment is a view into the line. RESULT_MALFORMED, RESULT_UNSUPPORTED. */
enum result key_from_public_line(
    struct bytes line, struct key **out, struct bytes *comment) MUST_USE;

/* The words of such a line, of keys and certificates alike, as views; and the blob of its digits, which must be
 * of the type that the line says. RESULT_MALFORMED. */
struct key_line {
	struct bytes type, digits, comment;
};
enum result key_line_parse(struct bytes line, struct key_line *out) MUST_USE;
enum result key_line_blob(const struct key_line *line, struct buf *blob) MUST_USE;

/*
 * Public keys that take several lines (RFC 4716; RFC 7468 with SubjectPublicKeyInfo or PKCS#1). `line`: does it
 * begin one? Reading appends the blob, which is not checked further, and moves *text behind the block, of which
 * `lines` says how many lines it has. After an error *text is what it was: RESULT_TRUNCATED (no end), RESULT_LIMIT,
 * RESULT_MALFORMED, RESULT_UNSUPPORTED.
 */
bool key_block_begins(struct bytes line);
enum result key_block_read(struct bytes *text, unsigned *lines, struct buf *blob) MUST_USE;

/* The blob of a public key in DER, appended. RESULT_MALFORMED, RESULT_UNSUPPORTED for other algorithms. */
enum result key_blob_from_der(struct bytes der, struct buf *blob) MUST_USE;

void key_free(struct key *key);
void key_freep(struct key **key);

/* Is `name` ("ssh-ed25519") the type of keys that we have? */
bool key_type_is_known(struct bytes name);

const char *key_type(const struct key *key);  /* "ssh-ed25519" */
struct bytes key_blob(const struct key *key); /* lives as long as the key */
unsigned key_bits(const struct key *key);
bool key_is_private(const struct key *key);
bool key_is_security_key(const struct key *key); /* FIDO: its private half is in a device */
bool key_equal(const struct key *a, const struct key *b); /* public parts */

/* Signs `data` and appends the signature in wire form (string name, string blob). RESULT_UNSUPPORTED
 * when the algorithm does not fit the key. */
enum result key_sign(const struct key *key, const struct signature_algorithm *algorithm,
    struct bytes data, struct buf *signature) MUST_USE;

/* RESULT_OK only if `signature` (wire form) is by `key` over `data`, made with exactly `algorithm`.
 * RESULT_SIGNATURE otherwise; RESULT_MALFORMED for a broken encoding. */
enum result key_verify(const struct key *key, const struct signature_algorithm *algorithm,
    struct bytes data, struct bytes signature) MUST_USE;

/* What a security key says of the moment in which it signed; nothing of keys of other kinds. */
struct key_assertion {
	bool is_security_key;
	bool is_user_present;  /* somebody touched it */
	bool is_user_verified; /* it knows by a PIN or a finger who that was */
	uint32_t counter;      /* of its signatures; devices differ in what they count */
};

/* The same, with what the signature says besides. Whoever lets somebody in has to look at it. */
enum result key_verify_assertion(const struct key *key, const struct signature_algorithm *algorithm,
    struct bytes data, struct bytes signature, struct key_assertion *assertion) MUST_USE;

/* "SHA256:" and unpadded base64 of the SHA-256 of a blob, for people. `out` has FINGERPRINT_SIZE. */
#define FINGERPRINT_SIZE 64
void fingerprint_format(struct bytes blob, char *out);
