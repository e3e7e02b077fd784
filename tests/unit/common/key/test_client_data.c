/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/key/client_data.c: the text that browsers have signed, as they write it and otherwise.
 */
#include "common/key/client_data.h"

#include "tests/unit/support.h"

#define TYPE      "{\"type\":\"webauthn.get\""
#define CHALLENGE ",\"challenge\":\"-_8A\"" /* of three bytes that need both odd digits */
#define ORIGIN    ",\"origin\":\"https://a\""
#define HEAD      TYPE CHALLENGE ORIGIN

static const struct {
	const char *name;
	enum result result;
	struct bytes text;
} rows[] = {
	{ "three members", RESULT_OK, BYTES_ROW(HEAD "}") },
	{ "as browsers write it", RESULT_OK, BYTES_ROW(HEAD ",\"crossOrigin\":false}") },
	{ "a page in a page", RESULT_OK,
	    BYTES_ROW(HEAD ",\"crossOrigin\":true,\"topOrigin\":\"https://b\"}") },
	{ "an object behind", RESULT_OK,
	    BYTES_ROW(HEAD ",\"tokenBinding\":{\"status\":\"supported\",\"id\":[1,[]]}}") },
	{ "brackets in strings", RESULT_OK, BYTES_ROW(HEAD ",\"x\":{\"]\":\"}\\\"}\"}}") },
	{ "a quote in a string", RESULT_OK, BYTES_ROW(HEAD ",\"x\":\"\\\"}\"}") },
	{ "a text of a browser's", RESULT_OK,
	    BYTES_ROW(
		HEAD ",\"extra_keys_may_be_added_here\":\"do not compare, see https://x/y\"}") },
	{ "a name like one of the three", RESULT_OK, BYTES_ROW(HEAD ",\"Challenge\":\"\"}") },
	{ "one of the three inside", RESULT_OK, BYTES_ROW(HEAD ",\"x\":{\"type\":\"\"}}") },
	{ "a name without letters", RESULT_OK, BYTES_ROW(HEAD ",\"\":1}") },

	{ "nothing", RESULT_MALFORMED, BYTES_ROW("") },
	{ "another type", RESULT_MALFORMED,
	    BYTES_ROW("{\"type\":\"webauthn.create\"" CHALLENGE ORIGIN "}") },
	{ "another order", RESULT_MALFORMED,
	    BYTES_ROW("{\"challenge\":\"-_8A\",\"type\":\"webauthn.get\"" ORIGIN "}") },
	{ "a blank", RESULT_MALFORMED,
	    BYTES_ROW("{ \"type\":\"webauthn.get\"" CHALLENGE ORIGIN "}") },
	{ "an escape", RESULT_MALFORMED,
	    BYTES_ROW("{\"type\":\"webauthn\\u002eget\"" CHALLENGE ORIGIN "}") },
	{ "another challenge", RESULT_SIGNATURE,
	    BYTES_ROW(TYPE ",\"challenge\":\"-_8B\"" ORIGIN "}") },
	{ "ordinary base64", RESULT_SIGNATURE,
	    BYTES_ROW(TYPE ",\"challenge\":\"+/8A\"" ORIGIN "}") },
	{ "a longer challenge", RESULT_MALFORMED,
	    BYTES_ROW(TYPE ",\"challenge\":\"-_8A=\"" ORIGIN "}") },
	{ "a shorter challenge", RESULT_SIGNATURE,
	    BYTES_ROW(TYPE ",\"challenge\":\"-_8\"" ORIGIN "}") },
	{ "another origin", RESULT_SIGNATURE,
	    BYTES_ROW(TYPE CHALLENGE ",\"origin\":\"https://b\"}") },
	{ "an origin that goes on", RESULT_MALFORMED,
	    BYTES_ROW(TYPE CHALLENGE ",\"origin\":\"https://a.b\"}") },
	{ "the challenge again", RESULT_MALFORMED, BYTES_ROW(HEAD CHALLENGE "}") },
	{ "another type behind", RESULT_MALFORMED, BYTES_ROW(HEAD ",\"type\":\"x\"}") },
	{ "another origin behind all", RESULT_MALFORMED,
	    BYTES_ROW(HEAD ",\"crossOrigin\":false,\"origin\":\"https://b\"}") },
	{ "the challenge with an escape", RESULT_MALFORMED,
	    BYTES_ROW(HEAD ",\"ch\\u0061llenge\":\"AAAA\"}") },
	{ "no end", RESULT_MALFORMED, BYTES_ROW(HEAD) },
	{ "no end of a string", RESULT_MALFORMED, BYTES_ROW(HEAD ",\"x\":\"}") },
	{ "no end of an escape", RESULT_MALFORMED, BYTES_ROW(HEAD ",\"x\":\"\\") },
	{ "no end of an object", RESULT_MALFORMED, BYTES_ROW(HEAD ",\"x\":{\"y\":1}") },
	{ "the wrong bracket", RESULT_MALFORMED, BYTES_ROW(HEAD ",\"x\":[1}}") },
	{ "more than the text", RESULT_MALFORMED, BYTES_ROW(HEAD "} ") },
	{ "two texts", RESULT_MALFORMED, BYTES_ROW(HEAD "}{}") },
	{ "a comma and no member", RESULT_MALFORMED, BYTES_ROW(HEAD ",}") },
	{ "a name without quotes", RESULT_MALFORMED, BYTES_ROW(HEAD ",x:1}") },
	{ "no value", RESULT_MALFORMED, BYTES_ROW(HEAD ",\"x\":}") },
	{ "no colon", RESULT_MALFORMED, BYTES_ROW(HEAD ",\"x\"1}") },
	{ "two values", RESULT_MALFORMED, BYTES_ROW(HEAD ",\"x\":1\"y\"}") },
	{ "a blank behind a member", RESULT_MALFORMED, BYTES_ROW(HEAD ",\"x\":1 }") },
	{ "a line in a string", RESULT_MALFORMED, BYTES_ROW(HEAD ",\"x\":\"\n\"}") },
	{ "a NUL in a string", RESULT_MALFORMED, BYTES_ROW(HEAD ",\"x\":\"\0\"}") },
	{ "a NUL for a value", RESULT_MALFORMED, BYTES_ROW(HEAD ",\"x\":\0}") },
	{ "a deep value", RESULT_OK, BYTES_ROW(HEAD ",\"x\":[[[[[[[[]]]]]]]]}") },
	{ "a deeper value", RESULT_MALFORMED, BYTES_ROW(HEAD ",\"x\":[[[[[[[[[]]]]]]]]]}") },
};

static void
takes_what_browsers_write_only(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		ROW_RESULT(rows[i].name,
		    client_data_check(rows[i].text, BYTES("\xfb\xff\0"), BYTES("https://a")),
		    rows[i].result);
}

static void
every_cut_is_seen(void **state)
{
	const struct bytes whole = BYTES(HEAD ",\"x\":{\"y\":[1,\"\\\\\"]}}");

	for (size_t size = 0; size < whole.size; size++) {
		uint8_t *copy = malloc(size + 1);

		assert_non_null(copy);
		memcpy(copy, whole.data, size);
		assert_int_not_equal(client_data_check(bytes_of(copy, size), BYTES("\xfb\xff\0"),
					 BYTES("https://a")),
		    RESULT_OK);
		free(copy);
	}
	assert_ok(client_data_check(whole, BYTES("\xfb\xff\0"), BYTES("https://a")));
}

static const struct bytes odd_origins[] = { BYTES_ROW("a\""), BYTES_ROW("a\\"), BYTES_ROW("a\n"),
	BYTES_ROW("a\0") };

/* With an escape, where the origin ends would be a matter of reading. */
static void
origins_are_plain(void **state)
{
	for (size_t i = 0; i < COUNT(odd_origins); i++) {
		char text[256];
		struct bytes whole;

		memcpy(
		    text, TYPE CHALLENGE ",\"origin\":\"", sizeof(TYPE CHALLENGE ",\"origin\":\""));
		whole = bytes_of(text, strlen(text));
		memcpy(text + whole.size, odd_origins[i].data, odd_origins[i].size);
		whole.size += odd_origins[i].size;
		memcpy(text + whole.size, "\"}", 2);
		whole.size += 2;
		assert_result(client_data_check(whole, BYTES("\xfb\xff\0"), odd_origins[i]),
		    RESULT_MALFORMED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_browsers_write_only),
		cmocka_unit_test(every_cut_is_seen),
		cmocka_unit_test(origins_are_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
