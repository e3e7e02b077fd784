/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes key files: private ones of every format, with a passphrase and without, and lines of public keys. What is taken for a key pair
 * signs, and its public part is a key of its own.
 */
#include <assert.h>

#include "common/key/key.h"
#include "common/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_private(struct bytes file, const struct bytes *passphrase)
{
	CLEANUP(key_freep) struct key *key = NULL, *public = NULL;

	if (key_from_private_file(file, passphrase, &key) != RESULT_OK) {
		assert(key == NULL);
		return;
	}
	assert(key_is_private(key));
	assert(key_from_blob(key_blob(key), &public) == RESULT_OK && key_equal(key, public));
}

static void
check_public(struct bytes line)
{
	CLEANUP(key_freep) struct key *key = NULL;
	struct bytes comment;

	if (key_from_public_line(line, &key, &comment) != RESULT_OK) {
		assert(key == NULL);
		return;
	}
	assert(!key_is_private(key));
	assert(comment.size == 0 ||
	       (comment.data >= line.data && comment.data + comment.size <= line.data + line.size));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes passphrase = bytes_of_text("secret");

	check_private(bytes_of(data, size), NULL);
	check_private(bytes_of(data, size), &passphrase);
	check_public(bytes_of(data, size));
	return 0;
}
