/* SPDX-License-Identifier: ISC */
/*
 * Tests of daemon/child/transport/compress.c: both ways against each other and against bytes that no
 * honest client makes.
 */
#include "daemon/child/transport/compress.h"

#include "tests/unit/support.h"

#define ROOM (40 * 1024)

static void
fill(uint8_t *at, size_t size, unsigned kind)
{
	uint32_t state = 12345;

	for (size_t i = 0; i < size; i++) {
		state = state * 1103515245 + 12345;
		at[i] = kind == 0   ? 'a'
			: kind == 1 ? (uint8_t)("the same words "[i % 15])
				    : (uint8_t)(state >> 16);
	}
}

static void
what_goes_in_comes_out(void **state)
{
	static const size_t sizes[] = { 1, 2, 63, 64, 1000, 32 * 1024, 33 * 1024 };
	struct deflater *deflater;
	struct inflater *inflater;
	static uint8_t plain[ROOM], packet[ROOM];

	assert_ok(deflater_new(&deflater));
	assert_ok(inflater_new(&inflater));
	for (unsigned kind = 0; kind < 3; kind++) {
		for (size_t i = 0; i < COUNT(sizes); i++) {
			size_t size = sizes[i];
			struct bytes out;

			fill(plain, size, kind);
			memcpy(packet, plain, size);
			assert_true(deflater_bound(size) <= ROOM);
			assert_ok(deflater_replace(deflater, packet, &size));
			assert_true(size <= deflater_bound(sizes[i]));
			assert_ok(inflater_take(inflater, bytes_of(packet, size), &out));
			assert_bytes(out, bytes_of(plain, sizes[i]));
			if (kind == 0 && sizes[i] > 1000)
				assert_true(size < sizes[i] / 50);
			inflater_release(inflater);
		}
	}
	deflater_free(deflater);
	inflater_free(inflater);
}

/* Earlier payloads stay where they are until they are released. */
static void
payloads_lie_side_by_side(void **state)
{
	struct deflater *deflater;
	struct inflater *inflater;
	uint8_t packet[256];
	struct bytes out[20];

	assert_ok(deflater_new(&deflater));
	assert_ok(inflater_new(&inflater));
	for (size_t i = 0; i < COUNT(out); i++) {
		size_t size = 100;

		memset(packet, 'a' + (int)i, size);
		assert_ok(deflater_replace(deflater, packet, &size));
		assert_ok(inflater_take(inflater, bytes_of(packet, size), &out[i]));
	}
	for (size_t i = 0; i < COUNT(out); i++)
		assert_int_equal(out[i].data[99], 'a' + (int)i);
	inflater_release(inflater);
	inflater_trim(inflater);
	deflater_free(deflater);
	inflater_free(inflater);
}

/* Half a mebibyte of plain text at a time, however small its packets are. */
static void
a_flood_of_small_packets_has_to_wait(void **state)
{
	struct deflater *deflater;
	struct inflater *inflater;
	static uint8_t packet[ROOM];
	size_t count = 0;
	struct bytes out;

	assert_ok(deflater_new(&deflater));
	assert_ok(inflater_new(&inflater));
	while (!inflater_is_full(inflater)) {
		size_t size = 33 * 1024;

		memset(packet, 0, size);
		assert_ok(deflater_replace(deflater, packet, &size));
		assert_true(size < 1000);
		assert_ok(inflater_take(inflater, bytes_of(packet, size), &out));
		count++;
	}
	assert_true(count > 10 && count < 20);
	inflater_release(inflater);
	assert_false(inflater_is_full(inflater));
	deflater_free(deflater);
	inflater_free(inflater);
}

static void
a_bomb_is_refused(void **state)
{
	struct deflater *deflater;
	struct inflater *inflater;
	uint8_t *plain = calloc(1, 400 * 1024 + 1024);
	size_t size = 400 * 1024;
	struct bytes out;

	assert_non_null(plain);
	assert_ok(deflater_new(&deflater));
	assert_ok(inflater_new(&inflater));
	assert_ok(deflater_replace(deflater, plain, &size));
	assert_true(size < 4096);
	assert_result(inflater_take(inflater, bytes_of(plain, size), &out), RESULT_LIMIT);
	deflater_free(deflater);
	inflater_free(inflater);
	free(plain);
}

static void
what_is_no_stream_is_refused(void **state)
{
	static const struct bytes rows[] = { BYTES_ROW("plain"), BYTES_ROW("\x78"),
		BYTES_ROW("\x78\x9c"), BYTES_ROW("\x78\x9c\xff\xff\xff\xff"),
		/* a stream that ends: nothing may follow, and no second one begins */
		BYTES_ROW("\x78\x9c\x4b\x04\x00\x00\x62\x00\x62"),
		/* one that wants a dictionary */
		BYTES_ROW("\x78\xbb\x00\x00\x00\x01") };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct inflater *inflater;
		struct bytes out;

		assert_ok(inflater_new(&inflater));
		assert_result(inflater_take(inflater, rows[i], &out), RESULT_MALFORMED);
		inflater_free(inflater);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(payloads_lie_side_by_side),
		cmocka_unit_test(a_flood_of_small_packets_has_to_wait),
		cmocka_unit_test(a_bomb_is_refused),
		cmocka_unit_test(what_is_no_stream_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
