/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes public keys and signatures as a client sends them: `u16 size, blob, signature`. What is a key
 * keeps its blob, and no signature that anybody made up is good for it.
 */
#include <assert.h>

#include "common/key/key.h"
#include "common/mem.h"
#include "common/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_key(const struct key *key, struct bytes blob)
{
	char fingerprint[FINGERPRINT_SIZE];

	assert(bytes_equal(key_blob(key), blob));
	assert(key_type_is_known(bytes_of_text(key_type(key))));
	assert(key_bits(key) >= 256 && !key_is_private(key));
	fingerprint_format(blob, fingerprint);
	assert(strlen(fingerprint) == strlen("SHA256:") + 43);
}

static void
check_signature(const struct key *key, struct bytes signature)
{
	const struct signature_algorithm *algorithm;
	const char *name;
	unsigned flags;

	for (size_t i = 0; (name = algorithm_name(ALGORITHM_USER_KEY, i, &flags)) != NULL; i++) {
		algorithm = signature_algorithm_find(bytes_of_text(name));
		assert(algorithm != NULL);
		(void)!key_verify(key, algorithm, bytes_of_text("to be signed"), signature);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(key_freep) struct key *key = NULL;
	size_t blob_size;

	if (size < 2)
		return 0;
	blob_size = (size_t)data[0] << 8 | data[1];
	if (blob_size > size - 2)
		blob_size = size - 2;
	if (key_from_blob(bytes_of(data + 2, blob_size), &key) != RESULT_OK) {
		assert(key == NULL);
		return 0;
	}
	check_key(key, bytes_of(data + 2, blob_size));
	check_signature(key, bytes_of(data + 2 + blob_size, size - 2 - blob_size));
	return 0;
}
