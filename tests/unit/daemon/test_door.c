/* SPDX-License-Identifier: ISC */
/*
 * Who comes in, what those are told who do not, and what a monitor's word costs its peer.
 */
#include "daemon/door.h"

#include <sys/socket.h>

#include "common/clock.h"
#include "tests/unit/settings.h"

static struct support_log heard;
static pid_t victim; /* of the latest who came in */

static struct connection *
from(pid_t pid, const char *address, bool is_logged_in)
{
	static struct connection connection;

	connection = (struct connection){ .pid = pid, .is_logged_in = is_logged_in };
	snprintf(connection.peer, sizeof(connection.peer), "%s", address);
	return &connection;
}

static const struct monitor_endpoint here = { "192.0.2.22", 22 };

/* Knocks; what is said to those who may not come in is in `said`. */
static bool
knock(struct door *door, const char *address, char said[64])
{
	struct monitor_endpoint peer = { .port = 4711 };
	int sockets[2];
	ssize_t size;
	bool opens;

	snprintf(peer.address, sizeof(peer.address), "%s", address);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets), 0);
	opens = door_opens(door, sockets[0], &peer, &here, &victim);
	size = recv(sockets[1], said, 63, 0);
	said[size < 0 ? 0 : size] = '\0';
	close(sockets[0]);
	close(sockets[1]);
	return opens;
}

static bool
comes_in(struct door *door, const char *address)
{
	char said[64];
	const bool opens = knock(door, address, said);

	assert_int_equal(opens, said[0] == '\0');
	return opens;
}

static void
too_many_are_turned_away_with_a_word(void **state)
{
	SETTINGS *settings = settings_of("MaxStartups 2");
	struct door door;
	char said[64];

	assert_ok(door_init(&door, settings));
	support_log_capture(&heard);
	for (pid_t pid = 1; pid <= 2; pid++) {
		assert_true(comes_in(&door, "192.0.2.1"));
		assert_ok(door_entered(&door, pid, "192.0.2.1"));
	}
	assert_false(knock(&door, "192.0.2.1", said));
	assert_string_equal(said, "Exceeded MaxStartups\r\n");
	assert_string_equal(heard.reason, "max-startups");
	assert_string_equal(
	    heard.text, "drop connection #2 from [192.0.2.1]:4711 on [192.0.2.22]:22 Maxstartups");
	door_hear(&door, from(1, "192.0.2.1", false), MONITOR_STATUS_LOGGED_IN);
	assert_true(comes_in(&door, "192.0.2.1"));
	assert_ok(door_entered(&door, 3, "192.0.2.1"));
	door_ended(&door, from(2, "192.0.2.1", false), 0);
	assert_true(comes_in(&door, "192.0.2.1"));
	/* The one that logged in counts no more when it ends. */
	door_ended(&door, from(1, "192.0.2.1", true), 0);
	assert_int_equal(door.startups.count, 1);
	door_clear(&door);
}

static void
one_network_has_no_more_than_its_share(void **state)
{
	SETTINGS *settings = settings_of("PerSourceMaxStartups 2\nPerSourceNetBlockSize 24:56");
	struct door door;
	char said[64];

	assert_ok(door_init(&door, settings));
	support_log_capture(&heard);
	assert_ok(door_entered(&door, 1, "192.0.2.1"));
	assert_ok(door_entered(&door, 2, "192.0.2.2"));
	assert_ok(door_entered(&door, 3, "2001:db8::1"));
	assert_false(knock(&door, "192.0.2.3", said));
	assert_string_equal(said, "Not allowed at this time\r\n");
	assert_string_equal(heard.text,
	    "drop connection #3 from [192.0.2.3]:4711 on [192.0.2.22]:22 PerSourceMaxStartups");
	assert_true(comes_in(&door, "192.0.3.1"));
	assert_true(comes_in(&door, "2001:db8::2"));
	door_hear(&door, from(2, "192.0.2.2", false), MONITOR_STATUS_LOGGED_IN);
	assert_true(comes_in(&door, "192.0.2.3"));
	door_clear(&door);
}

static const struct {
	uint8_t status;
	const char *settings, *why;
} words[] = {
	{ MONITOR_STATUS_CRASHED, "PerSourcePenalties crash:30", "caused crash" },
	{ MONITOR_STATUS_FAILED, "PerSourcePenalties authfail:30", "failed authentication" },
	{ MONITOR_STATUS_INVALID_USER, "PerSourcePenalties invaliduser:30",
	    "attempted authentication by invalid user" },
	{ MONITOR_STATUS_NO_ATTEMPT, "PerSourcePenalties noauth:30",
	    "connections without attempting authentication" },
	{ MONITOR_STATUS_REFUSED, "PerSourcePenalties refuseconnection:30",
	    "connection refused by server" },
	{ MONITOR_STATUS_TOO_SLOW, "PerSourcePenalties grace-exceeded:30",
	    "exceeded LoginGraceTime" },
};

static void
what_a_monitor_says_has_its_price(void **state)
{
	for (size_t i = 0; i < COUNT(words); i++) {
		SETTINGS *settings = settings_of(words[i].settings);
		struct door door;
		char said[64];

		assert_ok(door_init(&door, settings));
		support_log_capture(&heard);
		door_hear(&door, from(1, "192.0.2.1", false), words[i].status);
		ROW_TRUE(words[i].settings, !knock(&door, "192.0.2.1", said));
		ROW_TRUE(words[i].settings, strcmp(said, "Not allowed at this time\r\n") == 0);
		ROW_TRUE(words[i].settings, strstr(heard.text, words[i].why) != NULL);
		ROW_TRUE(words[i].settings, comes_in(&door, "192.0.2.2"));
		door_clear(&door);
	}
}

/* Only a monitor that dies by itself, before a login, is a crash. */
static void
a_monitor_that_dies_is_a_crash(void **state)
{
	SETTINGS *settings = settings_of("");
	struct door door;

	assert_ok(door_init(&door, settings));
	door_ended(&door, from(1, "192.0.2.1", false), 255 << 8);
	door_ended(&door, from(1, "192.0.2.1", false), SIGKILL);
	door_ended(&door, from(1, "192.0.2.1", false), SIGTERM);
	door_ended(&door, from(1, "192.0.2.1", true), SIGSEGV);
	assert_true(comes_in(&door, "192.0.2.1"));
	door_ended(&door, from(1, "192.0.2.1", false), SIGSEGV);
	assert_false(knock(&door, "192.0.2.1", (char[64]){ "" }));
	door_clear(&door);
}

/* Whom MaxStartups hits: the oldest silent one of the greediest network, in the place of a newcomer of another. */
static void
the_greediest_makes_room(void **state)
{
	SETTINGS *settings = settings_of("MaxStartups 3");
	struct connection *connection;
	struct door door;

	assert_ok(door_init(&door, settings));
	support_log_capture(&heard);
	for (pid_t pid = 1; pid <= 3; pid++) {
		assert_true(comes_in(&door, "198.51.100.1"));
		assert_int_equal(victim, 0);
		assert_ok(door_entered(&door, pid, "198.51.100.1"));
	}
	door.startups.list[1].heard_ms -= 1000; /* whatever the clock did meanwhile */
	assert_true(comes_in(&door, "203.0.113.1"));
	assert_int_equal(victim, 2);
	assert_string_equal(heard.reason, "max-startups");
	assert_non_null(strstr(heard.text, "drop connection #3 from 198.51.100.1/32, silent for "));
	assert_non_null(strstr(heard.text, " ms, for one from [203.0.113.1] Maxstartups"));
	connection = from(2, "198.51.100.1", false);
	door_leaves(&door, connection);
	assert_ok(door_entered(&door, 4, "203.0.113.1"));
	assert_int_equal(door.startups.count, 3);
	assert_int_equal(door.leaving, 1);
	/* One of the flood itself waits, as MaxStartups says. */
	assert_false(knock(&door, "198.51.100.1", (char[64]){ "" }));
	door_ended(&door, connection, SIGKILL);
	assert_int_equal(door.leaving, 0);
	assert_int_equal(door.startups.count, 3);
	door_clear(&door);
}

/* It said so before it heard that it should go. */
static void
a_login_in_the_last_moment_is_one(void **state)
{
	SETTINGS *settings = settings_of("MaxStartups 3");
	struct connection *connection = from(1, "198.51.100.1", false);
	struct door door;

	assert_ok(door_init(&door, settings));
	assert_ok(door_entered(&door, 1, "198.51.100.1"));
	door_leaves(&door, connection);
	door_hear(&door, connection, MONITOR_STATUS_LOGGED_IN);
	assert_int_equal(door.leaving, 0);
	connection->is_logged_in = true;
	door_ended(&door, connection, 0);
	assert_int_equal(door.leaving, 0);
	door_clear(&door);
}

/* Who is told to go and does not is a process all the same. */
static void
those_who_leave_are_bounded(void **state)
{
	SETTINGS *settings = settings_of("MaxStartups 2");
	struct door door;

	assert_ok(door_init(&door, settings));
	for (pid_t pid = 1; pid <= 20; pid++) {
		char address[32];

		/* Each has less than those who are there. */
		snprintf(address, sizeof(address), "10.%d.0.1", pid);
		if (door.startups.count < 2) {
			assert_ok(door_entered(&door, pid, "198.51.100.1"));
			continue;
		}
		if (!knock(&door, address, (char[64]){ "" }))
			continue;
		assert_ok(door_entered(&door, pid, "198.51.100.1"));
		door_leaves(&door, from(victim, "198.51.100.1", false));
	}
	assert_int_equal(door.leaving, 2);
	assert_int_equal(door.startups.count, 2);
	door_clear(&door);
}

static void
reserved_sources_get_in(void **state)
{
	SETTINGS *settings = settings_of("MaxStartups 1\nReservedSources 203.0.113.0/24\n"
					 "ReservedStartups 2\nPerSourceMaxStartups 1\n");
	struct door door;

	assert_ok(door_init(&door, settings));
	assert_ok(door_entered(&door, 1, "198.51.100.1"));
	door_hear(&door, from(9, "203.0.113.1", false), MONITOR_STATUS_CRASHED);
	for (pid_t pid = 2; pid <= 3; pid++) {
		assert_true(comes_in(&door, "203.0.113.1"));
		assert_int_equal(victim, 0);
		assert_ok(door_entered(&door, pid, "203.0.113.1"));
	}
	/* With no place of their own left they are like others: too new a guest stays. */
	assert_false(knock(&door, "203.0.113.1", (char[64]){ "" }));
	/* They take nobody's place, and give theirs back. */
	door_hear(&door, from(1, "198.51.100.1", false), MONITOR_STATUS_LOGGED_IN);
	assert_true(comes_in(&door, "192.0.2.1"));
	assert_ok(door_entered(&door, 4, "192.0.2.1"));
	door_hear(&door, from(2, "203.0.113.1", false), MONITOR_STATUS_LOGGED_IN);
	assert_true(comes_in(&door, "203.0.113.1"));
	assert_int_equal(victim, 0);
	door_clear(&door);
}

static void
a_flood_of_refusals_is_logged_a_little(void **state)
{
	SETTINGS *settings = settings_of("");
	struct door door;
	char said[64];

	assert_ok(door_init(&door, settings));
	door_hear(&door, from(1, "192.0.2.1", false), MONITOR_STATUS_CRASHED);
	support_log_capture(&heard);
	for (int i = 0; i < 1000; i++)
		assert_false(knock(&door, "192.0.2.1", said));
	assert_int_equal(heard.count, RATION_LINES);
	door_meet_deadline(&door, clock_now_ms());
	assert_int_equal(heard.count, RATION_LINES);
	assert_true(door_deadline_ms(&door) > 0);
	door_meet_deadline(&door, door_deadline_ms(&door));
	assert_string_equal(heard.text, "drop connection: 990 more were dropped in 10 s");
	assert_int_equal(door_deadline_ms(&door), 0);
	door_clear(&door);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_many_are_turned_away_with_a_word),
		cmocka_unit_test(one_network_has_no_more_than_its_share),
		cmocka_unit_test(what_a_monitor_says_has_its_price),
		cmocka_unit_test(a_monitor_that_dies_is_a_crash),
		cmocka_unit_test(the_greediest_makes_room),
		cmocka_unit_test(a_login_in_the_last_moment_is_one),
		cmocka_unit_test(those_who_leave_are_bounded),
		cmocka_unit_test(reserved_sources_get_in),
		cmocka_unit_test(a_flood_of_refusals_is_logged_a_little),
	};

	support_log_capture(&heard);
	return cmocka_run_group_tests_name("door", tests, NULL, NULL);
}
