/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/wire.c. RFC 4251 section 5.
 */
#include "common/wire.h"

#include "tests/unit/support.h"

static void
reads_fields_in_order(void **state)
{
	struct reader r = reader_of(BYTES("\x07"
					  "\x01"
					  "\x00\x00\x00\x03"
					  "abc"
					  "\x12\x34\x56\x78"
					  "\x01\x23\x45\x67\x89\xab\xcd\xef"
					  "xy"
					  "rest"));

	assert_int_equal(get_byte(&r), 7);
	assert_true(get_bool(&r));
	assert_bytes_text(get_string(&r), "abc");
	assert_int_equal(get_u32(&r), 0x12345678);
	assert_true(get_u64(&r) == 0x0123456789abcdef);
	assert_bytes_text(get_raw(&r, 2), "xy");
	assert_bytes_text(get_rest(&r), "rest");
	assert_ok(reader_end(&r));
}

static void
takes_any_non_zero_byte_for_true(void **state)
{
	for (unsigned int value = 0; value < 256; value++) {
		uint8_t byte = (uint8_t)value;
		struct reader r = reader_of(bytes_of(&byte, 1));

		assert_int_equal(get_bool(&r), value != 0);
		assert_ok(reader_end(&r));
	}
}

static void
reports_a_field_beyond_the_end(void **state)
{
	static const struct {
		const char *name;
		struct bytes wire;
		size_t wanted; /* 1, 4, 8: a number; 0: a string */
	} rows[] = {
		{ "byte of nothing", BYTES_ROW(""), 1 },
		{ "u32 of three", BYTES_ROW("\x00\x00\x01"), 4 },
		{ "u32 of nothing", BYTES_ROW(""), 4 },
		{ "u64 of seven", BYTES_ROW("\x00\x00\x00\x00\x00\x00\x01"), 8 },
		{ "string without length", BYTES_ROW("\x00\x00\x00"), 0 },
		{ "string of 1, has 0", BYTES_ROW("\x00\x00\x00\x01"), 0 },
		{ "string of 5, has 4",
		    BYTES_ROW("\x00\x00\x00\x05"
			      "abcd"),
		    0 },
		{ "string of 2^31 - 1",
		    BYTES_ROW("\x7f\xff\xff\xff"
			      "abcd"),
		    0 },
		{ "string of 2^31",
		    BYTES_ROW("\x80\x00\x00\x00"
			      "abcd"),
		    0 },
		{ "string of 2^32 - 4",
		    BYTES_ROW("\xff\xff\xff\xfc"
			      "abcd"),
		    0 },
		{ "string of 2^32 - 1",
		    BYTES_ROW("\xff\xff\xff\xff"
			      "abcd"),
		    0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reader r = reader_of(rows[i].wire);
		uint64_t number = 0;
		struct bytes string = { NULL, 0 };

		if (rows[i].wanted == 1)
			number = get_byte(&r);
		if (rows[i].wanted == 4)
			number = get_u32(&r);
		if (rows[i].wanted == 8)
			number = get_u64(&r);
		if (rows[i].wanted == 0)
			string = get_string(&r);
		ROW_TRUE(rows[i].name, number == 0 && string.size == 0);
		ROW_RESULT(rows[i].name, reader_end(&r), RESULT_TRUNCATED);
	}
}

static void
reads_strings_up_to_the_end(void **state)
{
	static const struct {
		const char *name;
		struct bytes wire;
		struct bytes string;
	} rows[] = {
		{ "empty", BYTES_ROW("\x00\x00\x00\x00"), BYTES_ROW("") },
		{ "one byte", BYTES_ROW("\x00\x00\x00\x01x"), BYTES_ROW("x") },
		{ "with NUL", BYTES_ROW("\x00\x00\x00\x03x\x00y"), BYTES_ROW("x\x00y") },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reader r = reader_of(rows[i].wire);

		ROW_BYTES(rows[i].name, get_string(&r), rows[i].string);
		ROW_RESULT(rows[i].name, reader_end(&r), RESULT_OK);
	}
}

static void
refuses_raw_sizes_beyond_the_end(void **state)
{
	static const struct {
		const char *name;
		size_t size;
		enum result result;
	} rows[] = {
		{ "none", 0, RESULT_TRAILING },
		{ "one below", 3, RESULT_TRAILING },
		{ "all", 4, RESULT_OK },
		{ "one above", 5, RESULT_TRUNCATED },
		{ "2^31", 1ul << 31, RESULT_TRUNCATED },
		{ "2^32 - 1", UINT32_MAX, RESULT_TRUNCATED },
		{ "all ones", SIZE_MAX, RESULT_TRUNCATED },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reader r = reader_of(BYTES("abcd"));
		struct bytes raw = get_raw(&r, rows[i].size);

		ROW_TRUE(rows[i].name, raw.size == (rows[i].size <= 4 ? rows[i].size : 0));
		ROW_RESULT(rows[i].name, reader_end(&r), rows[i].result);
	}
}

static void
yields_zeros_after_the_first_error(void **state)
{
	struct reader r = reader_of(BYTES("\x00\x00\x00\x09\xff\xff\xff\xff\xff\xff\xff\xff"));

	assert_int_equal(get_string(&r).size, 0);
	assert_int_equal(get_byte(&r), 0);
	assert_false(get_bool(&r));
	assert_int_equal(get_u32(&r), 0);
	assert_true(get_u64(&r) == 0);
	assert_int_equal(get_raw(&r, 1).size, 0);
	assert_int_equal(get_string(&r).size, 0);
	assert_int_equal(get_mpint(&r).size, 0);
	assert_int_equal(get_text(&r, 100).size, 0);
	assert_int_equal(get_rest(&r).size, 0);
	assert_result(reader_end(&r), RESULT_TRUNCATED);
}

static void
remembers_the_first_error_only(void **state)
{
	struct reader r = reader_of(BYTES("abcd"));

	reader_fail(&r, RESULT_UNSUPPORTED);
	assert_int_equal(r.left, 0); /* so that a loop over what is left ends */
	reader_fail(&r, RESULT_PROTOCOL);
	(void)get_u64(&r);
	assert_result(reader_end(&r), RESULT_UNSUPPORTED);
}

static void
reports_bytes_left_over(void **state)
{
	struct reader r = reader_of(BYTES("ab"));

	(void)get_byte(&r);
	assert_result(reader_end(&r), RESULT_TRAILING);
}

static void
reads_nothing_from_nothing(void **state)
{
	struct reader r = reader_of(bytes_of(NULL, 0));

	assert_int_equal(get_rest(&r).size, 0);
	assert_int_equal(get_raw(&r, 0).size, 0);
	assert_ok(reader_end(&r));
}

/* The examples of RFC 4251 section 5 first. */
static const struct mpint_row {
	const char *name;
	struct bytes wire;
	enum result result;
	struct bytes magnitude;
} mpint_rows[] = {
	{ "RFC: 0", BYTES_ROW("\x00\x00\x00\x00"), RESULT_OK, BYTES_ROW("") },
	{ "RFC: 9a378f9b2e332a7", BYTES_ROW("\x00\x00\x00\x08\x09\xa3\x78\xf9\xb2\xe3\x32\xa7"),
	    RESULT_OK, BYTES_ROW("\x09\xa3\x78\xf9\xb2\xe3\x32\xa7") },
	{ "RFC: 80", BYTES_ROW("\x00\x00\x00\x02\x00\x80"), RESULT_OK, BYTES_ROW("\x80") },
	{ "RFC: -1234", BYTES_ROW("\x00\x00\x00\x02\xed\xcc"), RESULT_MALFORMED, BYTES_ROW("") },
	{ "RFC: -deadbeef", BYTES_ROW("\x00\x00\x00\x05\xff\x21\x52\x41\x11"), RESULT_MALFORMED,
	    BYTES_ROW("") },
	{ "1", BYTES_ROW("\x00\x00\x00\x01\x01"), RESULT_OK, BYTES_ROW("\x01") },
	{ "7f", BYTES_ROW("\x00\x00\x00\x01\x7f"), RESULT_OK, BYTES_ROW("\x7f") },
	{ "80 without sign byte", BYTES_ROW("\x00\x00\x00\x01\x80"), RESULT_MALFORMED,
	    BYTES_ROW("") },
	{ "zero as a byte", BYTES_ROW("\x00\x00\x00\x01\x00"), RESULT_MALFORMED, BYTES_ROW("") },
	{ "zero as a byte, more behind", BYTES_ROW("\x00\x00\x00\x01\x00\x80"), RESULT_MALFORMED,
	    BYTES_ROW("") },
	{ "two zero bytes", BYTES_ROW("\x00\x00\x00\x02\x00\x00"), RESULT_MALFORMED,
	    BYTES_ROW("") },
	{ "superfluous zero", BYTES_ROW("\x00\x00\x00\x02\x00\x7f"), RESULT_MALFORMED,
	    BYTES_ROW("") },
	{ "two zeros before 80", BYTES_ROW("\x00\x00\x00\x03\x00\x00\x80"), RESULT_MALFORMED,
	    BYTES_ROW("") },
	{ "cut off", BYTES_ROW("\x00\x00\x00\x02\x01"), RESULT_TRUNCATED, BYTES_ROW("") },
	{ "2^31 bytes", BYTES_ROW("\x80\x00\x00\x00\x01"), RESULT_TRUNCATED, BYTES_ROW("") },
	{ "2^32 - 1 bytes", BYTES_ROW("\xff\xff\xff\xff\x01"), RESULT_TRUNCATED, BYTES_ROW("") },
};

static void
reads_mpints(void **state)
{
	for (size_t i = 0; i < COUNT(mpint_rows); i++) {
		struct reader r = reader_of(mpint_rows[i].wire);

		ROW_BYTES(mpint_rows[i].name, get_mpint(&r), mpint_rows[i].magnitude);
		ROW_RESULT(mpint_rows[i].name, reader_end(&r), mpint_rows[i].result);
	}
}

static void
writes_mpints(void **state)
{
	for (size_t i = 0; i < COUNT(mpint_rows); i++) {
		uint8_t room[32];
		struct writer w = writer_into(room, sizeof(room));

		if (mpint_rows[i].result != RESULT_OK)
			continue;
		put_mpint(&w, mpint_rows[i].magnitude);
		ROW_RESULT(mpint_rows[i].name, writer_end(&w), RESULT_OK);
		ROW_BYTES(mpint_rows[i].name, writer_bytes(&w), mpint_rows[i].wire);
	}
}

static void
drops_leading_zeros_of_an_mpint(void **state)
{
	static const struct {
		const char *name;
		struct bytes magnitude;
		struct bytes wire;
	} rows[] = {
		{ "zeros only", BYTES_ROW("\x00\x00\x00"), BYTES_ROW("\x00\x00\x00\x00") },
		{ "before 7f", BYTES_ROW("\x00\x00\x7f"), BYTES_ROW("\x00\x00\x00\x01\x7f") },
		{ "before 80", BYTES_ROW("\x00\x00\x80"), BYTES_ROW("\x00\x00\x00\x02\x00\x80") },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t room[16];
		struct writer w = writer_into(room, sizeof(room));

		put_mpint(&w, rows[i].magnitude);
		ROW_BYTES(rows[i].name, writer_bytes(&w), rows[i].wire);
	}
}

static void
reads_texts_within_their_limit(void **state)
{
	static const struct {
		const char *name;
		struct bytes wire;
		size_t max;
		enum result result;
	} rows[] = {
		{ "empty, none allowed", BYTES_ROW("\x00\x00\x00\x00"), 0, RESULT_OK },
		{ "one, none allowed", BYTES_ROW("\x00\x00\x00\x01x"), 0, RESULT_LIMIT },
		{ "one below", BYTES_ROW("\x00\x00\x00\x02xy"), 3, RESULT_OK },
		{ "exactly", BYTES_ROW("\x00\x00\x00\x03xyz"), 3, RESULT_OK },
		{ "one above", BYTES_ROW("\x00\x00\x00\x04xyzw"), 3, RESULT_LIMIT },
		{ "NUL at the start", BYTES_ROW("\x00\x00\x00\x02\x00y"), 3, RESULT_MALFORMED },
		{ "NUL at the end", BYTES_ROW("\x00\x00\x00\x02y\x00"), 3, RESULT_MALFORMED },
		{ "cut off", BYTES_ROW("\x00\x00\x00\x03xy"), 3, RESULT_TRUNCATED },
		{ "2^32 - 1", BYTES_ROW("\xff\xff\xff\xffxy"), SIZE_MAX, RESULT_TRUNCATED },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct reader r = reader_of(rows[i].wire);
		struct bytes text = get_text(&r, rows[i].max);

		ROW_RESULT(rows[i].name, reader_end(&r), rows[i].result);
		ROW_TRUE(rows[i].name, rows[i].result == RESULT_OK || text.size == 0);
	}
}

static void
writes_what_a_reader_reads(void **state)
{
	uint8_t room[64];
	struct writer w = writer_into(room, sizeof(room));

	put_byte(&w, 94);
	put_bool(&w, true);
	put_bool(&w, false);
	put_u32(&w, 0x12345678);
	put_u64(&w, 0x0123456789abcdef);
	put_raw(&w, BYTES("raw"));
	put_string(&w, BYTES("a\0b"));
	put_text(&w, "text");
	put_text(&w, NULL);
	assert_ok(writer_end(&w));
	assert_bytes(writer_bytes(&w), BYTES("\x5e\x01\x00"
					     "\x12\x34\x56\x78"
					     "\x01\x23\x45\x67\x89\xab\xcd\xef"
					     "raw"
					     "\x00\x00\x00\x03"
					     "a\x00"
					     "b"
					     "\x00\x00\x00\x04"
					     "text"
					     "\x00\x00\x00\x00"));
}

static void
refuses_what_does_not_fit(void **state)
{
	for (size_t size = 0; size <= 27; size++) {
		uint8_t room[27];
		struct writer w = writer_into(room, size);

		memset(room, 0xee, sizeof(room));
		put_byte(&w, 1);
		put_bool(&w, true);
		put_u32(&w, 1);
		put_u64(&w, 1);
		put_raw(&w, BYTES("abc"));
		put_string(&w, BYTES(""));
		put_mpint(&w, BYTES("\x80"));
		assert_result(writer_end(&w), size < 27 ? RESULT_LIMIT : RESULT_OK);
		for (size_t i = size; i < sizeof(room); i++)
			assert_int_equal(room[i], 0xee);
	}
}

static void
fills_its_room_exactly(void **state)
{
	uint8_t room[7];
	struct writer w = writer_into(room, sizeof(room));

	put_string(&w, BYTES("abc"));
	assert_ok(writer_end(&w));
	put_raw(&w, BYTES("")); /* nothing always fits */
	assert_ok(writer_end(&w));
	put_byte(&w, 1);
	assert_result(writer_end(&w), RESULT_LIMIT);
}

static void
refuses_strings_that_no_length_can_express(void **state)
{
	uint8_t room[16];
	/* The room is not that large; a writer that does not refuse dies here. */
	struct writer w = writer_into(room, SIZE_MAX / 2);

	put_string(&w, bytes_of(room, (size_t)UINT32_MAX + 1));
	assert_result(writer_end(&w), RESULT_LIMIT);

	w = writer_into(room, SIZE_MAX / 2);
	w.used = sizeof(uint32_t) + (size_t)UINT32_MAX + 1;
	put_string_end(&w, 0);
	assert_result(writer_end(&w), RESULT_LIMIT);
}

static void
writes_a_string_in_place(void **state)
{
	uint8_t room[32];
	struct writer w = writer_into(room, sizeof(room));
	size_t outer;
	size_t inner;

	outer = put_string_begin(&w);
	put_byte(&w, 1);
	inner = put_string_begin(&w);
	put_string_end(&w, inner);
	put_byte(&w, 2);
	put_string_end(&w, outer);
	assert_ok(writer_end(&w));
	assert_bytes(writer_bytes(&w), BYTES("\x00\x00\x00\x06\x01\x00\x00\x00\x00\x02"));
}

static void
survives_a_string_in_place_that_does_not_fit(void **state)
{
	uint8_t room[6];
	struct writer w = writer_into(room, sizeof(room));
	size_t begin = put_string_begin(&w);

	put_u32(&w, 1);
	put_string_end(&w, begin);
	assert_result(writer_end(&w), RESULT_LIMIT);

	w = writer_into(room, 3);
	begin = put_string_begin(&w);
	put_string_end(&w, begin);
	assert_result(writer_end(&w), RESULT_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_fields_in_order),
		cmocka_unit_test(takes_any_non_zero_byte_for_true),
		cmocka_unit_test(reports_a_field_beyond_the_end),
		cmocka_unit_test(reads_strings_up_to_the_end),
		cmocka_unit_test(refuses_raw_sizes_beyond_the_end),
		cmocka_unit_test(yields_zeros_after_the_first_error),
		cmocka_unit_test(remembers_the_first_error_only),
		cmocka_unit_test(reports_bytes_left_over),
		cmocka_unit_test(reads_nothing_from_nothing),
		cmocka_unit_test(reads_mpints),
		cmocka_unit_test(writes_mpints),
		cmocka_unit_test(drops_leading_zeros_of_an_mpint),
		cmocka_unit_test(reads_texts_within_their_limit),
		cmocka_unit_test(writes_what_a_reader_reads),
		cmocka_unit_test(refuses_what_does_not_fit),
		cmocka_unit_test(fills_its_room_exactly),
		cmocka_unit_test(refuses_strings_that_no_length_can_express),
		cmocka_unit_test(writes_a_string_in_place),
		cmocka_unit_test(survives_a_string_in_place_that_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
