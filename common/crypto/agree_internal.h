/* SPDX-License-Identifier: ISC */
/*
 * Key agreements without the wire's encoding: for hybrids, and for tests with keys of their own.
 */
#pragma once

#include <openssl/types.h>

#include "common/crypto/agree.h"

#define AGREE_SECRET_MAX 66 /* bytes of a coordinate of nistp521 */

/*
 * The shared secret of our key pair and the other side's public value, in the curve's fixed size.
 * RESULT_MALFORMED for a value that the standard refuses.
 */
enum result agree_x25519_secret(EVP_PKEY *own, struct bytes theirs, uint8_t *secret) MUST_USE;
enum result agree_nistp_secret(
    const char *group, EVP_PKEY *own, struct bytes theirs, uint8_t *secret) MUST_USE;

/* A key pair of our own for one exchange: its public value is appended, the secret is the other's. */
enum result agree_x25519_exchange(
    struct bytes theirs, struct buf *our_public, uint8_t *secret) MUST_USE;
enum result agree_nistp256_exchange(
    struct bytes theirs, struct buf *our_public, uint8_t *secret) MUST_USE;
enum result agree_nistp384_exchange(
    struct bytes theirs, struct buf *our_public, uint8_t *secret) MUST_USE;

/* Appends K as it enters the exchange hash: an mpint of the big-endian secret. */
enum result agree_append_mpint(struct bytes secret, struct buf *shared) MUST_USE;
