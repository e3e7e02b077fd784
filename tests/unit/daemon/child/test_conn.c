/* SPDX-License-Identifier: ISC */
/*
 * Tests of daemon/child/conn.c: the layers put together. A client in memory at one end, this file as
 * the monitor and the edge at the other. conn.c is part of this file, for its transport is its own.
 */
#include "daemon/child/conn.c" /* NOLINT(bugprone-suspicious-include) */

#include "tests/unit/daemon/child/transport/client.h"

#define WINDOW 65536

struct rig {
	struct conn *conn;
	struct client *client;
	enum ipc_type asks[16]; /* what the monitor was asked, but for signatures */
	size_t ask_count;
	struct buf asked;          /* the body of the latest */
	struct buf data;           /* from the client, of all channels */
	enum conn_event_kind last; /* kind of the latest event that is no question */
	struct conn_attach attach;
};

static enum result
answer(struct rig *rig, enum ipc_type type, struct bytes body)
{
	const struct ipc_message message = { .type = type, .body = body };
	enum result result = conn_answer(rig->conn, &message, &rig->attach);

	if (result == RESULT_OK)
		client_flush(rig->client); /* the loop takes events after each answer */
	return result;
}

static void
take_ask(struct rig *rig, const struct conn_event *event)
{
	const struct ipc_message signature = { .type = IPC_signed,
		.body = BYTES_ROW("\0\0\0\032" CLIENT_SIGNATURE) };

	if (event->ask == IPC_sign) {
		assert_ok(conn_answer(rig->conn, &signature, &rig->attach));
		return;
	}
	assert_true(rig->ask_count < COUNT(rig->asks));
	rig->asks[rig->ask_count++] = event->ask;
	buf_reset(&rig->asked);
	assert_ok(buf_append(&rig->asked, event->bytes));
}

static void
drain(void *context)
{
	struct rig *rig = context;
	struct conn_event event;

	for (;;) {
		conn_next(rig->conn, 0, &event);
		if (event.kind == CONN_IDLE)
			return;
		if (event.kind == CONN_ASK) {
			take_ask(rig, &event);
			continue;
		}
		rig->last = event.kind;
		if (event.kind == CONN_ENDED)
			return;
		if (event.kind == CONN_DATA)
			assert_ok(buf_append(&rig->data, event.bytes));
	}
}

static struct rig *
rig_new(void)
{
	struct child_start start = client_server_start();
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	start.channels_max = 4;
	start.policy.window_max_bytes = WINDOW;
	start.policy.windows_max_bytes = WINDOW_BUDGET;
	start.policy.packet_max_bytes = CHANNEL_PACKET_MAX;
	buf_init(&rig->asked, 65536);
	buf_init(&rig->data, 65536);
	assert_ok(conn_new(&start, &rig->conn));
	rig->client = client_of(rig->conn->transport, NULL, drain, rig);
	client_log_in(rig->client, TRANSPORT_PHASE_LOGIN);
	assert_int_equal(rig->ask_count, 1);
	assert_int_equal(rig->asks[0], IPC_kex_done);
	return rig;
}

static void
rig_free(struct rig *rig)
{
	client_freep(&rig->client);
	conn_freep(&rig->conn);
	buf_clear(&rig->asked);
	buf_clear(&rig->data);
	free(rig);
}

/* The monitor was asked this, and nothing else since the last time. */
static void
was_asked(struct rig *rig, enum ipc_type type)
{
	assert_int_equal(rig->ask_count, 1);
	assert_string_equal(ipc_row(rig->asks[0])->name, ipc_row(type)->name);
	rig->ask_count = 0;
}

#define REQUEST "\x32\0\0\0\005alice\0\0\0\016ssh-connection"
#define PROOF   REQUEST "\0\0\0\011publickey\1\0\0\0\013ssh-ed25519\0\0\0\4blob\0\0\0\3sig"

static enum result
answer_login(struct rig *rig, enum auth_outcome outcome)
{
	const struct auth_answer body = { .outcome = outcome, .methods = BYTES_ROW("publickey") };
	uint8_t room[64];
	struct writer writer = writer_into(room, sizeof(room));

	auth_answer_put(&writer, &body);
	return answer(rig, IPC_authenticated, writer_bytes(&writer));
}

static void
log_in(struct rig *rig)
{
	rig->ask_count = 0;
	client_send(rig->client, BYTES(PROOF));
	was_asked(rig, IPC_authenticate);
	assert_false(conn_is_logged_in(rig->conn));
	assert_ok(answer_login(rig, AUTH_OUTCOME_SUCCESS));
	assert_true(conn_is_logged_in(rig->conn));
	assert_bytes(client_message(rig->client, -2), BYTES("\x34"));
	assert_int_equal(client_message(rig->client, -1).data[0], SSH_MSG_GLOBAL_REQUEST);
	assert_memory_equal(
	    client_message(rig->client, -1).data + 5, "hostkeys-00@openssh.com", 23);
}

/* A session with its program, the client's channel 9 and our 0. Their window: 1000, packets of 600. */
static void
start_session(struct rig *rig)
{
	log_in(rig);
	client_send(rig->client, BYTES("\x5a\0\0\0\7session\0\0\0\x09\0\0\3\xe8\0\0\2\x58"));
	was_asked(rig, IPC_open_session);
	assert_ok(answer(rig, IPC_session_opened, BYTES("\0\0\0\0\0\0\0\0\0\0\0\0")));
	client_send(rig->client, BYTES("\x62\0\0\0\0\0\0\0\4exec\1\0\0\0\2id"));
	was_asked(rig, IPC_start_session);
	assert_false(conn_is_started(rig->conn, 0));
	assert_ok(answer(rig, IPC_session_started, BYTES("\0\0\0\0\0\0\0\1\0\0\0\0")));
	assert_int_equal(rig->attach.kind, CONN_ATTACH_PIPES);
	assert_int_equal(rig->attach.channel, 0);
	assert_true(conn_is_started(rig->conn, 0));
	assert_bytes(client_message(rig->client, -1), BYTES("\x63\0\0\0\x09"));
}

static void
a_life_from_login_to_close(void **state)
{
	struct rig *rig = rig_new();
	uint8_t *at;
	size_t room;

	start_session(rig);
	client_send(rig->client, BYTES("\x5e\0\0\0\0\0\0\0\5hello"));
	assert_bytes_text(buf_bytes(&rig->data), "hello");
	client_send(rig->client, BYTES("\x60\0\0\0\0"));
	assert_int_equal(rig->last, CONN_EOF);
	assert_ok(conn_reserve(rig->conn, 0, CONN_STREAM_DATA, &at, &room));
	memcpy(at, "out", 3);
	assert_ok(conn_commit(rig->conn, 0, CONN_STREAM_DATA, 3));
	client_flush(rig->client);
	assert_bytes(client_message(rig->client, -1), BYTES("\x5e\0\0\0\x09\0\0\0\3out"));
	assert_ok(conn_reserve(rig->conn, 0, CONN_STREAM_STDERR, &at, &room));
	memcpy(at, "err", 3);
	assert_ok(conn_commit(rig->conn, 0, CONN_STREAM_STDERR, 3));
	client_flush(rig->client);
	assert_bytes(client_message(rig->client, -1), BYTES("\x5f\0\0\0\x09\0\0\0\1\0\0\0\3err"));
	assert_ok(answer(rig, IPC_session_ended, BYTES("\0\0\0\0\0\0\0\0\7\0\0\0\0\0")));
	conn_source_ended(rig->conn, 0, CONN_STREAM_DATA);
	conn_source_ended(rig->conn, 0, CONN_STREAM_STDERR);
	client_flush(rig->client);
	assert_bytes(client_message(rig->client, -1), BYTES("\x61\0\0\0\x09"));
	client_send(rig->client, BYTES("\x61\0\0\0\0"));
	assert_int_equal(rig->last, CONN_GONE);
	was_asked(rig, IPC_close_session);
	rig_free(rig);
}

/* Replies to later requests wait for the one that the monitor is asked for. */
static void
proof_of_host_keys_keeps_the_order_of_replies(void **state)
{
	struct rig *rig = rig_new();

	log_in(rig);
	client_send(rig->client, BYTES("\x50\0\0\0\x1dhostkeys-prove-00@openssh.com\1\0\0\0\3key"));
	was_asked(rig, IPC_prove_host_keys);
	assert_bytes(buf_bytes(&rig->asked), BYTES("\0\0\0\3key"));
	client_send(rig->client, BYTES("\x50\0\0\0\1x\1"));
	client_send(rig->client, BYTES("\x50\0\0\0\x1cno-more-sessions@openssh.com\1"));
	assert_int_equal(client_message(rig->client, -1).data[0], SSH_MSG_GLOBAL_REQUEST);
	assert_ok(answer(rig, IPC_host_keys_proved, BYTES("\0\0\0\3sig")));
	assert_bytes(client_message(rig->client, -3), BYTES("\x51\0\0\0\3sig"));
	assert_bytes(client_message(rig->client, -2), BYTES("\x52"));
	assert_bytes(client_message(rig->client, -1), BYTES("\x51"));
	assert_result(answer(rig, IPC_host_keys_proved, BYTES("")), RESULT_PROTOCOL);
	rig_free(rig);
}

static void
what_is_no_list_of_keys_is_refused_here(void **state)
{
	struct rig *rig = rig_new();

	log_in(rig);
	client_send(rig->client, BYTES("\x50\0\0\0\x1dhostkeys-prove-00@openssh.com\1\0\0\0\7key"));
	client_send(rig->client, BYTES("\x50\0\0\0\x1dhostkeys-prove-00@openssh.com\1"));
	assert_int_equal(rig->ask_count, 0);
	assert_bytes(client_message(rig->client, -2), BYTES("\x52"));
	assert_bytes(client_message(rig->client, -1), BYTES("\x52"));
	rig_free(rig);
}

static void
one_attempt_at_a_time(void **state)
{
	struct rig *rig = rig_new();

	rig->ask_count = 0;
	client_put(rig->client, BYTES(REQUEST "\0\0\0\4none"));
	client_put(rig->client, BYTES(PROOF));
	client_flush(rig->client);
	was_asked(rig, IPC_authenticate);
	assert_ok(answer_login(rig, AUTH_OUTCOME_FAILURE));
	was_asked(rig, IPC_authenticate);
	assert_ok(answer_login(rig, AUTH_OUTCOME_SUCCESS));
	assert_true(conn_is_logged_in(rig->conn));
	rig_free(rig);
}

static void
nothing_of_the_connection_protocol_before_login(void **state)
{
	static const struct bytes messages[] = {
		BYTES_ROW("\x50\0\0\0\1x\1"),
		BYTES_ROW("\x5a\0\0\0\7session\0\0\0\0\0\0\0\1\0\0\0\1"),
		BYTES_ROW("\x5e\0\0\0\0\0\0\0\0"),
		BYTES_ROW("\x62\0\0\0\0\0\0\0\5shell\1"),
	};

	for (size_t i = 0; i < COUNT(messages); i++) {
		struct rig *rig = rig_new();

		rig->ask_count = 0;
		client_send(rig->client, messages[i]);
		assert_int_equal(rig->last, CONN_ENDED);
		assert_int_equal(rig->ask_count, 0);
		assert_int_equal(conn_ending(rig->conn).reason, SSH_DISCONNECT_PROTOCOL_ERROR);
		assert_int_equal(client_message(rig->client, -1).data[0], SSH_MSG_DISCONNECT);
		rig_free(rig);
	}
}

static void
answers_that_make_no_sense_are_errors(void **state)
{
	static const struct {
		enum ipc_type type;
		struct bytes body;
	} rows[] = {
		{ IPC_signed, BYTES_ROW("\0\0\0\1x") },
		{ IPC_signed, BYTES_ROW("\0\0") },
		{ IPC_authenticated, BYTES_ROW("\0\0\0\2\0\0\0\0\0") },
		{ IPC_session_opened, BYTES_ROW("\0\0\0\0\0\0\0\0\0\0\0\0") },
		{ IPC_session_ended, BYTES_ROW("\0\0\0\0\0\0\0\0\7\0\0\0\0\0") },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig *rig = rig_new();

		assert_int_not_equal(answer(rig, rows[i].type, rows[i].body), RESULT_OK);
		assert_false(conn_is_logged_in(rig->conn));
		rig_free(rig);
	}
}

static void
a_success_for_a_query_is_no_login(void **state)
{
	struct rig *rig = rig_new();

	client_send(
	    rig->client, BYTES(REQUEST "\0\0\0\011publickey\0\0\0\0\013ssh-ed25519\0\0\0\4blob"));
	assert_result(answer_login(rig, AUTH_OUTCOME_SUCCESS), RESULT_MALFORMED);
	assert_false(conn_is_logged_in(rig->conn));
	rig_free(rig);
}

static void
what_is_sent_keeps_to_the_window(void **state)
{
	struct rig *rig = rig_new();
	uint8_t *at;
	size_t room;

	assert_false(conn_may_send(rig->conn, 0, CONN_STREAM_DATA));
	start_session(rig);
	assert_true(conn_may_send(rig->conn, 0, CONN_STREAM_DATA));
	assert_false(conn_may_send(rig->conn, 1, CONN_STREAM_DATA));
	assert_ok(conn_reserve(rig->conn, 0, CONN_STREAM_DATA, &at, &room));
	assert_int_equal(room, 600);                               /* their packet */
	assert_ok(conn_commit(rig->conn, 0, CONN_STREAM_DATA, 0)); /* gives it back */
	assert_ok(conn_reserve(rig->conn, 0, CONN_STREAM_DATA, &at, &room));
	assert_int_equal(room, 600);
	memset(at, 'x', room);
	assert_ok(conn_commit(rig->conn, 0, CONN_STREAM_DATA, room));
	assert_ok(conn_reserve(rig->conn, 0, CONN_STREAM_STDERR, &at, &room));
	assert_int_equal(room, 400); /* what is left of their window */
	memset(at, 'y', room);
	assert_ok(conn_commit(rig->conn, 0, CONN_STREAM_STDERR, room));
	assert_false(conn_may_send(rig->conn, 0, CONN_STREAM_DATA));
	assert_result(conn_reserve(rig->conn, 0, CONN_STREAM_DATA, &at, &room), RESULT_AGAIN);
	client_send(rig->client, BYTES("\x5d\0\0\0\0\0\0\0\7"));
	assert_ok(conn_reserve(rig->conn, 0, CONN_STREAM_DATA, &at, &room));
	assert_int_equal(room, 7);
	assert_ok(conn_commit(rig->conn, 0, CONN_STREAM_DATA, 0));
	rig_free(rig);
}

static void
the_window_opens_when_data_was_taken(void **state)
{
	static uint8_t data[9 + 32768] = { SSH_MSG_CHANNEL_DATA, 0, 0, 0, 0, 0, 0, 0x80, 0 };
	struct rig *rig = rig_new();
	size_t count;

	start_session(rig);
	count = rig->client->messages.count;
	client_send(rig->client, bytes_of(data, sizeof(data)));
	assert_int_equal(rig->client->messages.count, count); /* nobody took it yet */
	conn_consumed(rig->conn, 0, 32768);
	client_flush(rig->client);
	assert_bytes(client_message(rig->client, -1), BYTES("\x5d\0\0\0\x09\0\0\x80\0"));
	client_send(rig->client, bytes_of(data, sizeof(data)));
	buf_reset(&rig->data);
	client_send(rig->client, bytes_of(data, sizeof(data)));
	client_send(rig->client, BYTES("\x5e\0\0\0\0\0\0\0\1x")); /* beyond the window */
	assert_int_equal(rig->last, CONN_ENDED);
	rig_free(rig);
}

static void
after_the_end_nothing_happens(void **state)
{
	struct rig *rig = rig_new();
	struct conn_event event;

	start_session(rig);
	client_send(rig->client, BYTES("\x5e\0\0\0\0\0\0\0\012ten bytes."));
	conn_hangup(rig->conn, "the client is gone");
	assert_ok(answer(rig, IPC_session_ended, BYTES("\0\0\0\0\0\0\0\0\7\0\0\0\0\0")));
	conn_source_ended(rig->conn, 0, CONN_STREAM_DATA);
	conn_consumed(rig->conn, 0, 10);
	assert_false(conn_may_send(rig->conn, 0, CONN_STREAM_DATA));
	conn_next(rig->conn, 0, &event);
	assert_int_equal(event.kind, CONN_ENDED);
	assert_true(conn_ending(rig->conn).by_peer);
	rig_free(rig);
}

static void
the_servers_own_end_has_a_reason(void **state)
{
	struct rig *rig = rig_new();

	conn_end(rig->conn, SSH_DISCONNECT_BY_APPLICATION, "stopping");
	client_flush(rig->client);
	client_assert_ended(rig->client, "end", SSH_DISCONNECT_BY_APPLICATION, "stopping");
	rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_life_from_login_to_close),
		cmocka_unit_test(proof_of_host_keys_keeps_the_order_of_replies),
		cmocka_unit_test(what_is_no_list_of_keys_is_refused_here),
		cmocka_unit_test(one_attempt_at_a_time),
		cmocka_unit_test(nothing_of_the_connection_protocol_before_login),
		cmocka_unit_test(answers_that_make_no_sense_are_errors),
		cmocka_unit_test(a_success_for_a_query_is_no_login),
		cmocka_unit_test(what_is_sent_keeps_to_the_window),
		cmocka_unit_test(the_window_opens_when_data_was_taken),
		cmocka_unit_test(after_the_end_nothing_happens),
		cmocka_unit_test(the_servers_own_end_has_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
