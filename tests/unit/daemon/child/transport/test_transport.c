/* SPDX-License-Identifier: ISC */
/*
 * The life of a connection: who is turned away at its first line, services, generic messages, bulk
 * data out, and every way to end.
 */
#include "tests/unit/daemon/child/transport/client.h"

/* --- the first bytes --------------------------------------------------------------------------- */

/* A client that says `line` first: the server's answer, in clear. */
static void
check_refusal(struct bytes line, enum ssh_disconnect reason, const char *answer)
{
	CLIENT *client = client_new(NULL);

	client_put_bytes(client, line);
	client_flush(client);
	assert_int_equal(transport_phase(client->transport), TRANSPORT_PHASE_ENDED);
	assert_int_equal(transport_ending(client->transport).reason, reason);
	assert_bytes_text(buf_bytes(&client->incoming), answer);
}

static void
test_who_speaks_something_else(void **state)
{
	check_refusal(BYTES("GET / HTTP/1.0\r\n\r\n"), SSH_DISCONNECT_PROTOCOL_ERROR,
	    "Invalid SSH identification string.\r\n");
	check_refusal(BYTES("SSH-1.5-old\r\n"), SSH_DISCONNECT_PROTOCOL_VERSION_NOT_SUPPORTED,
	    "Protocol major versions differ.\r\n");
}

static void
test_peer_version(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_FIRST_KEX, NULL);

	assert_bytes_text(transport_peer_version(client->transport), CLIENT_VERSION);
}

static void
test_all_in_one_write(void **state)
{
	CLIENT *client = client_new(NULL);

	client_put_version(client);
	client_put_kexinit(client);
	client_put_public(client);
	client_flush(client);
	client_put_newkeys(client);
	client_put(client, BYTES("\x05\0\0\0\x0cssh-userauth"));
	client_put(client, BYTES("\x32 a request to log in"));
	client_flush(client);
	assert_int_equal(transport_phase(client->transport), TRANSPORT_PHASE_LOGIN);
	assert_bytes(client_payload(client, -1), BYTES("\x32 a request to log in"));
}

/* --- services ---------------------------------------------------------------------------------- */

static void
test_userauth_is_accepted(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_SERVICE, NULL);

	client_send(client, BYTES("\x05\0\0\0\x0cssh-userauth"));
	assert_bytes(client_message(client, -1), BYTES("\x06\0\0\0\x0cssh-userauth"));
	assert_int_equal(client_count(client, TRANSPORT_SERVICE), 1);
	/* Some clients ask again for each method. */
	client_send(client, BYTES("\x05\0\0\0\x0cssh-userauth"));
	assert_bytes(client_message(client, -1), BYTES("\x06\0\0\0\x0cssh-userauth"));
	assert_int_equal(client_count(client, TRANSPORT_SERVICE), 1);
	assert_int_equal(transport_phase(client->transport), TRANSPORT_PHASE_LOGIN);
}

static void
test_other_services_are_refused(void **state)
{
	static const struct {
		enum transport_phase phase;
		struct bytes request;
	} rows[] = {
		{ TRANSPORT_PHASE_SERVICE, BYTES_ROW("\x05\0\0\0\x0essh-connection") },
		{ TRANSPORT_PHASE_LOGIN, BYTES_ROW("\x05\0\0\0\x0essh-connection") },
		{ TRANSPORT_PHASE_OPEN, BYTES_ROW("\x05\0\0\0\x0cssh-userauth") },
		{ TRANSPORT_PHASE_SERVICE, BYTES_ROW("\x05\0\0\0\x04\x1b[2J") },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		CLIENT *client = client_in(rows[i].phase, NULL);

		client_send(client, rows[i].request);
		client_assert_ended(
		    client, "service", SSH_DISCONNECT_SERVICE_NOT_AVAILABLE, "is not available");
		assert_null(strchr(transport_ending(client->transport).text, '\x1b'));
	}
}

/* --- generic messages -------------------------------------------------------------------------- */

static void
test_farewell_is_quoted(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);
	struct transport_ending ending;

	client_send(client, BYTES("\x01\0\0\0\x0b\0\0\0\x07"
				  "by\n\x1b[0m\0\0\0\0"));
	ending = transport_ending(client->transport);
	assert_true(ending.by_peer);
	assert_int_equal(ending.reason, SSH_DISCONNECT_BY_APPLICATION);
	assert_null(strpbrk(ending.text, "\n\x1b"));
	assert_non_null(strstr(ending.text, "by"));
	assert_int_equal(transport_pending(client->transport).size, 0);
}

static void
test_ext_info_of_the_client(void **state)
{
	CLIENT *good = client_in(TRANSPORT_PHASE_SERVICE, NULL);
	CLIENT *many = client_in(TRANSPORT_PHASE_SERVICE, NULL);
	CLIENT *late = client_in(TRANSPORT_PHASE_SERVICE, NULL);

	client_send(good, BYTES("\x07\0\0\0\1\0\0\0\x1b"
				"ext-info-in-auth@openssh.com"
				"\0\0\0\0"));
	/* The name's length was one too small: what follows does not fit. */
	client_assert_ended(good, "malformed", SSH_DISCONNECT_PROTOCOL_ERROR, "EXT_INFO");
	client_send(many, BYTES("\x07\0\1\0\0"));
	client_assert_ended(many, "many", SSH_DISCONNECT_PROTOCOL_ERROR, "EXT_INFO");
	client_send(late, BYTES("\x07\0\0\0\1\0\0\0\1x\0\0\0\0"));
	assert_int_equal(transport_phase(late->transport), TRANSPORT_PHASE_SERVICE);
	client_send(late, BYTES("\x07\0\0\0\1\0\0\0\1x\0\0\0\0"));
	client_assert_ended(late, "second", SSH_DISCONNECT_PROTOCOL_ERROR, "not allowed");
}

static void
test_pings_are_answered(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);

	client_put(client, BYTES("\xc0\0\0\0\x03one"));
	client_put(client, BYTES("\xc0\0\0\0\0"));
	client_flush(client);
	assert_bytes(client_message(client, -2), BYTES("\xc1\0\0\0\x03one"));
	assert_bytes(client_message(client, -1), BYTES("\xc1\0\0\0\0"));
}

/* Answers that the client does not read are not kept without end. */
static void
test_flood_of_pings(void **state)
{
	static uint8_t ping[60000] = { SSH_MSG_PING, 0, 0, (60000 - 5) >> 8, (60000 - 5) & 0xff };
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);

	for (int i = 0; i < 20; i++)
		client_put(client, bytes_of(ping, sizeof(ping)));
	client_flush(client);
	client_assert_ended(client, "flood", SSH_DISCONNECT_PROTOCOL_ERROR, "too many answers");
	assert_true(client->messages.count < 20);
}

static void
test_flood_of_unknown_messages(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);
	size_t size;
	uint8_t *at;

	for (int i = 0; i < 40000; i++)
		client_put(client, BYTES("\x0fwhat?"));
	/* Delivered without anything being taken from the other end. */
	while (buf_size(&client->wire) > 0 &&
	       transport_phase(client->transport) != TRANSPORT_PHASE_ENDED) {
		assert_ok(transport_room(client->transport, &at, &size));
		size = size < buf_size(&client->wire) ? size : buf_size(&client->wire);
		memcpy(at, buf_bytes(&client->wire).data, size);
		buf_consume(&client->wire, size);
		transport_received(client->transport, size);
		while (transport_next(client->transport, 0) == TRANSPORT_PAYLOAD)
			continue;
		assert_true(transport_pending(client->transport).size <= OUTBOX_ROOM_MAX);
	}
	assert_int_equal(transport_phase(client->transport), TRANSPORT_PHASE_ENDED);
}

/* --- bulk data out ----------------------------------------------------------------------------- */

static void
test_bulk_waits_for_the_network(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);
	uint8_t *at;
	size_t sent = 0;

	while (transport_reserve(client->transport, 32 * 1024, &at) == RESULT_OK) {
		memset(at, SSH_MSG_CHANNEL_DATA, 30000);
		assert_ok(transport_commit(client->transport, 30000));
		sent++;
	}
	assert_false(transport_is_ready(client->transport));
	assert_true(transport_pending(client->transport).size <= TRANSPORT_PENDING_MAX + 33 * 1024);
	/* A small message is not held up by it. */
	assert_ok(transport_send(client->transport, BYTES("\x62small")));
	client_flush(client);
	assert_bytes(client_message(client, -1), BYTES("\x62small"));
	assert_int_equal(client_message(client, -2).size, 30000);
	assert_in_range(sent, TRANSPORT_PENDING_MAX / 32768, TRANSPORT_PENDING_MAX / 30000 + 1);
	assert_true(transport_is_ready(client->transport));
}

static void
test_reserved_room_is_given_back(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);
	uint8_t *at;

	assert_ok(transport_reserve(client->transport, TRANSPORT_PAYLOAD_MAX, &at));
	assert_ok(transport_commit(client->transport, 0));
	assert_int_equal(transport_pending(client->transport).size, 0);
	assert_ok(transport_send(client->transport, BYTES("\x62 next")));
	client_flush(client);
	assert_bytes(client_message(client, -1), BYTES("\x62 next"));
}

static void
test_message_that_is_too_long(void **state)
{
	static uint8_t payload[TRANSPORT_PAYLOAD_MAX + 1] = { SSH_MSG_CHANNEL_REQUEST };
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);

	assert_ok(transport_send(client->transport, bytes_of(payload, TRANSPORT_PAYLOAD_MAX)));
	assert_result(
	    transport_send(client->transport, bytes_of(payload, sizeof(payload))), RESULT_LIMIT);
	client_flush(client);
	assert_int_equal(client_message(client, -1).size, TRANSPORT_PAYLOAD_MAX);
}

/* --- ends -------------------------------------------------------------------------------------- */

static void
test_corrupted_packet(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);

	client_put(client, BYTES("\x50something"));
	client->wire.memory[client->wire.start + 6] ^= 1;
	client_flush(client);
	client_assert_ended(client, "flipped bit", SSH_DISCONNECT_MAC_ERROR, "corrupted packet");
	assert_int_equal(client->payloads.count, 0);
}

static void
test_plain_packet_too_long(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_FIRST_KEX, NULL);

	client_put_bytes(client, BYTES("\x7f\xff\xff\xff\x04\x14"));
	client_put_bytes(client, BYTES("xxxxxxxxxxxx"));
	client_flush(client);
	client_assert_ended(client, "length", SSH_DISCONNECT_PROTOCOL_ERROR, "bad packet length");
}

static void
test_nothing_is_read_after_the_end(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);
	uint8_t *at;

	client_put(client, BYTES("\x06"));
	client_put(client, BYTES("\x50"
				 "after it"));
	client_flush(client);
	client_send(client, BYTES("\x50long after it"));
	assert_int_equal(client->payloads.count, 0);
	client_assert_ended(client, "end", SSH_DISCONNECT_PROTOCOL_ERROR, "message 6");
	assert_result(transport_send(client->transport, BYTES("x")), RESULT_CLOSED);
	assert_result(transport_reserve(client->transport, 1, &at), RESULT_CLOSED);
	transport_open(client->transport);
	assert_int_equal(transport_phase(client->transport), TRANSPORT_PHASE_ENDED);
}

static void
test_first_end_counts(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);

	transport_end(client->transport, false, SSH_DISCONNECT_BY_APPLICATION, "the first");
	transport_end(client->transport, false, SSH_DISCONNECT_TOO_MANY_CONNECTIONS, "the second");
	client_flush(client);
	client_assert_ended(client, "twice", SSH_DISCONNECT_BY_APPLICATION, "the first");
	assert_int_equal(client_count(client, TRANSPORT_ENDED), 1);
}

static void
test_silent_end(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);

	transport_end(client->transport, false, SSH_DISCONNECT_NONE, "the client has closed");
	assert_int_equal(transport_pending(client->transport).size, 0);
	assert_string_equal(transport_ending(client->transport).text, "the client has closed");
}

/* Even with all room taken there is some for the last words. */
static void
test_last_words_find_room(void **state)
{
	static uint8_t payload[16 * 1024] = { SSH_MSG_CHANNEL_REQUEST };
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);

	while (transport_send(client->transport, bytes_of(payload, sizeof(payload))) == RESULT_OK)
		continue;
	while (transport_send(client->transport, BYTES("\x62")) == RESULT_OK)
		continue;
	transport_end(client->transport, false, SSH_DISCONNECT_BY_APPLICATION, "enough");
	client_flush(client);
	client_assert_ended(client, "full", SSH_DISCONNECT_BY_APPLICATION, "enough");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_speaks_something_else),
		cmocka_unit_test(test_peer_version),
		cmocka_unit_test(test_all_in_one_write),
		cmocka_unit_test(test_userauth_is_accepted),
		cmocka_unit_test(test_other_services_are_refused),
		cmocka_unit_test(test_farewell_is_quoted),
		cmocka_unit_test(test_ext_info_of_the_client),
		cmocka_unit_test(test_pings_are_answered),
		cmocka_unit_test(test_flood_of_pings),
		cmocka_unit_test(test_flood_of_unknown_messages),
		cmocka_unit_test(test_bulk_waits_for_the_network),
		cmocka_unit_test(test_reserved_room_is_given_back),
		cmocka_unit_test(test_message_that_is_too_long),
		cmocka_unit_test(test_corrupted_packet),
		cmocka_unit_test(test_plain_packet_too_long),
		cmocka_unit_test(test_nothing_is_read_after_the_end),
		cmocka_unit_test(test_first_end_counts),
		cmocka_unit_test(test_silent_end),
		cmocka_unit_test(test_last_words_find_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
