/* SPDX-License-Identifier: ISC */
/*
 * Random bytes from libcrypto's generators, which getrandom seeds. Edge. The source is the one thing
 * that a test may change.
 */
#include "common/crypto/random.h"

#include <assert.h>

#include <openssl/rand.h>

#include "common/crypto/start.h"
#include "common/mem.h"

static random_source *test_source;

void
random_set_source(random_source *source)
{
	test_source = source;
}

enum result
random_bytes(uint8_t *out, size_t size)
{
	if (test_source != NULL)
		return test_source(out, size);
	TRY(crypto_start());
	if (size == 0)
		return RESULT_OK;
	return RAND_bytes_ex(NULL, out, size, 0) == 1 ? RESULT_OK : RESULT_CRYPTO;
}

enum result
random_secret_bytes(uint8_t *out, size_t size)
{
	if (test_source != NULL)
		return test_source(out, size);
	TRY(crypto_start());
	if (size == 0)
		return RESULT_OK;
	return RAND_priv_bytes_ex(NULL, out, size, 0) == 1 ? RESULT_OK : RESULT_CRYPTO;
}

enum result
random_pool_take(struct random_pool *pool, uint8_t *out, size_t size)
{
	uint8_t *from;

	assert(size <= RANDOM_POOL_SIZE && pool->left <= RANDOM_POOL_SIZE);
	if (size > pool->left) {
		TRY(random_bytes(pool->bytes, sizeof(pool->bytes)));
		pool->left = sizeof(pool->bytes);
	}
	if (size == 0)
		return RESULT_OK;
	from = pool->bytes + sizeof(pool->bytes) - pool->left;
	memcpy(out, from, size);
	mem_wipe(from, size);
	pool->left -= size;
	return RESULT_OK;
}
