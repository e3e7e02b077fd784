/* SPDX-License-Identifier: ISC */
/*
 * What all constructions of cipher and integrity share: making, checking, freeing; and the one that
 * does nothing, with which a connection starts. Pure. RFC 4253 section 6.
 */
#include "common/crypto/seal.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>

#include "common/crypto/seal_internal.h"
#include "common/mem.h"

static enum result
seal_make(
    const struct seal_operations *operations, const struct seal_setup *setup, struct seal **out)
{
	CLEANUP(seal_freep) struct seal *seal = NULL;
	void *memory;

	TRY(mem_new(1, operations->size, &memory));
	seal = memory;
	seal->operations = operations;
	TRY(operations->start(seal, setup));
	*out = TAKE(seal);
	return RESULT_OK;
}

/* What stands for seal_gcm_operations; constant once the process has started. */
static const struct seal_operations *gcm_operations = &seal_gcm_operations;

void
seal_replace_gcm(const struct seal_operations *operations)
{
	gcm_operations = operations;
}

enum result
seal_new(const struct cipher_algorithm *cipher, const struct mac_algorithm *mac,
    enum seal_direction direction, const struct seal_keys *keys, struct seal **out)
{
	const struct seal_setup setup = { cipher, mac, direction, keys };

	*out = NULL;
	assert(keys->key.size == cipher->key_size && keys->iv.size == cipher->iv_size);
	assert(((cipher->flags & ALGORITHM_AEAD) != 0) == (mac == NULL));
	assert(mac == NULL || keys->mac_key.size == mac->key_size);
	return seal_make(
	    cipher->seal == &seal_gcm_operations ? gcm_operations : cipher->seal, &setup, out);
}

enum result
seal_new_none(struct seal **out)
{
	*out = NULL;
	return seal_make(&seal_none_operations, NULL, out);
}

void
seal_free(struct seal *seal)
{
	size_t size;

	if (seal == NULL)
		return;
	size = seal->operations->size;
	seal->operations->stop(seal);
	mem_wipe(seal, size);
	free(seal);
}

void
seal_freep(struct seal **seal)
{
	seal_free(*seal);
	*seal = NULL;
}

const struct seal_shape *
seal_shape(const struct seal *seal)
{
	return &seal->shape;
}

/* Our own framing made this length or checked it: what is wrong here is our bug. */
static void
assert_length(const struct seal_shape *shape, uint32_t packet_length)
{
	size_t padded = packet_length + (shape->length_is_aad ? (size_t)0 : 4);

	assert(packet_length >= 5 && packet_length <= 1u << 30);
	assert(padded % shape->block == 0);
}

/* After a failure streams may be out of step and nonces used twice: never again. */
static enum result
keep_failure(struct seal *seal, enum result result)
{
	if (result != RESULT_OK)
		seal->failed = true;
	return result;
}

enum result
seal_open_length(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t *packet_length)
{
	enum result result;

	*packet_length = 0;
	if (seal->failed)
		return RESULT_INTEGRITY;
	result = seal->operations->open_length(seal, sequence, packet, packet_length);
	return keep_failure(seal, result);
}

enum result
seal_open(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length)
{
	assert_length(&seal->shape, packet_length);
	if (seal->failed)
		return RESULT_INTEGRITY;
	return keep_failure(seal, seal->operations->open(seal, sequence, packet, packet_length));
}

enum result
seal_close(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length)
{
	assert_length(&seal->shape, packet_length);
	if (seal->failed)
		return RESULT_CRYPTO;
	return keep_failure(seal, seal->operations->close(seal, sequence, packet, packet_length));
}

enum result
seal_plain_length(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t *packet_length)
{
	uint32_t length;

	memcpy(&length, packet, sizeof(length));
	*packet_length = be32toh(length);
	return RESULT_OK;
}

static enum result
none_start(struct seal *seal, const struct seal_setup *setup)
{
	seal->shape = (struct seal_shape){ .block = 8, .head_size = 4 };
	return RESULT_OK;
}

static void
none_stop(struct seal *seal)
{
}

static enum result
none_pass(struct seal *seal, uint32_t sequence, uint8_t *packet, uint32_t packet_length)
{
	return RESULT_OK;
}

const struct seal_operations seal_none_operations = {
	.size = sizeof(struct seal),
	.start = none_start,
	.stop = none_stop,
	.open_length = seal_plain_length,
	.open = none_pass,
	.close = none_pass,
};
