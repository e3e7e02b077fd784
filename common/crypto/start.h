/* SPDX-License-Identifier: ISC */
/*
 * Starting libcrypto, and the algorithms that it has for us: fetched once, kept for the life of the
 * process.
 */
#pragma once

#include <openssl/types.h>

#include "common/crypto/hash.h"

/*
 * Initialises libcrypto without its configuration file, fetches every algorithm of the tables and
 * seeds the random generator. After that nothing in common/crypto and common/key opens a file or a
 * socket; reseeding is getrandom. To be called before a process confines itself; again it does
 * nothing. Whoever forgets it pays at the first use. RESULT_CRYPTO.
 */
enum result crypto_start(void) MUST_USE;

/*
 * After crypto_start: the ciphers of ALGORITHM_OLD_LIBRARY, too, which are in a module of libcrypto's that is
 * a file of its own. RESULT_UNSUPPORTED: it is not installed.
 */
enum result crypto_start_old(void) MUST_USE;

/* libcrypto's own name and version, for people. */
const char *crypto_version(void);

enum crypto_mac { CRYPTO_HMAC, CRYPTO_POLY1305, CRYPTO_MAC_COUNT };

/* Borrowed handles; RESULT_UNSUPPORTED for what this libcrypto does not have. */
enum result crypto_digest(enum hash_kind kind, const EVP_MD **out) MUST_USE;
enum result crypto_cipher(const char *name, const EVP_CIPHER **out) MUST_USE;
enum result crypto_mac(enum crypto_mac which, EVP_MAC **out) MUST_USE;

/* Has libcrypto this method of encapsulation ("ML-KEM-768")? */
bool crypto_has_kem(const char *name);

/* Has it this scheme of signatures, which not all versions have ("ML-DSA-44")? */
bool crypto_has_signature(const char *name);
