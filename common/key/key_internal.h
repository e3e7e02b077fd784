/* SPDX-License-Identifier: ISC */
/*
 * What a type of key is made of: a row of operations over libcrypto's EVP_PKEY. For the files of
 * this room only.
 */
#pragma once

#include <openssl/types.h>

#include "common/key/key.h"
#include "common/wire.h"

#define RSA_BITS_MIN 1024
#define RSA_BITS_MAX 16384

struct key_type;

/* libcrypto's keys; owned by whoever has it. */
struct key_parts {
	EVP_PKEY *pkey;
	EVP_PKEY *second; /* of a type that is made of two; NULL for others */
};
void key_parts_clear(struct key_parts *parts);

struct key {
	const struct key_type *type;
	struct key_parts parts;
	uint8_t *blob; /* owned: the public key on the wire, type name first */
	size_t blob_size;
	unsigned bits;
	bool is_private;
};

struct key_type {
	const char *name;   /* in blobs */
	const char *stem;   /* what the names of its certificates begin with; NULL: the name */
	const char *family; /* libcrypto's name of the algorithm: "EC" */
	const void *curve;  /* what differs between types of a family; RSA and DSA: NULL */

	unsigned field_count; /* of a public blob, behind the type's name: strings and mpints */

	/* Of security keys: what they sign with. They have no private half here, and none of the
	 * operations on one or on signatures; NULL: it is an ordinary key. */
	const struct key_type *inner;

	/* Is this key of libcrypto's family ours, too (the curve)? NULL: always. */
	bool (*matches)(const struct key_type *type, const EVP_PKEY *pkey);

	/* The fields of a public blob behind the type's name. Checks all that there is to check. */
	enum result (*read_public)(
	    const struct key_type *type, struct reader *reader, struct key_parts *out);

	/* The same fields, from any key of libcrypto's. */
	enum result (*write_public)(
	    const struct key_type *type, const struct key_parts *parts, struct writer *writer);

	/* The fields of the private section of an OpenSSH file behind the type's name. */
	enum result (*read_private)(
	    const struct key_type *type, struct reader *reader, struct key_parts *out);

	/* The blob inside of a signature, of types that libcrypto has no single signature for; NULL: it has. */
	enum result (*sign)(const struct key_parts *parts, struct bytes data, struct writer *out);
	enum result (*verify)(const struct key_parts *parts, struct bytes data, struct bytes blob);

	/* Between libcrypto's signature and the blob inside of a signature on the wire. For both:
	 * `out` has KEY_SIGNATURE_MAX bytes of room. RESULT_MALFORMED, RESULT_SIGNATURE. */
	enum result (*signature_to_wire)(
	    const struct key *key, struct bytes signature, struct writer *out);
	enum result (*signature_from_wire)(
	    const struct key *key, struct bytes blob, uint8_t *out, size_t *size);
};

/* One row each; in key.c's table. */
extern const struct key_type key_type_ed25519;
extern const struct key_type key_type_ed448;
extern const struct key_type key_type_nistp256;
extern const struct key_type key_type_nistp384;
extern const struct key_type key_type_nistp521;
extern const struct key_type key_type_secp256k1;
extern const struct key_type key_type_rsa;
extern const struct key_type key_type_dss;
extern const struct key_type key_type_mldsa44_ed25519;
extern const struct key_type key_type_sk_ed25519;
extern const struct key_type key_type_sk_nistp256;

/* Dropbear's order: e, n, d, p, q. */
enum result key_rsa_read_factors(struct reader *reader, EVP_PKEY **out) MUST_USE;

/* NULL if there is none. */
const struct key_type *key_type_find(struct bytes name);
const struct key_type *key_type_find_private(struct bytes name); /* whose private keys files have */
const struct key_type *key_type_find_stem(struct bytes stem);    /* of a certificate's type */
const struct key_type *key_type_find_pkey(const EVP_PKEY *pkey);

/* key.c: is `blob`, the inside of a signature, good over `data`? */
enum result key_verify_blob(const struct key *key, const struct signature_algorithm *algorithm,
    struct bytes data, struct bytes blob) MUST_USE;

/* key_sk.c: the same of a security key's whole signature. OpenSSH's PROTOCOL.u2f. */
enum result key_sk_verify(const struct key *key, const struct signature_algorithm *algorithm,
    struct bytes data, struct bytes signature, struct key_assertion *assertion) MUST_USE;

/* blob.c: a private key from libcrypto's, of which it becomes the owner (also when it fails). Derives
 * the blob, checks it like any other, and that private and public part belong together. */
enum result key_from_private_pkey(EVP_PKEY *pkey, struct key **out) MUST_USE;

/* The same of parts whose type is known; they are empty then. */
enum result key_from_private_parts(
    const struct key_type *type, struct key_parts *parts, struct key **out) MUST_USE;

/* signature.c: string name, string blob. The name must be the algorithm's, or RESULT_SIGNATURE. */
enum result signature_parse(
    struct bytes wire, const struct signature_algorithm *algorithm, struct bytes *blob) MUST_USE;

/*
 * The formats of private key files; key_from_private_file chooses. `passphrase` is NULL where there is none:
 * RESULT_DENIED if one is needed, RESULT_INTEGRITY if it is wrong.
 */
bool file_openssh_is(struct bytes file);
enum result file_openssh_parse(
    struct bytes file, const struct bytes *passphrase, struct key **out) MUST_USE;
enum result file_pem_parse(
    struct bytes file, const struct bytes *passphrase, struct key **out) MUST_USE;
bool file_der_is(struct bytes file);
enum result file_der_parse(
    struct bytes file, const struct bytes *passphrase, struct key **out) MUST_USE;
bool file_others_is(struct bytes file); /* Dropbear's and TinySSH's, which know no passphrase */
enum result file_others_parse(struct bytes file, struct key **out) MUST_USE;

/* The passphrase as libcrypto asks for it; set `asked` to know whether it did. */
struct file_pem_asking {
	const struct bytes *passphrase;
	bool asked;
};
int file_pem_answer(char *room, int size, int writing, void *asking);

/* file_openssh_lock.c: what protects the private section of an OpenSSH file. Views into the file. */
struct file_openssh_lock {
	const struct cipher_algorithm *cipher; /* NULL: nothing does */
	struct bytes salt;
	uint32_t rounds;
	size_t tag_size, block_size;
};
/* RESULT_UNSUPPORTED for a cipher or derivation that we do not have. */
enum result file_openssh_lock_parse(struct bytes cipher, struct bytes kdf, struct bytes options,
    struct file_openssh_lock *out) MUST_USE;
/* Appends the section in the clear. A wrong passphrase is seen by ciphers with a tag: RESULT_INTEGRITY. */
enum result file_openssh_lock_open(const struct file_openssh_lock *lock, struct bytes passphrase,
    struct bytes section, struct bytes tag, struct buf *out) MUST_USE;

/*
 * Parameters for EVP_PKEY_fromdata, in memory that is wiped. Errors are remembered like a writer's:
 * put all, then make the key.
 */
#define PARAMETERS_ROOM  (16 * 1024)
#define PARAMETERS_COUNT 12

struct parameters; /* opaque; owned by whoever made it */
enum result parameters_new(struct parameters **out) MUST_USE;
void parameters_freep(struct parameters **parameters);
void parameters_put_text(struct parameters *parameters, const char *name, const char *text);
void parameters_put_octets(struct parameters *parameters, const char *name, struct bytes octets);
void parameters_put_number(struct parameters *parameters, const char *name, const BIGNUM *number);
void parameters_put_magnitude(
    struct parameters *parameters, const char *name, struct bytes magnitude);

/* RESULT_MALFORMED if libcrypto does not want such a key. */
enum result parameters_make_key(
    struct parameters *parameters, const char *family, bool is_private, EVP_PKEY **out) MUST_USE;

/* An integer of libcrypto's key as an mpint. */
enum result pkey_put_mpint(const EVP_PKEY *pkey, const char *name, struct writer *writer) MUST_USE;
