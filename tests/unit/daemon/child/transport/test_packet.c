/* SPDX-License-Identifier: ISC */
/*
 * Framing: lengths and padding that are refused, sequence numbers, the buffers below.
 */
#include "daemon/child/transport/packet.h"

#include "common/crypto/algorithm.h"
#include "daemon/child/transport/rekey.h"
#include "tests/unit/support.h"

static void
receive(struct packet_in *in, struct bytes bytes)
{
	while (bytes.size > 0) {
		uint8_t *at;
		size_t size;

		assert_ok(inbox_room(&in->box, &at, &size));
		size = size < bytes.size ? size : bytes.size;
		memcpy(at, bytes.data, size);
		inbox_received(&in->box, size);
		bytes = bytes_of(bytes.data + size, bytes.size - size);
	}
}

/* --- plain packets in -------------------------------------------------------------------------- */

struct row {
	const char *name;
	struct bytes received;
	enum result result;
	struct bytes payload;
};

static const struct row rows[] = {
	{ "one byte", BYTES_ROW("\0\0\0\x0c\x0a\x15paddingpad"), RESULT_OK, BYTES_ROW("\x15") },
	{ "a second packet behind it", BYTES_ROW("\0\0\0\x0c\x04hello..pppp\0\0\0\x0c"), RESULT_OK,
	    BYTES_ROW("hello..") },
	{ "nothing", BYTES_ROW(""), RESULT_AGAIN, { 0 } },
	{ "half a head", BYTES_ROW("\0\0\0\x0c\x04"), RESULT_AGAIN, { 0 } },
	{ "half a packet", BYTES_ROW("\0\0\0\x0c\x04hello"), RESULT_AGAIN, { 0 } },
	{ "length zero", BYTES_ROW("\0\0\0\0\x04ppp"), RESULT_LIMIT, { 0 } },
	{ "too short for its padding", BYTES_ROW("\0\0\0\x04\x04ppp"), RESULT_LIMIT, { 0 } },
	{ "no multiple of eight", BYTES_ROW("\0\0\0\x0d\x04hello..pppp"), RESULT_LIMIT, { 0 } },
	{ "one block too long", BYTES_ROW("\0\x04\0\x04\x04hello.."), RESULT_LIMIT, { 0 } },
	{ "all bits set", BYTES_ROW("\xff\xff\xff\xff\x04hello.."), RESULT_LIMIT, { 0 } },
	{ "sign bit", BYTES_ROW("\x80\0\0\x0c\x04hello.."), RESULT_LIMIT, { 0 } },
	{ "padding below four", BYTES_ROW("\0\0\0\x0c\x03hello..pppp"), RESULT_MALFORMED, { 0 } },
	{ "padding leaves no payload", BYTES_ROW("\0\0\0\x0c\x0bhello..pppp"), RESULT_MALFORMED,
	    { 0 } },
	{ "more padding than packet", BYTES_ROW("\0\0\0\x0c\xffhello..pppp"), RESULT_MALFORMED,
	    { 0 } },
};

static void
test_plain_packets(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct packet_in in;
		struct bytes payload;

		assert_ok(packet_in_init(&in));
		receive(&in, rows[i].received);
		ROW_RESULT(rows[i].name, packet_read(&in, &payload), rows[i].result);
		if (rows[i].result == RESULT_OK)
			ROW_BYTES(rows[i].name, payload, rows[i].payload);
		packet_in_clear(&in);
	}
}

static void
test_byte_by_byte(void **state)
{
	static const char wire[] = "\0\0\0\x0c\x04hello..pppp";
	struct packet_in in;
	struct bytes payload;

	assert_ok(packet_in_init(&in));
	for (size_t i = 0; i < sizeof(wire) - 1; i++) {
		assert_result(packet_read(&in, &payload), RESULT_AGAIN);
		receive(&in, bytes_of(wire + i, 1));
	}
	assert_ok(packet_read(&in, &payload));
	assert_bytes_text(payload, "hello..");
	assert_int_equal(in.sequence, 1);
	assert_int_equal(in.usage.packets, 1);
	assert_int_equal(in.usage.bytes, 16);
	packet_in_clear(&in);
}

static void
test_largest_packet(void **state)
{
	size_t size = 4 + PACKET_LENGTH_MAX - 4; /* what is a multiple of eight with its length */
	uint8_t *wire = calloc(1, size);
	uint32_t length = PACKET_LENGTH_MAX - 4;
	struct packet_in in;
	struct bytes payload;

	assert_non_null(wire);
	wire[1] = (uint8_t)(length >> 16);
	wire[2] = (uint8_t)(length >> 8);
	wire[3] = (uint8_t)length;
	wire[4] = 4;
	assert_ok(packet_in_init(&in));
	receive(&in, bytes_of(wire, size));
	assert_ok(packet_read(&in, &payload));
	assert_int_equal(payload.size, length - 5);
	packet_in_clear(&in);
	free(wire);
}

/* --- both directions, under every seal --------------------------------------------------------- */

static struct seal *
seal_of(const char *cipher_name, const char *mac_name, enum seal_direction direction)
{
	static const uint8_t bytes[64] = "keys that both sides have";
	const struct cipher_algorithm *cipher = cipher_algorithm_find(bytes_of_text(cipher_name));
	const struct mac_algorithm *mac =
	    mac_name == NULL ? NULL : mac_algorithm_find(bytes_of_text(mac_name));
	struct seal_keys keys;
	struct seal *seal;

	assert_non_null(cipher);
	keys =
	    (struct seal_keys){ bytes_of(bytes, cipher->iv_size), bytes_of(bytes, cipher->key_size),
		    bytes_of(bytes, mac == NULL ? 0 : mac->key_size) };
	assert_ok(seal_new(cipher, mac, direction, &keys, &seal));
	return seal;
}

static const struct {
	const char *cipher, *mac;
} seals[] = {
	{ "chacha20-poly1305@openssh.com", NULL },
	{ "aes128-gcm@openssh.com", NULL },
	{ "aes256-gcm@openssh.com", NULL },
	{ "aes128-ctr", "hmac-sha2-256" },
	{ "aes128-ctr", "hmac-sha2-256-etm@openssh.com" },
	{ "aes256-ctr", "hmac-sha2-512" },
	{ "aes256-ctr", "hmac-sha2-512-etm@openssh.com" },
};

/* One pair of directions with the same keys. */
struct pair {
	struct packet_in in;
	struct packet_out out;
};

static void
pair_make(struct pair *pair, size_t i)
{
	assert_ok(packet_in_init(&pair->in));
	assert_ok(packet_out_init(&pair->out, OUTBOX_ROOM_MAX));
	packet_in_switch(&pair->in, seal_of(seals[i].cipher, seals[i].mac, SEAL_OPENING), true);
	packet_out_switch(&pair->out, seal_of(seals[i].cipher, seals[i].mac, SEAL_SEALING), true);
}

static void
pair_clear(struct pair *pair)
{
	packet_in_clear(&pair->in);
	packet_out_clear(&pair->out);
}

static void
pair_deliver(struct pair *pair)
{
	receive(&pair->in, outbox_bytes(&pair->out.box));
	outbox_sent(&pair->out.box, outbox_size(&pair->out.box));
}

static void
test_every_size_under_every_seal(void **state)
{
	uint8_t bytes[100];

	memset(bytes, 'b', sizeof(bytes));
	for (size_t i = 0; i < COUNT(seals); i++) {
		struct pair pair;

		pair_make(&pair, i);
		for (size_t size = 1; size <= sizeof(bytes); size++) {
			struct bytes payload;

			assert_ok(packet_write(&pair.out, bytes_of(bytes, size)));
			assert_true(outbox_size(&pair.out.box) <= packet_size_max(&pair.out, size));
			pair_deliver(&pair);
			ROW_RESULT(seals[i].cipher, packet_read(&pair.in, &payload), RESULT_OK);
			ROW_BYTES(seals[i].cipher, payload, bytes_of(bytes, size));
		}
		assert_int_equal(pair.in.sequence, sizeof(bytes));
		assert_int_equal(pair.out.sequence, sizeof(bytes));
		pair_clear(&pair);
	}
}

/* A flipped bit anywhere in a packet: wrong MAC, or a length for which bytes are missing. */
static void
test_flipped_bits_are_noticed(void **state)
{
	for (size_t i = 0; i < COUNT(seals); i++) {
		size_t size = 1;

		for (size_t at = 0; at < size; at++) {
			struct pair pair;
			struct bytes payload;
			enum result result;

			pair_make(&pair, i);
			assert_ok(packet_write(&pair.out, BYTES("some payload")));
			size = outbox_size(&pair.out.box);
			pair.out.box.memory[pair.out.box.start + at] ^= 0x04;
			pair_deliver(&pair);
			result = packet_read(&pair.in, &payload);
			if (result != RESULT_INTEGRITY && !(at < 4 && result == RESULT_AGAIN))
				fail_msg(
				    "%s: byte %zu: %s", seals[i].cipher, at, result_text(result));
			pair_clear(&pair);
		}
	}
}

static void
test_replayed_and_swapped_packets_are_noticed(void **state)
{
	for (size_t i = 0; i < COUNT(seals); i++) {
		uint8_t copy[256];
		size_t size;
		struct pair pair;
		struct bytes payload;

		pair_make(&pair, i);
		assert_ok(packet_write(&pair.out, BYTES("once")));
		size = outbox_size(&pair.out.box);
		assert_true(size <= sizeof(copy));
		memcpy(copy, outbox_bytes(&pair.out.box).data, size);
		pair_deliver(&pair);
		assert_ok(packet_read(&pair.in, &payload));
		receive(&pair.in, bytes_of(copy, size));
		receive(
		    &pair.in, bytes_of(copy, sizeof(copy))); /* whatever length it takes it for */
		if (packet_read(&pair.in, &payload) == RESULT_OK)
			fail_msg("%s: a replayed packet was taken", seals[i].cipher);
		pair_clear(&pair);
	}
}

static void
test_padding_is_random(void **state)
{
	struct packet_out out;
	uint8_t first[16];

	assert_ok(packet_out_init(&out, OUTBOX_ROOM_MAX));
	assert_ok(packet_write(&out, BYTES("x")));
	assert_int_equal(outbox_size(&out.box), 16);
	memcpy(first, outbox_bytes(&out.box).data, 16);
	for (int i = 0; i < 100; i++) {
		outbox_sent(&out.box, outbox_size(&out.box));
		assert_ok(packet_write(&out, BYTES("x")));
		assert_memory_not_equal(outbox_bytes(&out.box).data, first, 16);
	}
	packet_out_clear(&out);
}

static void
test_reservation_given_back(void **state)
{
	struct packet_out out;
	uint8_t *at;

	assert_ok(packet_out_init(&out, OUTBOX_ROOM_MAX));
	assert_ok(packet_reserve(&out, 1000, &at));
	assert_ok(packet_commit(&out, 0));
	assert_int_equal(outbox_size(&out.box), 0);
	assert_int_equal(out.sequence, 0);
	assert_ok(packet_write(&out, BYTES("x")));
	assert_int_equal(out.sequence, 1);
	packet_out_clear(&out);
}

static void
test_ceiling_of_what_is_pending(void **state)
{
	struct packet_out out;
	uint8_t bytes[1000] = { 0 };
	size_t packets = 0;

	assert_ok(packet_out_init(&out, 64 * 1024));
	while (packet_write(&out, bytes_of(bytes, sizeof(bytes))) == RESULT_OK)
		packets++;
	assert_in_range(packets, 60, 65);
	assert_true(outbox_size(&out.box) <= 64 * 1024);
	assert_result(packet_write(&out, bytes_of(bytes, sizeof(bytes))), RESULT_LIMIT);
	assert_int_equal(out.sequence, packets);
	outbox_sent(&out.box, 4096);
	assert_ok(packet_write(&out, bytes_of(bytes, sizeof(bytes))));
	packet_out_clear(&out);
}

/* Packets of random sizes through buffers that grow, shift and shrink come out as they went in. */
static void
test_many_packets_through_the_buffers(void **state)
{
	static uint8_t bytes[32 * 1024];
	struct pair pair;
	size_t sizes[64];

	srand(1);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)rand();
	pair_make(&pair, 1);
	for (int round = 0; round < 50; round++) {
		size_t count = 1 + (size_t)rand() % 14;

		for (size_t i = 0; i < count; i++) {
			sizes[i] = 1 + (size_t)rand() % sizeof(bytes);
			assert_ok(packet_write(&pair.out, bytes_of(bytes, sizes[i])));
		}
		pair_deliver(&pair);
		for (size_t i = 0; i < count; i++) {
			struct bytes payload;

			assert_ok(packet_read(&pair.in, &payload));
			assert_bytes(payload, bytes_of(bytes, sizes[i]));
		}
		inbox_trim(&pair.in.box);
		assert_null(pair.in.box.memory);
		outbox_trim(&pair.out.box);
		assert_null(pair.out.box.memory);
	}
	pair_clear(&pair);
}

/* --- how long keys are used -------------------------------------------------------------------- */

static void
test_rekey_limits(void **state)
{
	struct seal *large = seal_of("aes128-gcm@openssh.com", NULL, SEAL_SEALING);
	struct seal *small = seal_of("chacha20-poly1305@openssh.com", NULL, SEAL_SEALING);
	struct rekey_limit limit = rekey_limit_of(large);

	assert_true(limit.bytes == UINT64_C(1) << 36);
	assert_true(rekey_limit_of(small).bytes == UINT64_C(1) << 30);
	assert_true(limit.packets == UINT64_C(1) << 31);
	assert_false(
	    rekey_is_due(limit, (struct packet_usage){ limit.packets - 1, limit.bytes - 1 }));
	assert_true(rekey_is_due(limit, (struct packet_usage){ limit.packets, 0 }));
	assert_true(rekey_is_due(limit, (struct packet_usage){ 0, limit.bytes }));
	assert_false(rekey_is_overdue(limit, (struct packet_usage){ limit.packets, limit.bytes }));
	/* Before any sequence number comes back. */
	assert_true(rekey_is_overdue(limit, (struct packet_usage){ UINT32_MAX, 0 }));
	seal_free(large);
	seal_free(small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_packets),
		cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_largest_packet),
		cmocka_unit_test(test_every_size_under_every_seal),
		cmocka_unit_test(test_flipped_bits_are_noticed),
		cmocka_unit_test(test_replayed_and_swapped_packets_are_noticed),
		cmocka_unit_test(test_padding_is_random),
		cmocka_unit_test(test_reservation_given_back),
		cmocka_unit_test(test_ceiling_of_what_is_pending),
		cmocka_unit_test(test_many_packets_through_the_buffers),
		cmocka_unit_test(test_rekey_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
