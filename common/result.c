/* SPDX-License-Identifier: ISC */
/*
 * A short English text for each result code. Pure.
 */
#include "common/result.h"

#include "common/macros.h"

/* clang-format off */
static const char *const texts[RESULT_COUNT] = {
	[RESULT_OK]          = "success",
	[RESULT_AGAIN]       = "not now",
	[RESULT_CLOSED]      = "closed by the other end",
	[RESULT_MEMORY]      = "out of memory",
	[RESULT_LIMIT]       = "limit reached",
	[RESULT_TRUNCATED]   = "message is too short",
	[RESULT_TRAILING]    = "bytes after the end of the message",
	[RESULT_MALFORMED]   = "malformed",
	[RESULT_PROTOCOL]    = "protocol error",
	[RESULT_INTEGRITY]   = "integrity check failed",
	[RESULT_UNSUPPORTED] = "not supported",
	[RESULT_NO_MATCH]    = "nothing in common",
	[RESULT_NOT_FOUND]   = "not found",
	[RESULT_DENIED]      = "denied by policy",
	[RESULT_SIGNATURE]   = "signature does not verify",
	[RESULT_CRYPTO]      = "cryptographic library failed",
	[RESULT_SYSTEM]      = "system call failed",
	[RESULT_CONFIG]      = "configuration is wrong",
};
/* clang-format on */

const char *
result_text(enum result result)
{
	if ((unsigned int)result >= COUNT(texts) || texts[result] == NULL)
		return "unknown result";
	return texts[result];
}
