/* SPDX-License-Identifier: ISC */
/*
 * PerSourceMaxStartups, PerSourceNetBlockSize, PerSourcePenalties and PerSourcePenaltyExemptList as they are
 * written, and what is in force then.
 */
#include "common/config/config.h"
#include "common/config/duration.h"
#include "common/config/sources.h"
#include "tests/unit/support.h"

#define SETTINGS CLEANUP(settings_freep) struct settings

/* NULL: refused; `errors` says why. */
static struct settings *
read_file(const char *file, struct buf *errors)
{
	CLEANUP(config_freep) struct config *config = NULL;
	struct settings *settings = NULL;

	buf_init(errors, CONFIG_ERRORS_MAX);
	assert_ok(config_new(&config));
	if (config_parse(config, "f", bytes_of_text(file), errors) == RESULT_OK)
		assert_ok(config_effective(config, NULL, &settings, errors));
	return settings;
}

static struct settings *
settings_of(const char *file)
{
	struct buf errors;
	struct settings *settings = read_file(file, &errors);

	if (settings == NULL)
		fail_msg("%.*s", (int)buf_size(&errors), (const char *)buf_bytes(&errors).data);
	buf_clear(&errors);
	return settings;
}

static struct settings_penalties
penalties_of(const char *file)
{
	SETTINGS *settings = settings_of(file);

	return settings_penalties(settings, KEYWORD_PerSourcePenalties);
}

static const struct {
	const char *text;
	enum result result;
	uint64_t ms;
} durations[] = {
	{ "0", RESULT_OK, 0 },
	{ "1.5", RESULT_OK, 1500 },
	{ "0.25s", RESULT_OK, 250 },
	{ "0.0015", RESULT_OK, 1 },
	{ "90.000000", RESULT_OK, 90000 },
	{ "1m1.5S", RESULT_OK, 61500 },
	{ "1w2d3h4m5", RESULT_OK, 788645000 },
	{ "2147483647", RESULT_OK, 2147483647000 },
	{ "2147483648", RESULT_MALFORMED, 0 },
	{ "3551w", RESULT_MALFORMED, 0 },
	{ "", RESULT_MALFORMED, 0 },
	{ ".5", RESULT_MALFORMED, 0 },
	{ "1.", RESULT_MALFORMED, 0 },
	{ "1.5m", RESULT_MALFORMED, 0 },
	{ "-1", RESULT_MALFORMED, 0 },
	{ "1 s", RESULT_MALFORMED, 0 },
	{ "1y", RESULT_MALFORMED, 0 },
	{ "s", RESULT_MALFORMED, 0 },
};

static void
reads_durations(void **state)
{
	for (size_t i = 0; i < COUNT(durations); i++) {
		uint64_t ms;

		ROW_RESULT(
		    durations[i].text, duration_parse(durations[i].text, &ms), durations[i].result);
		ROW_TRUE(
		    durations[i].text, durations[i].result != RESULT_OK || ms == durations[i].ms);
	}
}

static void
reads_limits_and_blocks(void **state)
{
	SETTINGS *none = settings_of("");
	SETTINGS *some = settings_of("PerSourceMaxStartups 7\nPerSourceNetBlockSize 24:56");
	SETTINGS *half = settings_of("PerSourceMaxStartups NONE\nPerSourceNetBlockSize 0");

	assert_int_equal(settings_number(none, KEYWORD_PerSourceMaxStartups), 0);
	assert_int_equal(settings_net_block(none, KEYWORD_PerSourceNetBlockSize).v4_bits, 32);
	assert_int_equal(settings_net_block(none, KEYWORD_PerSourceNetBlockSize).v6_bits, 128);
	assert_int_equal(settings_number(some, KEYWORD_PerSourceMaxStartups), 7);
	assert_int_equal(settings_net_block(some, KEYWORD_PerSourceNetBlockSize).v4_bits, 24);
	assert_int_equal(settings_net_block(some, KEYWORD_PerSourceNetBlockSize).v6_bits, 56);
	assert_int_equal(settings_number(half, KEYWORD_PerSourceMaxStartups), 0);
	assert_int_equal(settings_net_block(half, KEYWORD_PerSourceNetBlockSize).v4_bits, 0);
	assert_int_equal(settings_net_block(half, KEYWORD_PerSourceNetBlockSize).v6_bits, 128);
}

static void
penalties_are_on_unless_somebody_says_no(void **state)
{
	const uint64_t *parts;
	struct settings_penalties penalties = penalties_of("");

	parts = penalties.parts;
	assert_true(penalties.is_on);
	assert_int_equal(parts[PENALTY_PART_CRASH], 90000);
	assert_int_equal(parts[PENALTY_PART_AUTHFAIL], 5000);
	assert_int_equal(parts[PENALTY_PART_INVALIDUSER], 5000);
	assert_int_equal(parts[PENALTY_PART_NOAUTH], 1000);
	assert_int_equal(parts[PENALTY_PART_GRACE_EXCEEDED], 10000);
	assert_int_equal(parts[PENALTY_PART_REFUSECONNECTION], 10000);
	assert_int_equal(parts[PENALTY_PART_MAX], 600000);
	assert_int_equal(parts[PENALTY_PART_MIN], 15000);
	assert_int_equal(parts[PENALTY_PART_MAX_SOURCES4], 65536);
	assert_int_equal(parts[PENALTY_PART_MAX_SOURCES6], 65536);
	assert_int_equal(parts[PENALTY_PART_OVERFLOW], PENALTY_OVERFLOW_PERMISSIVE);
	assert_int_equal(parts[PENALTY_PART_OVERFLOW6], PENALTY_OVERFLOW_PERMISSIVE);
	assert_true(penalties_of("PerSourcePenalties YES").is_on);
	assert_false(penalties_of("PerSourcePenalties No").is_on);
	assert_false(penalties_of("PerSourcePenalties no\nPerSourcePenalties yes").is_on);
	assert_true(penalties_of("PerSourcePenalties yes\nPerSourcePenalties no").is_on);
	/* Who names a part wants them. */
	assert_true(penalties_of("PerSourcePenalties no\nPerSourcePenalties max:9").is_on);
	assert_true(penalties_of("PerSourcePenalties max:9\nPerSourcePenalties no").is_on);
}

static void
lines_of_penalties_add_up_and_the_first_word_counts(void **state)
{
	const struct settings_penalties penalties =
	    penalties_of("PerSourcePenalties authfail:1.5 Min:3 overflow:deny-all authfail:9\n"
			 "PerSourcePenalties min:4 crash:2m max-sources4:5\n");

	assert_int_equal(penalties.parts[PENALTY_PART_AUTHFAIL], 1500);
	assert_int_equal(penalties.parts[PENALTY_PART_MIN], 3000);
	assert_int_equal(penalties.parts[PENALTY_PART_CRASH], 120000);
	assert_int_equal(penalties.parts[PENALTY_PART_MAX_SOURCES4], 5);
	assert_int_equal(penalties.parts[PENALTY_PART_MAX_SOURCES6], 65536);
	assert_int_equal(penalties.parts[PENALTY_PART_OVERFLOW], PENALTY_OVERFLOW_DENY_ALL);
	/* It follows the other one unless it is said. */
	assert_int_equal(penalties.parts[PENALTY_PART_OVERFLOW6], PENALTY_OVERFLOW_DENY_ALL);
	assert_int_equal(penalties_of("PerSourcePenalties overflow:deny-all overflow6:permissive")
			     .parts[PENALTY_PART_OVERFLOW6],
	    PENALTY_OVERFLOW_PERMISSIVE);
}

static void
lists_of_addresses_are_kept(void **state)
{
	SETTINGS *none = settings_of("PerSourcePenaltyExemptList none");
	SETTINGS *some = settings_of("PerSourcePenaltyExemptList 10.0.0.0/8,!10.1.1.1,fe80::*");

	assert_null(settings_text(none, KEYWORD_PerSourcePenaltyExemptList));
	assert_string_equal(settings_text(some, KEYWORD_PerSourcePenaltyExemptList),
	    "10.0.0.0/8,!10.1.1.1,fe80::*");
	assert_null(settings_text(none, KEYWORD_ReservedSources));
	assert_int_equal(settings_number(none, KEYWORD_ReservedStartups), 10);
}

#define NAMES                                                                                   \
	"yes or no alone, or name:value with one of the names crash, authfail, noauth, "        \
	"invaliduser, grace-exceeded, refuseconnection, max, min, max-sources4, max-sources6, " \
	"overflow and overflow6\n"

static const struct {
	const char *file, *errors;
} wrong[] = {
	{ "PerSourceMaxStartups 0", "f:1: PerSourceMaxStartups: \"0\" is not valid; it must be a "
				    "number from 1 on, or none\n" },
	{ "PerSourceNetBlockSize 33",
	    "f:1: PerSourceNetBlockSize: \"33\" is not valid; it must be leading bits of IPv4 "
	    "addresses, or those and of IPv6 addresses, such as 24:56\n" },
	{ "PerSourceNetBlockSize 24:129",
	    "f:1: PerSourceNetBlockSize: \"24:129\" is not valid; it must be leading bits of IPv4 "
	    "addresses, or those and of IPv6 addresses, such as 24:56\n" },
	{ "PerSourceNetBlockSize :56",
	    "f:1: PerSourceNetBlockSize: \":56\" is not valid; it must be leading bits of IPv4 "
	    "addresses, or those and of IPv6 addresses, such as 24:56\n" },
	{ "PerSourcePenalties yes no",
	    "f:1: PerSourcePenalties: \"yes\" is not valid; it must be " NAMES },
	{ "PerSourcePenalties crash:1 no",
	    "f:1: PerSourcePenalties: \"no\" is not valid; it must be " NAMES },
	{ "PerSourcePenalties crush:1",
	    "f:1: PerSourcePenalties: \"crush:1\" is not valid; it must be " NAMES },
	{ "PerSourcePenalties crash",
	    "f:1: PerSourcePenalties: \"crash\" is not valid; it must be " NAMES },
	{ "PerSourcePenalties crash:",
	    "f:1: PerSourcePenalties: \"crash:\" is not valid; it must be a time such as 90, 30s, "
	    "2m or 1h30m behind the colon\n" },
	{ "PerSourcePenalties max-sources4:0",
	    "f:1: PerSourcePenalties: \"max-sources4:0\" is not valid; it must be a number from 1 "
	    "to 1048576 behind the colon\n" },
	{ "PerSourcePenalties overflow6:maybe",
	    "f:1: PerSourcePenalties: \"overflow6:maybe\" is not valid; it must be permissive or "
	    "deny-all behind the colon\n" },
	{ "PerSourcePenaltyExemptList 10.0.0.1/8",
	    "f:1: PerSourcePenaltyExemptList: \"10.0.0.1/8\" is not valid; it must be none, or a "
	    "list of addresses, networks (address/bits) or patterns, with commas between them\n" },
};

static void
errors_name_the_remedy(void **state)
{
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct buf errors;

		assert_null(read_file(wrong[i].file, &errors));
		assert_bytes_text(buf_bytes(&errors), wrong[i].errors);
		buf_clear(&errors);
	}
}

/* What -T prints is what sshd -T prints, and reads back as the same. */
static void
prints_what_can_be_read_again(void **state)
{
	static const char printed[] =
	    "crash:90.000000 authfail:1.500000 noauth:1.000000 invaliduser:5.000000 "
	    "grace-exceeded:10.000000 refuseconnection:10.000000 max:600.000000 min:15.000000 "
	    "max-sources4:65536 max-sources6:65536 overflow:permissive overflow6:deny-all";
	char line[512];
	struct settings_penalties penalties =
	    penalties_of("PerSourcePenalties authfail:1.5 overflow6:deny-all");

	for (int i = 0; i < 2; i++) {
		struct buf text;

		buf_init(&text, 4096);
		assert_ok(penalties_format(&penalties, &text));
		assert_bytes_text(buf_bytes(&text), printed);
		snprintf(line, sizeof(line), "PerSourcePenalties %s", printed);
		penalties = penalties_of(line);
		buf_clear(&text);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_durations),
		cmocka_unit_test(reads_limits_and_blocks),
		cmocka_unit_test(penalties_are_on_unless_somebody_says_no),
		cmocka_unit_test(lines_of_penalties_add_up_and_the_first_word_counts),
		cmocka_unit_test(lists_of_addresses_are_kept),
		cmocka_unit_test(errors_name_the_remedy),
		cmocka_unit_test(prints_what_can_be_read_again),
	};

	return cmocka_run_group_tests_name("sources", tests, NULL, NULL);
}
