/* SPDX-License-Identifier: ISC */
/*
 * Tests of daemon/child/connection/: messages of the client and answers of the monitor in, packets,
 * questions and events out.
 */
#include "daemon/child/connection/channels.h"

#include "daemon/child/connection/session.h"
#include "tests/unit/daemon/child/connection/rig.h"

static enum result
answer_done(struct rig *rig, enum ipc_type type, uint32_t id, uint32_t done)
{
	uint8_t room[8];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, id);
	put_u32(&writer, done);
	return answer(rig, type, &writer);
}

static enum result
answer_end(struct rig *rig, uint32_t id, uint32_t status)
{
	const struct session_end end = { .id = id, .status = status, .signal_name = BYTES_ROW("") };
	uint8_t room[64];
	struct writer writer = writer_into(room, sizeof(room));

	session_end_put(&writer, &end);
	return answer(rig, IPC_session_ended, &writer);
}

static struct writer
request(struct rig *rig, const char *name, bool wants_reply)
{
	struct writer writer = say(rig, SSH_MSG_CHANNEL_REQUEST);

	put_u32(&writer, 0);
	put_text(&writer, name);
	put_bool(&writer, wants_reply);
	return writer;
}

static enum result
request_env(struct rig *rig, bool wants_reply)
{
	struct writer writer = request(rig, "env", wants_reply);

	put_text(&writer, "LANG");
	put_text(&writer, "C");
	return receive(rig, &writer);
}

static enum result
request_exec(struct rig *rig)
{
	struct writer writer = request(rig, "exec", true);

	put_text(&writer, "true");
	return receive(rig, &writer);
}

/* The same with a program that runs. */
static struct rig *
rig_with_program(void)
{
	struct rig *rig = rig_with_session();

	assert_ok(request_exec(rig));
	(void)asked(rig, IPC_start_session);
	assert_ok(answer_text(rig, IPC_session_started, 0, 1));
	assert_int_equal(rig->attach.kind, CONN_ATTACH_PIPES);
	(void)told(rig, SSH_MSG_CHANNEL_SUCCESS);
	return rig;
}

static enum result
send_data(struct rig *rig, size_t size)
{
	struct writer writer = say(rig, SSH_MSG_CHANNEL_DATA);
	static uint8_t data[WINDOW + 1];

	put_u32(&writer, 0);
	put_string(&writer, bytes_of(data, size));
	return receive(rig, &writer);
}

/* --- Opening ------------------------------------------------------------------------------------ */

static void
a_session_is_confirmed_when_the_monitor_opened_it(void **state)
{
	struct rig *rig = rig_new();
	struct reader reader;

	assert_ok(open_channel(rig, "session", 1000));
	reader = asked(rig, IPC_open_session);
	assert_int_equal(get_u32(&reader), 0);
	assert_true(says_nothing(rig));
	assert_ok(answer_text(rig, IPC_session_opened, 0, 0));
	reader = told(rig, SSH_MSG_CHANNEL_OPEN_CONFIRMATION);
	assert_int_equal(get_u32(&reader), 0);      /* our number */
	assert_int_equal(get_u32(&reader), WINDOW); /* our window */
	assert_int_equal(get_u32(&reader), CHANNEL_PACKET_MAX);
	assert_ok(reader_end(&reader));
	rig_free(rig);
}

static void
a_path_is_asked_for(void **state)
{
	struct rig *rig = rig_new();
	struct writer writer = say(rig, SSH_MSG_CHANNEL_OPEN);
	char path[FORWARD_PLACE_MAX + 2];
	struct unix_request asked_for;
	struct reader reader;

	put_text(&writer, "direct-streamlocal@openssh.com");
	put_u32(&writer, 7);
	put_u32(&writer, 1000);
	put_u32(&writer, 1000);
	put_text(&writer, "/run/x");
	put_text(&writer, "");
	put_u32(&writer, 0);
	assert_ok(receive(rig, &writer));
	reader = asked(rig, IPC_connect_unix);
	unix_request_get(&reader, &asked_for);
	assert_int_equal(asked_for.id, 0);
	assert_bytes_text(asked_for.path, "/run/x");
	assert_ok(answer_text(rig, IPC_connected, 0, 0));
	assert_int_equal(rig->attach.kind, CONN_ATTACH_SOCKET);
	(void)told(rig, SSH_MSG_CHANNEL_OPEN_CONFIRMATION);
	memset(path, 'x', sizeof(path));
	writer = say(rig, SSH_MSG_CHANNEL_OPEN);
	put_text(&writer, "direct-streamlocal@openssh.com");
	put_u32(&writer, 7);
	put_u32(&writer, 1000);
	put_u32(&writer, 1000);
	put_string(&writer, bytes_of(path, FORWARD_PLACE_MAX + 1));
	put_text(&writer, "");
	put_u32(&writer, 0);
	assert_ok(receive(rig, &writer));
	(void)told(rig, SSH_MSG_CHANNEL_OPEN_FAILURE);
	assert_true(says_nothing(rig));
	rig_free(rig);
}

static void
a_refused_session_frees_its_number(void **state)
{
	struct rig *rig = rig_new();
	struct reader reader;

	assert_ok(open_channel(rig, "session", 1000));
	(void)asked(rig, IPC_open_session);
	assert_ok(answer_text(rig, IPC_session_opened, 0, SSH_OPEN_ADMINISTRATIVELY_PROHIBITED));
	reader = told(rig, SSH_MSG_CHANNEL_OPEN_FAILURE);
	assert_int_equal(get_u32(&reader), SSH_OPEN_ADMINISTRATIVELY_PROHIBITED);
	assert_bytes_text(get_string(&reader), "why");
	assert_null(channels_find(&rig->channels, 0));
	rig_free(rig);
}

static void
an_unknown_type_is_refused_and_nobody_is_asked(void **state)
{
	struct rig *rig = rig_new();
	struct reader reader;

	assert_ok(open_channel(rig, "x11", 1000));
	reader = told(rig, SSH_MSG_CHANNEL_OPEN_FAILURE);
	assert_int_equal(get_u32(&reader), SSH_OPEN_UNKNOWN_CHANNEL_TYPE);
	assert_true(says_nothing(rig));
	rig_free(rig);
}

static void
more_channels_than_allowed_are_refused(void **state)
{
	struct rig *rig = rig_new();
	struct reader reader;

	for (int i = 0; i < 4; i++) {
		assert_ok(open_channel(rig, "session", 1000));
		(void)asked(rig, IPC_open_session);
	}
	assert_ok(open_channel(rig, "session", 1000));
	reader = told(rig, SSH_MSG_CHANNEL_OPEN_FAILURE);
	assert_int_equal(get_u32(&reader), SSH_OPEN_RESOURCE_SHORTAGE);
	assert_true(says_nothing(rig));
	rig_free(rig);
}

static void
a_forward_asks_and_attaches_its_socket(void **state)
{
	struct rig *rig = rig_new();
	struct writer writer = say(rig, SSH_MSG_CHANNEL_OPEN);
	struct tcp_request tcp;
	struct reader reader;

	put_text(&writer, "direct-tcpip");
	put_u32(&writer, 7);
	put_u32(&writer, 1000);
	put_u32(&writer, 32768);
	put_text(&writer, "example.org");
	put_u32(&writer, 80);
	put_text(&writer, "127.0.0.1");
	put_u32(&writer, 4000);
	assert_ok(receive(rig, &writer));
	reader = asked(rig, IPC_connect_tcp);
	tcp_request_get(&reader, &tcp);
	assert_ok(reader_end(&reader));
	assert_bytes_text(tcp.host, "example.org");
	assert_int_equal(tcp.port, 80);
	assert_ok(answer_text(rig, IPC_connected, 0, 0));
	assert_int_equal(rig->attach.kind, CONN_ATTACH_SOCKET);
	(void)told(rig, SSH_MSG_CHANNEL_OPEN_CONFIRMATION);
	rig_free(rig);
}

/* --- Tunnels ------------------------------------------------------------------------------------ */

static enum result
open_tunnel(struct rig *rig, uint32_t mode, uint32_t unit, uint32_t window)
{
	struct writer writer = say(rig, SSH_MSG_CHANNEL_OPEN);

	put_text(&writer, "tun@openssh.com");
	put_u32(&writer, 7);
	put_u32(&writer, window);
	put_u32(&writer, 32768);
	put_u32(&writer, mode);
	put_u32(&writer, unit);
	return receive(rig, &writer);
}

static void
a_tunnel_asks_and_attaches_its_device(void **state)
{
	struct rig *rig = rig_new();
	struct tunnel_request request;
	struct reader reader;

	assert_ok(open_tunnel(rig, 2, 0x7fffffff, 100000));
	reader = asked(rig, IPC_open_tunnel);
	tunnel_request_get(&reader, &request);
	assert_ok(reader_end(&reader));
	assert_int_equal(request.id, 0);
	assert_int_equal(request.mode, SSH_TUNNEL_ETHERNET);
	assert_int_equal(request.unit, SSH_TUNNEL_UNIT_ANY);
	assert_ok(answer_text(rig, IPC_tunnel_opened, 0, 0));
	assert_int_equal(rig->attach.kind, CONN_ATTACH_TUNNEL);
	(void)told(rig, SSH_MSG_CHANNEL_OPEN_CONFIRMATION);
	rig_free(rig);
}

static void
a_tunnel_that_makes_no_sense_is_not_asked_for(void **state)
{
	static const struct {
		const char *name;
		uint32_t mode, unit;
	} rows[] = { { "no kind", 0, 0 }, { "both kinds", 3, 0 }, { "unit", 1, 0x80000000 } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig *rig = rig_new();

		assert_ok(open_tunnel(rig, rows[i].mode, rows[i].unit, 1000));
		(void)told(rig, SSH_MSG_CHANNEL_OPEN_FAILURE);
		ROW_TRUE(rows[i].name, says_nothing(rig) && rig->channels.theirs.open_count == 0);
		rig_free(rig);
	}
}

static struct rig *
rig_with_tunnel(uint32_t window)
{
	struct rig *rig = rig_new();

	assert_ok(open_tunnel(rig, 1, 0, window));
	(void)asked(rig, IPC_open_tunnel);
	assert_ok(answer_text(rig, IPC_tunnel_opened, 0, 0));
	(void)told(rig, SSH_MSG_CHANNEL_OPEN_CONFIRMATION);
	return rig;
}

static void
send_frame(struct rig *rig, struct bytes data)
{
	struct writer writer = say(rig, SSH_MSG_CHANNEL_DATA);

	put_u32(&writer, 0);
	put_string(&writer, data);
	assert_ok(receive(rig, &writer));
}

/* Without its head; the head, and what is no frame, counts as taken at once. */
static void
frames_come_without_their_heads(void **state)
{
	struct rig *rig = rig_with_tunnel(1000);
	const struct channel *channel = channels_find(&rig->channels, 0);
	uint8_t frame[24] = { 0, 0, 0, 2, 0x45 };

	send_frame(rig, bytes_of(frame, sizeof(frame)));
	assert_int_equal(rig->data.kind, CONN_DATA);
	assert_int_equal(rig->data.bytes.size, 20);
	assert_int_equal(rig->data.bytes.data[0], 0x45);
	assert_int_equal(channel->window.held, 20);
	frame[3] = 24;
	send_frame(rig, bytes_of(frame, sizeof(frame)));
	assert_int_equal(rig->data.kind, CONN_IDLE);
	assert_int_equal(channel->window.held, 20);
	rig_free(rig);
}

static void
waits_for_the_room_of_a_frame(void **state)
{
	static const struct {
		const char *name;
		uint32_t window, least, least_when_cut;
	} rows[] = {
		{ "large window", 1 << 21, FRAME_USUAL_BYTES, 32768 },
		{ "that of a frame or two", 4000, 1000, 1000 },
		{ "hardly any", 19, 5, 5 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig *rig = rig_with_tunnel(rows[i].window);
		struct channel *channel = channels_find(&rig->channels, 0);

		ROW_TRUE(rows[i].name, channel_may_send(channel, CONN_STREAM_DATA));
		channel->their_window = rows[i].least;
		ROW_TRUE(rows[i].name, channel_may_send(channel, CONN_STREAM_DATA));
		channel->their_window = rows[i].least - 1;
		ROW_TRUE(rows[i].name, !channel_may_send(channel, CONN_STREAM_DATA));
		channel_frame_was_cut(channel);
		channel->their_window = rows[i].least_when_cut - 1;
		ROW_TRUE(rows[i].name, !channel_may_send(channel, CONN_STREAM_DATA));
		channel->their_window = rows[i].least_when_cut;
		ROW_TRUE(rows[i].name, channel_may_send(channel, CONN_STREAM_DATA));
		rig_free(rig);
	}
}

static void
no_more_sessions_is_kept(void **state)
{
	struct rig *rig = rig_new();
	struct writer writer = say(rig, SSH_MSG_GLOBAL_REQUEST);

	put_text(&writer, "no-more-sessions@openssh.com");
	put_bool(&writer, false);
	assert_ok(receive(rig, &writer));
	assert_true(says_nothing(rig));
	assert_result(open_channel(rig, "session", 1000), RESULT_PROTOCOL);
	rig_free(rig);
}

static void
unknown_global_requests_fail_politely(void **state)
{
	struct rig *rig = rig_new();
	struct writer writer = say(rig, SSH_MSG_GLOBAL_REQUEST);
	struct bytes payload;

	put_text(&writer, "keepalive@openssh.com");
	put_bool(&writer, true);
	assert_ok(receive(rig, &writer));
	assert_true(outlet_take_packet(&rig->outlet, &payload));
	assert_bytes(payload, BYTES("\122")); /* REQUEST_FAILURE */
	rig_free(rig);
}

/* --- Requests ----------------------------------------------------------------------------------- */

static void
replies_come_in_the_order_of_the_requests(void **state)
{
	struct rig *rig = rig_with_session();
	struct writer writer;

	assert_ok(request_env(rig, true));
	writer = request(rig, "nothing-req@example.org", true); /* refused here, at once */
	assert_ok(receive(rig, &writer));
	assert_ok(request_env(rig, false));
	assert_ok(request_exec(rig));
	(void)asked(rig, IPC_set_env);
	(void)asked(rig, IPC_set_env);
	(void)asked(rig, IPC_start_session);
	assert_true(says_nothing(rig)); /* the refusal waits for the one before it */
	assert_ok(answer_done(rig, IPC_env_set, 0, 1));
	(void)told(rig, SSH_MSG_CHANNEL_SUCCESS);
	(void)told(rig, SSH_MSG_CHANNEL_FAILURE);
	assert_ok(answer_done(rig, IPC_env_set, 0, 1)); /* nobody wanted to know */
	assert_true(says_nothing(rig));
	assert_ok(answer_text(rig, IPC_session_started, 0, 1));
	(void)told(rig, SSH_MSG_CHANNEL_SUCCESS);
	assert_true(says_nothing(rig));
	rig_free(rig);
}

static void
an_answer_that_nothing_asked_for_is_refused(void **state)
{
	struct rig *rig = rig_with_session();

	assert_result(answer_done(rig, IPC_env_set, 0, 1), RESULT_MALFORMED);
	assert_ok(request_exec(rig));
	assert_result(answer_done(rig, IPC_env_set, 0, 1), RESULT_MALFORMED);
	assert_result(answer_end(rig, 0, 0), RESULT_MALFORMED); /* nothing runs */
	assert_result(answer_done(rig, IPC_env_set, 99, 1), RESULT_MALFORMED);
	rig_free(rig);
}

static void
a_flood_of_requests_ends_the_connection(void **state)
{
	struct rig *rig = rig_with_session();
	enum result result = RESULT_OK;
	struct conn_event event;
	int count;

	for (count = 0; count <= REPLIES_MAX && result == RESULT_OK; count++) {
		result = request_env(rig, true);
		(void)outlet_take_event(&rig->outlet, &event);
	}
	assert_int_equal(result, RESULT_PROTOCOL);
	assert_int_equal(count, REPLIES_MAX + 1);
	rig_free(rig);
}

static void
what_is_too_long_for_the_monitor_is_refused(void **state)
{
	struct rig *rig = rig_with_session();
	struct writer writer = request(rig, "exec", true);
	static uint8_t command[200 * 1024];

	memset(command, 'x', sizeof(command));
	put_string(&writer, bytes_of(command, sizeof(command)));
	assert_ok(receive(rig, &writer));
	(void)told(rig, SSH_MSG_CHANNEL_FAILURE);
	assert_true(says_nothing(rig));
	rig_free(rig);
}

static void
a_terminal_replaces_the_pipes(void **state)
{
	struct rig *rig = rig_with_session();
	struct writer writer = request(rig, "pty-req", true);
	struct pty_request pty;
	struct reader reader;

	put_text(&writer, "xterm");
	for (uint32_t i = 1; i <= 4; i++)
		put_u32(&writer, i * 10);
	put_string(&writer, BYTES("\0"));
	assert_ok(receive(rig, &writer));
	reader = asked(rig, IPC_open_pty);
	pty_request_get(&reader, &pty);
	assert_bytes_text(pty.term, "xterm");
	assert_int_equal(pty.columns, 10);
	assert_int_equal(pty.height_px, 40);
	assert_ok(answer_done(rig, IPC_pty_opened, 0, 1));
	assert_int_equal(rig->attach.kind, CONN_ATTACH_PTY);
	(void)told(rig, SSH_MSG_CHANNEL_SUCCESS);
	assert_ok(request_exec(rig));
	(void)asked(rig, IPC_start_session);
	assert_ok(answer_text(rig, IPC_session_started, 0, 1));
	assert_int_equal(rig->attach.kind, CONN_ATTACH_NOTHING);
	rig_free(rig);
}

static enum result
request_break(struct rig *rig)
{
	struct writer writer = request(rig, "break", true);

	put_u32(&writer, 1000);
	return receive(rig, &writer);
}

static void
a_break_is_for_terminals(void **state)
{
	struct rig *rig = rig_with_session();

	assert_ok(request_break(rig));
	(void)told(rig, SSH_MSG_CHANNEL_FAILURE);
	assert_true(says_nothing(rig));
	channels_find(&rig->channels, 0)->has_pty = true;
	assert_ok(request_break(rig));
	(void)asked(rig, IPC_send_break);
	assert_true(says_nothing(rig));
	assert_ok(answer_done(rig, IPC_break_sent, 0, 1));
	(void)told(rig, SSH_MSG_CHANNEL_SUCCESS);
	assert_result(answer_done(rig, IPC_break_sent, 0, 1), RESULT_MALFORMED);
	rig_free(rig);
}

static void
who_reads_no_more_is_sent_no_more(void **state)
{
	struct rig *rig = rig_with_program();
	struct channel *channel = channels_find(&rig->channels, 0);
	struct writer writer = request(rig, "eow@openssh.com", false);

	assert_ok(receive(rig, &writer));
	happened(rig, CONN_UNREAD, 0);
	assert_false(channel_may_send(channel, CONN_STREAM_DATA));
	assert_true(channel_may_send(channel, CONN_STREAM_STDERR));
	assert_true(says_nothing(rig));
	writer = request(rig, "eow@openssh.com", false);
	assert_ok(receive(rig, &writer)); /* twice is no more */
	assert_true(says_nothing(rig));
	channel->source_ended[CONN_STREAM_STDERR] = true;
	assert_ok(channel_settle(channel, &rig->outlet));
	(void)told(rig, SSH_MSG_CHANNEL_EOF);
	rig_free(rig);
}

static void
a_client_is_told_that_nobody_reads_while_it_may_write(void **state)
{
	struct rig *rig = rig_with_program();
	struct channel *channel = channels_find(&rig->channels, 0);
	struct reader reader;

	assert_ok(session_send_eow(channel, &rig->outlet));
	reader = told(rig, SSH_MSG_CHANNEL_REQUEST);
	assert_bytes_text(get_string(&reader), "eow@openssh.com");
	assert_false(get_bool(&reader));
	assert_ok(reader_end(&reader));
	assert_ok(receive_number(rig, SSH_MSG_CHANNEL_EOF, 0));
	happened(rig, CONN_EOF, 0);
	assert_ok(session_send_eow(channel, &rig->outlet));
	assert_true(says_nothing(rig));
	rig_free(rig);
}

static void
flow_control_is_told_until_the_channel_is_closed(void **state)
{
	struct rig *rig = rig_with_program();
	struct channel *channel = channels_find(&rig->channels, 0);
	struct reader reader;

	assert_ok(session_send_flow_control(channel, true, &rig->outlet));
	reader = told(rig, SSH_MSG_CHANNEL_REQUEST);
	assert_bytes_text(get_string(&reader), "xon-xoff");
	assert_false(get_bool(&reader));
	assert_true(get_bool(&reader));
	assert_ok(reader_end(&reader));
	assert_ok(channel_close(channel, &rig->outlet));
	(void)told(rig, SSH_MSG_CHANNEL_CLOSE);
	happened(rig, CONN_GONE, 0);
	(void)asked(rig, IPC_close_session);
	assert_ok(session_send_flow_control(channel, false, &rig->outlet));
	assert_true(says_nothing(rig));
	rig_free(rig);
}

/* --- Data --------------------------------------------------------------------------------------- */

static void
data_is_passed_on_and_the_window_opened_when_it_was_taken(void **state)
{
	struct rig *rig = rig_with_program();
	struct channel *channel = channels_find(&rig->channels, 0);
	struct reader reader;

	assert_ok(send_data(rig, WINDOW / 2));
	assert_int_equal(rig->data.kind, CONN_DATA);
	assert_int_equal(rig->data.bytes.size, WINDOW / 2);
	assert_true(says_nothing(rig)); /* nothing is taken yet */
	assert_ok(channel_consumed(channel, 100, &rig->outlet));
	assert_true(says_nothing(rig)); /* not worth a message */
	assert_ok(channel_consumed(channel, WINDOW / 2 - 100, &rig->outlet));
	reader = told(rig, SSH_MSG_CHANNEL_WINDOW_ADJUST);
	assert_int_equal(get_u32(&reader), WINDOW / 2);
	assert_int_equal(channel->window.left, WINDOW);
	rig_free(rig);
}

static void
data_beyond_the_window_ends_the_connection(void **state)
{
	struct rig *rig = rig_with_program();

	assert_result(send_data(rig, WINDOW + 1), RESULT_PROTOCOL);
	assert_non_null(strstr(rig->outlet.fault_text, "window"));
	rig_free(rig);
}

static void
data_behind_eof_ends_the_connection(void **state)
{
	struct rig *rig = rig_with_program();

	assert_ok(receive_number(rig, SSH_MSG_CHANNEL_EOF, 0));
	happened(rig, CONN_EOF, 0);
	assert_result(send_data(rig, 1), RESULT_PROTOCOL);
	rig_free(rig);
}

static void
data_that_nobody_takes_counts_as_taken(void **state)
{
	struct rig *rig = rig_with_program();

	channels_find(&rig->channels, 0)->consumer_gone = true;
	assert_ok(send_data(rig, WINDOW / 2));
	assert_int_equal(rig->data.kind, CONN_IDLE);
	(void)told(rig, SSH_MSG_CHANNEL_WINDOW_ADJUST);
	rig_free(rig);
}

static void
their_window_and_packet_size_bound_what_is_sent(void **state)
{
	struct rig *rig = rig_with_program();
	struct channel *channel = channels_find(&rig->channels, 0);
	struct writer writer;

	assert_int_equal(channel_send_max(channel), 1000);
	channel->their_window = 0;
	assert_false(channel_may_send(channel, CONN_STREAM_DATA));
	writer = say(rig, SSH_MSG_CHANNEL_WINDOW_ADJUST);
	put_u32(&writer, 0);
	put_u32(&writer, 100000);
	assert_ok(receive(rig, &writer));
	assert_int_equal(channel_send_max(channel), 32768);
	rig_free(rig);
}

static void
a_window_beyond_32_bits_ends_the_connection(void **state)
{
	struct rig *rig = rig_with_program();
	struct writer writer = say(rig, SSH_MSG_CHANNEL_WINDOW_ADJUST);

	put_u32(&writer, 0);
	put_u32(&writer, UINT32_MAX);
	assert_result(receive(rig, &writer), RESULT_PROTOCOL);
	rig_free(rig);
}

/* --- Ending ------------------------------------------------------------------------------------- */

static void
end_sources(struct rig *rig)
{
	struct channel *channel = channels_find(&rig->channels, 0);

	channel->source_ended[CONN_STREAM_DATA] = true;
	assert_ok(channel_settle(channel, &rig->outlet));
	assert_true(says_nothing(rig)); /* stderr is still open */
	channel->source_ended[CONN_STREAM_STDERR] = true;
	assert_ok(channel_settle(channel, &rig->outlet));
}

static void
a_session_ends_with_eof_status_and_close(void **state)
{
	struct rig *rig = rig_with_program();
	struct reader reader;

	end_sources(rig);
	(void)told(rig, SSH_MSG_CHANNEL_EOF);
	assert_true(says_nothing(rig));
	assert_ok(answer_end(rig, 0, 42));
	reader = told(rig, SSH_MSG_CHANNEL_REQUEST);
	assert_bytes_text(get_string(&reader), "exit-status");
	assert_false(get_bool(&reader));
	assert_int_equal(get_u32(&reader), 42);
	(void)told(rig, SSH_MSG_CHANNEL_CLOSE);
	happened(rig, CONN_GONE, 0);
	(void)asked(rig, IPC_close_session);
	assert_non_null(channels_find(&rig->channels, 0)); /* their CLOSE is awaited */
	assert_ok(receive_number(rig, SSH_MSG_CHANNEL_CLOSE, 0));
	assert_null(channels_find(&rig->channels, 0));
	assert_true(says_nothing(rig));
	rig_free(rig);
}

static void
the_status_comes_before_the_last_output_if_the_program_is_faster(void **state)
{
	struct rig *rig = rig_with_program();

	assert_ok(answer_end(rig, 0, 0));
	(void)told(rig, SSH_MSG_CHANNEL_REQUEST);
	assert_true(says_nothing(rig)); /* but nothing is closed before the output was sent */
	end_sources(rig);
	(void)told(rig, SSH_MSG_CHANNEL_EOF);
	(void)told(rig, SSH_MSG_CHANNEL_CLOSE);
	rig_free(rig);
}

/* Born of a multiplexing client that closed between our EOF and the exit status. */
static void
a_client_that_closes_after_eof_still_learns_the_status(void **state)
{
	struct rig *rig = rig_with_program();

	end_sources(rig);
	(void)told(rig, SSH_MSG_CHANNEL_EOF);
	assert_ok(receive_number(rig, SSH_MSG_CHANNEL_CLOSE, 0));
	happened(rig, CONN_EOF, 0); /* the program hears that nobody writes any more */
	assert_true(says_nothing(rig));
	assert_ok(answer_end(rig, 0, 3));
	(void)told(rig, SSH_MSG_CHANNEL_REQUEST);
	(void)told(rig, SSH_MSG_CHANNEL_CLOSE);
	happened(rig, CONN_GONE, 0);
	(void)asked(rig, IPC_close_session);
	assert_null(channels_find(&rig->channels, 0));
	rig_free(rig);
}

static void
a_client_that_closes_in_the_middle_is_answered_at_once(void **state)
{
	struct rig *rig = rig_with_program();

	assert_ok(receive_number(rig, SSH_MSG_CHANNEL_CLOSE, 0));
	(void)told(rig, SSH_MSG_CHANNEL_CLOSE);
	happened(rig, CONN_GONE, 0);
	(void)asked(rig, IPC_close_session);
	assert_null(channels_find(&rig->channels, 0));
	assert_ok(answer_end(rig, 0, 0)); /* crossed our close_session */
	assert_true(says_nothing(rig));
	rig_free(rig);
}

/* The number is used again while answers to its first use are still on their way. */
static void
answers_to_an_earlier_channel_of_the_number_are_dropped(void **state)
{
	struct rig *rig = rig_with_program();

	assert_ok(receive_number(rig, SSH_MSG_CHANNEL_CLOSE, 0));
	(void)told(rig, SSH_MSG_CHANNEL_CLOSE);
	happened(rig, CONN_GONE, 0);
	(void)asked(rig, IPC_close_session);
	assert_ok(open_channel(rig, "session", 1000));
	(void)asked(rig, IPC_open_session);
	assert_ok(answer_end(rig, 0, 0));
	assert_true(says_nothing(rig));
	assert_ok(answer_text(rig, IPC_session_opened, 0, 0));
	(void)told(rig, SSH_MSG_CHANNEL_OPEN_CONFIRMATION);
	rig_free(rig);
}

static void
messages_for_no_channel_end_the_connection(void **state)
{
	const uint8_t numbers[] = { SSH_MSG_CHANNEL_WINDOW_ADJUST, SSH_MSG_CHANNEL_DATA,
		SSH_MSG_CHANNEL_EXTENDED_DATA, SSH_MSG_CHANNEL_EOF, SSH_MSG_CHANNEL_CLOSE,
		SSH_MSG_CHANNEL_REQUEST, SSH_MSG_CHANNEL_SUCCESS, SSH_MSG_CHANNEL_FAILURE };

	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct rig *rig = rig_new();

		assert_result(receive_number(rig, numbers[i], 0), RESULT_PROTOCOL);
		assert_result(receive_number(rig, numbers[i], UINT32_MAX), RESULT_PROTOCOL);
		/* Nor for one that the client cannot know yet. */
		assert_ok(open_channel(rig, "session", 1000));
		assert_result(receive_number(rig, numbers[i], 0), RESULT_PROTOCOL);
		rig_free(rig);
	}
}

static void
messages_that_nothing_asked_for_end_the_connection(void **state)
{
	for (int number = 80; number < 128; number++) {
		struct rig *rig = rig_new();
		enum result result = receive_number(rig, (uint8_t)number, 0);

		if (number == SSH_MSG_GLOBAL_REQUEST || number == SSH_MSG_CHANNEL_OPEN)
			assert_int_equal(result, RESULT_TRUNCATED);
		else
			assert_int_equal(result, RESULT_PROTOCOL);
		rig_free(rig);
	}
}

static void
cut_off_requests_are_refused(void **state)
{
	const char *names[] = { "pty-req", "env", "exec", "subsystem", "window-change", "signal",
		"break" };

	for (size_t i = 0; i < COUNT(names); i++) {
		struct rig *rig = rig_with_session();
		struct writer writer = request(rig, names[i], true);

		ROW_RESULT(names[i], receive(rig, &writer), RESULT_TRUNCATED);
		rig_free(rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_is_confirmed_when_the_monitor_opened_it),
		cmocka_unit_test(a_path_is_asked_for),
		cmocka_unit_test(a_refused_session_frees_its_number),
		cmocka_unit_test(an_unknown_type_is_refused_and_nobody_is_asked),
		cmocka_unit_test(more_channels_than_allowed_are_refused),
		cmocka_unit_test(a_forward_asks_and_attaches_its_socket),
		cmocka_unit_test(a_tunnel_asks_and_attaches_its_device),
		cmocka_unit_test(a_tunnel_that_makes_no_sense_is_not_asked_for),
		cmocka_unit_test(frames_come_without_their_heads),
		cmocka_unit_test(waits_for_the_room_of_a_frame),
		cmocka_unit_test(no_more_sessions_is_kept),
		cmocka_unit_test(unknown_global_requests_fail_politely),
		cmocka_unit_test(replies_come_in_the_order_of_the_requests),
		cmocka_unit_test(an_answer_that_nothing_asked_for_is_refused),
		cmocka_unit_test(a_flood_of_requests_ends_the_connection),
		cmocka_unit_test(what_is_too_long_for_the_monitor_is_refused),
		cmocka_unit_test(a_terminal_replaces_the_pipes),
		cmocka_unit_test(a_break_is_for_terminals),
		cmocka_unit_test(who_reads_no_more_is_sent_no_more),
		cmocka_unit_test(a_client_is_told_that_nobody_reads_while_it_may_write),
		cmocka_unit_test(flow_control_is_told_until_the_channel_is_closed),
		cmocka_unit_test(data_is_passed_on_and_the_window_opened_when_it_was_taken),
		cmocka_unit_test(data_beyond_the_window_ends_the_connection),
		cmocka_unit_test(data_behind_eof_ends_the_connection),
		cmocka_unit_test(data_that_nobody_takes_counts_as_taken),
		cmocka_unit_test(their_window_and_packet_size_bound_what_is_sent),
		cmocka_unit_test(a_window_beyond_32_bits_ends_the_connection),
		cmocka_unit_test(a_session_ends_with_eof_status_and_close),
		cmocka_unit_test(the_status_comes_before_the_last_output_if_the_program_is_faster),
		cmocka_unit_test(a_client_that_closes_after_eof_still_learns_the_status),
		cmocka_unit_test(a_client_that_closes_in_the_middle_is_answered_at_once),
		cmocka_unit_test(answers_to_an_earlier_channel_of_the_number_are_dropped),
		cmocka_unit_test(messages_for_no_channel_end_the_connection),
		cmocka_unit_test(messages_that_nothing_asked_for_end_the_connection),
		cmocka_unit_test(cut_off_requests_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
