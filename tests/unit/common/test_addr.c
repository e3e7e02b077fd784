/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/addr.c.
 */
#include "common/addr.h"

#include "tests/unit/support.h"

/* clang-format off */
static const struct {
	const char *name, *text;
	enum result result;
	unsigned bits;
	struct bytes bytes;
} addresses[] = {
	{ "IPv4",             "192.0.2.1",        RESULT_OK,        32,  BYTES_ROW("\xc0\x00\x02\x01") },
	{ "IPv6",             "2001:db8::1",      RESULT_OK,        128, BYTES_ROW("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01") },
	{ "IPv6 with scope",  "fe80::1%eth0",     RESULT_OK,        128, BYTES_ROW("\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01") },
	{ "mapped IPv4",      "::ffff:192.0.2.1", RESULT_OK,        32,  BYTES_ROW("\xc0\x00\x02\x01") },
	{ "IPv4 with scope",  "192.0.2.1%eth0",   RESULT_MALFORMED, 0,   BYTES_ROW("") },
	{ "short IPv4",       "192.0.2",          RESULT_MALFORMED, 0,   BYTES_ROW("") },
	{ "octet too large",  "192.0.2.256",      RESULT_MALFORMED, 0,   BYTES_ROW("") },
	{ "blank behind",     "192.0.2.1 ",       RESULT_MALFORMED, 0,   BYTES_ROW("") },
	{ "empty",            "",                 RESULT_MALFORMED, 0,   BYTES_ROW("") },
	{ "name",             "example.org",      RESULT_MALFORMED, 0,   BYTES_ROW("") },
	{ "endless",          "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111", RESULT_MALFORMED, 0, BYTES_ROW("") },
};

static const struct {
	const char *name, *net, *address;
	enum result result;
	bool has;
} nets[] = {
	{ "inside",               "192.0.2.0/24",   "192.0.2.255",   RESULT_OK,        true  },
	{ "outside",              "192.0.2.0/24",   "192.0.3.0",     RESULT_OK,        false },
	{ "odd prefix inside",    "192.0.2.128/25", "192.0.2.200",   RESULT_OK,        true  },
	{ "odd prefix outside",   "192.0.2.128/25", "192.0.2.127",   RESULT_OK,        false },
	{ "all",                  "0.0.0.0/0",      "203.0.113.9",   RESULT_OK,        true  },
	{ "all IPv4 is not IPv6", "0.0.0.0/0",      "::1",           RESULT_OK,        false },
	{ "single",               "192.0.2.7/32",   "192.0.2.7",     RESULT_OK,        true  },
	{ "without a mask",       "192.0.2.7",      "192.0.2.7",     RESULT_OK,        true  },
	{ "without a mask, not",  "192.0.2.7",      "192.0.2.8",     RESULT_OK,        false },
	{ "IPv6 inside",          "2001:db8::/32",  "2001:db8:f::1", RESULT_OK,        true  },
	{ "IPv6 outside",         "2001:db8::/32",  "2001:db9::1",   RESULT_OK,        false },
	{ "mapped is IPv4",       "192.0.2.0/24",   "::ffff:192.0.2.9", RESULT_OK,     true  },
	{ "mask too long",        "192.0.2.0/33",   "192.0.2.0",     RESULT_MALFORMED, false },
	{ "IPv6 mask too long",   "::/129",         "::",            RESULT_MALFORMED, false },
	{ "bits behind the mask", "192.0.2.1/24",   "192.0.2.1",     RESULT_MALFORMED, false },
	{ "empty mask",           "192.0.2.0/",     "192.0.2.0",     RESULT_MALFORMED, false },
	{ "signed mask",          "192.0.2.0/+24",  "192.0.2.0",     RESULT_MALFORMED, false },
	{ "mask as an address",   "192.0.2.0/255.255.255.0", "192.0.2.0", RESULT_MALFORMED, false },
};

static const struct {
	const char *name, *list, *address, *host;
	enum list_match match;
} lists[] = {
	{ "address",                      "192.0.2.1",                 "192.0.2.1",   "", LIST_MATCH_YES     },
	{ "same address, other spelling", "2001:DB8:0::1",             "2001:db8::1", "", LIST_MATCH_YES     },
	{ "network",                      "198.51.100.0/24,192.0.2.0/24", "192.0.2.1", "", LIST_MATCH_YES    },
	{ "none",                         "198.51.100.0/24",           "192.0.2.1",   "", LIST_MATCH_NO      },
	{ "negated network",              "*,!192.0.2.0/24",           "192.0.2.1",   "", LIST_MATCH_REFUSED },
	{ "negated network in front",     "!192.0.2.0/24,*",           "192.0.2.1",   "", LIST_MATCH_REFUSED },
	{ "negated, but another",         "!192.0.2.9,192.0.2.*",      "192.0.2.1",   "", LIST_MATCH_YES     },
	{ "only negated",                 "!198.51.100.0/24",          "192.0.2.1",   "", LIST_MATCH_NO      },
	{ "wildcard",                     "192.0.2.*",                 "192.0.2.1",   "", LIST_MATCH_YES     },
	{ "wildcard over IPv6",           "2001:db8:*",                "2001:db8::1", "", LIST_MATCH_YES     },
	{ "broken network refuses",       "192.0.2.1/24,*",            "192.0.2.1",   "", LIST_MATCH_REFUSED },
	{ "broken network behind",        "*,192.0.2.1/24",            "192.0.2.1",   "", LIST_MATCH_REFUSED },
	{ "name",                         "*.example.org",             "192.0.2.1",   "a.example.org", LIST_MATCH_YES },
	{ "name in capitals",             "*.EXAMPLE.org",             "192.0.2.1",   "a.example.ORG", LIST_MATCH_YES },
	{ "name unknown",                 "*.example.org",             "192.0.2.1",   "", LIST_MATCH_NO      },
	{ "negated name",                 "*,!*.example.org",          "192.0.2.1",   "a.example.org", LIST_MATCH_REFUSED },
	{ "a name is no address",         "192.0.2.7",                 "192.0.2.1",   "192.0.2.7", LIST_MATCH_NO },
	{ "unknown address refuses all",  "*",                         "UNKNOWN",     "", LIST_MATCH_REFUSED },
	{ "empty list",                   "",                          "192.0.2.1",   "", LIST_MATCH_NO      },
};

static const struct {
	const char *name, *list;
	enum result result;
} checks[] = {
	{ "addresses, networks, patterns", "192.0.2.1,!2001:db8::/32,*.example.org", RESULT_OK },
	{ "bits behind the mask",          "192.0.2.1/24",                           RESULT_MALFORMED },
	{ "negated and wrong",             "*,!192.0.2.0/40",                        RESULT_MALFORMED },
	{ "empty item",                    "192.0.2.1,,192.0.2.2",                   RESULT_MALFORMED },
	{ "nothing negated",               "!",                                      RESULT_MALFORMED },
};
/* clang-format on */

static void
parses_addresses(void **state)
{
	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct addr addr;

		ROW_RESULT(addresses[i].name, addr_parse(bytes_of_text(addresses[i].text), &addr),
		    addresses[i].result);
		if (addresses[i].result != RESULT_OK)
			continue;
		ROW_TRUE(addresses[i].name, addr.bits == addresses[i].bits);
		ROW_BYTES(
		    addresses[i].name, bytes_of(addr.bytes, addr.bits / 8), addresses[i].bytes);
	}
}

static void
refuses_a_hidden_nul(void **state)
{
	struct addr addr;

	assert_result(addr_parse(BYTES("192.0.2.1\0.evil"), &addr), RESULT_MALFORMED);
}

static void
networks_hold_their_addresses(void **state)
{
	for (size_t i = 0; i < COUNT(nets); i++) {
		struct addr_net net;
		struct addr addr;

		ROW_RESULT(
		    nets[i].name, addr_net_parse(bytes_of_text(nets[i].net), &net), nets[i].result);
		if (nets[i].result != RESULT_OK)
			continue;
		ROW_RESULT(
		    nets[i].name, addr_parse(bytes_of_text(nets[i].address), &addr), RESULT_OK);
		ROW_TRUE(nets[i].name, addr_net_has(&net, &addr) == nets[i].has);
	}
}

static void
lists_match_addresses_and_names(void **state)
{
	for (size_t i = 0; i < COUNT(lists); i++) {
		ROW_TRUE(lists[i].name, addr_list_match_name(bytes_of_text(lists[i].list),
					    bytes_of_text(lists[i].address),
					    bytes_of_text(lists[i].host)) == lists[i].match);
	}
}

static void
lists_without_a_name_match_addresses_only(void **state)
{
	assert_int_equal(
	    addr_list_match(BYTES("192.0.2.0/24"), BYTES("192.0.2.1")), LIST_MATCH_YES);
	assert_int_equal(
	    addr_list_match(BYTES("*.example.org"), BYTES("192.0.2.1")), LIST_MATCH_NO);
}

static void
checks_lists_at_start(void **state)
{
	for (size_t i = 0; i < COUNT(checks); i++)
		ROW_RESULT(checks[i].name, addr_list_check(bytes_of_text(checks[i].list)),
		    checks[i].result);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_addresses),
		cmocka_unit_test(refuses_a_hidden_nul),
		cmocka_unit_test(networks_hold_their_addresses),
		cmocka_unit_test(lists_match_addresses_and_names),
		cmocka_unit_test(lists_without_a_name_match_addresses_only),
		cmocka_unit_test(checks_lists_at_start),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
