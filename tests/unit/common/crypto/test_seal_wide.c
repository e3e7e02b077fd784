/* SPDX-License-Identifier: ISC */
/*
 * AES-GCM by ipsec-mb against AES-GCM by libcrypto: the same packets, byte by byte, of all sizes, and nothing touched
 * beside them. Where build or processor is without it there is nothing to compare, and the tests are skipped.
 */
#include "common/crypto/seal_wide.h"

#include <sys/mman.h>
#include <unistd.h>

#include "common/crypto/algorithm.h"
#include "common/crypto/seal_internal.h"
#include "tests/unit/support.h"

#define SIZE_MAX_TRIED (256 * 1024) /* the longest packet */
#define TAG_SIZE       16

static enum seal_wide wide;

static const char *const ciphers[] = { "aes128-gcm@openssh.com", "aes256-gcm@openssh.com" };

/* Of each cipher a pair for each engine: the first of a pair seals, the second opens. */
enum { BY_LIBCRYPTO, BY_WIDE };
static struct seal *seals[COUNT(ciphers)][2][2];

static const uint8_t key[32] = "a key that is not a secret key.";
static const uint8_t nonce[12] = { 0, 1, 2, 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf0 };

static void
make_seals(int engine)
{
	for (size_t i = 0; i < COUNT(ciphers); i++) {
		const struct cipher_algorithm *cipher =
		    cipher_algorithm_find(bytes_of_text(ciphers[i]));
		const struct seal_keys keys = { bytes_of(nonce, sizeof(nonce)),
			bytes_of(key, cipher->key_size), bytes_of("", 0) };

		assert_ok(seal_new(cipher, NULL, SEAL_SEALING, &keys, &seals[i][engine][0]));
		assert_ok(seal_new(cipher, NULL, SEAL_OPENING, &keys, &seals[i][engine][1]));
	}
}

static int
set_up(void **state)
{
	make_seals(BY_LIBCRYPTO);
	wide = seal_wide_start();
	make_seals(BY_WIDE);
	return 0;
}

static int
tear_down(void **state)
{
	for (size_t i = 0; i < COUNT(ciphers); i++)
		for (size_t j = 0; j < 4; j++)
			seal_freep(&seals[i][j / 2][j % 2]);
	return 0;
}

static void
skip_without(void)
{
	if (wide == SEAL_WIDE_USED)
		return;
	print_message("skipped: AES-GCM is computed by libcrypto here, for reason %d\n", (int)wide);
	skip();
}

/* `size` bytes between two pages that nobody may touch: up to the one behind them, or from the one before. */
enum fence { FENCE_BEHIND, FENCE_BEFORE };
static uint8_t *
fenced(size_t size, enum fence fence)
{
	const size_t page = (size_t)getpagesize();
	const size_t pages = (size + page - 1) / page;
	uint8_t *at = mmap(NULL, (pages + 2) * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(at != MAP_FAILED);
	assert_int_equal(mprotect(at + page, pages * page, PROT_READ | PROT_WRITE), 0);
	return at + page + (fence == FENCE_BEFORE ? 0 : pages * page - size);
}

static void
unfence(uint8_t *at, size_t size)
{
	const size_t page = (size_t)getpagesize();
	const size_t pages = (size + page - 1) / page;

	munmap(at - (uintptr_t)at % page - page, (pages + 2) * page);
}

static void
write_packet(uint8_t *at, uint32_t length)
{
	at[0] = (uint8_t)(length >> 24);
	at[1] = (uint8_t)(length >> 16);
	at[2] = (uint8_t)(length >> 8);
	at[3] = (uint8_t)length;
	for (uint32_t i = 0; i < length; i++)
		at[4 + i] = (uint8_t)(i * 7 + length);
}

/* Sealed by both, opened by the other one, what was there before comes back. */
static void
compare(size_t cipher, uint32_t length, enum fence fence)
{
	const size_t size = 4 + (size_t)length + TAG_SIZE;
	uint8_t *one = fenced(size, fence), *other = fenced(size, fence);
	uint8_t *plain = fenced(size, fence);

	write_packet(plain, length);
	write_packet(one, length);
	write_packet(other, length);
	assert_ok(seal_close(seals[cipher][BY_LIBCRYPTO][0], 0, one, length));
	assert_ok(seal_close(seals[cipher][BY_WIDE][0], 0, other, length));
	assert_memory_equal(one, other, size);
	assert_ok(seal_open(seals[cipher][BY_WIDE][1], 0, one, length));
	assert_ok(seal_open(seals[cipher][BY_LIBCRYPTO][1], 0, other, length));
	assert_memory_equal(one, plain, 4 + (size_t)length);
	assert_memory_equal(other, plain, 4 + (size_t)length);
	unfence(one, size);
	unfence(other, size);
	unfence(plain, size);
}

static void
seals_what_libcrypto_seals(void **state)
{
	skip_without();
	for (size_t i = 0; i < COUNT(ciphers); i++) {
		assert_ptr_not_equal(
		    seals[i][BY_WIDE][0]->operations, seals[i][BY_LIBCRYPTO][0]->operations);
		for (uint32_t length = 16; length <= SIZE_MAX_TRIED;
		     length += length < 2048 ? 16 : 4112) {
			compare(i, length, FENCE_BEHIND);
			compare(i, length, FENCE_BEFORE);
		}
	}
}

/* The head of a packet comes first, and says how much there is to wait for. */
static void
reads_lengths_in_the_clear(void **state)
{
	uint8_t head[4] = { 0, 0, 0x12, 0x34 };
	uint32_t length = 0;

	skip_without();
	for (size_t i = 0; i < COUNT(ciphers); i++) {
		const struct seal_shape *one = seal_shape(seals[i][BY_LIBCRYPTO][1]);
		const struct seal_shape *other = seal_shape(seals[i][BY_WIDE][1]);

		assert_ok(seal_open_length(seals[i][BY_WIDE][1], 0, head, &length));
		assert_int_equal(length, 0x1234);
		assert_int_equal(one->block, other->block);
		assert_int_equal(one->tag_size, other->tag_size);
		assert_int_equal(one->head_size, other->head_size);
		assert_int_equal(one->length_is_aad, other->length_is_aad);
		assert_int_equal(one->hides_errors, other->hides_errors);
	}
}

/* At an odd address: a packet may begin anywhere in the buffer. */
static void
forge(const char *name, uint32_t length)
{
	const struct cipher_algorithm *cipher = cipher_algorithm_find(bytes_of_text(name));
	const struct seal_keys keys = { bytes_of(nonce, sizeof(nonce)),
		bytes_of(key, cipher->key_size), bytes_of("", 0) };
	const size_t size = 4 + (size_t)length + TAG_SIZE;
	static uint8_t room[1 + 4 + 4096 + TAG_SIZE];
	static const uint8_t zeros[4096];
	uint8_t *sealed = room + 1;

	for (size_t at = 0; at < size; at++) {
		CLEANUP(seal_freep) struct seal *by_us = NULL, *opens = NULL;

		assert_ok(seal_new(cipher, NULL, SEAL_SEALING, &keys, &by_us));
		assert_ok(seal_new(cipher, NULL, SEAL_OPENING, &keys, &opens));
		write_packet(sealed, length);
		assert_ok(seal_close(by_us, 0, sealed, length));
		sealed[at] ^= (uint8_t)(1u << at % 8);
		assert_result(seal_open(opens, 0, sealed, length), RESULT_INTEGRITY);
		assert_memory_equal(sealed + 4, zeros, length);
		write_packet(sealed, length); /* and after a forgery nothing at all */
		assert_result(seal_open(opens, 0, sealed, length), RESULT_INTEGRITY);
	}
}

static void
opens_no_forgery(void **state)
{
	skip_without();
	for (size_t i = 0; i < COUNT(ciphers); i++) {
		forge(ciphers[i], 16);
		forge(ciphers[i], 48);
		forge(ciphers[i], 1040);
		forge(ciphers[i], 4096);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seals_what_libcrypto_seals),
		cmocka_unit_test(reads_lengths_in_the_clear),
		cmocka_unit_test(opens_no_forgery),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
