/* SPDX-License-Identifier: ISC */
/*
 * bcrypt_pbkdf, which turns a passphrase into the key of an OpenSSH private key file. For the files of this
 * room only.
 */
#pragma once

#include "common/buf.h"

#define BCRYPT_KDF_SIZE_MAX 256 /* bytes of key that are ever asked for */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define BCRYPT_KDF_ROUNDS_MAX 2 /* a fuzzer writes rounds as it likes */
#else
#define BCRYPT_KDF_ROUNDS_MAX (1 << 16) /* some minutes of work */
#endif

/* `size` bytes to `out`. Costs about 8 milliseconds a round for each 32 bytes. RESULT_MALFORMED: an empty
 * passphrase or salt, no rounds or too many. */
enum result bcrypt_kdf(struct bytes passphrase, struct bytes salt, uint32_t rounds, uint8_t *out,
    size_t size) MUST_USE;
