/* SPDX-License-Identifier: ISC */
/*
 * UMAC, RFC 4418. Pure, by nettle: libcrypto has none.
 */
#include "common/crypto/umac.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>

#include <nettle/umac.h>

#include "common/mem.h"

struct umac {
	size_t tag_size;
	union {
		struct umac64_ctx with_64_bits;
		struct umac128_ctx with_128_bits;
	} context;
};

enum result
umac_new(size_t tag_size, struct bytes key, struct umac **out)
{
	struct umac *umac;

	assert(key.size == UMAC_KEY_SIZE && (tag_size == 8 || tag_size == 16));
	TRY(mem_new(1, sizeof(*umac), (void **)&umac));
	umac->tag_size = tag_size;
	if (tag_size == 8)
		umac64_set_key(&umac->context.with_64_bits, key.data);
	else
		umac128_set_key(&umac->context.with_128_bits, key.data);
	*out = umac;
	return RESULT_OK;
}

void
umac_free(struct umac *umac)
{
	if (umac == NULL)
		return;
	mem_wipe(umac, sizeof(*umac));
	free(umac);
}

void
umac_compute(struct umac *umac, uint64_t nonce, struct bytes data, uint8_t *tag)
{
	const uint64_t number = htobe64(nonce);
	uint8_t nonce_bytes[sizeof(number)];

	memcpy(nonce_bytes, &number, sizeof(number));
	if (umac->tag_size == 8) {
		umac64_set_nonce(&umac->context.with_64_bits, sizeof(nonce_bytes), nonce_bytes);
		umac64_update(&umac->context.with_64_bits, data.size, data.data);
		umac64_digest(&umac->context.with_64_bits, umac->tag_size, tag);
	} else {
		umac128_set_nonce(&umac->context.with_128_bits, sizeof(nonce_bytes), nonce_bytes);
		umac128_update(&umac->context.with_128_bits, data.size, data.data);
		umac128_digest(&umac->context.with_128_bits, umac->tag_size, tag);
	}
}
