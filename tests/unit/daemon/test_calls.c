/* SPDX-License-Identifier: ISC */
/*
 * Tests of daemon/calls.c: who is called when, and what the log is told.
 */
#include "daemon/calls.h"

#include "monitor/monitor.h"
#include "tests/unit/settings.h"

static struct support_log heard;
static struct settings *settings;
static struct calls calls;

static void
begin(const char *text)
{
	support_log_capture(&heard);
	settings = settings_of(text);
	assert_ok(calls_init(&calls, settings, 1000));
}

static void
end(void)
{
	calls_clear(&calls);
	settings_free(settings);
	support_log_release();
}

static void
places_are_taken_apart(void **state)
{
	static const struct {
		const char *place, *host;
		unsigned port;
	} rows[] = {
		{ "example.org", "example.org", CALLS_PORT },
		{ "example.org:22", "example.org", 22 },
		{ "192.0.2.1:65535", "192.0.2.1", 65535 },
		{ "2001:db8::1", "2001:db8::1", CALLS_PORT },
		{ "[2001:db8::1]", "2001:db8::1", CALLS_PORT },
		{ "[2001:db8::1]:830", "2001:db8::1", 830 },
		{ "[192.0.2.1]:22", "192.0.2.1", 22 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char host[CALLS_HOST_MAX];
		unsigned port;

		calls_split(rows[i].place, host, &port);
		ROW_TRUE(rows[i].place, strcmp(host, rows[i].host) == 0);
		ROW_TRUE(rows[i].place, port == rows[i].port);
	}
}

static void
waits_longer_and_longer(void **state)
{
	static const struct {
		unsigned failures;
		uint64_t most_ms;
	} rows[] = { { 0, 5000 }, { 1, 5000 }, { 2, 10000 }, { 3, 20000 }, { 4, 40000 },
		{ 5, 60000 }, { 6, 60000 }, { 1000, 60000 }, { UINT32_MAX, 60000 } };

	begin("CallHomeRetry 5\nCallHomeRetryMax 60\n");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const uint64_t most_ms = rows[i].most_ms;

		assert_int_equal(calls_wait_ms(&calls, rows[i].failures, 0), most_ms);
		for (uint32_t chance = 1; chance != 0; chance *= 3) {
			const uint64_t wait_ms = calls_wait_ms(&calls, rows[i].failures, chance);

			assert_true(wait_ms <= most_ms && wait_ms >= most_ms - most_ms / 4);
			if (chance > UINT32_MAX / 3)
				break;
		}
		assert_int_equal(calls_wait_ms(&calls, rows[i].failures, (uint32_t)most_ms / 4),
		    most_ms - most_ms / 4);
	}
	end();
	begin("CallHomeRetry 60\nCallHomeRetryMax 5\n");
	assert_int_equal(calls_wait_ms(&calls, 0, 0), 5000);
	end();
}

static void
nobody_is_called_where_nobody_is_named(void **state)
{
	begin("");
	assert_int_equal(calls.count, 0);
	assert_null(calls_next(&calls, UINT64_MAX));
	assert_int_equal(calls_deadline_ms(&calls), 0);
	end();
}

/* A failure, a connection that nobody used, one that somebody did. */
static void
each_is_called_when_it_is_due(void **state)
{
	struct call *call;

	begin("CallHome a\nCallHome a\n");
	assert_int_equal(calls.count, 1);
	assert_int_equal(calls_deadline_ms(&calls), 1000);
	assert_null(calls_next(&calls, 999));
	call = calls_next(&calls, 1000);
	assert_non_null(call);
	assert_int_equal(calls_deadline_ms(&calls), 0);
	assert_null(calls_next(&calls, UINT64_MAX));
	calls_failed(&calls, call, "why", 2000, 0);
	assert_int_equal(calls_deadline_ms(&calls), 7000);
	assert_ptr_equal(calls_next(&calls, 7000), call);
	calls_connected(&calls, call, 77);
	assert_int_equal(calls_deadline_ms(&calls), 0);
	calls_ended(&calls, 76, 8000, 0); /* somebody else's */
	assert_int_equal(calls_deadline_ms(&calls), 0);
	calls_ended(&calls, 77, 8000, 0);
	assert_int_equal(calls_deadline_ms(&calls), 18000);
	assert_ptr_equal(calls_next(&calls, 18000), call);
	calls_connected(&calls, call, 78);
	calls_heard(&calls, 78, MONITOR_STATUS_SPOKE);
	calls_heard(&calls, 78, MONITOR_STATUS_LOGGED_IN);
	calls_ended(&calls, 78, 20000, 0);
	assert_int_equal(calls_deadline_ms(&calls), 25000);
	end();
}

/* Whoever speaks SSH and never logs in is called less and less, too. */
static void
speaking_is_not_enough(void **state)
{
	struct call *call;

	begin("CallHome a\n");
	for (unsigned i = 1; i <= 3; i++) {
		call = calls_next(&calls, UINT64_MAX);
		calls_connected(&calls, call, 7);
		calls_heard(&calls, 7, MONITOR_STATUS_SPOKE);
		calls_ended(&calls, 7, 0, 0);
		assert_int_equal(call->failures, i);
	}
	assert_int_equal(calls_deadline_ms(&calls), 20000);
	end();
}

static void
so_many_are_under_way(void **state)
{
	char text[CALLS_MAX * 32];
	struct call *first = NULL;
	size_t used = 0;

	for (int i = 0; i < 20; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "CallHome h%d\n", i);
	begin(text);
	for (size_t i = 0; i < CALLS_UNDER_WAY_MAX; i++) {
		struct call *call = calls_next(&calls, 1000);

		assert_non_null(call);
		first = first == NULL ? call : first;
	}
	assert_null(calls_next(&calls, UINT64_MAX));
	assert_int_equal(calls_deadline_ms(&calls), 0); /* nobody is woken for nothing */
	calls_connected(&calls, first, 7);
	assert_int_equal(calls_deadline_ms(&calls), 1000);
	assert_non_null(calls_next(&calls, 1000));
	assert_null(calls_next(&calls, UINT64_MAX));
	end();
}

static void
more_places_than_there_may_be_are_left_out(void **state)
{
	char text[(CALLS_MAX + 2) * 32];
	size_t used = 0;

	for (int i = 0; i < CALLS_MAX + 1; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "CallHome h%d\n", i);
	begin(text);
	assert_int_equal(calls.count, CALLS_MAX);
	assert_non_null(strstr(heard.text, "h64 is left out"));
	end();
}

/* So many lines so far, the last of which ends in this. */
static void
was_told(unsigned count, const char *what)
{
	assert_int_equal(heard.count, count);
	assert_non_null(strstr(heard.text, what));
}

static void
the_log_is_told_what_changes(void **state)
{
	struct call *call;

	begin("CallHome a\n");
	for (int i = 0; i < 3; i++) {
		call = calls_next(&calls, UINT64_MAX);
		calls_failed(&calls, call, "gone", 0, 0);
		was_told(1, "CallHome a: gone");
	}
	for (int i = 0; i < 2; i++) {
		call = calls_next(&calls, UINT64_MAX);
		calls_connected(&calls, call, 7);
		assert_int_equal(heard.count, 1 + i);
		calls_heard(&calls, 7, MONITOR_STATUS_SPOKE);
		calls_heard(&calls, 7, MONITOR_STATUS_LOGGED_IN);
		calls_ended(&calls, 7, 0, 0);
		was_told(2, "CallHome a: reached");
	}
	call = calls_next(&calls, UINT64_MAX);
	calls_connected(&calls, call, 7);
	calls_heard(
	    &calls, 7, MONITOR_STATUS_FAILED); /* the monitor's word is no sign of a client */
	calls_ended(&calls, 7, 0, 0);
	was_told(3, "CallHome a: no SSH client answers there");
	end();
}

static void
what_a_predecessor_knew(void **state)
{
	const struct call serving = { .pid = 7, .failures = 2, .said = CALL_SAID_REACHED };
	const struct call waiting = { .failures = 3, .said = CALL_SAID_LOST };

	begin("CallHome a\nCallHome b\n");
	calls_restore(&calls, BYTES("a"), &serving);
	calls_restore(&calls, BYTES("b"), &waiting);
	calls_restore(&calls, BYTES("of old"), &serving);
	assert_int_equal(calls.count, 2);
	assert_string_equal(calls_next(&calls, 1000)->place, "b");
	calls_failed(&calls, &calls.list[1], "why", 1000, 0);
	assert_int_equal(calls_deadline_ms(&calls), 1000 + 40000);
	assert_int_equal(heard.count, 0); /* it was said before */
	calls_ended(&calls, 7, 1000, 0);
	assert_int_equal(calls.list[0].failures, 3);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_taken_apart),
		cmocka_unit_test(waits_longer_and_longer),
		cmocka_unit_test(nobody_is_called_where_nobody_is_named),
		cmocka_unit_test(each_is_called_when_it_is_due),
		cmocka_unit_test(speaking_is_not_enough),
		cmocka_unit_test(so_many_are_under_way),
		cmocka_unit_test(more_places_than_there_may_be_are_left_out),
		cmocka_unit_test(the_log_is_told_what_changes),
		cmocka_unit_test(what_a_predecessor_knew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
