/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/mem.c and common/result.c.
 */
#include "common/mem.h"

#include "tests/unit/support.h"

static void
gives_zeroed_memory(void **state)
{
	uint8_t *memory = NULL;

	assert_ok(mem_new(7, 3, (void **)&memory));
	for (size_t i = 0; i < 21; i++)
		assert_int_equal(memory[i], 0);
	free(memory);
}

static void
refuses_sizes_that_overflow(void **state)
{
	static const struct {
		const char *name;
		size_t count, size;
		enum result result;
	} rows[] = {
		{ "nothing", 0, 8, RESULT_OK },
		{ "of no size", 8, 0, RESULT_OK },
		{ "one", 1, 1, RESULT_OK },
		{ "wraps to 0", SIZE_MAX / 2 + 1, 2, RESULT_MEMORY },
		{ "wraps to 8", SIZE_MAX / 8 + 2, 8, RESULT_MEMORY },
		{ "too much", SIZE_MAX / 2 + 1, 1, RESULT_MEMORY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(mem_freep) void *memory = NULL;

		ROW_RESULT(
		    rows[i].name, mem_new(rows[i].count, rows[i].size, &memory), rows[i].result);
		ROW_TRUE(rows[i].name, (memory != NULL) == (rows[i].result == RESULT_OK));
	}
}

static void
copies_texts(void **state)
{
	static const struct {
		const char *name;
		struct bytes bytes;
		enum result result;
		const char *text;
	} rows[] = {
		{ "empty", BYTES_ROW(""), RESULT_OK, "" },
		{ "no bytes at all", { NULL, 0 }, RESULT_OK, "" },
		{ "a word", BYTES_ROW("word"), RESULT_OK, "word" },
		{ "NUL inside", BYTES_ROW("a\0b"), RESULT_MALFORMED, NULL },
		{ "NUL at the end", BYTES_ROW("ab\0"), RESULT_MALFORMED, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(mem_wipe_textp) char *text = NULL;

		ROW_RESULT(rows[i].name, mem_text(rows[i].bytes, &text), rows[i].result);
		ROW_TRUE(rows[i].name, (text == NULL) == (rows[i].text == NULL));
		ROW_TRUE(rows[i].name, text == NULL || strcmp(text, rows[i].text) == 0);
	}
}

static void
wipes_memory(void **state)
{
	char secret[8] = "secret!";

	mem_wipe(secret + 1, 3);
	assert_memory_equal(secret, "s\0\0\0et!", 8);
	mem_wipe(NULL, 0);
}

static void
compares_secrets(void **state)
{
	static const struct {
		const char *name;
		struct bytes a, b;
		bool equal;
	} rows[] = {
		{ "nothing", { NULL, 0 }, { NULL, 0 }, true },
		{ "equal", BYTES_ROW("abc"), BYTES_ROW("abc"), true },
		{ "first differs", BYTES_ROW("abc"), BYTES_ROW("xbc"), false },
		{ "last differs", BYTES_ROW("abc"), BYTES_ROW("abx"), false },
		{ "one bit differs", BYTES_ROW("\x80"), BYTES_ROW("\x00"), false },
		{ "two differences that cancel", BYTES_ROW("\x01\x01"), BYTES_ROW("\x00\x00"),
		    false },
		{ "prefix", BYTES_ROW("abc"), BYTES_ROW("ab"), false },
		{ "prefix the other way", BYTES_ROW("ab"), BYTES_ROW("abc"), false },
		{ "NUL counts", BYTES_ROW("a\0b"), BYTES_ROW("a\0c"), false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		ROW_TRUE(rows[i].name, mem_equal(rows[i].a, rows[i].b) == rows[i].equal);
}

static void
frees_and_forgets(void **state)
{
	void *memory = malloc(3);
	char *text = strdup("secret");

	mem_freep(&memory);
	assert_null(memory);
	mem_freep(&memory);
	mem_wipe_textp(&text);
	assert_null(text);
	mem_wipe_textp(&text);
}

static void
has_a_text_for_every_result(void **state)
{
	for (enum result result = RESULT_OK; result < RESULT_COUNT; result++)
		assert_string_not_equal(result_text(result), "unknown result");
	assert_string_equal(result_text(RESULT_COUNT), "unknown result");
	assert_string_equal(result_text((enum result) - 1), "unknown result");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_zeroed_memory),
		cmocka_unit_test(refuses_sizes_that_overflow),
		cmocka_unit_test(copies_texts),
		cmocka_unit_test(wipes_memory),
		cmocka_unit_test(compares_secrets),
		cmocka_unit_test(frees_and_forgets),
		cmocka_unit_test(has_a_text_for_every_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
