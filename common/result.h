/* SPDX-License-Identifier: ISC */
/*
 * The one list of result codes. Everything that can fail returns `enum result`; RESULT_OK is 0.
 */
#pragma once

enum result {
	RESULT_OK = 0,
	RESULT_AGAIN,       /* not now: more bytes, room or an answer must come first */
	RESULT_CLOSED,      /* the other end is gone; orderly end of a stream */
	RESULT_MEMORY,      /* no memory */
	RESULT_LIMIT,       /* a ceiling of ours was reached */
	RESULT_TRUNCATED,   /* a field reaches beyond the end of its message */
	RESULT_TRAILING,    /* bytes are left after the last field */
	RESULT_MALFORMED,   /* a field holds what it may not */
	RESULT_PROTOCOL,    /* a peer sent what it may not send now */
	RESULT_INTEGRITY,   /* a MAC or tag is wrong */
	RESULT_UNSUPPORTED, /* well formed, but of a kind that we do not have */
	RESULT_NO_MATCH,    /* negotiation found nothing in common */
	RESULT_NOT_FOUND,   /* there is none */
	RESULT_DENIED,      /* policy says no */
	RESULT_SIGNATURE,   /* a signature does not verify */
	RESULT_CRYPTO,      /* libcrypto failed where it should not */
	RESULT_SYSTEM,      /* a system call failed; already logged with call and path */
	RESULT_CONFIG,      /* the operator's text is wrong; already reported with its line */
	RESULT_COUNT
};

/* A short English text for `result`, never NULL. */
const char *result_text(enum result result);
