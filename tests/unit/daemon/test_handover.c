/* SPDX-License-Identifier: ISC */
/*
 * What a listener leaves to the one it becomes: all of it arrives, and what is broken is seen.
 */
#include "daemon/handover.h"

#include "common/clock.h"
#include "common/wire.h"
#include "tests/unit/settings.h"

static struct support_log heard;

struct house {
	struct settings *settings;
	struct connections connections;
	struct door door;
	struct calls calls;
};

static void
house_open(struct house *house, const char *settings)
{
	*house = (struct house){ .settings = settings_of(settings) };
	assert_ok(door_init(&house->door, house->settings));
	assert_ok(calls_init(&house->calls, house->settings, 0));
}

static void
house_close(struct house *house)
{
	connections_clear(&house->connections);
	door_clear(&house->door);
	calls_clear(&house->calls);
	settings_free(house->settings);
}

/* No descriptors: they would be closed. */
static void
add(struct house *house, pid_t pid, const char *address)
{
	assert_ok(connections_add(&house->connections, pid, -1, address));
	assert_ok(door_entered(&house->door, pid, address));
}

/* Three that wait, of which one has spoken and one leaves; one that is logged in; two penalties. */
static void
furnish(struct house *house)
{
	for (pid_t pid = 1; pid <= 4; pid++)
		add(house, pid, pid == 4 ? "2001:db8::1" : "192.0.2.1");
	startups_spoke(&house->door.startups, 1, 12345);
	door_leaves(&house->door, connections_find(&house->connections, 2));
	house->connections.list[2].is_logged_in = true;
	door_hear(&house->door, &house->connections.list[2], MONITOR_STATUS_LOGGED_IN);
	penalties_add(&house->door.penalties, "198.51.100.1", PENALTY_PART_CRASH, clock_now_ms());
	penalties_add(&house->door.penalties, "2001:db8::2", PENALTY_PART_NOAUTH, clock_now_ms());
}

static void
leave(const struct house *house, struct buf *state)
{
	static const int listening[] = { 7, 9 };
	const struct handover handover = {
		.listening = listening,
		.listening_count = COUNT(listening),
		.pidfile = "/run/pid",
		.connections = &house->connections,
		.door = &house->door,
		.calls = &house->calls,
	};

	buf_init(state, HANDOVER_MAX);
	assert_ok(handover_put(&handover, state));
	assert_ok(handover_check(buf_bytes(state)));
}

static void
all_of_it_arrives(void **state)
{
	struct house old, new;
	struct buf bytes;
	const char *why;
	char pidfile[64];

	house_open(&old, "");
	furnish(&old);
	leave(&old, &bytes);
	house_open(&new, "");
	assert_ok(handover_restore(buf_bytes(&bytes), &new.connections, &new.door, &new.calls));
	assert_int_equal(new.connections.count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(new.connections.list[i].pid, old.connections.list[i].pid);
		assert_int_equal(
		    new.connections.list[i].is_leaving, old.connections.list[i].is_leaving);
		assert_int_equal(
		    new.connections.list[i].is_logged_in, old.connections.list[i].is_logged_in);
		assert_string_equal(new.connections.list[i].peer, old.connections.list[i].peer);
	}
	assert_int_equal(new.door.leaving, 1);
	assert_int_equal(new.door.startups.count, 2);
	assert_true(startups_find(&new.door.startups, 1)->has_spoken);
	assert_int_equal(startups_find(&new.door.startups, 1)->heard_ms, 12345);
	assert_false(startups_find(&new.door.startups, 4)->has_spoken);
	assert_true(penalties_refuse(&new.door.penalties, "198.51.100.1", clock_now_ms(), &why));
	assert_string_equal(why, "caused crash");
	assert_false(penalties_refuse(&new.door.penalties, "2001:db8::2", clock_now_ms(), &why));
	assert_int_equal(new.door.penalties.v6.count, 1);
	assert_true(handover_pidfile(buf_bytes(&bytes), pidfile, sizeof(pidfile)));
	assert_string_equal(pidfile, "/run/pid");
	assert_false(handover_pidfile(buf_bytes(&bytes), pidfile, 4));
	buf_clear(&bytes);
	house_close(&old);
	house_close(&new);
}

/* Whom the old one serves is not called again; whom it waited for is, with what is known of it. */
static void
calls_come_along(void **state)
{
	struct house old, new;
	struct buf bytes;

	house_open(&old, "CallHome a\nCallHome b\nCallHome gone");
	assert_ok(connections_add(&old.connections, 7, -1, "192.0.2.1"));
	old.connections.list[0].is_called = true;
	calls_connected(&old.calls, calls_next(&old.calls, 0), 7);
	calls_heard(&old.calls, 7, MONITOR_STATUS_LOGGED_IN);
	calls_failed(&old.calls, calls_next(&old.calls, 0), "why", 0, 0);
	leave(&old, &bytes);
	house_open(&new, "CallHome new\nCallHome b\nCallHome a");
	assert_ok(handover_restore(buf_bytes(&bytes), &new.connections, &new.door, &new.calls));
	assert_true(new.connections.list[0].is_called);
	assert_int_equal(new.door.startups.count, 0);
	assert_int_equal(new.calls.list[0].said, CALL_SAID_NOTHING);
	assert_int_equal(new.calls.list[1].said, CALL_SAID_LOST);
	assert_int_equal(new.calls.list[1].failures, 1);
	assert_int_equal(new.calls.list[1].state, CALL_WAITS);
	assert_int_equal(new.calls.list[2].state, CALL_SERVES);
	assert_int_equal(new.calls.list[2].pid, 7);
	assert_true(new.calls.list[2].has_logged_in &&new.calls.list[2].has_spoken);
	assert_int_equal(new.calls.list[2].said, CALL_SAID_REACHED);
	assert_int_equal(new.calls.count, 3);
	buf_clear(&bytes);
	house_close(&old);
	house_close(&new);
}

static void
count_descriptors(void *context, enum handover_kind kind, int fd)
{
	int *sums = context;

	sums[kind] += fd;
}

static void
descriptors_are_found(void **state)
{
	struct house house;
	struct buf bytes;
	int sums[2] = { 0 };

	house_open(&house, "");
	add(&house, 1, "192.0.2.1");
	house.connections.list[0].status_fd = 100000;
	add(&house, 2, "192.0.2.1"); /* none */
	leave(&house, &bytes);
	handover_descriptors(buf_bytes(&bytes), count_descriptors, sums);
	assert_int_equal(sums[HANDOVER_LISTENING], 16);
	assert_int_equal(sums[HANDOVER_STATUS], 100000);
	house.connections.list[0].status_fd = -1;
	buf_clear(&bytes);
	house_close(&house);
}

static const struct {
	const char *name, *settings;
	size_t penalties;
} others[] = {
	{ "the same", "PerSourcePenalties crash:1", 1 },
	{ "no penalties any more", "PerSourcePenalties no", 0 },
	{ "other blocks", "PerSourceNetBlockSize 24:128", 0 },
	{ "blocks of the other family", "PerSourceNetBlockSize 32:64", 0 },
};

static void
penalties_come_along_where_they_mean_the_same(void **state)
{
	for (size_t i = 0; i < COUNT(others); i++) {
		struct house old, new;
		struct buf bytes;

		house_open(&old, "");
		furnish(&old);
		leave(&old, &bytes);
		house_open(&new, others[i].settings);
		assert_ok(
		    handover_restore(buf_bytes(&bytes), &new.connections, &new.door, &new.calls));
		ROW_TRUE(others[i].name, new.door.penalties.v4.count == others[i].penalties);
		buf_clear(&bytes);
		house_close(&old);
		house_close(&new);
	}
}

/* As many as the new settings have room for. */
static void
fewer_places_than_before(void **state)
{
	struct house old, new;
	struct buf bytes;

	house_open(&old, "ReservedSources 192.0.2.0/24\nReservedStartups 3");
	for (pid_t pid = 1; pid <= 3; pid++)
		add(&old, pid, "192.0.2.1");
	penalties_add(&old.door.penalties, "192.0.2.1", PENALTY_PART_CRASH, clock_now_ms());
	penalties_add(&old.door.penalties, "192.0.2.2", PENALTY_PART_CRASH, clock_now_ms());
	assert_int_equal(old.door.startups.reserved, 3);
	leave(&old, &bytes);
	house_open(&new, "ReservedSources 192.0.2.0/24\nReservedStartups 1\n"
			 "PerSourcePenalties max-sources4:1");
	assert_ok(handover_restore(buf_bytes(&bytes), &new.connections, &new.door, &new.calls));
	assert_int_equal(new.door.startups.count, 3);
	assert_int_equal(new.door.startups.reserved, 1);
	assert_int_equal(new.door.penalties.v4.count, 1);
	buf_clear(&bytes);
	house_close(&old);
	house_close(&new);
}

static void
put_part(struct buf *out, const char *name, struct bytes body)
{
	uint8_t room[256];
	struct writer writer = writer_into(room, sizeof(room));

	put_text(&writer, name);
	put_string(&writer, body);
	assert_ok(writer_end(&writer));
	assert_ok(buf_append(out, writer_bytes(&writer)));
}

static void
a_part_that_is_not_known_is_left_out(void **state)
{
	struct house house;
	struct buf bytes;

	buf_init(&bytes, 4096);
	put_part(&bytes, "sallyport-handover", BYTES("\0\0\0\0"));
	put_part(&bytes, "of the future", BYTES("whatever"));
	assert_ok(handover_check(buf_bytes(&bytes)));
	house_open(&house, "");
	assert_ok(
	    handover_restore(buf_bytes(&bytes), &house.connections, &house.door, &house.calls));
	assert_int_equal(house.connections.count, 0);
	buf_clear(&bytes);
	house_close(&house);
}

/* clang-format off */
static const struct {
	const char *name, *part;
	struct bytes body;
} broken[] = {
	{ "half a descriptor",    "listening",      BYTES_ROW("\0\0\0\7\0\0") },
	{ "no process",           "connection",     BYTES_ROW("\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\0\1x") },
	{ "a negative process",   "connection",     BYTES_ROW("\377\0\0\0\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\0\1x") },
	{ "a negative descriptor", "connection",    BYTES_ROW("\0\0\0\1\377\0\0\5\0\0\0\0\0\0\0\0\0\0\0\0\1x") },
	{ "too short",            "connection",     BYTES_ROW("\0\0\0\1\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\0\2x") },
	{ "too long",             "connection",     BYTES_ROW("\0\0\0\1\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\0\1xy") },
	{ "no address",           "penalty",        BYTES_ROW("\0\0\0\3abc\0\0\0\0\0\0\0\1\0\0\0\0\1") },
	{ "no kind",              "penalty",        BYTES_ROW("\0\0\0\4abcd\0\0\0\0\0\0\0\1\0\0\0\6\1") },
	{ "half a call",          "call",           BYTES_ROW("\0\0\0\1a\0\0\0\0\0\0\0") },
	{ "a call and more",      "call",           BYTES_ROW("\0\0\0\1a\0\0\0\0\0\0\0\0\0\0x") },
	{ "a call's negative process", "call",      BYTES_ROW("\0\0\0\1a\377\0\0\0\0\0\0\0\0\0") },
	{ "no word of a call's",  "call",           BYTES_ROW("\0\0\0\1a\0\0\0\0\0\0\0\0\3\0") },
	{ "one block",            "penalty-blocks", BYTES_ROW("\0\0\0\1") },
};
/* clang-format on */

static void
what_is_broken_is_seen(void **state)
{
	struct house house;
	struct buf bytes;

	for (size_t i = 0; i < COUNT(broken); i++) {
		buf_init(&bytes, 4096);
		put_part(&bytes, "sallyport-handover", BYTES("\0\0\0\0"));
		put_part(&bytes, broken[i].part, broken[i].body);
		ROW_TRUE(broken[i].name, handover_check(buf_bytes(&bytes)) != RESULT_OK);
		buf_clear(&bytes);
	}
	assert_true(handover_check(BYTES("")) != RESULT_OK);
	assert_true(handover_check(BYTES("\0\0\0\1x\0\0\0\0")) != RESULT_OK);
	/* Cut anywhere. */
	house_open(&house, "");
	furnish(&house);
	leave(&house, &bytes);
	for (size_t size = 0; size < buf_size(&bytes); size++) {
		const struct bytes cut = bytes_of(buf_bytes(&bytes).data, size);
		int sums[2] = { 0 };

		handover_descriptors(cut, count_descriptors, sums);
	}
	assert_true(
	    handover_check(bytes_of(buf_bytes(&bytes).data, buf_size(&bytes) - 1)) != RESULT_OK);
	buf_clear(&bytes);
	house_close(&house);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_arrives),
		cmocka_unit_test(calls_come_along),
		cmocka_unit_test(descriptors_are_found),
		cmocka_unit_test(penalties_come_along_where_they_mean_the_same),
		cmocka_unit_test(fewer_places_than_before),
		cmocka_unit_test(a_part_that_is_not_known_is_left_out),
		cmocka_unit_test(what_is_broken_is_seen),
	};

	support_log_capture(&heard);
	return cmocka_run_group_tests_name("handover", tests, NULL, NULL);
}
