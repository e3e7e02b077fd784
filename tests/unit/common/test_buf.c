/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/buf.c.
 */
#include "common/buf.h"

#include "common/mem.h"
#include "tests/unit/support.h"

#define CEILING 1000

static void
is_empty_after_init(void **state)
{
	OWNED_BUF buf;

	buf_init(&buf, CEILING);
	assert_int_equal(buf_size(&buf), 0);
	assert_int_equal(buf_bytes(&buf).size, 0);
}

static void
clears_a_zeroed_struct(void **state)
{
	struct buf buf = { 0 };

	buf_clear(&buf);
	assert_null(buf.memory);
}

static void
yields_what_was_appended(void **state)
{
	OWNED_BUF buf;

	buf_init(&buf, CEILING);
	assert_ok(buf_append(&buf, BYTES("one")));
	assert_ok(buf_append(&buf, BYTES("")));
	assert_ok(buf_append(&buf, BYTES("two")));
	assert_bytes(buf_bytes(&buf), BYTES("onetwo"));
}

static void
counts_reserved_bytes_only_when_committed(void **state)
{
	OWNED_BUF buf;
	uint8_t *at;

	buf_init(&buf, CEILING);
	assert_ok(buf_reserve(&buf, 10, &at));
	memcpy(at, "0123456789", 10);
	assert_int_equal(buf_size(&buf), 0);
	buf_commit(&buf, 4);
	assert_bytes(buf_bytes(&buf), BYTES("0123"));
}

static void
accepts_up_to_its_ceiling(void **state)
{
	static const struct {
		const char *name;
		size_t ceiling, held, more;
		enum result result;
	} rows[] = {
		{ "nothing into nothing", 0, 0, 0, RESULT_OK },
		{ "one into nothing", 0, 0, 1, RESULT_LIMIT },
		{ "one byte", 1, 0, 1, RESULT_OK },
		{ "one below", CEILING, 0, CEILING - 1, RESULT_OK },
		{ "exactly", CEILING, 0, CEILING, RESULT_OK },
		{ "one above", CEILING, 0, CEILING + 1, RESULT_LIMIT },
		{ "exactly, with some held", CEILING, 300, CEILING - 300, RESULT_OK },
		{ "one above, with some held", CEILING, 300, CEILING - 299, RESULT_LIMIT },
		{ "nothing into a full one", CEILING, CEILING, 0, RESULT_OK },
		{ "one into a full one", CEILING, CEILING, 1, RESULT_LIMIT },
		{ "2^31", CEILING, 1, 1ul << 31, RESULT_LIMIT },
		{ "2^32 - 1", CEILING, 1, UINT32_MAX, RESULT_LIMIT },
		{ "a sum that overflows", CEILING, 2, SIZE_MAX, RESULT_LIMIT },
		{ "a sum that overflows to nothing", CEILING, 2, SIZE_MAX - 1, RESULT_LIMIT },
		{ "no memory for it", SIZE_MAX, 0, SIZE_MAX / 2 + 1, RESULT_MEMORY },
	};
	static const uint8_t zeros[CEILING];

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BUF buf;
		uint8_t *at;

		buf_init(&buf, rows[i].ceiling);
		assert_ok(buf_append(&buf, bytes_of(zeros, rows[i].held)));
		ROW_RESULT(rows[i].name, buf_reserve(&buf, rows[i].more, &at), rows[i].result);
		ROW_TRUE(rows[i].name, buf_size(&buf) == rows[i].held);
		ROW_TRUE(rows[i].name, buf.room <= rows[i].ceiling);
	}
}

static void
leaves_what_it_holds_when_it_refuses(void **state)
{
	OWNED_BUF buf;

	buf_init(&buf, 4);
	assert_ok(buf_append(&buf, BYTES("abc")));
	assert_result(buf_append(&buf, BYTES("de")), RESULT_LIMIT);
	assert_bytes(buf_bytes(&buf), BYTES("abc"));
}

static void
takes_no_more_when_its_ceiling_was_lowered(void **state)
{
	OWNED_BUF buf;

	buf_init(&buf, 4);
	assert_ok(buf_append(&buf, BYTES("abc")));
	buf.ceiling = 2;
	assert_result(buf_append(&buf, BYTES("d")), RESULT_LIMIT);
	assert_result(buf_append(&buf, BYTES("")), RESULT_LIMIT);
}

static void
consumes_from_the_start(void **state)
{
	OWNED_BUF buf;

	buf_init(&buf, CEILING);
	assert_ok(buf_append(&buf, BYTES("abcdef")));
	buf_consume(&buf, 0);
	buf_consume(&buf, 2);
	assert_bytes(buf_bytes(&buf), BYTES("cdef"));
	buf_consume(&buf, 4);
	assert_int_equal(buf_size(&buf), 0);
}

static void
uses_consumed_room_again_at_its_ceiling(void **state)
{
	OWNED_BUF buf;
	const uint8_t *before;

	buf_init(&buf, 8);
	assert_ok(buf_append(&buf, BYTES("abcdefgh")));
	before = buf.memory;
	buf_consume(&buf, 3);
	assert_ok(buf_append(&buf, BYTES("ijk")));
	assert_ptr_equal(buf.memory, before);
	assert_bytes(buf_bytes(&buf), BYTES("defghijk"));
	assert_result(buf_append(&buf, BYTES("l")), RESULT_LIMIT);
}

static void
uses_consumed_room_again_rather_than_grow(void **state)
{
	OWNED_BUF buf;
	const uint8_t *before;
	uint8_t *at;

	buf_init(&buf, 1 << 20);
	assert_ok(buf_reserve(&buf, 4096, &at));
	memset(at, 'x', 4096);
	buf_commit(&buf, 4096);
	before = buf.memory;
	buf_consume(&buf, 4000);
	assert_ok(buf_reserve(&buf, 4000, &at));
	assert_ptr_equal(buf.memory, before);
	assert_int_equal(buf_size(&buf), 96);
}

/* A stream of pieces of every size, checked byte for byte. */
static void
keeps_the_order_of_a_long_stream(void **state)
{
	OWNED_BUF buf;
	uint8_t next_in = 0;
	uint8_t next_out = 0;

	buf_init(&buf, CEILING);
	for (size_t round = 0; round < 20000; round++) {
		size_t in = round * 7 % 97;
		size_t out = round * 5 % 101;
		uint8_t *at;

		if (in <= CEILING - buf_size(&buf)) {
			assert_ok(buf_reserve(&buf, in, &at));
			for (size_t i = 0; i < in; i++)
				at[i] = next_in++;
			buf_commit(&buf, in);
		}
		for (size_t i = 0; i < out && buf_size(&buf) > 0; i++) {
			assert_int_equal(buf_bytes(&buf).data[0], next_out++);
			buf_consume(&buf, 1);
		}
	}
}

static bool
is_zero(const uint8_t *memory, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (memory[i] != 0)
			return false;
	}
	return true;
}

static void
wipes_when_reset(void **state)
{
	OWNED_BUF buf;
	uint8_t *at;

	buf_init(&buf, CEILING);
	assert_ok(buf_append(&buf, BYTES("a secret, consumed in part")));
	assert_ok(buf_reserve(&buf, 16, &at));
	memset(at, 's', 16); /* never committed, secret all the same */
	buf_consume(&buf, 5);
	buf_reset(&buf);
	assert_int_equal(buf_size(&buf), 0);
	assert_non_null(buf.memory);
	assert_true(is_zero(buf.memory, buf.room));
}

static void
can_be_used_again_after_clear(void **state)
{
	OWNED_BUF buf;

	buf_init(&buf, 4);
	assert_ok(buf_append(&buf, BYTES("abcd")));
	buf_clear(&buf);
	assert_null(buf.memory);
	assert_int_equal(buf_size(&buf), 0);
	assert_ok(buf_append(&buf, BYTES("efgh")));
	assert_result(buf_append(&buf, BYTES("i")), RESULT_LIMIT);
}

static void
consume_too_much(void *context)
{
	buf_consume(context, 4);
}

static void
commit_too_much(void *context)
{
	struct buf *buf = context;

	buf_commit(buf, buf->room - buf->end + 1);
}

static void
asserts_that_consumed_bytes_are_there(void **state)
{
	OWNED_BUF buf;

	buf_init(&buf, CEILING);
	assert_ok(buf_append(&buf, BYTES("abc")));
	assert_true(support_asserts(consume_too_much, &buf));
}

static void
asserts_that_committed_bytes_were_reserved(void **state)
{
	OWNED_BUF buf;

	buf_init(&buf, CEILING);
	assert_ok(buf_append(&buf, BYTES("abc")));
	assert_true(support_asserts(commit_too_much, &buf));
}

static void
compares_views(void **state)
{
	assert_true(bytes_equal(bytes_of(NULL, 0), BYTES("")));
	assert_true(bytes_is(BYTES("ssh-ed25519"), "ssh-ed25519"));
	assert_false(bytes_is(BYTES("ssh-ed25519"), "ssh-ed2551"));
	assert_false(bytes_is(BYTES("ssh-ed25519"), "ssh-ed255190"));
	assert_false(bytes_is(BYTES("a\0b"), "a"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_empty_after_init),
		cmocka_unit_test(clears_a_zeroed_struct),
		cmocka_unit_test(yields_what_was_appended),
		cmocka_unit_test(counts_reserved_bytes_only_when_committed),
		cmocka_unit_test(accepts_up_to_its_ceiling),
		cmocka_unit_test(leaves_what_it_holds_when_it_refuses),
		cmocka_unit_test(takes_no_more_when_its_ceiling_was_lowered),
		cmocka_unit_test(consumes_from_the_start),
		cmocka_unit_test(uses_consumed_room_again_at_its_ceiling),
		cmocka_unit_test(uses_consumed_room_again_rather_than_grow),
		cmocka_unit_test(keeps_the_order_of_a_long_stream),
		cmocka_unit_test(wipes_when_reset),
		cmocka_unit_test(can_be_used_again_after_clear),
		cmocka_unit_test(asserts_that_consumed_bytes_are_there),
		cmocka_unit_test(asserts_that_committed_bytes_were_reserved),
		cmocka_unit_test(compares_views),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
