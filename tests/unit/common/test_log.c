/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/log.c.
 */
#include "common/log.h"

#include <errno.h>

#include "tests/unit/support.h"

static struct support_log captured;

static int
capture(void **state)
{
	support_log_capture(&captured);
	return 0;
}

static int
release(void **state)
{
	support_log_release();
	return 0;
}

static void
hands_one_event_to_the_sink(void **state)
{
	log_info("auth-refused", "user %s, attempt %d", "alice", 3);
	assert_int_equal(captured.count, 1);
	assert_int_equal(captured.level, LOG_LEVEL_INFO);
	assert_string_equal(captured.reason, "auth-refused");
	assert_string_equal(captured.text, "user alice, attempt 3");
}

static void
drops_what_is_above_the_level(void **state)
{
	for (enum log_level level = LOG_LEVEL_QUIET; level <= LOG_LEVEL_DEBUG3; level++) {
		log_set_level(level);
		assert_int_equal(log_get_level(), level);
		for (enum log_level each = LOG_LEVEL_QUIET; each <= LOG_LEVEL_DEBUG3; each++) {
			bool on = each <= level && each != LOG_LEVEL_QUIET;

			captured.count = 0;
			log_event(each, "test", "text");
			assert_int_equal(captured.count, on ? 1 : 0);
			assert_int_equal(log_is_on(each), on);
		}
	}
}

static void
keeps_an_event_on_one_line(void **state)
{
	log_info("test", "user %s", "x\nAccepted publickey for root\033[2K");
	assert_string_equal(captured.text, "user x\\012Accepted publickey for root\\033[2K");
}

static void
escapes_invalid_utf8(void **state)
{
	log_info("test", "%s", "gr\xc3\xbc\xc3\x9f gr\xfc\xdf");
	assert_string_equal(captured.text, "gr\xc3\xbc\xc3\x9f gr\\374\\337");
}

static void
cuts_long_texts(void **state)
{
	static const size_t sizes[] = { 0, 1, LOG_TEXT_MAX - 2, LOG_TEXT_MAX - 1, LOG_TEXT_MAX,
		LOG_TEXT_MAX + 1, 100000 };

	for (size_t i = 0; i < COUNT(sizes); i++) {
		size_t expected = sizes[i] < LOG_TEXT_MAX ? sizes[i] : LOG_TEXT_MAX - 1;

		log_info("test", "%*s", (int)sizes[i], "");
		assert_int_equal(strlen(captured.text), expected);
	}
}

static void
cuts_what_escaping_made_long(void **state)
{
	char controls[LOG_TEXT_MAX];

	memset(controls, 1, sizeof(controls) - 1);
	controls[sizeof(controls) - 1] = '\0';
	log_info("test", "%s", controls);
	assert_true(strlen(captured.text) < LOG_TEXT_MAX);
	assert_int_equal(strlen(captured.text) % 4, 0);
}

static void
shows_views_of_bytes(void **state)
{
	struct bytes name = BYTES("alice@example");

	name.size = 5;
	log_info("test", "user \"%.*s\"", LOG_BYTES(name));
	assert_string_equal(captured.text, "user \"alice\"");
}

static void
leaves_a_quoted_part_as_it_is(void **state)
{
	log_info("test", "user \"%s\"", "a\\033");
	assert_string_equal(captured.text, "user \"a\\033\"");
}

static void
changing_sink(void *context, const struct log_event *event)
{
	errno = EBADF;
}

static void
leaves_errno_alone(void **state)
{
	log_set_sink(changing_sink, NULL);
	errno = EACCES;
	log_info("test", "%s", "text");
	assert_int_equal(errno, EACCES);
}

static void
writes_to_standard_error_without_a_sink(void **state)
{
	char line[128] = "";
	int pipe_fds[2];
	int kept = dup(STDERR_FILENO);

	support_log_release();
	assert_int_equal(pipe(pipe_fds), 0);
	dup2(pipe_fds[1], STDERR_FILENO);
	log_error("test-reason", "what happened");
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(pipe_fds[1]);
	assert_true(read(pipe_fds[0], line, sizeof(line) - 1) > 0);
	close(pipe_fds[0]);
	assert_string_equal(line, "ERROR test-reason: what happened\n");
}

static void
knows_levels_by_name(void **state)
{
	static const struct {
		const char *name;
		bool known;
		enum log_level level;
	} rows[] = {
		{ "QUIET", true, LOG_LEVEL_QUIET },
		{ "FATAL", true, LOG_LEVEL_FATAL },
		{ "ERROR", true, LOG_LEVEL_ERROR },
		{ "INFO", true, LOG_LEVEL_INFO },
		{ "VERBOSE", true, LOG_LEVEL_VERBOSE },
		{ "DEBUG", true, LOG_LEVEL_DEBUG1 },
		{ "DEBUG1", true, LOG_LEVEL_DEBUG1 },
		{ "DEBUG2", true, LOG_LEVEL_DEBUG2 },
		{ "DEBUG3", true, LOG_LEVEL_DEBUG3 },
		{ "verbose", true, LOG_LEVEL_VERBOSE },
		{ "DEBUG4", false, LOG_LEVEL_QUIET },
		{ "", false, LOG_LEVEL_QUIET },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		enum log_level level = LOG_LEVEL_QUIET;

		ROW_TRUE(rows[i].name, log_level_find(rows[i].name, &level) == rows[i].known);
		ROW_TRUE(rows[i].name, level == rows[i].level);
	}
}

static void
names_every_level(void **state)
{
	for (enum log_level level = LOG_LEVEL_QUIET; level <= LOG_LEVEL_DEBUG3; level++) {
		enum log_level back = LOG_LEVEL_QUIET;

		assert_true(log_level_find(log_level_name(level), &back));
		assert_int_equal(back, level);
	}
	assert_string_equal(log_level_name((enum log_level)99), "UNKNOWN");
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, capture, release)

static void
only_codes_of_the_list_are_shown(void **state)
{
	assert_true(log_shows_reason("key-from"));
	assert_true(log_shows_reason("auth-refused"));
	assert_false(log_shows_reason("auth-accepted"));
	assert_false(log_shows_reason("invalid-user"));
	assert_false(log_shows_reason("key-fro"));
	assert_false(log_shows_reason(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(hands_one_event_to_the_sink),
		LOG_TEST(drops_what_is_above_the_level),
		LOG_TEST(keeps_an_event_on_one_line),
		LOG_TEST(escapes_invalid_utf8),
		LOG_TEST(cuts_long_texts),
		LOG_TEST(cuts_what_escaping_made_long),
		LOG_TEST(shows_views_of_bytes),
		LOG_TEST(leaves_a_quoted_part_as_it_is),
		LOG_TEST(leaves_errno_alone),
		LOG_TEST(writes_to_standard_error_without_a_sink),
		LOG_TEST(knows_levels_by_name),
		LOG_TEST(names_every_level),
		cmocka_unit_test(only_codes_of_the_list_are_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
