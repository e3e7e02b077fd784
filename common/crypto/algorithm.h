/* SPDX-License-Identifier: ISC */
/*
 * The tables of algorithms and the negotiation of RFC 4253 section 7.1. An algorithm is a row: name,
 * flags, sizes, constructor. Legacy rows are never offered unless the configuration names them.
 */
#pragma once

#include "common/buf.h"
#include "common/crypto/agree.h"
#include "common/crypto/hash.h"

enum algorithm_kind {
	ALGORITHM_KEX,
	ALGORITHM_HOST_KEY, /* signature algorithms of host keys */
	ALGORITHM_USER_KEY, /* signature algorithms accepted from users */
	ALGORITHM_CA,       /* those that authorities may sign certificates with */
	ALGORITHM_CIPHER,
	ALGORITHM_MAC,
	ALGORITHM_COMPRESSION,
	ALGORITHM_GSS_KEX, /* by what stands before the mechanism in their names */
};

enum algorithm_flag {
	ALGORITHM_DEFAULT = 1 << 0, /* offered when the configuration says nothing */
	ALGORITHM_LEGACY = 1 << 1,  /* only by name */
	ALGORITHM_POST_QUANTUM = 1 << 2,
	ALGORITHM_AEAD = 1 << 3,        /* ciphers: brings its own integrity */
	ALGORITHM_ETM = 1 << 4,         /* MACs: encrypt-then-MAC */
	ALGORITHM_OLD_LIBRARY = 1 << 5, /* ciphers: of libcrypto's legacy provider */
	ALGORITHM_CERTIFICATE = 1 << 7, /* signatures: the key is shown inside of a certificate */
	ALGORITHM_CBC = 1 << 6,         /* ciphers: whose errors must not tell where they are */
	ALGORITHM_GSS = 1 << 9,         /* key exchanges: whose authority is a GSS-API context */
	ALGORITHM_WEBAUTHN = 1 << 8, /* signatures: asked for by a browser, and never of our keys */
	ALGORITHM_FIRST_VERSION = 1 << 10, /* signatures: in users' certificates of version 00 */
};

struct kex_algorithm {
	const char *name;
	unsigned flags;
	enum hash_kind hash;
	const struct agreement *agreement; /* NULL: in a group that is chosen first, RFC 4419 */
};

struct cipher_algorithm {
	const char *name;
	unsigned flags;
	size_t key_size, iv_size, block_size, tag_size;
	size_t discard_size;                /* bytes of key stream that are thrown away first */
	const char *evp_name;               /* libcrypto's */
	const struct seal_operations *seal; /* declared in seal_internal.h */
};

struct mac_algorithm {
	const char *name;
	unsigned flags;
	enum hash_kind hash; /* of HMAC; HASH_NONE: it is UMAC */
	size_t key_size, tag_size;
};

struct signature_algorithm {
	const char *name; /* as negotiated: "rsa-sha2-512-cert-v01@openssh.com" */
	unsigned flags;
	const char *key_type;       /* of the key that signs: "ssh-rsa" */
	enum hash_kind hash;        /* HASH_NONE where the scheme has its own */
	const char *blob_type;      /* what the client is shown: "ssh-rsa-cert-v01@openssh.com" */
	const char *signature_name; /* what stands in the signature: "rsa-sha2-512" */
};

/* What stands behind those names on the wire: base64 of the MD5 of Kerberos 5 in DER. RFC 4462 section 2.4. */
#define KEX_GSS_MECHANISM "toWM5Slw5Ew8Mqkay+al2g=="

/* NULL if there is no such algorithm. Key exchanges by their names on the wire. */
const struct kex_algorithm *kex_algorithm_find(struct bytes name);
const struct cipher_algorithm *cipher_algorithm_find(struct bytes name);
const struct mac_algorithm *mac_algorithm_find(struct bytes name);
const struct signature_algorithm *signature_algorithm_find(struct bytes name);

/* Has one of the names in `list` all of these flags? */
bool algorithm_list_has(enum algorithm_kind kind, struct bytes list, unsigned flags);

/* The i-th name of a kind in order of preference, with its flags; NULL behind the last. */
const char *algorithm_name(enum algorithm_kind kind, size_t i, unsigned *flags);

/* First name of `theirs` that `ours` has too, as a view into `theirs`. RESULT_NO_MATCH. */
enum result algorithm_negotiate(
    struct bytes theirs, struct bytes ours, struct bytes *chosen) MUST_USE;
