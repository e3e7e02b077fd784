/* SPDX-License-Identifier: ISC */
/*
 * Tests of daemon/child/connection/session.c, listeners.c and offer.c: the client's agent and its display,
 * asked for by a session and opened by us.
 */
#include "daemon/child/connection/listeners.h"

#include "tests/unit/daemon/child/connection/rig.h"

#define COOKIE "00112233445566778899aabbccddeeff"

static struct writer
request(struct rig *rig, const char *name)
{
	struct writer writer = say(rig, SSH_MSG_CHANNEL_REQUEST);

	put_u32(&writer, 0);
	put_text(&writer, name);
	put_bool(&writer, true);
	return writer;
}

static enum result
request_agent(struct rig *rig, const char *name)
{
	struct writer writer = request(rig, name);

	return receive(rig, &writer);
}

static enum result
request_display(struct rig *rig, struct bytes cookie)
{
	struct writer writer = request(rig, "x11-req");

	put_bool(&writer, true);
	put_text(&writer, "MIT-MAGIC-COOKIE-1");
	put_string(&writer, cookie);
	put_u32(&writer, 2);
	return receive(rig, &writer);
}

static enum result
answer_done(struct rig *rig, enum ipc_type type, uint32_t done)
{
	uint8_t room[8];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, 0);
	put_u32(&writer, done);
	return answer(rig, type, &writer);
}

static void
the_monitor_is_asked_by_which_name(void **state)
{
	static const struct {
		const char *name;
		bool is_standard;
	} rows[] = { { "auth-agent-req@openssh.com", false }, { "agent-req", true } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig *rig = rig_with_session();
		struct reader reader;

		ROW_RESULT(rows[i].name, request_agent(rig, rows[i].name), RESULT_OK);
		reader = asked(rig, IPC_forward_agent);
		ROW_TRUE(rows[i].name, get_u32(&reader) == 0);
		ROW_TRUE(rows[i].name, get_bool(&reader) == rows[i].is_standard);
		assert_ok(reader_end(&reader));
		assert_true(says_nothing(rig));
		assert_ok(answer_done(rig, IPC_agent_forwarded, i == 0));
		(void)told(rig, i == 0 ? SSH_MSG_CHANNEL_SUCCESS : SSH_MSG_CHANNEL_FAILURE);
		rig_free(rig);
	}
}

static void
the_monitor_is_asked_for_the_display_as_the_client_put_it(void **state)
{
	struct rig *rig = rig_with_session();
	struct x11_request x11;
	struct reader reader;

	assert_ok(request_display(rig, BYTES("any\nbytes\0at all")));
	reader = asked(rig, IPC_forward_x11);
	x11_request_get(&reader, &x11);
	assert_ok(reader_end(&reader));
	assert_true(x11.is_single);
	assert_bytes_text(x11.protocol, "MIT-MAGIC-COOKIE-1");
	assert_bytes(x11.cookie, BYTES("any\nbytes\0at all"));
	assert_int_equal(x11.screen, 2);
	assert_ok(answer_done(rig, IPC_x11_forwarded, 0));
	(void)told(rig, SSH_MSG_CHANNEL_FAILURE);
	rig_free(rig);
}

static void
what_no_message_holds_is_refused_here(void **state)
{
	static uint8_t cookie[100000];
	struct rig *rig = rig_with_session();

	assert_ok(request_display(rig, bytes_of(cookie, sizeof(cookie))));
	(void)told(rig, SSH_MSG_CHANNEL_FAILURE);
	assert_true(says_nothing(rig));
	rig_free(rig);
}

/* The monitor answers in order, whatever it has to wait for. */
static void
replies_keep_their_order(void **state)
{
	struct rig *rig = rig_with_session();

	assert_ok(request_agent(rig, "agent-req"));
	(void)asked(rig, IPC_forward_agent);
	assert_ok(request_display(rig, BYTES(COOKIE)));
	(void)asked(rig, IPC_forward_x11);
	assert_ok(request_agent(rig, "nothing-req@example.org"));
	assert_true(says_nothing(rig));
	assert_ok(answer_done(rig, IPC_agent_forwarded, 1));
	(void)told(rig, SSH_MSG_CHANNEL_SUCCESS);
	assert_ok(answer_done(rig, IPC_x11_forwarded, 1));
	(void)told(rig, SSH_MSG_CHANNEL_SUCCESS);
	(void)told(rig, SSH_MSG_CHANNEL_FAILURE);
	rig_free(rig);
}

static struct rig *
rig_forwarding(void)
{
	struct rig *rig = rig_with_session();
	struct reader reader;

	assert_ok(request_agent(rig, "agent-req"));
	(void)asked(rig, IPC_forward_agent);
	assert_ok(answer_done(rig, IPC_agent_forwarded, 1));
	(void)told(rig, SSH_MSG_CHANNEL_SUCCESS);
	reader = asked(rig, IPC_accept_more); /* from here on somebody may connect */
	assert_true(get_u32(&reader) > 0);
	return rig;
}

static void
who_connects_becomes_a_channel_of_its_kind(void **state)
{
	static const struct {
		const char *type;
		uint32_t id;
		bool has_originator;
	} rows[] = {
		{ "auth-agent@openssh.com", FORWARD_AGENT_ID, false },
		{ "agent-connect", FORWARD_STANDARD_AGENT_ID, false },
		{ "x11", FORWARD_DISPLAY_ID, true },
		{ "x11", FORWARD_SLOTS_MAX - 1, true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig *rig = rig_forwarding();
		struct bytes payload;
		struct reader reader;

		assert_ok(answer_accepted(rig, rows[i].id));
		ROW_TRUE(rows[i].type, rig->attach.kind == CONN_ATTACH_SOCKET);
		assert_true(outlet_take_packet(&rig->outlet, &payload));
		reader = reader_of(payload);
		ROW_TRUE(rows[i].type, get_byte(&reader) == SSH_MSG_CHANNEL_OPEN);
		ROW_BYTES(rows[i].type, get_string(&reader), bytes_of_text(rows[i].type));
		ROW_TRUE(rows[i].type, get_u32(&reader) == rig->attach.channel);
		(void)get_u32(&reader);
		(void)get_u32(&reader);
		if (rows[i].has_originator) {
			ROW_BYTES(rows[i].type, get_string(&reader), BYTES("192.0.2.1"));
			ROW_TRUE(rows[i].type, get_u32(&reader) == 4711);
		}
		ROW_RESULT(rows[i].type, reader_end(&reader), RESULT_OK);
		rig_free(rig);
	}
}

static void
nobody_connects_whom_nobody_asked_for(void **state)
{
	struct rig *rig = rig_with_session();

	assert_result(answer_accepted(rig, FORWARD_AGENT_ID), RESULT_MALFORMED);
	rig_free(rig);
	rig = rig_forwarding();
	assert_result(answer_accepted(rig, FORWARD_SLOTS_MAX), RESULT_MALFORMED);
	assert_result(answer_accepted(rig, UINT32_MAX), RESULT_MALFORMED);
	rig_free(rig);
}

/* RFC 4254: a client does not open them. */
static void
clients_open_none_of_them(void **state)
{
	static const char *const types[] = { "auth-agent@openssh.com", "agent-connect", "x11" };

	for (size_t i = 0; i < COUNT(types); i++) {
		struct rig *rig = rig_new();
		struct reader reader;

		assert_ok(open_channel(rig, types[i], 1000));
		reader = told(rig, SSH_MSG_CHANNEL_OPEN_FAILURE);
		ROW_TRUE(types[i], get_u32(&reader) == SSH_OPEN_UNKNOWN_CHANNEL_TYPE);
		rig_free(rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_monitor_is_asked_by_which_name),
		cmocka_unit_test(the_monitor_is_asked_for_the_display_as_the_client_put_it),
		cmocka_unit_test(what_no_message_holds_is_refused_here),
		cmocka_unit_test(replies_keep_their_order),
		cmocka_unit_test(who_connects_becomes_a_channel_of_its_kind),
		cmocka_unit_test(nobody_connects_whom_nobody_asked_for),
		cmocka_unit_test(clients_open_none_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
