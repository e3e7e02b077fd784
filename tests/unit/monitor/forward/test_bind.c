/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/forward/bind.c.
 */
#include "monitor/forward/bind.h"

#include "common/config/config.h"
#include "common/mem.h"
#include "tests/unit/settings.h"

/* clang-format off */
static const struct {
	const char *settings, *host;
	const char *first, *second;
} rows[] = {
	{ "",                               "",            "127.0.0.1", "::1" },
	{ "",                               "*",           "127.0.0.1", "::1" },
	{ "",                               "0.0.0.0",     "127.0.0.1", "::1" },
	{ "",                               "192.0.2.1",   "127.0.0.1", "::1" },
	{ "",                               "localhost",   "127.0.0.1", "::1" },
	{ "",                               "127.0.0.1",   "127.0.0.1", "" },
	{ "",                               "::1",         "::1",       "" },
	{ "GatewayPorts yes\n",             "",            "0.0.0.0",   "::" },
	{ "GatewayPorts yes\n",             "localhost",   "0.0.0.0",   "::" },
	{ "GatewayPorts yes\n",             "127.0.0.1",   "0.0.0.0",   "::" },
	{ "GatewayPorts clientspecified\n", "",            "0.0.0.0",   "::" },
	{ "GatewayPorts clientspecified\n", "*",           "0.0.0.0",   "::" },
	{ "GatewayPorts clientspecified\n", "localhost",   "127.0.0.1", "::1" },
	{ "GatewayPorts clientspecified\n", "0.0.0.0",     "0.0.0.0",   "" },
	{ "GatewayPorts clientspecified\n", "::",          "::",        "" },
	{ "GatewayPorts clientspecified\n", "192.0.2.1",   "192.0.2.1", "" },
	{ "GatewayPorts clientspecified\n", "example.org", "example.org", "" },
	{ "AddressFamily inet\n",           "",            "127.0.0.1", "" },
	{ "AddressFamily inet6\n",          "localhost",   "::1",       "" },
	{ "AddressFamily inet6\nGatewayPorts yes\n", "",   "::",        "" },
};
/* clang-format on */

static void
each_word_has_its_addresses(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct settings *settings = settings_of(rows[i].settings);
		const struct bind_places places =
		    bind_choose(settings, bytes_of_text(rows[i].host));

		ROW_TRUE(rows[i].host, bytes_is(places.first, rows[i].first));
		ROW_TRUE(rows[i].host, bytes_is(places.second, rows[i].second));
		settings_free(settings);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(each_word_has_its_addresses) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
