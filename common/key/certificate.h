/* SPDX-License-Identifier: ISC */
/*
 * OpenSSH's certificates: a public key with what an authority says of it. Version 01 is OpenSSH's
 * PROTOCOL.certkeys; version 00, of RSA and DSA alone, is what the same file was in OpenSSH 5.4 and 5.5.
 */
#pragma once

#include "common/key/key.h"

#define CERTIFICATE_PRINCIPALS_MAX 256

enum certificate_kind { CERTIFICATE_USER = 1, CERTIFICATE_HOST = 2 };

/* Views point into the certificate's own copy of its blob. */
struct certificate {
	uint8_t *blob; /* owned */
	size_t blob_size;
	struct key *subject;   /* owned: whose certificate it is, as a plain key */
	struct key *authority; /* owned */
	uint64_t serial;
	uint32_t kind; /* enum certificate_kind */
	/* Version 00: serial is 0, there are no extensions, and what they grant later critical options do. */
	bool is_first_version;
	struct bytes key_id;
	struct bytes principals; /* strings; all of them are well formed */
	size_t principal_count;
	uint64_t valid_after, valid_before;        /* seconds since 1970: after <= now < before */
	struct bytes critical_options, extensions; /* strings name, data; sorted, each name once */
	struct bytes signed_with;                  /* the authority's algorithm */
};

/* Is this the name of a type of certificates that we have ("ssh-ed25519-cert-v01@openssh.com")? */
bool certificate_type_is_known(struct bytes name);

/*
 * Takes a blob apart and checks all of its form, and that the authority's signature, by whatever algorithm fits
 * its key, is right: nothing of it may be believed otherwise. Whether the authority may be trusted, and
 * whether the times, the kind and the principals fit, is the caller's to ask. RESULT_UNSUPPORTED: a type or an
 * authority that we do not have. RESULT_SIGNATURE. RESULT_MALFORMED.
 */
enum result certificate_parse(struct bytes blob, struct certificate **out) MUST_USE;
void certificate_free(struct certificate *certificate);
void certificate_freep(struct certificate **certificate);

struct bytes certificate_blob(const struct certificate *certificate);

/* Is the name one of its principals, as a whole and letter by letter? */
bool certificate_has_principal(const struct certificate *certificate, struct bytes name);
