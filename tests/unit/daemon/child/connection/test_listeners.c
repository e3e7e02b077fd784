/* SPDX-License-Identifier: ISC */
/*
 * Tests of daemon/child/connection/listeners.c, offer.c and owed.c: what the client wants listened on, and the
 * channels that come of it.
 */
#include "daemon/child/connection/listeners.h"

#include "daemon/child/connection/global.h"
#include "tests/unit/daemon/child/connection/rig.h"

static enum result
say_global(struct rig *rig, const char *name, const char *host, uint32_t port, bool wants_reply)
{
	struct writer writer = say(rig, SSH_MSG_GLOBAL_REQUEST);

	put_text(&writer, name);
	put_bool(&writer, wants_reply);
	put_text(&writer, host);
	put_u32(&writer, port);
	return receive(rig, &writer);
}

static enum result
say_forward(struct rig *rig, const char *host, uint32_t port)
{
	return say_global(rig, "tcpip-forward", host, port, true);
}

static enum result
say_cancel(struct rig *rig, const char *host, uint32_t port)
{
	return say_global(rig, "cancel-tcpip-forward", host, port, true);
}

/* The monitor is asked to listen there; the id. */
static uint32_t
is_asked(struct rig *rig, const char *host, uint32_t port)
{
	struct reader reader = asked(rig, IPC_listen);
	struct listen_request request;

	listen_request_get(&reader, &request);
	assert_ok(reader_end(&reader));
	assert_int_equal(request.kind, FORWARD_TCP);
	assert_bytes_text(request.place, host);
	assert_int_equal(request.port, port);
	return request.id;
}

static uint32_t
number_asked(struct rig *rig, enum ipc_type type)
{
	struct reader reader = asked(rig, type);
	const uint32_t number = get_u32(&reader);

	assert_ok(reader_end(&reader));
	return number;
}

static enum result
answer_listening(struct rig *rig, uint32_t id, uint32_t reason, uint32_t port)
{
	uint8_t room[64];
	struct writer writer = writer_into(room, sizeof(room));

	listen_answer_put(
	    &writer, &(struct listen_answer){ id, reason, port, bytes_of_text("why"), 0, 0 });
	return answer(rig, IPC_listening, &writer);
}

static enum result
answer_unlistened(struct rig *rig, uint32_t id, uint32_t done)
{
	uint8_t room[8];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, id);
	put_u32(&writer, done);
	return answer(rig, IPC_unlistened, &writer);
}

/* The next packet is this reply with so many bytes of data, a number if there are any. */
static uint32_t
replied(struct rig *rig, bool success, size_t size)
{
	struct reader reader;
	struct bytes payload;

	assert_true(outlet_take_packet(&rig->outlet, &payload));
	assert_int_equal(payload.size, 1 + size);
	reader = reader_of(payload);
	assert_int_equal(
	    get_byte(&reader), success ? SSH_MSG_REQUEST_SUCCESS : SSH_MSG_REQUEST_FAILURE);
	return size > 0 ? get_u32(&reader) : 0;
}

/* Something is listened on; its id. Connections may come. */
static uint32_t
listen_on(struct rig *rig, const char *host, uint32_t port)
{
	uint32_t id;

	assert_ok(say_forward(rig, host, port));
	id = is_asked(rig, host, port);
	assert_ok(answer_listening(rig, id, 0, port));
	(void)replied(rig, true, 0);
	return id;
}

static struct rig *
rig_listening(void)
{
	struct rig *rig = rig_new();

	assert_int_equal(listen_on(rig, "localhost", 80), 0);
	assert_int_equal(number_asked(rig, IPC_accept_more), 4); /* as many as channels */
	return rig;
}

/* A channel is offered; its number. */
static uint32_t
is_offered(struct rig *rig, const char *host, uint32_t port)
{
	struct reader reader;
	struct bytes payload;
	uint32_t id;

	assert_true(outlet_take_packet(&rig->outlet, &payload));
	reader = reader_of(payload);
	assert_int_equal(get_byte(&reader), SSH_MSG_CHANNEL_OPEN);
	assert_bytes_text(get_string(&reader), "forwarded-tcpip");
	id = get_u32(&reader);
	assert_int_equal(get_u32(&reader), WINDOW);
	assert_int_equal(get_u32(&reader), CHANNEL_PACKET_MAX);
	assert_bytes_text(get_string(&reader), host);
	assert_int_equal(get_u32(&reader), port);
	assert_bytes_text(get_string(&reader), "192.0.2.1");
	assert_int_equal(get_u32(&reader), 4711);
	assert_ok(reader_end(&reader));
	return id;
}

static enum result
say_confirmed(struct rig *rig, uint32_t id, uint32_t window)
{
	struct writer writer = say(rig, SSH_MSG_CHANNEL_OPEN_CONFIRMATION);

	put_u32(&writer, id);
	put_u32(&writer, 7);
	put_u32(&writer, window);
	put_u32(&writer, 1000);
	return receive(rig, &writer);
}

static enum result
say_refused(struct rig *rig, uint32_t id)
{
	struct writer writer = say(rig, SSH_MSG_CHANNEL_OPEN_FAILURE);

	put_u32(&writer, id);
	put_u32(&writer, SSH_OPEN_CONNECT_FAILED);
	put_text(&writer, "no");
	put_text(&writer, "");
	return receive(rig, &writer);
}

/* --- Requests ----------------------------------------------------------------------------------- */

static void
a_port_is_asked_for_and_confirmed(void **state)
{
	rig_free(rig_listening());
}

static void
a_refusal_frees_the_number(void **state)
{
	struct rig *rig = rig_new();

	for (int i = 0; i < 3; i++) {
		assert_ok(say_forward(rig, "", 80));
		assert_int_equal(is_asked(rig, "", 80), 0);
		assert_ok(answer_listening(rig, 0, 1, 0));
		(void)replied(rig, false, 0);
		assert_true(says_nothing(rig)); /* nor may anybody connect */
	}
	rig_free(rig);
}

static void
port_zero_is_answered_by_the_port(void **state)
{
	struct rig *rig = rig_new();

	assert_ok(say_forward(rig, "localhost", 0));
	assert_ok(answer_listening(rig, is_asked(rig, "localhost", 0), 0, 40000));
	assert_int_equal(replied(rig, true, 4), 40000);
	(void)number_asked(rig, IPC_accept_more);
	assert_ok(answer_accepted(rig, 0));
	(void)is_offered(rig, "localhost", 40000);
	assert_ok(say_cancel(rig, "localhost", 0));
	(void)replied(rig, false, 0);
	assert_ok(say_cancel(rig, "localhost", 40000));
	assert_int_equal(number_asked(rig, IPC_unlisten), 0);
	rig_free(rig);
}

static void
port_zero_is_not_asked_for_in_silence(void **state)
{
	struct rig *rig = rig_new();

	assert_ok(say_global(rig, "tcpip-forward", "", 0, false));
	assert_true(says_nothing(rig));
	assert_ok(say_global(rig, "tcpip-forward", "", 80, false));
	assert_ok(answer_listening(rig, is_asked(rig, "", 80), 0, 80));
	(void)number_asked(rig, IPC_accept_more);
	assert_true(says_nothing(rig));
	rig_free(rig);
}

static void
places_that_are_none_are_refused_here(void **state)
{
	struct rig *rig = rig_new();
	struct writer writer = say(rig, SSH_MSG_GLOBAL_REQUEST);
	char name[FORWARD_PLACE_MAX + 2];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_ok(say_forward(rig, name, 80));
	(void)replied(rig, false, 0);
	put_text(&writer, "tcpip-forward");
	put_bool(&writer, true);
	put_string(&writer, bytes_of("a\0b", 3));
	put_u32(&writer, 80);
	assert_ok(receive(rig, &writer));
	(void)replied(rig, false, 0);
	assert_true(says_nothing(rig));
	rig_free(rig);
}

static void
there_is_a_ceiling(void **state)
{
	struct rig *rig = rig_new();

	for (uint32_t i = 0; i < FORWARD_LISTENERS_MAX; i++) {
		assert_ok(say_forward(rig, "", 1000 + i));
		assert_int_equal(is_asked(rig, "", 1000 + i), i);
	}
	assert_ok(say_forward(rig, "", 999));
	assert_true(says_nothing(rig)); /* its reply waits for the others */
	for (uint32_t i = FORWARD_LISTENERS_MAX; i > 0; i--)
		assert_ok(answer_listening(rig, i - 1, 0, 1000 + i - 1));
	for (uint32_t i = 0; i < FORWARD_LISTENERS_MAX; i++)
		(void)replied(rig, true, 0);
	(void)replied(rig, false, 0);
	rig_free(rig);
}

/* RFC 4254 section 4, whatever is known first. */
static void
replies_keep_the_order_of_the_requests(void **state)
{
	struct rig *rig = rig_new();
	struct writer writer;

	assert_ok(say_forward(rig, "a", 1));
	assert_int_equal(is_asked(rig, "a", 1), 0);
	writer = say(rig, SSH_MSG_GLOBAL_REQUEST);
	put_text(&writer, "hostkeys-prove-00@openssh.com");
	put_bool(&writer, true);
	put_text(&writer, "key");
	assert_ok(receive(rig, &writer));
	(void)asked(rig, IPC_prove_host_keys);
	assert_ok(say_global(rig, "nobody@knows", "", 0, true));
	assert_ok(global_proved(&rig->channels, bytes_of_text("proof"), &rig->outlet));
	assert_true(says_nothing(rig));
	assert_ok(answer_listening(rig, 0, 1, 0));
	(void)replied(rig, false, 0);
	(void)replied(rig, true, 5);
	(void)replied(rig, false, 0);
	assert_true(says_nothing(rig));
	rig_free(rig);
}

static void
too_many_unanswered_requests_end_the_connection(void **state)
{
	struct rig *rig = rig_new();
	enum result result = RESULT_OK;
	int count = 0;

	assert_ok(say_forward(rig, "a", 1));
	while (result == RESULT_OK && count++ < 2 * (int)OWED_MAX)
		result = say_global(rig, "nobody@knows", "", 0, true);
	assert_result(result, RESULT_PROTOCOL);
	assert_int_equal(count, OWED_MAX);
	assert_non_null(rig->outlet.fault_text);
	rig_free(rig);
}

/* --- The end of it ------------------------------------------------------------------------------ */

static void
a_number_is_free_when_the_monitor_has_closed(void **state)
{
	struct rig *rig = rig_listening();

	assert_ok(say_cancel(rig, "localhost", 80));
	assert_int_equal(number_asked(rig, IPC_unlisten), 0);
	assert_true(says_nothing(rig));
	assert_ok(say_cancel(rig, "localhost", 80)); /* it is going already */
	assert_true(says_nothing(rig));
	assert_ok(say_forward(rig, "localhost", 80));
	assert_int_equal(is_asked(rig, "localhost", 80), 1);
	assert_ok(answer_unlistened(rig, 0, 1));
	(void)replied(rig, true, 0);
	(void)replied(rig, false, 0);
	assert_ok(say_forward(rig, "localhost", 81));
	assert_int_equal(is_asked(rig, "localhost", 81), 0);
	rig_free(rig);
}

static void
only_the_same_words_end_it(void **state)
{
	struct rig *rig = rig_listening();

	assert_ok(say_cancel(rig, "127.0.0.1", 80));
	assert_ok(say_cancel(rig, "localhost", 81));
	(void)replied(rig, false, 0);
	(void)replied(rig, false, 0);
	assert_true(says_nothing(rig));
	rig_free(rig);
}

static void
what_was_only_asked_for_can_be_ended(void **state)
{
	static const uint32_t reasons[] = { 0, 1 };

	for (size_t i = 0; i < COUNT(reasons); i++) {
		struct rig *rig = rig_new();

		assert_ok(say_forward(rig, "", 80));
		(void)is_asked(rig, "", 80);
		assert_ok(say_cancel(rig, "", 80));
		assert_int_equal(number_asked(rig, IPC_unlisten), 0);
		assert_ok(answer_listening(rig, 0, reasons[i], 80));
		(void)replied(rig, reasons[i] == 0, 0);
		if (reasons[i] == 0)
			(void)number_asked(rig, IPC_accept_more);
		assert_ok(answer_unlistened(rig, 0, reasons[i] == 0));
		(void)replied(rig, reasons[i] == 0, 0);
		assert_int_equal(rig->channels.listeners.count, 0);
		rig_free(rig);
	}
}

static void
what_is_lost_is_given_back(void **state)
{
	struct rig *rig = rig_listening();

	assert_ok(answer_listening(rig, 0, 2, 0));
	assert_int_equal(number_asked(rig, IPC_unlisten), 0);
	assert_ok(answer_unlistened(rig, 0, 0));
	assert_int_equal(rig->channels.listeners.count, 0);
	assert_true(says_nothing(rig));
	assert_ok(say_cancel(rig, "localhost", 80));
	(void)replied(rig, false, 0);
	rig_free(rig);
}

static void
a_monitor_that_makes_no_sense_is_noticed(void **state)
{
	struct rig *rig = rig_listening();

	assert_result(answer_listening(rig, 0, 0, 80), RESULT_MALFORMED); /* again */
	assert_result(answer_listening(rig, 1, 0, 80), RESULT_MALFORMED); /* nobody asked */
	assert_result(answer_listening(rig, FORWARD_LISTENERS_MAX, 0, 80), RESULT_MALFORMED);
	assert_result(answer_unlistened(rig, 0, 1), RESULT_MALFORMED); /* nobody asked */
	assert_result(answer_accepted(rig, 1), RESULT_MALFORMED);
	for (int i = 0; i < 4; i++)
		assert_ok(answer_accepted(rig, 0));
	assert_result(answer_accepted(rig, 0), RESULT_MALFORMED); /* more than were granted */
	rig_free(rig);
}

/* --- Connections -------------------------------------------------------------------------------- */

static void
a_connection_is_offered_and_confirmed(void **state)
{
	struct rig *rig = rig_listening();
	struct channel *channel;
	uint32_t id;

	assert_ok(answer_accepted(rig, 0));
	id = is_offered(rig, "localhost", 80);
	assert_int_equal(id, CONN_OURS);
	assert_int_equal(rig->attach.kind, CONN_ATTACH_SOCKET);
	assert_int_equal(rig->attach.channel, id);
	channel = channels_find(&rig->channels, id);
	assert_non_null(channel);
	assert_false(channel_may_send(channel, CONN_STREAM_DATA));
	assert_ok(say_confirmed(rig, id, 5000));
	assert_true(channel_may_send(channel, CONN_STREAM_DATA));
	assert_int_equal(channel_send_max(channel), 1000); /* their packets */
	assert_int_equal(channel->their_id, 7);
	channel->source_ended[CONN_STREAM_DATA] = true;
	assert_ok(channel_settle(channel, &rig->outlet));
	(void)told(rig, SSH_MSG_CHANNEL_EOF);
	assert_ok(receive_number(rig, SSH_MSG_CHANNEL_EOF, id));
	happened(rig, CONN_EOF, id);
	(void)told(rig, SSH_MSG_CHANNEL_CLOSE);
	happened(rig, CONN_GONE, id);
	assert_ok(receive_number(rig, SSH_MSG_CHANNEL_CLOSE, id));
	assert_null(channels_find(&rig->channels, id));
	rig_free(rig);
}

static void
a_refused_connection_is_gone(void **state)
{
	struct rig *rig = rig_listening();
	uint32_t id;

	assert_ok(answer_accepted(rig, 0));
	id = is_offered(rig, "localhost", 80);
	assert_ok(say_refused(rig, id));
	happened(rig, CONN_GONE, id);
	assert_null(channels_find(&rig->channels, id));
	assert_int_equal(rig->channels.offered_count, 0);
	rig_free(rig);
}

static void
only_offers_are_answered(void **state)
{
	struct rig *rig = rig_with_session();

	assert_int_equal(listen_on(rig, "localhost", 80), 0);
	(void)number_asked(rig, IPC_accept_more);
	assert_result(say_confirmed(rig, 0, 1), RESULT_PROTOCOL); /* the session */
	assert_result(say_confirmed(rig, CONN_OURS, 1), RESULT_PROTOCOL);
	assert_result(say_refused(rig, CONN_OURS | 1), RESULT_PROTOCOL);
	assert_ok(answer_accepted(rig, 0));
	(void)is_offered(rig, "localhost", 80);
	assert_result(receive_number(rig, SSH_MSG_CHANNEL_CLOSE, CONN_OURS), RESULT_PROTOCOL);
	assert_ok(say_confirmed(rig, CONN_OURS, 1));
	assert_result(say_confirmed(rig, CONN_OURS, 1), RESULT_PROTOCOL); /* twice */
	assert_result(say_refused(rig, CONN_OURS), RESULT_PROTOCOL);
	rig_free(rig);
}

/* The monitor's ids are the client's channels only. */
static void
no_answer_is_taken_for_a_channel_of_ours(void **state)
{
	struct rig *rig = rig_listening();

	assert_ok(answer_accepted(rig, 0));
	(void)is_offered(rig, "localhost", 80);
	assert_result(answer_text(rig, IPC_session_opened, CONN_OURS, 0), RESULT_MALFORMED);
	assert_result(answer_text(rig, IPC_connected, CONN_OURS, 0), RESULT_MALFORMED);
	assert_result(answer_text(rig, IPC_connected, 0, 0), RESULT_MALFORMED);
	rig_free(rig);
}

static void
paths_are_listened_on_and_offered(void **state)
{
	struct rig *rig = rig_new();
	struct writer writer = say(rig, SSH_MSG_GLOBAL_REQUEST);
	struct listen_request request;
	struct reader reader;
	struct bytes payload;

	put_text(&writer, "streamlocal-forward@openssh.com");
	put_bool(&writer, true);
	put_text(&writer, "/run/x");
	assert_ok(receive(rig, &writer));
	reader = asked(rig, IPC_listen);
	listen_request_get(&reader, &request);
	assert_int_equal(request.kind, FORWARD_UNIX);
	assert_bytes_text(request.place, "/run/x");
	assert_ok(answer_listening(rig, 0, 0, 0));
	(void)replied(rig, true, 0);
	(void)number_asked(rig, IPC_accept_more);
	assert_ok(answer_accepted(rig, 0));
	assert_true(outlet_take_packet(&rig->outlet, &payload));
	reader = reader_of(payload);
	assert_int_equal(get_byte(&reader), SSH_MSG_CHANNEL_OPEN);
	assert_bytes_text(get_string(&reader), "forwarded-streamlocal@openssh.com");
	(void)get_u64(&reader);
	(void)get_u32(&reader);
	assert_bytes_text(get_string(&reader), "/run/x");
	assert_bytes_text(get_string(&reader), "");
	assert_ok(reader_end(&reader));
	assert_ok(say_cancel(rig, "/run/x", 0)); /* a host of that name is another thing */
	(void)replied(rig, false, 0);
	writer = say(rig, SSH_MSG_GLOBAL_REQUEST);
	put_text(&writer, "cancel-streamlocal-forward@openssh.com");
	put_bool(&writer, true);
	put_text(&writer, "/run/x");
	assert_ok(receive(rig, &writer));
	assert_int_equal(number_asked(rig, IPC_unlisten), 0);
	rig_free(rig);
}

/* --- The last data ------------------------------------------------------------------------------ */

/* A connection with 100 bytes that nobody took yet; nothing comes from its other side any more. */
static struct channel *
with_data_to_take(struct rig *rig)
{
	struct writer writer;
	struct channel *channel;

	assert_ok(answer_accepted(rig, 0));
	(void)is_offered(rig, "localhost", 80);
	assert_ok(say_confirmed(rig, CONN_OURS, 5000));
	channel = channels_find(&rig->channels, CONN_OURS);
	writer = say(rig, SSH_MSG_CHANNEL_DATA);
	put_u32(&writer, CONN_OURS);
	put_string(&writer, bytes_of(rig->room + 1000, 100));
	assert_ok(receive(rig, &writer));
	assert_int_equal(rig->data.kind, CONN_DATA);
	channel->source_ended[CONN_STREAM_DATA] = true;
	assert_ok(channels_settle(&rig->channels, channel, &rig->outlet));
	(void)told(rig, SSH_MSG_CHANNEL_EOF);
	return channel;
}

static void
a_forward_is_closed_when_all_was_taken(void **state)
{
	struct rig *rig = rig_listening();
	struct channel *channel = with_data_to_take(rig);

	assert_ok(receive_number(rig, SSH_MSG_CHANNEL_EOF, CONN_OURS));
	happened(rig, CONN_EOF, CONN_OURS);
	assert_ok(channels_consumed(&rig->channels, channel, 60, &rig->outlet));
	assert_true(says_nothing(rig));
	assert_ok(channels_consumed(&rig->channels, channel, 40, &rig->outlet));
	(void)told(rig, SSH_MSG_CHANNEL_CLOSE);
	happened(rig, CONN_GONE, CONN_OURS);
	assert_ok(receive_number(rig, SSH_MSG_CHANNEL_CLOSE, CONN_OURS));
	assert_null(channels_find(&rig->channels, CONN_OURS));
	rig_free(rig);
}

/* A stock client closes at once behind its own end. */
static void
a_close_behind_the_last_data_waits_for_it(void **state)
{
	for (int has_eof = 0; has_eof < 2; has_eof++) {
		struct rig *rig = rig_listening();
		struct channel *channel = with_data_to_take(rig);

		if (has_eof)
			assert_ok(receive_number(rig, SSH_MSG_CHANNEL_EOF, CONN_OURS));
		assert_ok(receive_number(rig, SSH_MSG_CHANNEL_CLOSE, CONN_OURS));
		happened(rig, CONN_EOF, CONN_OURS);
		assert_true(says_nothing(rig));
		assert_false(channel_may_send(channel, CONN_STREAM_DATA));
		assert_result(receive_number(rig, SSH_MSG_CHANNEL_EOF, CONN_OURS), RESULT_PROTOCOL);
		assert_ok(channels_consumed(&rig->channels, channel, 100, &rig->outlet));
		(void)told(rig, SSH_MSG_CHANNEL_CLOSE);
		happened(rig, CONN_GONE, CONN_OURS);
		assert_null(channels_find(&rig->channels, CONN_OURS));
		rig_free(rig);
	}
}

static void
nobody_waits_for_a_consumer_that_is_gone(void **state)
{
	struct rig *rig = rig_listening();
	struct channel *channel = with_data_to_take(rig);

	assert_ok(receive_number(rig, SSH_MSG_CHANNEL_CLOSE, CONN_OURS));
	happened(rig, CONN_EOF, CONN_OURS);
	channel->consumer_gone = true;
	assert_ok(channels_settle(&rig->channels, channel, &rig->outlet));
	(void)told(rig, SSH_MSG_CHANNEL_CLOSE);
	happened(rig, CONN_GONE, CONN_OURS);
	assert_null(channels_find(&rig->channels, CONN_OURS));
	rig_free(rig);
}

/* --- How many may come -------------------------------------------------------------------------- */

static void
room_comes_back_when_channels_close(void **state)
{
	struct rig *rig = rig_listening();
	uint32_t ids[4];

	for (size_t i = 0; i < COUNT(ids); i++) {
		assert_ok(answer_accepted(rig, 0));
		ids[i] = is_offered(rig, "localhost", 80);
		assert_ok(say_confirmed(rig, ids[i], 1));
	}
	assert_true(says_nothing(rig));                /* there are as many as there may be */
	assert_ok(open_channel(rig, "session", 1000)); /* the client's own are apart */
	(void)asked(rig, IPC_open_session);
	assert_ok(receive_number(rig, SSH_MSG_CHANNEL_CLOSE, ids[2]));
	happened(rig, CONN_GONE, ids[2]);
	assert_int_equal(number_asked(rig, IPC_accept_more), 1);
	rig_free(rig);
}

static void
unanswered_offers_are_bounded(void **state)
{
	struct rig *rig = rig_new();
	uint32_t granted;

	rig->channels.channels_max = 1000;
	(void)listen_on(rig, "localhost", 80);
	granted = number_asked(rig, IPC_accept_more);
	assert_int_equal(granted, FORWARD_ACCEPTS_MAX);
	while (granted-- > 0) {
		assert_ok(answer_accepted(rig, 0));
		(void)is_offered(rig, "localhost", 80);
	}
	assert_true(says_nothing(rig));
	assert_ok(say_confirmed(rig, CONN_OURS | 5, 1));
	assert_int_equal(number_asked(rig, IPC_accept_more), 1);
	assert_ok(say_refused(rig, CONN_OURS | 6));
	happened(rig, CONN_GONE, CONN_OURS | 6);
	assert_int_equal(number_asked(rig, IPC_accept_more), 1);
	rig_free(rig);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_is_asked_for_and_confirmed),
		cmocka_unit_test(a_refusal_frees_the_number),
		cmocka_unit_test(port_zero_is_answered_by_the_port),
		cmocka_unit_test(port_zero_is_not_asked_for_in_silence),
		cmocka_unit_test(places_that_are_none_are_refused_here),
		cmocka_unit_test(there_is_a_ceiling),
		cmocka_unit_test(replies_keep_the_order_of_the_requests),
		cmocka_unit_test(too_many_unanswered_requests_end_the_connection),
		cmocka_unit_test(a_number_is_free_when_the_monitor_has_closed),
		cmocka_unit_test(only_the_same_words_end_it),
		cmocka_unit_test(what_was_only_asked_for_can_be_ended),
		cmocka_unit_test(what_is_lost_is_given_back),
		cmocka_unit_test(a_monitor_that_makes_no_sense_is_noticed),
		cmocka_unit_test(a_connection_is_offered_and_confirmed),
		cmocka_unit_test(a_refused_connection_is_gone),
		cmocka_unit_test(only_offers_are_answered),
		cmocka_unit_test(no_answer_is_taken_for_a_channel_of_ours),
		cmocka_unit_test(paths_are_listened_on_and_offered),
		cmocka_unit_test(a_forward_is_closed_when_all_was_taken),
		cmocka_unit_test(a_close_behind_the_last_data_waits_for_it),
		cmocka_unit_test(nobody_waits_for_a_consumer_that_is_gone),
		cmocka_unit_test(room_comes_back_when_channels_close),
		cmocka_unit_test(unanswered_offers_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
