/* SPDX-License-Identifier: ISC */
/*
 * Tests of daemon/child/connection/timers.c, with a clock that this file moves.
 */
#include "daemon/child/connection/timers.h"

#include "daemon/child/connection/channels.h"
#include "tests/unit/support.h"

#define BEGIN_MS 5000

struct rig {
	struct channels channels;
	struct outlet outlet;
};

/* Rules as the monitor writes them: a pattern and seconds, in turn. */
struct rule {
	const char *pattern;
	uint32_t seconds;
};

static struct rig *
rig_new(uint32_t unused_s, uint32_t user_s, const struct rule *rules, size_t count)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	uint8_t room[512];
	struct writer writer = writer_into(room, sizeof(room));
	struct child_policy policy = { .unused_timeout_s = unused_s,
		.user_timeout_s = user_s,
		.window_max_bytes = WINDOW_BEGIN,
		.windows_max_bytes = WINDOW_BUDGET,
		.packet_max_bytes = CHANNEL_PACKET_MAX };

	assert_non_null(rig);
	for (size_t i = 0; i < count; i++) {
		put_text(&writer, rules[i].pattern);
		put_u32(&writer, rules[i].seconds);
	}
	policy.channel_timeouts = writer_bytes(&writer);
	outlet_init(&rig->outlet);
	channels_init(&rig->channels, 8, WINDOW_BEGIN);
	assert_ok(channels_set_policy(&rig->channels, &policy));
	rig->channels.budget.now_ms = BEGIN_MS;
	timers_begin(&rig->channels.timers, BEGIN_MS);
	return rig;
}

#define RIG_WITH(unused_s, user_s, ...)                           \
	rig_new(unused_s, user_s, (struct rule[]){ __VA_ARGS__ }, \
	    COUNT(((struct rule[]){ __VA_ARGS__ })))

static void
rig_free(struct rig *rig)
{
	channels_clear(&rig->channels);
	outlet_clear(&rig->outlet);
	free(rig);
}

static struct channel *
open_channel(struct rig *rig, enum channel_kind kind, const char *type)
{
	struct channel *channel;

	assert_ok(channels_add(&rig->channels, kind, 7, 1000, 1000, &channel));
	channel->state = CHANNEL_OPEN;
	timers_watch(channel, timers_find(&rig->channels.timers, bytes_of_text(type)));
	return channel;
}

static enum timers_verdict
check_at(struct rig *rig, uint64_t ms)
{
	enum timers_verdict verdict;

	rig->channels.budget.now_ms = BEGIN_MS + ms;
	assert_ok(timers_check(&rig->channels, &rig->outlet, &verdict));
	return verdict;
}

/* Milliseconds from the beginning to the next deadline; UINT64_MAX: there is none. */
static uint64_t
deadline(const struct rig *rig)
{
	const uint64_t ms = timers_deadline_ms(&rig->channels.timers);

	return ms == 0 ? UINT64_MAX : ms - BEGIN_MS;
}

static void
nothing_is_due_unless_it_is_set(void **state)
{
	struct rig *rig = rig_new(0, 0, NULL, 0);

	assert_true(deadline(rig) == UINT64_MAX);
	(void)open_channel(rig, CHANNEL_SESSION, "session:shell");
	assert_true(deadline(rig) == UINT64_MAX);
	assert_int_equal(check_at(rig, UINT32_MAX), TIMERS_GO_ON);
	assert_int_equal(rig->channels.timers.live_count, 1);
	rig_free(rig);
}

static void
nobody_is_idle_before_the_login(void **state)
{
	struct rig *rig = RIG_WITH(1, 1, { "global", 1 });

	rig->channels.timers.has_begun = false;
	assert_true(deadline(rig) == UINT64_MAX);
	assert_int_equal(check_at(rig, 100000), TIMERS_GO_ON);
	rig_free(rig);
}

static void
types_are_found_by_the_first_pattern_that_fits(void **state)
{
	static const struct {
		const char *name, *type;
		uint32_t seconds;
	} rows[] = {
		{ "by its name", "session:command", 30 },
		{ "by the short name", "session:shell", 300 },
		{ "also a subsystem", "session:subsystem:sftp", 300 },
		{ "not begun yet", "session", 300 },
		{ "wildcard", "direct-tcpip", 60 },
		{ "wildcard, another", "forwarded-tcpip", 60 },
		{ "zero is none", "direct-streamlocal@openssh.com", 0 },
		{ "no rule", "agent-connection", 0 },
		{ "only its own name fits it", "global", 0 },
		{ "only begins like it", "sessions", 0 },
	};
	struct rig *rig = RIG_WITH(0, 0, { "session:command", 30 }, { "session", 300 },
	    { "session:shell", 1 }, { "*-tcpip", 60 }, { "direct-*", 0 }, { "global", 5 });

	for (size_t i = 0; i < COUNT(rows); i++)
		ROW_TRUE(rows[i].name, timers_find(&rig->channels.timers,
					   bytes_of_text(rows[i].type)) == rows[i].seconds * 1000);
	rig_free(rig);
}

static void
a_wildcard_for_all_is_not_global(void **state)
{
	struct rig *rig = RIG_WITH(0, 0, { "*", 10 });

	assert_true(rig->channels.timers.all_timeout_ms == 0);
	assert_true(timers_find(&rig->channels.timers, BYTES("x11-connection")) == 10000);
	rig_free(rig);
}

static void
an_idle_channel_is_closed_and_the_others_stay(void **state)
{
	struct rig *rig = RIG_WITH(0, 0, { "session:shell", 10 }, { "direct-tcpip", 20 });
	struct channel *shell = open_channel(rig, CHANNEL_SESSION, "session:shell");
	struct channel *forward = open_channel(rig, CHANNEL_TCP, "direct-tcpip");
	struct channel *command = open_channel(rig, CHANNEL_SESSION, "session:command");

	assert_true(deadline(rig) == 10000);
	assert_int_equal(check_at(rig, 9999), TIMERS_GO_ON);
	assert_int_equal(shell->state, CHANNEL_OPEN);
	timers_note(shell, false); /* its program says something */
	assert_int_equal(check_at(rig, 10000), TIMERS_GO_ON);
	assert_int_equal(shell->state, CHANNEL_OPEN);
	assert_true(deadline(rig) == 19999);
	assert_int_equal(check_at(rig, 19999), TIMERS_GO_ON);
	assert_int_equal(shell->state, CHANNEL_CLOSING);
	assert_int_equal(forward->state, CHANNEL_OPEN);
	assert_int_equal(check_at(rig, 20000), TIMERS_GO_ON);
	assert_int_equal(forward->state, CHANNEL_CLOSING);
	assert_int_equal(command->state, CHANNEL_OPEN);
	assert_true(deadline(rig) == UINT64_MAX);
	rig_free(rig);
}

static void
data_of_the_user_keeps_a_channel_open(void **state)
{
	struct rig *rig = RIG_WITH(0, 0, { "*", 10 });
	struct channel *channel = open_channel(rig, CHANNEL_TCP, "direct-tcpip");

	for (uint64_t ms = 9000; ms < 100000; ms += 9000) {
		assert_int_equal(check_at(rig, ms), TIMERS_GO_ON);
		timers_note(channel, true);
	}
	assert_int_equal(channel->state, CHANNEL_OPEN);
	rig_free(rig);
}

static void
what_is_being_opened_or_closed_is_left_alone(void **state)
{
	struct rig *rig = RIG_WITH(0, 0, { "*", 10 }, { "global", 10 });
	struct channel *opening = open_channel(rig, CHANNEL_TCP, "direct-tcpip");
	struct channel *closing = open_channel(rig, CHANNEL_TCP, "direct-tcpip");
	struct bytes payload;

	opening->state = CHANNEL_OPENING;
	assert_ok(channel_close(closing, &rig->outlet));
	while (outlet_take_packet(&rig->outlet, &payload))
		;
	assert_int_equal(check_at(rig, 10000), TIMERS_GO_ON);
	assert_int_equal(opening->state, CHANNEL_OPENING);
	assert_false(outlet_take_packet(&rig->outlet, &payload)); /* no second CLOSE */
	assert_true(deadline(rig) == 20000);                      /* of all: one may be open then */
	rig_free(rig);
}

/* Its time begins when it is open, however long that took. */
static void
what_was_opened_slowly_has_all_its_time(void **state)
{
	struct rig *rig = RIG_WITH(0, 0, { "direct-tcpip", 10 });
	struct channel *channel;

	assert_ok(channels_add(&rig->channels, CHANNEL_TCP, 7, 1000, 1000, &channel));
	assert_true(deadline(rig) == 10000);
	assert_int_equal(check_at(rig, 10000), TIMERS_GO_ON);
	rig->channels.budget.now_ms = BEGIN_MS + 19000;
	channel->state = CHANNEL_OPEN;
	timers_note(channel, false);
	assert_int_equal(check_at(rig, 28999), TIMERS_GO_ON);
	assert_int_equal(channel->state, CHANNEL_OPEN);
	assert_int_equal(check_at(rig, 29000), TIMERS_GO_ON);
	assert_int_equal(channel->state, CHANNEL_CLOSING);
	rig_free(rig);
}

/* Born of a client that closed and still waited for its exit status. */
static void
a_session_whose_client_has_closed_is_forgotten(void **state)
{
	struct rig *rig = RIG_WITH(0, 0, { "session", 10 });
	struct channel *channel = open_channel(rig, CHANNEL_SESSION, "session");

	channel->got_close = true;
	assert_int_equal(check_at(rig, 10000), TIMERS_GO_ON);
	assert_null(channels_find(&rig->channels, 0));
	assert_int_equal(rig->channels.timers.live_count, 0);
	rig_free(rig);
}

static void
all_channels_together(void **state)
{
	struct rig *rig = RIG_WITH(0, 0, { "global", 10 });
	struct channel *quiet, *busy;

	assert_true(deadline(rig) == UINT64_MAX); /* there is none */
	quiet = open_channel(rig, CHANNEL_SESSION, "session");
	busy = open_channel(rig, CHANNEL_TCP, "direct-tcpip");
	assert_int_equal(check_at(rig, 9000), TIMERS_GO_ON);
	timers_note(busy, false);
	assert_true(deadline(rig) == 19000);
	assert_int_equal(check_at(rig, 18999), TIMERS_GO_ON);
	assert_int_equal(quiet->state, CHANNEL_OPEN);
	assert_int_equal(check_at(rig, 19000), TIMERS_GO_ON);
	assert_int_equal(quiet->state, CHANNEL_CLOSING);
	assert_int_equal(busy->state, CHANNEL_CLOSING);
	assert_true(deadline(rig) == UINT64_MAX);
	rig_free(rig);
}

static void
a_connection_without_channels_is_unused(void **state)
{
	struct rig *rig = rig_new(10, 0, NULL, 0);
	struct channel *channel;

	assert_true(deadline(rig) == 10000);
	assert_int_equal(check_at(rig, 9999), TIMERS_GO_ON);
	channel = open_channel(rig, CHANNEL_SESSION, "session");
	assert_true(deadline(rig) == UINT64_MAX);
	assert_int_equal(check_at(rig, 500000), TIMERS_GO_ON);
	assert_ok(
	    channel_close(channel, &rig->outlet)); /* whether or not the client closes it, too */
	assert_true(deadline(rig) == 510000);
	assert_int_equal(check_at(rig, 509999), TIMERS_GO_ON);
	assert_int_equal(check_at(rig, 510000), TIMERS_UNUSED);
	channels_remove(&rig->channels, channel);
	assert_int_equal(rig->channels.timers.live_count, 0);
	rig_free(rig);
}

static void
a_channel_that_was_refused_was_none(void **state)
{
	struct rig *rig = rig_new(10, 0, NULL, 0);
	struct channel *channel;

	assert_ok(channels_add(&rig->channels, CHANNEL_TCP, 7, 1000, 1000, &channel));
	assert_int_equal(check_at(rig, 4000), TIMERS_GO_ON);
	channels_remove(&rig->channels, channel);
	assert_int_equal(check_at(rig, 9999), TIMERS_GO_ON);
	assert_int_equal(check_at(rig, 10000), TIMERS_UNUSED);
	rig_free(rig);
}

static void
only_data_of_theirs_shows_that_the_user_is_there(void **state)
{
	struct rig *rig = rig_new(0, 10, NULL, 0);
	struct channel *channel = open_channel(rig, CHANNEL_SESSION, "session");

	assert_true(deadline(rig) == 10000);
	assert_int_equal(check_at(rig, 6000), TIMERS_GO_ON);
	timers_note(channel, true);
	assert_true(deadline(rig) == 16000);
	assert_int_equal(check_at(rig, 15000), TIMERS_GO_ON);
	timers_note(channel, false);
	assert_int_equal(check_at(rig, 15999), TIMERS_GO_ON);
	assert_int_equal(check_at(rig, 16000), TIMERS_USER_IDLE);
	rig_free(rig);
}

static void
long_times_do_not_wrap(void **state)
{
	struct rig *rig = RIG_WITH(UINT32_MAX, UINT32_MAX, { "*", UINT32_MAX });

	(void)open_channel(rig, CHANNEL_SESSION, "session");
	assert_true(deadline(rig) == (uint64_t)UINT32_MAX * 1000);
	rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_due_unless_it_is_set),
		cmocka_unit_test(nobody_is_idle_before_the_login),
		cmocka_unit_test(types_are_found_by_the_first_pattern_that_fits),
		cmocka_unit_test(a_wildcard_for_all_is_not_global),
		cmocka_unit_test(an_idle_channel_is_closed_and_the_others_stay),
		cmocka_unit_test(data_of_the_user_keeps_a_channel_open),
		cmocka_unit_test(what_is_being_opened_or_closed_is_left_alone),
		cmocka_unit_test(what_was_opened_slowly_has_all_its_time),
		cmocka_unit_test(a_session_whose_client_has_closed_is_forgotten),
		cmocka_unit_test(all_channels_together),
		cmocka_unit_test(a_connection_without_channels_is_unused),
		cmocka_unit_test(a_channel_that_was_refused_was_none),
		cmocka_unit_test(only_data_of_theirs_shows_that_the_user_is_there),
		cmocka_unit_test(long_times_do_not_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
