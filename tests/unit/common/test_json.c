/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/json.c.
 */
#include "common/json.h"

#include "common/mem.h"
#include "tests/unit/support.h"

static void
writes_a_document(void **state)
{
	struct json json;
	OWNED_BUF out;

	buf_init(&out, 4096);
	json_init(&json, &out);
	json_open_object(&json, NULL);
	json_number(&json, "largest", UINT64_MAX);
	json_flag(&json, "flag", true);
	json_null(&json, "nothing");
	json_open_list(&json, "list");
	json_text(&json, NULL, "a");
	json_text(&json, NULL, "b");
	json_open_object(&json, NULL);
	json_close_object(&json);
	json_close_list(&json);
	json_open_list(&json, "empty");
	json_close_list(&json);
	json_close_object(&json);
	assert_ok(json_end(&json));
	assert_bytes_text(buf_bytes(&out),
	    "{\"largest\":18446744073709551615,\"flag\":true,\"nothing\":null,"
	    "\"list\":[\"a\",\"b\",{}],\"empty\":[]}\n");
}

static const struct {
	const char *text, *written;
} rows[] = {
	{ "", "\"\"\n" },
	{ "a\"b", "\"a\\\"b\"\n" },
	{ "C:\\x", "\"C:\\\\x\"\n" },
	{ "line\nbreak", "\"line\\\\012break\"\n" },
	{ "\x1b[2J", "\"\\\\033[2J\"\n" },
	{ "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"\n" },
	{ "\xff", "\"\\\\377\"\n" },
};

static void
texts_cannot_leave_their_quotes(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json json;
		OWNED_BUF out;

		buf_init(&out, 4096);
		json_init(&json, &out);
		json_text(&json, NULL, rows[i].text);
		ROW_RESULT(rows[i].text, json_end(&json), RESULT_OK);
		ROW_BYTES(rows[i].text, buf_bytes(&out), bytes_of_text(rows[i].written));
	}
}

static void
a_document_that_does_not_fit_is_an_error(void **state)
{
	struct json json;
	OWNED_BUF out;

	buf_init(&out, 4);
	json_init(&json, &out);
	json_text(&json, NULL, "too long");
	assert_result(json_end(&json), RESULT_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_a_document),
		cmocka_unit_test(texts_cannot_leave_their_quotes),
		cmocka_unit_test(a_document_that_does_not_fit_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
