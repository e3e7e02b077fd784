/* SPDX-License-Identifier: ISC */
/*
 * PerSourcePenalties by what they do: each kind, adding up, min, max, running out, exempt sources, blocks of
 * addresses, and too many of them.
 */
#include "daemon/penalties.h"

#include "tests/unit/settings.h"

#define START_MS 1000000

static const uint8_t secret[SIPHASH_SECRET_SIZE] = "not very secret";

/* The settings must outlive them. */
static struct penalties
penalties_of(const struct settings *settings)
{
	struct penalties penalties;

	penalties_init(&penalties, settings, secret);
	return penalties;
}

static bool
is_refused(struct penalties *penalties, const char *address, uint64_t now_ms)
{
	const char *why = NULL;
	const bool refused = penalties_refuse(penalties, address, now_ms, &why);

	assert_int_equal(refused, why != NULL);
	return refused;
}

static const struct {
	const char *name;
	enum penalty_part kind;
	const char *why;
	uint64_t ms;
} kinds[] = {
	{ "crash", PENALTY_PART_CRASH, "caused crash", 90000 },
	{ "authfail", PENALTY_PART_AUTHFAIL, "failed authentication", 20000 },
	{ "noauth", PENALTY_PART_NOAUTH, "connections without attempting authentication", 30000 },
	{ "invaliduser", PENALTY_PART_INVALIDUSER, "attempted authentication by invalid user",
	    40000 },
	{ "grace-exceeded", PENALTY_PART_GRACE_EXCEEDED, "exceeded LoginGraceTime", 50000 },
	{ "refuseconnection", PENALTY_PART_REFUSECONNECTION, "connection refused by server",
	    60000 },
};

static void
each_kind_costs_its_time(void **state)
{
	SETTINGS *settings = settings_of("PerSourcePenalties authfail:20 noauth:30 invaliduser:40 "
					 "grace-exceeded:50 refuseconnection:60");

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct penalties penalties = penalties_of(settings);
		const char *why = "";

		penalties_add(&penalties, "192.0.2.1", kinds[i].kind, START_MS);
		ROW_TRUE(kinds[i].name,
		    penalties_refuse(&penalties, "192.0.2.1", START_MS + kinds[i].ms - 1, &why));
		ROW_TRUE(kinds[i].name, strcmp(why, kinds[i].why) == 0);
		ROW_TRUE(
		    kinds[i].name, !is_refused(&penalties, "192.0.2.1", START_MS + kinds[i].ms));
		ROW_TRUE(kinds[i].name, !is_refused(&penalties, "192.0.2.2", START_MS));
		penalties_clear(&penalties);
	}
}

static void
small_ones_refuse_when_they_add_up_to_min(void **state)
{
	SETTINGS *settings = settings_of("PerSourcePenalties authfail:5 min:15");
	struct penalties penalties = penalties_of(settings);

	penalties_add(&penalties, "192.0.2.1", PENALTY_PART_AUTHFAIL, START_MS);
	penalties_add(&penalties, "192.0.2.1", PENALTY_PART_AUTHFAIL, START_MS);
	assert_false(is_refused(&penalties, "192.0.2.1", START_MS));
	penalties_add(&penalties, "192.0.2.1", PENALTY_PART_AUTHFAIL, START_MS);
	/* And then to the end of all of them. */
	assert_true(is_refused(&penalties, "192.0.2.1", START_MS));
	assert_true(is_refused(&penalties, "192.0.2.1", START_MS + 14999));
	assert_false(is_refused(&penalties, "192.0.2.1", START_MS + 15000));
	/* What is over is forgotten. */
	assert_int_equal(penalties.v4.count, 0);
	penalties_add(&penalties, "192.0.2.1", PENALTY_PART_AUTHFAIL, START_MS + 15000);
	assert_false(is_refused(&penalties, "192.0.2.1", START_MS + 15000));
	penalties_clear(&penalties);
}

/* Who fails now and then never gets there. */
static void
time_takes_penalties_away(void **state)
{
	SETTINGS *settings = settings_of("");
	struct penalties penalties = penalties_of(settings);

	for (unsigned i = 0; i < 50; i++) {
		const uint64_t now_ms = START_MS + 5000 * i;

		penalties_add(&penalties, "192.0.2.1", PENALTY_PART_AUTHFAIL, now_ms);
		assert_false(is_refused(&penalties, "192.0.2.1", now_ms));
	}
	penalties_clear(&penalties);
}

static void
nobody_has_more_than_max(void **state)
{
	SETTINGS *settings = settings_of("PerSourcePenalties crash:1h max:2h");
	struct penalties penalties = penalties_of(settings);

	for (unsigned i = 0; i < 10; i++)
		penalties_add(&penalties, "192.0.2.1", PENALTY_PART_CRASH, START_MS);
	assert_true(is_refused(&penalties, "192.0.2.1", START_MS + 7200000 - 1));
	assert_false(is_refused(&penalties, "192.0.2.1", START_MS + 7200000));
	penalties_clear(&penalties);
}

static void
off_means_off(void **state)
{
	SETTINGS *off = settings_of("PerSourcePenalties no");
	SETTINGS *free_of_charge = settings_of("PerSourcePenalties crash:0");
	struct penalties penalties = penalties_of(off);

	penalties_add(&penalties, "192.0.2.1", PENALTY_PART_CRASH, START_MS);
	assert_false(is_refused(&penalties, "192.0.2.1", START_MS));
	penalties = penalties_of(free_of_charge);
	penalties_add(&penalties, "192.0.2.1", PENALTY_PART_CRASH, START_MS);
	assert_int_equal(penalties.v4.count, 0);
	penalties_clear(&penalties);
}

static const struct {
	const char *address;
	bool is_exempt;
} exempt[] = {
	{ "10.1.2.3", true },
	{ "10.1.1.1", false }, /* negated */
	{ "2001:db8::7", true },
	{ "2001:db9::7", false },
	{ "192.0.2.1", false },
};

static void
exempt_sources_have_none(void **state)
{
	SETTINGS *settings =
	    settings_of("PerSourcePenaltyExemptList !10.1.1.1,10.0.0.0/8,2001:db8::/32");
	struct penalties penalties = penalties_of(settings);

	for (size_t i = 0; i < COUNT(exempt); i++) {
		penalties_add(&penalties, exempt[i].address, PENALTY_PART_CRASH, START_MS);
		ROW_TRUE(exempt[i].address,
		    is_refused(&penalties, exempt[i].address, START_MS) == !exempt[i].is_exempt);
	}
	penalties_clear(&penalties);
}

static const struct {
	const char *blocks, *punished, *asked;
	bool is_refused;
} blocks[] = {
	{ "32:128", "192.0.2.1", "192.0.2.2", false },
	{ "24:128", "192.0.2.1", "192.0.2.255", true },
	{ "24:128", "192.0.2.1", "192.0.3.0", false },
	{ "24:128", "::ffff:192.0.2.1", "192.0.2.7", true },
	{ "32:56", "2001:db8:0:1::1", "2001:db8:0:ff::2", true },
	{ "32:56", "2001:db8:0:1::1", "2001:db8:0:100::2", false },
	{ "0:0", "192.0.2.1", "203.0.113.1", true },
	{ "0:0", "192.0.2.1", "2001:db8::1", false }, /* a family for itself */
	{ "0:0", "fe80::1%eth0", "2001:db8::1", true },
};

static void
a_block_of_addresses_is_one_source(void **state)
{
	for (size_t i = 0; i < COUNT(blocks); i++) {
		char file[64];
		SETTINGS *settings = NULL;
		struct penalties penalties;

		snprintf(file, sizeof(file), "PerSourceNetBlockSize %s", blocks[i].blocks);
		settings = settings_of(file);
		penalties = penalties_of(settings);
		penalties_add(&penalties, blocks[i].punished, PENALTY_PART_CRASH, START_MS);
		ROW_TRUE(blocks[i].asked,
		    is_refused(&penalties, blocks[i].asked, START_MS) == blocks[i].is_refused);
		penalties_clear(&penalties);
	}
}

static const char *
address_number(unsigned i)
{
	static char address[32];

	snprintf(address, sizeof(address), "192.0.%u.%u", i / 256, i % 256);
	return address;
}

/* The penalty that would be over first makes room. */
static void
permissive_forgets_the_shortest(void **state)
{
	SETTINGS *settings = settings_of("PerSourcePenalties max-sources4:3 crash:60 authfail:20");
	struct penalties penalties = penalties_of(settings);

	penalties_add(&penalties, "192.0.2.1", PENALTY_PART_CRASH, START_MS);
	penalties_add(&penalties, "192.0.2.2", PENALTY_PART_AUTHFAIL, START_MS);
	penalties_add(&penalties, "192.0.2.3", PENALTY_PART_CRASH, START_MS);
	penalties_add(&penalties, "192.0.2.4", PENALTY_PART_CRASH, START_MS);
	assert_true(is_refused(&penalties, "192.0.2.1", START_MS));
	assert_false(is_refused(&penalties, "192.0.2.2", START_MS));
	assert_true(is_refused(&penalties, "192.0.2.3", START_MS));
	assert_true(is_refused(&penalties, "192.0.2.4", START_MS));
	/* IPv6 has a table of its own. */
	penalties_add(&penalties, "2001:db8::1", PENALTY_PART_CRASH, START_MS);
	assert_true(is_refused(&penalties, "192.0.2.1", START_MS));
	for (unsigned i = 0; i < 1000; i++)
		penalties_add(&penalties, address_number(i), PENALTY_PART_CRASH, START_MS);
	assert_int_equal(penalties.v4.count, 3);
	penalties_clear(&penalties);
}

static void
deny_all_refuses_its_family_until_there_is_room(void **state)
{
	SETTINGS *settings =
	    settings_of("PerSourcePenalties max-sources4:2 authfail:20 crash:60 overflow:deny-all\n"
			"PerSourcePenaltyExemptList 203.0.113.0/24");
	struct penalties penalties = penalties_of(settings);

	penalties_add(&penalties, "192.0.2.1", PENALTY_PART_AUTHFAIL, START_MS);
	assert_false(is_refused(&penalties, "198.51.100.1", START_MS));
	penalties_add(&penalties, "192.0.2.2", PENALTY_PART_CRASH, START_MS);
	assert_true(is_refused(&penalties, "198.51.100.1", START_MS));
	assert_false(is_refused(&penalties, "203.0.113.7", START_MS));
	assert_false(is_refused(&penalties, "2001:db8::1", START_MS));
	penalties_add(&penalties, "192.0.2.3", PENALTY_PART_CRASH, START_MS);
	assert_int_equal(penalties.v4.count, 2);
	assert_true(is_refused(&penalties, "198.51.100.1", START_MS + 19999));
	assert_false(is_refused(&penalties, "198.51.100.1", START_MS + 20000));
	assert_true(is_refused(&penalties, "192.0.2.2", START_MS + 20000));
	penalties_clear(&penalties);
}

static void
what_is_no_address_has_no_penalty(void **state)
{
	SETTINGS *settings = settings_of("");
	struct penalties penalties = penalties_of(settings);

	penalties_add(&penalties, "UNKNOWN", PENALTY_PART_CRASH, START_MS);
	assert_false(is_refused(&penalties, "UNKNOWN", START_MS));
	penalties_clear(&penalties);
}

/* The operator sees when it begins, once, and for what. */
static void
the_log_says_who_is_refused(void **state)
{
	SETTINGS *settings = settings_of("PerSourceNetBlockSize 24:56");
	struct penalties penalties = penalties_of(settings);
	struct support_log log;

	support_log_capture(&log);
	penalties_add(&penalties, "192.0.2.1", PENALTY_PART_AUTHFAIL, START_MS);
	assert_int_equal(log.level, LOG_LEVEL_VERBOSE);
	penalties_add(&penalties, "192.0.2.2", PENALTY_PART_CRASH, START_MS);
	assert_int_equal(log.level, LOG_LEVEL_INFO);
	assert_string_equal(log.reason, "penalty");
	assert_string_equal(
	    log.text, "connections from 192.0.2.0/24 are refused for 95 s: caused crash");
	penalties_add(&penalties, "192.0.2.1", PENALTY_PART_NOAUTH, START_MS);
	assert_int_equal(log.level, LOG_LEVEL_VERBOSE);
	support_log_release();
	penalties_clear(&penalties);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_costs_its_time),
		cmocka_unit_test(small_ones_refuse_when_they_add_up_to_min),
		cmocka_unit_test(time_takes_penalties_away),
		cmocka_unit_test(nobody_has_more_than_max),
		cmocka_unit_test(off_means_off),
		cmocka_unit_test(exempt_sources_have_none),
		cmocka_unit_test(a_block_of_addresses_is_one_source),
		cmocka_unit_test(permissive_forgets_the_shortest),
		cmocka_unit_test(deny_all_refuses_its_family_until_there_is_room),
		cmocka_unit_test(what_is_no_address_has_no_penalty),
		cmocka_unit_test(the_log_says_who_is_refused),
	};
	struct support_log log;

	support_log_capture(&log);
	return cmocka_run_group_tests_name("penalties", tests, NULL, NULL);
}
