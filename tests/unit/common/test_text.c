/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/text.c.
 */
#include "common/text.h"

#include "common/mem.h"
#include "tests/unit/support.h"

/* The examples of RFC 4648 section 10 first. */
static const struct base64_row {
	const char *name;
	struct bytes bytes;
	const char *padded, *bare;
} base64_rows[] = {
	{ "RFC: empty", BYTES_ROW(""), "", "" },
	{ "RFC: f", BYTES_ROW("f"), "Zg==", "Zg" },
	{ "RFC: fo", BYTES_ROW("fo"), "Zm8=", "Zm8" },
	{ "RFC: foo", BYTES_ROW("foo"), "Zm9v", "Zm9v" },
	{ "RFC: foob", BYTES_ROW("foob"), "Zm9vYg==", "Zm9vYg" },
	{ "RFC: fooba", BYTES_ROW("fooba"), "Zm9vYmE=", "Zm9vYmE" },
	{ "RFC: foobar", BYTES_ROW("foobar"), "Zm9vYmFy", "Zm9vYmFy" },
	{ "highest digits", BYTES_ROW("\xff\xff\xff\xfb\xef\xbe"), "////++++", "////++++" },
	{ "NUL bytes", BYTES_ROW("\0\0\0\0"), "AAAAAA==", "AAAAAA" },
};

static void
encodes_and_decodes_base64(void **state)
{
	for (size_t i = 0; i < COUNT(base64_rows); i++) {
		const struct base64_row *row = &base64_rows[i];
		OWNED_BUF padded;
		OWNED_BUF bare;
		OWNED_BUF back;

		/* Ceilings without a byte to spare: nobody needs more than the result. */
		buf_init(&padded, strlen(row->padded));
		buf_init(&bare, strlen(row->padded));
		buf_init(&back, row->bytes.size);
		ROW_RESULT(row->name, text_base64_encode(row->bytes, true, &padded), RESULT_OK);
		ROW_BYTES(row->name, buf_bytes(&padded), bytes_of_text(row->padded));
		ROW_RESULT(row->name, text_base64_encode(row->bytes, false, &bare), RESULT_OK);
		ROW_BYTES(row->name, buf_bytes(&bare), bytes_of_text(row->bare));
		ROW_RESULT(
		    row->name, text_base64_decode(bytes_of_text(row->padded), &back), RESULT_OK);
		ROW_BYTES(row->name, buf_bytes(&back), row->bytes);
	}
}

static void
refuses_bad_base64_and_appends_nothing(void **state)
{
	static const struct {
		const char *name;
		struct bytes text;
	} rows[] = {
		{ "one digit", BYTES_ROW("Z") },
		{ "no padding", BYTES_ROW("Zg") },
		{ "half the padding", BYTES_ROW("Zg=") },
		{ "too much padding", BYTES_ROW("Z===") },
		{ "only padding", BYTES_ROW("====") },
		{ "a quartet of padding", BYTES_ROW("Zm9v====") },
		{ "digit after padding", BYTES_ROW("Zg=g") },
		{ "padding in the middle", BYTES_ROW("Zg==Zg==") },
		{ "blank", BYTES_ROW("Zm 9") },
		{ "line end", BYTES_ROW("Zm9\n") },
		{ "NUL", BYTES_ROW("Zm9\0") },
		{ "URL alphabet", BYTES_ROW("Zm-_") },
		{ "high bit", BYTES_ROW("Zm9\xf6") },
		{ "lost bits after two digits", BYTES_ROW("Zh==") },
		{ "lost bits after three digits", BYTES_ROW("Zm9=") },
		{ "bad after good", BYTES_ROW("Zm9vZm9vZm9!") },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		OWNED_BUF out;

		buf_init(&out, 100);
		ROW_RESULT(rows[i].name, text_base64_decode(rows[i].text, &out), RESULT_MALFORMED);
		ROW_TRUE(rows[i].name, buf_size(&out) == 0);
	}
}

static void
keeps_base64_below_the_ceiling(void **state)
{
	OWNED_BUF out;

	buf_init(&out, 3);
	assert_result(text_base64_decode(BYTES("Zm9vYg=="), &out), RESULT_LIMIT);
	assert_result(text_base64_encode(BYTES("f"), true, &out), RESULT_LIMIT);
	assert_int_equal(buf_size(&out), 0);
}

static void
reads_numbers(void **state)
{
	static const struct {
		const char *name;
		struct bytes text;
		uint64_t max;
		enum result result;
		uint64_t value;
	} rows[] = {
		{ "zero", BYTES_ROW("0"), 0, RESULT_OK, 0 },
		{ "one above nothing", BYTES_ROW("1"), 0, RESULT_LIMIT, 0 },
		{ "one below", BYTES_ROW("65534"), 65535, RESULT_OK, 65534 },
		{ "exactly", BYTES_ROW("65535"), 65535, RESULT_OK, 65535 },
		{ "one above", BYTES_ROW("65536"), 65535, RESULT_LIMIT, 0 },
		{ "leading zeros", BYTES_ROW("0022"), 65535, RESULT_OK, 22 },
		{ "2^32 - 1", BYTES_ROW("4294967295"), UINT32_MAX, RESULT_OK, UINT32_MAX },
		{ "2^32", BYTES_ROW("4294967296"), UINT32_MAX, RESULT_LIMIT, 0 },
		{ "2^64 - 1", BYTES_ROW("18446744073709551615"), UINT64_MAX, RESULT_OK,
		    UINT64_MAX },
		{ "2^64", BYTES_ROW("18446744073709551616"), UINT64_MAX, RESULT_LIMIT, 0 },
		{ "ten times 2^64", BYTES_ROW("184467440737095516150"), UINT64_MAX, RESULT_LIMIT,
		    0 },
		{ "below ten at most 5", BYTES_ROW("7"), 5, RESULT_LIMIT, 0 },
		{ "nothing", BYTES_ROW(""), 9, RESULT_MALFORMED, 0 },
		{ "minus", BYTES_ROW("-1"), 9, RESULT_MALFORMED, 0 },
		{ "plus", BYTES_ROW("+1"), 9, RESULT_MALFORMED, 0 },
		{ "blank before", BYTES_ROW(" 1"), 9, RESULT_MALFORMED, 0 },
		{ "blank behind", BYTES_ROW("1 "), 9, RESULT_MALFORMED, 0 },
		{ "hexadecimal", BYTES_ROW("0x1"), 9, RESULT_MALFORMED, 0 },
		{ "NUL behind", BYTES_ROW("1\0"), 9, RESULT_MALFORMED, 0 },
		{ "just below the digits", BYTES_ROW("/"), 9, RESULT_MALFORMED, 0 },
		{ "just above the digits", BYTES_ROW(":"), 99, RESULT_MALFORMED, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t value = 99;

		ROW_RESULT(
		    rows[i].name, text_number(rows[i].text, rows[i].max, &value), rows[i].result);
		ROW_TRUE(rows[i].name, value == rows[i].value);
	}
}

static void
walks_name_lists(void **state)
{
	static const struct {
		const char *name;
		const char *list;
		const char *names; /* each in brackets */
	} rows[] = {
		{ "none", "", "" },
		{ "one", "none", "[none]" },
		{ "three", "a,bb,ccc", "[a][bb][ccc]" },
		{ "empty first", ",a", "[][a]" },
		{ "empty in the middle", "a,,b", "[a][][b]" },
		{ "empty last", "a,", "[a][]" },
		{ "blanks stay", "a, b", "[a][ b]" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes rest = bytes_of_text(rows[i].list);
		struct bytes name;
		char seen[64] = "";

		while (text_next_name(&rest, &name)) {
			size_t used = strlen(seen);

			snprintf(seen + used, sizeof(seen) - used, "[%.*s]", (int)name.size,
			    (const char *)name.data);
		}
		ROW_BYTES(rows[i].name, bytes_of_text(seen), bytes_of_text(rows[i].names));
	}
}

static void
yields_an_empty_name_for_stray_commas(void **state)
{
	static const char *const lists[] = { ",", ",,", "a,,", ",,a", ",a,", ",,," };

	for (size_t i = 0; i < COUNT(lists); i++) {
		struct bytes rest = bytes_of_text(lists[i]);
		struct bytes name;
		unsigned int empty = 0;
		unsigned int steps = 0;

		while (text_next_name(&rest, &name) && steps++ < 10)
			empty += name.size == 0;
		ROW_TRUE(lists[i], empty > 0);
		ROW_TRUE(lists[i], steps < 10);
	}
}

static void
finds_whole_names_only(void **state)
{
	assert_true(text_has_name(BYTES("a,bb,c"), BYTES("bb")));
	assert_true(text_has_name(BYTES("a,bb,c"), BYTES("a")));
	assert_true(text_has_name(BYTES("a,bb,c"), BYTES("c")));
	assert_false(text_has_name(BYTES("a,bb,c"), BYTES("b")));
	assert_false(text_has_name(BYTES("a,bb,c"), BYTES("a,bb")));
	assert_false(text_has_name(BYTES("a,bb,c"), BYTES("BB")));
	assert_false(text_has_name(BYTES("a,bb,c"), BYTES("")));
	assert_false(text_has_name(BYTES(""), BYTES("")));
}

static void
walks_lines(void **state)
{
	static const struct {
		const char *name;
		struct bytes text;
		const char *lines;
	} rows[] = {
		{ "none", BYTES_ROW(""), "" },
		{ "without line end", BYTES_ROW("a"), "[a]" },
		{ "with line end", BYTES_ROW("a\n"), "[a]" },
		{ "with CR LF", BYTES_ROW("a\r\nb\r\n"), "[a][b]" },
		{ "empty lines", BYTES_ROW("\n\na\n\n"), "[][][a][]" },
		{ "CR at the end of the text", BYTES_ROW("a\r"), "[a]" },
		{ "only one CR goes", BYTES_ROW("a\r\r\n"), "[a\r]" },
		{ "CR inside stays", BYTES_ROW("a\rb\n"), "[a\rb]" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes rest = rows[i].text;
		struct bytes line;
		char seen[64] = "";

		while (text_next_line(&rest, &line)) {
			size_t used = strlen(seen);

			snprintf(seen + used, sizeof(seen) - used, "[%.*s]", (int)line.size,
			    (const char *)line.data);
		}
		ROW_BYTES(rows[i].name, bytes_of_text(seen), bytes_of_text(rows[i].lines));
	}
}

static void
trims_blanks_and_tabs(void **state)
{
	assert_bytes_text(text_trim(BYTES("")), "");
	assert_bytes_text(text_trim(BYTES(" \t ")), "");
	assert_bytes_text(text_trim(BYTES("\t a b\t")), "a b");
	assert_bytes_text(text_trim(BYTES("\na\r")), "\na\r");
}

static void
quotes_what_a_terminal_would_obey(void **state)
{
	static const struct {
		const char *name;
		struct bytes bytes;
		const char *quoted;
	} rows[] = {
		{ "plain", BYTES_ROW("root"), "root" },
		{ "backslash", BYTES_ROW("a\\033"), "a\\134033" },
		{ "line end", BYTES_ROW("a\r\nb"), "a\\015\\012b" },
		{ "escape", BYTES_ROW("\033[2J"), "\\033[2J" },
		{ "NUL", BYTES_ROW("a\0b"), "a\\000b" },
		{ "DEL", BYTES_ROW("\x7f"), "\\177" },
		{ "last control, first not", BYTES_ROW("\x1f\x20"), "\\037 " },
		{ "two bytes", BYTES_ROW("\xc3\xbc"), "\xc3\xbc" },
		{ "three bytes", BYTES_ROW("\xe2\x82\xac"), "\xe2\x82\xac" },
		{ "four bytes", BYTES_ROW("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80" },
		{ "C1 control U+009B", BYTES_ROW("\xc2\x9b"), "\\302\\233" },
		{ "first after C1", BYTES_ROW("\xc2\xa0"), "\xc2\xa0" },
		{ "bare continuation", BYTES_ROW("\x80"), "\\200" },
		{ "Latin-1",
		    BYTES_ROW("\xfc"
			      "ber"),
		    "\\374ber" },
		{ "cut off", BYTES_ROW("\xe2\x82"), "\\342\\202" },
		{ "cut off, but the rest is there", { (const uint8_t *)"\xe2\x82\xac", 2 },
		    "\\342\\202" },
		{ "cut by a letter", BYTES_ROW("\xe2\x82x"), "\\342\\202x" },
		{ "overlong slash", BYTES_ROW("\xc0\xaf"), "\\300\\257" },
		{ "overlong in three", BYTES_ROW("\xe0\x80\xaf"), "\\340\\200\\257" },
		{ "overlong in four", BYTES_ROW("\xf0\x80\x80\xaf"), "\\360\\200\\200\\257" },
		{ "surrogate", BYTES_ROW("\xed\xa0\x80"), "\\355\\240\\200" },
		{ "highest", BYTES_ROW("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf" },
		{ "beyond the highest", BYTES_ROW("\xf4\x90\x80\x80"), "\\364\\220\\200\\200" },
		{ "five bytes", BYTES_ROW("\xf8\x88\x80\x80\x80"), "\\370\\210\\200\\200\\200" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[64];

		text_quote(rows[i].bytes, out, sizeof(out));
		ROW_BYTES(rows[i].name, bytes_of_text(out), bytes_of_text(rows[i].quoted));
	}
}

static void
cuts_quoted_text_between_characters(void **state)
{
	static const struct {
		const char *name;
		struct bytes bytes;
		size_t size;
		const char *quoted;
	} rows[] = {
		{ "room for the NUL only", BYTES_ROW("abc"), 1, "" },
		{ "one short", BYTES_ROW("abc"), 3, "ab" },
		{ "exactly", BYTES_ROW("abc"), 4, "abc" },
		{ "inside of a character", BYTES_ROW("a\xe2\x82\xac"), 4, "a" },
		{ "character fits exactly", BYTES_ROW("a\xe2\x82\xac"), 5, "a\xe2\x82\xac" },
		{ "inside of an escape", BYTES_ROW("a\033"), 5, "a" },
		{ "escape fits exactly", BYTES_ROW("a\033"), 6, "a\\033" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[8] = "xxxxxxx";

		text_quote(rows[i].bytes, out, rows[i].size);
		ROW_BYTES(rows[i].name, bytes_of_text(out), bytes_of_text(rows[i].quoted));
		ROW_TRUE(rows[i].name, out[rows[i].size] == 'x' || rows[i].size > 6);
	}
	text_quote(BYTES("abc"), NULL, 0);
}

static void
escapes_but_leaves_backslashes(void **state)
{
	char out[32];

	text_escape(BYTES("a\\033\033b"), out, sizeof(out));
	assert_string_equal(out, "a\\033\\033b");
}

static void
knows_tokens_of_a_set_only(void **state)
{
	assert_true(text_has_only_tokens(BYTES(""), "hu"));
	assert_true(text_has_only_tokens(BYTES("/srv/%u%h/%%x"), "hu"));
	assert_false(text_has_only_tokens(BYTES("/srv/%x"), "hu"));
	assert_false(text_has_only_tokens(BYTES("/srv/%"), "hu"));
	assert_false(text_has_only_tokens(BYTES("/srv/%%%"), "hu"));
	assert_false(text_has_only_tokens(BYTES("/srv/%\0"), "hu"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_and_decodes_base64),
		cmocka_unit_test(refuses_bad_base64_and_appends_nothing),
		cmocka_unit_test(keeps_base64_below_the_ceiling),
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(walks_name_lists),
		cmocka_unit_test(yields_an_empty_name_for_stray_commas),
		cmocka_unit_test(finds_whole_names_only),
		cmocka_unit_test(walks_lines),
		cmocka_unit_test(trims_blanks_and_tabs),
		cmocka_unit_test(quotes_what_a_terminal_would_obey),
		cmocka_unit_test(cuts_quoted_text_between_characters),
		cmocka_unit_test(escapes_but_leaves_backslashes),
		cmocka_unit_test(knows_tokens_of_a_set_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
