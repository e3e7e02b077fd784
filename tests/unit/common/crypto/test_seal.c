/* SPDX-License-Identifier: ISC */
/*
 * Every construction of cipher and integrity against packets that other code has sealed
 * (tests/vectors/make_seal.py), in both directions, and against forgeries.
 */
#include "common/crypto/seal.h"

#include "common/crypto/algorithm.h"
#include "common/crypto/seal_internal.h"
#include "tests/unit/support.h"

static const struct row {
	const char *cipher, *mac, *key, *iv, *mac_key;
	const char *plain1, *sealed1, *plain2, *sealed2;
} rows[] = {
#include "tests/vectors/seal.inc"
};

static const char *
plain_of(const struct row *row, size_t packet)
{
	return packet == 0 ? row->plain1 : row->plain2;
}

static const char *
sealed_of(const struct row *row, size_t packet)
{
	return packet == 0 ? row->sealed1 : row->sealed2;
}

/* The sequence numbers of the two packets: the last one, and the one behind it. */
static const uint32_t sequences[2] = { UINT32_MAX, 0 };

/* One packet of a row, in memory of its exact size: a sanitizer sees a byte too many. */
static struct bytes
packet_of(const char *hex, size_t tag_size)
{
	struct bytes bytes = support_hex(hex);
	uint8_t *exact = calloc(1, bytes.size + tag_size);

	assert_non_null(exact);
	memcpy(exact, bytes.data, bytes.size);
	free((void *)bytes.data);
	return bytes_of(exact, bytes.size + tag_size);
}

static struct seal *
seal_of(const struct row *row, enum seal_direction direction)
{
	const struct cipher_algorithm *cipher = cipher_algorithm_find(bytes_of_text(row->cipher));
	const struct mac_algorithm *mac =
	    row->mac[0] == '\0' ? NULL : mac_algorithm_find(bytes_of_text(row->mac));
	struct seal_keys keys = { support_hex(row->iv), support_hex(row->key),
		support_hex(row->mac_key) };
	struct seal *seal;

	assert_non_null(cipher);
	assert_int_equal(mac == NULL, row->mac[0] == '\0');
	assert_ok(seal_new(cipher, mac, direction, &keys, &seal));
	free((void *)keys.iv.data);
	free((void *)keys.key.data);
	free((void *)keys.mac_key.data);
	return seal;
}

static void
test_sealing(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(seal_freep) struct seal *seal = seal_of(&rows[i], SEAL_SEALING);

		for (size_t j = 0; j < 2; j++) {
			struct bytes packet =
			    packet_of(plain_of(&rows[i], j), seal_shape(seal)->tag_size);
			struct bytes expected = support_hex(sealed_of(&rows[i], j));
			uint32_t length = (uint32_t)(packet.size - 4 - seal_shape(seal)->tag_size);

			ROW_RESULT(rows[i].cipher,
			    seal_close(seal, sequences[j], (uint8_t *)packet.data, length),
			    RESULT_OK);
			ROW_BYTES(rows[i].cipher, packet, expected);
			free((void *)packet.data);
			free((void *)expected.data);
		}
	}
}

static enum result
open_packet(struct seal *seal, uint32_t sequence, struct bytes packet, uint32_t *length)
{
	TRY(seal_open_length(seal, sequence, (uint8_t *)packet.data, length));
	if (4 + *length + seal_shape(seal)->tag_size != packet.size)
		return RESULT_INTEGRITY; /* the framing would wait, or refuse */
	return seal_open(seal, sequence, (uint8_t *)packet.data, *length);
}

static void
test_opening(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(seal_freep) struct seal *seal = seal_of(&rows[i], SEAL_OPENING);

		for (size_t j = 0; j < 2; j++) {
			struct bytes packet = packet_of(sealed_of(&rows[i], j), 0);
			struct bytes expected = support_hex(plain_of(&rows[i], j));
			uint32_t length = 0;

			ROW_RESULT(rows[i].cipher, open_packet(seal, sequences[j], packet, &length),
			    RESULT_OK);
			ROW_TRUE(rows[i].cipher, 4 + length == expected.size);
			/* The length's own bytes are not all put back; what follows is. */
			ROW_BYTES(rows[i].cipher, bytes_of(packet.data + 4, length),
			    bytes_of(expected.data + 4, length));
			free((void *)packet.data);
			free((void *)expected.data);
		}
	}
}

static void
test_forged_bytes(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t size = strlen(rows[i].sealed1) / 2;

		for (size_t at = 0; at < size; at++) {
			CLEANUP(seal_freep) struct seal *seal = seal_of(&rows[i], SEAL_OPENING);
			struct bytes packet = packet_of(rows[i].sealed1, 0);
			uint32_t length;

			((uint8_t *)packet.data)[at] ^= (uint8_t)(1u << at % 8);
			if (open_packet(seal, sequences[0], packet, &length) != RESULT_INTEGRITY)
				fail_msg("%s %s: byte %zu", rows[i].cipher, rows[i].mac, at);
			free((void *)packet.data);
		}
	}
}

static void
test_wrong_sequence_number(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(seal_freep) struct seal *seal = seal_of(&rows[i], SEAL_OPENING);
		struct bytes packet = packet_of(rows[i].sealed1, 0);
		uint32_t length;

		/* GCM counts by itself: there the number of the packet is that of the call. */
		if (strstr(rows[i].cipher, "gcm") == NULL)
			ROW_RESULT(rows[i].cipher, open_packet(seal, 7, packet, &length),
			    RESULT_INTEGRITY);
		free((void *)packet.data);
	}
}

/* After a forgery nothing is opened any more, not even what would be right. */
static void
test_forgery_ends_it(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(seal_freep) struct seal *seal = seal_of(&rows[i], SEAL_OPENING);
		struct bytes forged = packet_of(rows[i].sealed1, 0);
		struct bytes good = packet_of(rows[i].sealed1, 0);
		uint32_t length;

		((uint8_t *)forged.data)[forged.size - 1] ^= 1;
		ROW_RESULT(rows[i].cipher, open_packet(seal, sequences[0], forged, &length),
		    RESULT_INTEGRITY);
		ROW_TRUE(
		    rows[i].cipher, open_packet(seal, sequences[0], good, &length) != RESULT_OK);
		free((void *)forged.data);
		free((void *)good.data);
	}
}

static void
test_none(void **state)
{
	CLEANUP(seal_freep) struct seal *seal = NULL;
	uint8_t packet[16] = { 0, 0, 0, 12, 4, 'x' };
	uint32_t length;

	assert_ok(seal_new_none(&seal));
	assert_int_equal(seal_shape(seal)->tag_size, 0);
	assert_int_equal(seal_shape(seal)->block, 8);
	assert_ok(seal_open_length(seal, 0, packet, &length));
	assert_int_equal(length, 12);
	assert_ok(seal_open(seal, 0, packet, length));
	assert_ok(seal_close(seal, 0, packet, length));
	assert_memory_equal(packet, "\0\0\0\x0c\x04x", 6);
}

static void
test_shapes(void **state)
{
	static const struct {
		const char *cipher, *mac;
		size_t block, tag, head;
		bool length_is_aad;
	} shapes[] = {
		{ "chacha20-poly1305@openssh.com", NULL, 8, 16, 4, true },
		{ "aes128-gcm@openssh.com", NULL, 16, 16, 4, true },
		{ "aes256-ctr", "hmac-sha2-256", 16, 32, 16, false },
		{ "aes256-ctr", "hmac-sha2-512-etm@openssh.com", 16, 64, 4, true },
	};
	static const uint8_t zeros[64];

	for (size_t i = 0; i < COUNT(shapes); i++) {
		const struct cipher_algorithm *cipher =
		    cipher_algorithm_find(bytes_of_text(shapes[i].cipher));
		const struct mac_algorithm *mac =
		    shapes[i].mac == NULL ? NULL : mac_algorithm_find(bytes_of_text(shapes[i].mac));
		struct seal_keys keys = { bytes_of(zeros, cipher->iv_size),
			bytes_of(zeros, cipher->key_size),
			bytes_of(zeros, mac == NULL ? 0 : mac->key_size) };
		CLEANUP(seal_freep) struct seal *seal = NULL;
		const struct seal_shape *shape;

		assert_ok(seal_new(cipher, mac, SEAL_OPENING, &keys, &seal));
		shape = seal_shape(seal);
		ROW_TRUE(shapes[i].cipher, shape->block == shapes[i].block);
		ROW_TRUE(shapes[i].cipher, shape->tag_size == shapes[i].tag);
		ROW_TRUE(shapes[i].cipher, shape->head_size == shapes[i].head);
		ROW_TRUE(shapes[i].cipher, shape->length_is_aad == shapes[i].length_is_aad);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sealing),
		cmocka_unit_test(test_opening),
		cmocka_unit_test(test_forged_bytes),
		cmocka_unit_test(test_wrong_sequence_number),
		cmocka_unit_test(test_forgery_ends_it),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
