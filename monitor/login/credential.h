/* SPDX-License-Identifier: ISC */
/*
 * The key that a request shows, or the certificate with its key: taken apart, described, remembered (pure).
 */
#pragma once

#include "common/ipc_bodies.h"
#include "common/key/certificate.h"

/* What a certificate says, for the log. */
#define CREDENTIAL_TEXT_MAX 512

struct credential {
	struct key *key;                 /* owned, unless it is the certificate's */
	struct certificate *certificate; /* owned; NULL: there is none */
};
void credential_clear(struct credential *credential);

/*
 * The key of a request, and the algorithm that it names, which must be in the list `accepted` and fit the key. `out` is
 * zero, and to be cleared also behind a failure. RESULT_UNSUPPORTED, RESULT_MALFORMED and others.
 */
enum result credential_parse(const char *accepted, const struct auth_request *request,
    const struct signature_algorithm **algorithm, struct credential *out) MUST_USE;

/* The fingerprint (FINGERPRINT_SIZE) is that of the key itself; behind it, what the certificate says of it, or "", in
 * `certified` (CREDENTIAL_TEXT_MAX). */
void credential_describe(struct bytes blob, char *fingerprint, char *certified);

/* Did somebody pass a method of the login, whose `used_keys` these are, with this key? Two methods with one key would be one; a certificate's key
 * is the key. */
bool credential_was_used(const struct buf *used_keys, struct bytes blob);
enum result credential_remember(struct buf *used_keys, struct bytes blob) MUST_USE;
