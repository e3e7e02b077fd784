/* SPDX-License-Identifier: ISC */
/*
 * The connections that nobody has logged in on yet: counting them by network.
 */
#include "daemon/startups.h"

#include "tests/unit/support.h"

static struct addr
addr_of(const char *text)
{
	struct addr addr;

	assert_ok(addr_parse(bytes_of_text(text), &addr));
	return addr;
}

static void
add(struct startups *startups, pid_t pid, const char *address)
{
	const struct startup startup = { .pid = pid, .addr = addr_of(address) };

	assert_ok(startups_add(startups, &startup));
}

static size_t
near(const struct startups *startups, const char *address, unsigned prefix)
{
	const struct addr addr = addr_of(address);

	return startups_near(startups, &addr, prefix);
}

static void
counts_networks(void **state)
{
	struct startups startups = { 0 };

	add(&startups, 1, "192.0.2.200");
	add(&startups, 2, "192.0.2.1");
	add(&startups, 3, "2001:db8::1");
	add(&startups, 4, "192.0.3.1");
	add(&startups, 5, "192.0.2.1");
	add(&startups, 6, "192.0.1.255");
	add(&startups, 7, "2001:db8:0:1::1");
	assert_int_equal(near(&startups, "192.0.2.1", 32), 2);
	assert_int_equal(near(&startups, "192.0.2.2", 32), 0);
	assert_int_equal(near(&startups, "192.0.2.77", 24), 3);
	assert_int_equal(near(&startups, "192.0.0.0", 16), 5);
	assert_int_equal(near(&startups, "203.0.113.1", 0), 5);
	assert_int_equal(near(&startups, "2001:db8::ffff", 56), 2);
	assert_int_equal(near(&startups, "2001:db8::ffff", 64), 1);
	assert_int_equal(near(&startups, "::", 0), 2);
	startups_remove(&startups, 2);
	startups_remove(&startups, 99); /* nobody */
	assert_int_equal(near(&startups, "192.0.2.1", 32), 1);
	assert_int_equal(startups.count, 6);
	startups_clear(&startups);
}

static void
goes_back_to_nothing_in_any_order(void **state)
{
	struct startups startups = { 0 };
	char address[32];

	for (int i = 0; i < 200; i++) {
		snprintf(address, sizeof(address), "10.%d.%d.1", i * 37 % 256, i * 101 % 256);
		add(&startups, i + 1, address);
	}
	for (int i = 0; i < 200; i++) {
		assert_int_equal(near(&startups, "10.0.0.0", 8), 200 - i);
		startups_remove(&startups, i * 7 % 200 + 1);
	}
	assert_int_equal(startups.count, 0);
	startups_clear(&startups);
}

static void
takes_the_prefix_of_the_family(void **state)
{
	const struct settings_net_block block = { 24, 56 };
	const struct addr v4 = addr_of("192.0.2.1"), v6 = addr_of("2001:db8::1");

	assert_int_equal(startups_prefix(&block, &v4), 24);
	assert_int_equal(startups_prefix(&block, &v6), 56);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_networks),
		cmocka_unit_test(goes_back_to_nothing_in_any_order),
		cmocka_unit_test(takes_the_prefix_of_the_family),
	};

	return cmocka_run_group_tests_name("startups", tests, NULL, NULL);
}
