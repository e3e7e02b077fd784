/* SPDX-License-Identifier: ISC */
/*
 * The client's identification line. RFC 4253 section 4.2.
 */
#pragma once

#include "common/buf.h"

#define VERSION_LINE_MAX 8192 /* OpenSSH's limit; the RFC's is 255 */

struct version {
	struct bytes line; /* without CR LF, as it enters the exchange hash */
	size_t size;       /* bytes taken, line end included */
};

/*
 * Looks for the line at the front of what was received. RESULT_AGAIN: its end is not there yet.
 * RESULT_MALFORMED: it is no identification. RESULT_UNSUPPORTED: of another protocol version.
 */
enum result version_parse(struct bytes received, struct version *version) MUST_USE;

/* What a client that speaks something else is told, in clear and with its line end. */
const char *version_refusal(enum result result);
