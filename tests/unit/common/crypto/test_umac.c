/* SPDX-License-Identifier: ISC */
/*
 * UMAC against the vectors of RFC 4418's appendix (of 64 bits) and of nettle's and OpenSSH's kind (128).
 */
#include "common/crypto/umac.h"

#include "common/mem.h"
#include "tests/unit/support.h"

/* "bcdefghi" */
#define NONCE UINT64_C(0x6263646566676869)

static const struct {
	const char *piece;
	size_t count;
	const char *tag;
} rows[] = {
	{ "", 0, "6e155fad26900be1" },
	{ "a", 3, "44b5cb542f220104" },
	{ "a", 1 << 10, "26bf2f5d60118bd9" },
	{ "a", 1 << 15, "27f8ef643b0d118d" },
	{ "a", 1 << 20, "a4477e87e9f55853" },
	{ "abc", 1, "d4d7b9f6bd4fbfcf" },
	{ "abc", 500, "d4cf26ddefd5c01a" },
};

static void
makes_the_tags_of_the_rfc(void **state)
{
	struct umac *umac;

	assert_ok(umac_new(8, BYTES("abcdefghijklmnop"), &umac));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes expected = support_hex(rows[i].tag);
		uint8_t tag[8];
		OWNED_BUF data;

		buf_init(&data, 1 << 21);
		for (size_t j = 0; j < rows[i].count; j++)
			assert_ok(buf_append(&data, bytes_of_text(rows[i].piece)));
		umac_compute(umac, NONCE, buf_bytes(&data), tag);
		ROW_BYTES(rows[i].tag, bytes_of(tag, sizeof(tag)), expected);
		free((void *)expected.data);
	}
	umac_free(umac);
}

/* Nonces that share a block of the pad, in any order, give what each gives alone. */
static void
a_tag_depends_on_its_own_nonce_only(void **state)
{
	uint8_t alone[4][16], after[4][16];
	struct umac *umac;

	for (size_t size = 8; size <= 16; size += 8) {
		for (uint64_t nonce = 0; nonce < 4; nonce++) {
			assert_ok(umac_new(size, BYTES("abcdefghijklmnop"), &umac));
			umac_compute(umac, nonce, BYTES("packet"), alone[nonce]);
			umac_free(umac);
		}
		assert_ok(umac_new(size, BYTES("abcdefghijklmnop"), &umac));
		for (int nonce = 3; nonce >= 0; nonce--)
			umac_compute(umac, (uint64_t)nonce, BYTES("packet"), after[nonce]);
		umac_free(umac);
		for (size_t nonce = 0; nonce < 4; nonce++) {
			assert_memory_equal(alone[nonce], after[nonce], size);
			assert_memory_not_equal(alone[nonce], alone[(nonce + 1) % 4], size);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_the_tags_of_the_rfc),
		cmocka_unit_test(a_tag_depends_on_its_own_nonce_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
