/* SPDX-License-Identifier: ISC */
/*
 * Key revocation lists, OpenSSH's binary form and plain lists of public keys (pure). OpenSSH's PROTOCOL.krl.
 */
#pragma once

#include "common/key/certificate.h"

/* Of what it is asked whether it is revoked. */
struct krl_subject {
	struct bytes key;                      /* blob of the plain key, also of a certificate's */
	const struct certificate *certificate; /* NULL: a plain key */
};

/*
 * RESULT_OK: the file does not name it. RESULT_DENIED: it does; also an authority's revocation revokes its
 * certificates. RESULT_MALFORMED, RESULT_UNSUPPORTED: the file cannot be understood as a whole, and what it does
 * not say is then not known.
 */
enum result krl_check(struct bytes file, const struct krl_subject *subject) MUST_USE;
