/* SPDX-License-Identifier: ISC */
/*
 * The connections that nobody has logged in on yet: counting them by network, and who must go for another.
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

/* --- Who must go -------------------------------------------------------------------------------- */

#define NOW_MS 1000000

struct guest {
	const char *address;
	unsigned silent_ms;
	bool has_spoken, is_reserved;
	unsigned copies; /* more of the same */
};

static const struct {
	const char *name;
	struct guest guests[6];
	const char *newcomer;
	int victim; /* its index in `guests`; -1: nobody */
} scenes[] = {
	{ "nobody is there", { { NULL, .copies = 0 } }, "192.0.2.1", -1 },
	{ "the greediest network pays, at once",
	    { { "192.0.2.1", .silent_ms = 50000, .has_spoken = true },
		{ "198.51.100.7", .silent_ms = 10, .copies = 3 } },
	    "203.0.113.1", 1 },
	{ "a network is a /24",
	    { { "192.0.2.1", .silent_ms = 500 }, { "198.51.100.1", .silent_ms = 300 },
		{ "198.51.100.200", .silent_ms = 200 } },
	    "203.0.113.1", 1 },
	{ "the oldest silent one of it",
	    { { "198.51.100.1", .silent_ms = 300 }, { "198.51.100.1", .silent_ms = 500 },
		{ "198.51.100.1", .silent_ms = 400 } },
	    "203.0.113.1", 1 },
	{ "rather one that never spoke",
	    { { "198.51.100.1", .silent_ms = 50000, .has_spoken = true },
		{ "198.51.100.1", .silent_ms = 5 } },
	    "203.0.113.1", 1 },
	{ "one that spoke has three seconds",
	    { { "198.51.100.1", .silent_ms = 2999, .has_spoken = true, .copies = 5 } },
	    "203.0.113.1", -1 },
	{ "and not more",
	    { { "198.51.100.1", .silent_ms = 3000, .has_spoken = true, .copies = 5 } },
	    "203.0.113.1", 0 },
	{ "a newcomer of the same host waits a second",
	    { { "198.51.100.1", .silent_ms = 999, .copies = 5 } }, "198.51.100.1", -1 },
	{ "and then takes the place", { { "198.51.100.1", .silent_ms = 1000, .copies = 5 } },
	    "198.51.100.1", 0 },
	{ "and ten from one that spoke",
	    { { "198.51.100.1", .silent_ms = 9999, .has_spoken = true, .copies = 5 } },
	    "198.51.100.1", -1 },
	{ "which is long enough",
	    { { "198.51.100.1", .silent_ms = 10000, .has_spoken = true, .copies = 5 } },
	    "198.51.100.1", 0 },
	{ "nobody goes for a greedier newcomer",
	    { { "198.51.100.1", .silent_ms = 0, .copies = 5 },
		{ "192.0.2.1", .silent_ms = 99999 } },
	    "198.51.100.1", -1 },
	{ "a neighbour who has less does not",
	    { { "198.51.100.1", .silent_ms = 10, .copies = 5 }, { "192.0.2.1", .silent_ms = 99 } },
	    "198.51.100.7", 0 },
	{ "many networks of one provider are greedy together",
	    { { "192.0.2.1", .silent_ms = 900 }, { "10.1.1.1", .silent_ms = 10 },
		{ "10.1.2.1", .silent_ms = 20 }, { "10.1.3.1", .silent_ms = 15 } },
	    "203.0.113.1", 2 },
	{ "a host that has more of its network",
	    { { "10.1.1.1", .silent_ms = 10 }, { "10.1.1.2", .silent_ms = 20, .copies = 2 },
		{ "10.1.1.3", .silent_ms = 30 } },
	    "203.0.113.1", 1 },
	{ "all alike: whoever was silent for a second",
	    { { "10.1.1.1", .silent_ms = 900 },
		{ "10.2.1.1", .silent_ms = 1500, .has_spoken = true },
		{ "10.3.1.1", .silent_ms = 1100 } },
	    "203.0.113.1", 2 },
	{ "all alike and all new",
	    { { "10.1.1.1", .silent_ms = 900 }, { "10.2.1.1", .silent_ms = 800 } }, "203.0.113.1",
	    -1 },
	{ "IPv6 by /56",
	    { { "2001:db8::1", .silent_ms = 10 }, { "2001:db8:0:ff::1", .silent_ms = 20 },
		{ "2001:db8:0:100::1", .silent_ms = 900 } },
	    "2001:db9::1", 1 },
	{ "families do not mix",
	    { { "192.0.2.1", .silent_ms = 10, .copies = 1 }, { "2001:db8::1", .silent_ms = 900 } },
	    "2001:db9::1", 0 },
	{ "reserved places are nobody's",
	    { { "198.51.100.1", .silent_ms = 99999, .is_reserved = true, .copies = 9 },
		{ "192.0.2.1", .silent_ms = 10, .copies = 1 } },
	    "203.0.113.1", 1 },
	{ "and count for nobody",
	    { { "198.51.100.1", .silent_ms = 99999, .is_reserved = true, .copies = 9 },
		{ "198.51.100.1", .silent_ms = 900 } },
	    "203.0.113.1", -1 },
};

static void
the_right_one_must_go(void **state)
{
	for (size_t i = 0; i < COUNT(scenes); i++) {
		const struct addr newcomer = addr_of(scenes[i].newcomer);
		struct startups startups = { 0 };
		const struct startup *victim;

		for (int j = 0; j < 6 && scenes[i].guests[j].address != NULL; j++) {
			const struct guest *guest = &scenes[i].guests[j];
			const struct startup startup = {
				.pid = j + 1,
				.addr = addr_of(guest->address),
				.heard_ms = NOW_MS - guest->silent_ms,
				.has_spoken = guest->has_spoken,
				.is_reserved = guest->is_reserved,
			};

			for (unsigned k = 0; k <= guest->copies; k++)
				assert_ok(startups_add(&startups, &startup));
		}
		victim = startups_victim(&startups, &newcomer, NOW_MS);
		ROW_TRUE(
		    scenes[i].name, (victim == NULL ? -1 : victim->pid - 1) == scenes[i].victim);
		startups_clear(&startups);
	}
}

/* A flood of one network, one connection each millisecond, into a hundred places: nobody else has to wait. */
static void
a_flood_of_one_network_keeps_nobody_else_out(void **state)
{
	const struct addr flood = addr_of("198.51.100.1"), user = addr_of("203.0.113.1");
	struct startups startups = { 0 };
	unsigned replaced = 0;

	for (unsigned ms = 0; ms < 5000; ms++) {
		const struct startup startup = {
			.pid = (pid_t)ms + 1, .addr = flood, .heard_ms = NOW_MS + ms
		};

		if (startups.count == 100) {
			const struct startup *victim =
			    startups_victim(&startups, &flood, NOW_MS + ms);

			assert_non_null(startups_victim(&startups, &user, NOW_MS + ms));
			if (victim == NULL)
				continue;
			startups_remove(&startups, victim->pid);
			replaced++;
		}
		assert_ok(startups_add(&startups, &startup));
	}
	/* Each had its second. */
	assert_true(replaced > 300 && replaced <= 400);
	startups_clear(&startups);
}

static void
the_first_of_those_who_came_at_once_goes_first(void **state)
{
	const struct addr addr = addr_of("198.51.100.1"), newcomer = addr_of("203.0.113.1");
	struct startups startups = { 0 };

	for (pid_t pid = 1; pid <= 5; pid++)
		assert_ok(startups_add(
		    &startups, &(struct startup){ .pid = pid, .addr = addr, .heard_ms = NOW_MS }));
	for (pid_t pid = 1; pid <= 4; pid++) {
		assert_int_equal(startups_victim(&startups, &newcomer, NOW_MS)->pid, pid);
		startups_remove(&startups, pid);
	}
	startups_clear(&startups);
}

static void
who_does_something_is_not_silent(void **state)
{
	const struct addr addr = addr_of("198.51.100.1"), newcomer = addr_of("203.0.113.1");
	struct startups startups = { 0 };

	for (pid_t pid = 1; pid <= 3; pid++)
		assert_ok(startups_add(
		    &startups, &(struct startup){ .pid = pid, .addr = addr, .heard_ms = NOW_MS }));
	startups_spoke(&startups, 1, NOW_MS + 1);
	startups_spoke(&startups, 2, NOW_MS + 2);
	startups_spoke(&startups, 99, NOW_MS + 2); /* nobody */
	assert_int_equal(startups_victim(&startups, &newcomer, NOW_MS + 9000)->pid, 3);
	startups_remove(&startups, 3);
	assert_int_equal(startups_victim(&startups, &newcomer, NOW_MS + 9000)->pid, 1);
	startups_spoke(&startups, 1, NOW_MS + 3);
	assert_int_equal(startups_victim(&startups, &newcomer, NOW_MS + 9000)->pid, 2);
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
		cmocka_unit_test(the_right_one_must_go),
		cmocka_unit_test(a_flood_of_one_network_keeps_nobody_else_out),
		cmocka_unit_test(the_first_of_those_who_came_at_once_goes_first),
		cmocka_unit_test(who_does_something_is_not_silent),
		cmocka_unit_test(takes_the_prefix_of_the_family),
	};

	return cmocka_run_group_tests_name("startups", tests, NULL, NULL);
}
