/* SPDX-License-Identifier: ISC */
/*
 * The name of a key for people, as ssh-keygen -l prints it. Pure.
 */
#include <assert.h>

#include "common/crypto/hash.h"
#include "common/key/key.h"
#include "common/mem.h"
#include "common/text.h"

void
fingerprint_format(struct bytes blob, char *out)
{
	static const char kind[] = "SHA256:";
	uint8_t digest[HASH_SIZE_MAX];
	OWNED_BUF text;
	struct bytes digits;

	buf_init(&text, FINGERPRINT_SIZE);
	memcpy(out, kind, sizeof(kind));
	if (hash_pieces(HASH_SHA256, &blob, 1, digest) != RESULT_OK ||
	    text_base64_encode(bytes_of(digest, hash_size(HASH_SHA256)), false, &text) != RESULT_OK)
		return; /* no memory: a name without digits, which matches none */
	digits = buf_bytes(&text);
	assert(sizeof(kind) + digits.size <= FINGERPRINT_SIZE);
	memcpy(out + sizeof(kind) - 1, digits.data, digits.size);
	out[sizeof(kind) - 1 + digits.size] = '\0';
}
