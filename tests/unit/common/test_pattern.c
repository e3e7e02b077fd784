/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/pattern.c.
 */
#include "common/pattern.h"

#include "tests/unit/support.h"

/* clang-format off */
static const struct {
	const char *name, *pattern, *text;
	bool matches, matches_caseless;
} patterns[] = {
	{ "equal",                    "alice",        "alice",              true,  true  },
	{ "different",                "alice",        "alicf",              false, false },
	{ "pattern is longer",        "alicex",       "alice",              false, false },
	{ "text is longer",           "alice",        "alicex",             false, false },
	{ "case differs",             "Alice",        "aLICE",              false, true  },
	{ "empty and empty",          "",             "",                   true,  true  },
	{ "empty pattern",            "",             "a",                  false, false },
	{ "star and nothing",         "*",            "",                   true,  true  },
	{ "star and all",             "*",            "anything",           true,  true  },
	{ "stars in a row",           "a***b",        "ab",                 true,  true  },
	{ "star in front",            "*.example.org", "www.example.org",   true,  true  },
	{ "star needs its dot",       "*.example.org", "example.org",       false, false },
	{ "star behind",              "LC_*",         "LC_ALL",             true,  true  },
	{ "star takes no less",       "LC_*X",        "LC_ALL",             false, false },
	{ "question mark is one",     "192.0.2.?",    "192.0.2.7",          true,  true  },
	{ "question mark is not two", "192.0.2.?",    "192.0.2.77",         false, false },
	{ "question mark is not none", "a?",          "a",                  false, false },
	{ "star steps back",          "*ab",          "aaaab",              true,  true  },
	{ "later star steps back",    "a*b*c",        "axbxbxc",            true,  true  },
	{ "literal brackets",         "[a]",          "a",                  false, false },
	{ "backslash is literal",     "\\*",          "\\anything",         true,  true  },
};

static const struct {
	const char *name, *list, *text;
	enum list_match match;
} lists[] = {
	{ "one",                          "bob",            "bob",   LIST_MATCH_YES     },
	{ "second",                       "eve,bob",        "bob",   LIST_MATCH_YES     },
	{ "none",                         "eve,bob",        "carol", LIST_MATCH_NO      },
	{ "negated beats an earlier yes", "*,!bob",         "bob",   LIST_MATCH_REFUSED },
	{ "negated beats a later yes",    "!bob,*",         "bob",   LIST_MATCH_REFUSED },
	{ "negated about another",        "*,!bob",         "carol", LIST_MATCH_YES     },
	{ "only negations never match",   "!bob",           "carol", LIST_MATCH_NO      },
	{ "empty list",                   "",               "bob",   LIST_MATCH_NO      },
	{ "empty items match nothing",    ",,",             "",      LIST_MATCH_NO      },
	{ "lonely exclamation mark",      "!,bob",          "bob",   LIST_MATCH_YES     },
	{ "blank belongs to the item",    "eve, bob",       "bob",   LIST_MATCH_NO      },
};
/* clang-format on */

static void
matches_as_a_whole(void **state)
{
	for (size_t i = 0; i < COUNT(patterns); i++) {
		const struct bytes pattern = bytes_of_text(patterns[i].pattern);
		const struct bytes text = bytes_of_text(patterns[i].text);

		ROW_TRUE(patterns[i].name, pattern_matches(pattern, text) == patterns[i].matches);
		ROW_TRUE(patterns[i].name,
		    pattern_matches_caseless(pattern, text) == patterns[i].matches_caseless);
	}
}

static void
lists_obey_negation(void **state)
{
	for (size_t i = 0; i < COUNT(lists); i++) {
		const struct bytes list = bytes_of_text(lists[i].list);

		ROW_TRUE(lists[i].name,
		    pattern_list_match(list, bytes_of_text(lists[i].text)) == lists[i].match);
	}
}

static void
lists_regard_case_only_when_asked(void **state)
{
	assert_int_equal(pattern_list_match(BYTES("Bob"), BYTES("bob")), LIST_MATCH_NO);
	assert_int_equal(pattern_list_match_caseless(BYTES("Bob"), BYTES("bob")), LIST_MATCH_YES);
}

static void
refuses_a_list_with_an_endless_item(void **state)
{
	uint8_t list[PATTERN_ITEM_MAX + 3];

	memset(list, '*', sizeof(list));
	list[PATTERN_ITEM_MAX] = ',';
	assert_int_equal(
	    pattern_list_match(bytes_of(list, sizeof(list)), BYTES("bob")), LIST_MATCH_YES);
	list[PATTERN_ITEM_MAX] = '*';
	assert_int_equal(
	    pattern_list_match(bytes_of(list, sizeof(list)), BYTES("bob")), LIST_MATCH_REFUSED);
}

/* With a recursive matcher this would not end in this universe's lifetime. */
static void
takes_no_exponential_time(void **state)
{
	const struct bytes pattern = BYTES("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b");
	uint8_t text[2000];

	memset(text, 'a', sizeof(text));
	assert_false(pattern_matches(pattern, bytes_of(text, sizeof(text))));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_as_a_whole),
		cmocka_unit_test(lists_obey_negation),
		cmocka_unit_test(lists_regard_case_only_when_asked),
		cmocka_unit_test(refuses_a_list_with_an_endless_item),
		cmocka_unit_test(takes_no_exponential_time),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
