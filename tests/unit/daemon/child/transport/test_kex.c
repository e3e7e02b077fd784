/* SPDX-License-Identifier: ISC */
/*
 * Key exchanges, the first and later ones: every suite, guesses, strictness, what waits for their
 * end, values and orders that are refused.
 */
#include "common/text.h"
#include "tests/unit/daemon/child/transport/client.h"

#define PING(text) "\xc0\0\0\0\x04" text
#define PONG(text) "\xc1\0\0\0\x04" text

/* --- every suite ------------------------------------------------------------------------------- */

static const struct {
	const char *cipher, *mac;
} suites[] = {
	{ "chacha20-poly1305@openssh.com", "hmac-sha2-256" },
	{ "aes128-gcm@openssh.com", "hmac-sha2-256" },
	{ "aes256-gcm@openssh.com", "hmac-sha2-256" },
	{ "aes128-ctr", "hmac-sha2-256" },
	{ "aes128-ctr", "hmac-sha2-256-etm@openssh.com" },
	{ "aes192-ctr", "hmac-sha2-512" },
	{ "aes256-ctr", "hmac-sha2-512" },
	{ "aes256-ctr", "hmac-sha2-512-etm@openssh.com" },
};

static struct client_offer
offer_of(size_t in, size_t out, const char *kex)
{
	struct client_offer offer = { .lists = { kex } };

	offer.lists[KEXINIT_CIPHER_IN] = suites[in].cipher;
	offer.lists[KEXINIT_MAC_IN] = suites[in].mac;
	offer.lists[KEXINIT_CIPHER_OUT] = suites[out].cipher;
	offer.lists[KEXINIT_MAC_OUT] = suites[out].mac;
	return offer;
}

/* Something up, something down, and both again with new keys. */
static void
talk(struct client *client)
{
	client_send(client, BYTES("\x50up"));
	assert_bytes(client_payload(client, -1), BYTES("\x50up"));
	assert_ok(transport_send(client->transport, BYTES("\x62 down")));
	client_flush(client);
	assert_bytes(client_message(client, -1), BYTES("\x62 down"));
}

static void
test_every_suite_in_both_directions(void **state)
{
	static const char *const kexes[] = { CLIENT_STRICT, CLIENT_PLAIN,
		"curve25519-sha256@libssh.org" };

	for (size_t i = 0; i < COUNT(suites); i++) {
		/* Another one in the other direction. */
		struct client_offer offer =
		    offer_of(i, (i + 3) % COUNT(suites), kexes[i % COUNT(kexes)]);
		CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, &offer);

		talk(client);
		client_exchange_keys(client);
		talk(client);
		client_exchange_keys(client);
		talk(client);
		assert_int_equal(client_count(client, TRANSPORT_KEX_DONE), 3);
		assert_int_equal(client_count(client, TRANSPORT_SIGN), 3);
	}
}

static void
test_one_byte_at_a_time(void **state)
{
	CLIENT *client = client_new(NULL);

	client->chunk = 1;
	client_log_in(client, TRANSPORT_PHASE_OPEN);
	talk(client);
	client_exchange_keys(client);
	talk(client);
}

static void
test_session_id_is_the_first_hash(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_SERVICE, NULL);
	struct bytes session_id = bytes_of(client->session_id, client->hash_size);

	assert_bytes(transport_session_id(client->transport), session_id);
	assert_memory_equal(client->hash, client->session_id, client->hash_size);
}

static void
test_session_id_stays_with_new_keys(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);
	uint8_t first[32];

	memcpy(first, client->session_id, sizeof(first));
	client_exchange_keys(client);
	assert_bytes(transport_session_id(client->transport), bytes_of(first, sizeof(first)));
	assert_memory_not_equal(client->hash, first, sizeof(first));
}

/* --- what the server says in it ---------------------------------------------------------------- */

/* The number of the message that follows the server's first NEWKEYS; 0 if none does. */
static unsigned
message_after_newkeys(const struct client *client)
{
	for (size_t i = 0; i + 1 < client->messages.count; i++) {
		if (client_message(client, (int)i).data[0] == SSH_MSG_NEWKEYS)
			return client_message(client, (int)i + 1).data[0];
	}
	return 0;
}

static void
test_ext_info_if_asked_for(void **state)
{
	static const struct client_offer plain = { .lists = { CLIENT_PLAIN } };
	CLIENT *asks = client_in(TRANSPORT_PHASE_SERVICE, NULL);
	CLIENT *silent = client_in(TRANSPORT_PHASE_SERVICE, &plain);
	struct reader reader = reader_of(client_message(asks, -1));

	assert_int_equal(message_after_newkeys(asks), SSH_MSG_EXT_INFO);
	assert_int_equal(message_after_newkeys(silent), 0);
	get_byte(&reader);
	assert_int_equal(get_u32(&reader), 5);
	assert_bytes_text(get_string(&reader), "server-sig-algs");
	assert_bytes_text(get_string(&reader), "ssh-ed25519,rsa-sha2-512");
	assert_bytes_text(get_string(&reader), "ping@openssh.com");
	assert_bytes_text(get_string(&reader), "0");
	assert_bytes_text(get_string(&reader), "agent-forward");
	assert_bytes_text(get_string(&reader), "0");
	assert_bytes_text(get_string(&reader), "publickey-hostbound@openssh.com");
	assert_bytes_text(get_string(&reader), "0");
	assert_bytes_text(get_string(&reader), "global-requests-ok");
	assert_bytes_text(get_string(&reader), "");
	assert_ok(reader_end(&reader));
}

static void
test_ext_info_only_the_first_time(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);

	client_exchange_keys(client);
	assert_int_equal(client_message(client, -1).data[0], SSH_MSG_NEWKEYS);
}

static void
test_later_kexinit_has_no_signals(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);
	struct kexinit parsed;

	assert_ok(kexinit_parse(buf_bytes(&client->their_kexinit), &parsed));
	assert_true(
	    text_has_name(parsed.lists[KEXINIT_KEX], BYTES("kex-strict-s-v00@openssh.com")));
	client_exchange_keys(client);
	assert_ok(kexinit_parse(buf_bytes(&client->their_kexinit), &parsed));
	assert_false(
	    text_has_name(parsed.lists[KEXINIT_KEX], BYTES("kex-strict-s-v00@openssh.com")));
	assert_false(text_has_name(parsed.lists[KEXINIT_KEX], BYTES("ext-info-s")));
}

/* --- guesses ----------------------------------------------------------------------------------- */

static void
test_right_guess_is_used(void **state)
{
	static const struct client_offer offer = { .guess_follows = true };
	CLIENT *client = client_in(TRANSPORT_PHASE_FIRST_KEX, &offer);

	client_exchange_keys(client);
	assert_int_equal(transport_phase(client->transport), TRANSPORT_PHASE_SERVICE);
}

static void
test_wrong_guess_is_dropped(void **state)
{
	static const struct client_offer offer = {
		.lists = { "ecdh-sha2-nistp521," CLIENT_STRICT },
		.guess_follows = true,
	};
	static const char *const guesses[] = { "\x1e\0\0\0\x04wild", "\x22 any of 30..49" };

	for (size_t i = 0; i < COUNT(guesses); i++) {
		CLIENT *client = client_in(TRANSPORT_PHASE_FIRST_KEX, &offer);

		client_put_kexinit(client);
		client_put(client, bytes_of(guesses[i], 9));
		client_flush(client);
		assert_int_equal(client_count(client, TRANSPORT_SIGN), 0);
		client_put_public(client);
		client_flush(client);
		client_put_newkeys(client);
		client_flush(client);
		assert_int_equal(transport_phase(client->transport), TRANSPORT_PHASE_SERVICE);
	}
}

static void
test_only_one_guess_is_dropped(void **state)
{
	static const struct client_offer offer = {
		.lists = { "ecdh-sha2-nistp521," CLIENT_STRICT },
		.guess_follows = true,
	};
	CLIENT *client = client_in(TRANSPORT_PHASE_FIRST_KEX, &offer);

	client_put_kexinit(client);
	client_put(client, BYTES("\x1e\0\0\0\x04wild"));
	client_send(client, BYTES("\x1e\0\0\0\x04wild"));
	client_assert_ended(
	    client, "second guess", SSH_DISCONNECT_KEY_EXCHANGE_FAILED, "public value");
}

/* --- what is refused --------------------------------------------------------------------------- */

static void
test_public_values_that_are_none(void **state)
{
	uint8_t zeros[5 + 32] = { SSH_MSG_KEX_ECDH_INIT, 0, 0, 0, 32 };
	const struct {
		const char *name;
		struct bytes payload;
		enum ssh_disconnect reason;
	} values[] = {
		{ "zeros", bytes_of(zeros, sizeof(zeros)), SSH_DISCONNECT_KEY_EXCHANGE_FAILED },
		{ "too short", BYTES("\x1e\0\0\0\x03pub"), SSH_DISCONNECT_KEY_EXCHANGE_FAILED },
		{ "empty", BYTES("\x1e\0\0\0\0"), SSH_DISCONNECT_KEY_EXCHANGE_FAILED },
		{ "truncated", BYTES("\x1e\0\0\0\x20pub"), SSH_DISCONNECT_PROTOCOL_ERROR },
		{ "trailing", BYTES("\x1e\0\0\0\0x"), SSH_DISCONNECT_PROTOCOL_ERROR },
	};

	for (size_t i = 0; i < COUNT(values); i++) {
		CLIENT *client = client_in(TRANSPORT_PHASE_FIRST_KEX, NULL);

		client_put_kexinit(client);
		client_send(client, values[i].payload);
		client_assert_ended(client, values[i].name, values[i].reason, "");
		assert_int_equal(client_count(client, TRANSPORT_SIGN), 0);
	}
}

static void
test_order_is_kept(void **state)
{
	static const struct {
		const char *name, *bytes;
	} orders[] = {
		{ "NEWKEYS instead of a public value", "\x15" },
		{ "a second KEXINIT", "\x14" },
		{ "a reply", "\x1f" },
	};

	for (size_t i = 0; i < COUNT(orders); i++) {
		CLIENT *client = client_in(TRANSPORT_PHASE_FIRST_KEX, NULL);

		client_put_kexinit(client);
		client_send(client, bytes_of(orders[i].bytes, 1));
		client_assert_ended(
		    client, orders[i].name, SSH_DISCONNECT_PROTOCOL_ERROR, "awaited");
	}
}

static void
test_second_public_value(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_FIRST_KEX, NULL);

	client_put_kexinit(client);
	client_put_public(client);
	client_put(client, BYTES("\x1e\0\0\0\x04more"));
	client_flush(client);
	assert_int_equal(transport_phase(client->transport), TRANSPORT_PHASE_ENDED);
	assert_int_equal(client_count(client, TRANSPORT_SIGN), 1);
}

static void
test_strict_means_kexinit_first(void **state)
{
	static const struct client_offer plain = { .lists = { CLIENT_PLAIN } };
	CLIENT *strict = client_in(TRANSPORT_PHASE_FIRST_KEX, NULL);
	CLIENT *lax = client_in(TRANSPORT_PHASE_FIRST_KEX, &plain);

	client_put(strict, BYTES("\x02\0\0\0\0"));
	client_put_kexinit(strict);
	client_flush(strict);
	client_assert_ended(
	    strict, "IGNORE before KEXINIT", SSH_DISCONNECT_PROTOCOL_ERROR, "strict");
	client_put(lax, BYTES("\x02\0\0\0\0"));
	client_exchange_keys(lax);
	assert_int_equal(transport_phase(lax->transport), TRANSPORT_PHASE_SERVICE);
}

/* In strict key exchange numbers begin anew with every NEWKEYS, in each direction. */
static void
test_sequence_numbers(void **state)
{
	static const struct client_offer plain = { .lists = { CLIENT_PLAIN } };
	CLIENT *strict = client_in(TRANSPORT_PHASE_SERVICE, NULL);
	CLIENT *lax = client_in(TRANSPORT_PHASE_SERVICE, &plain);

	assert_int_equal(strict->transport->in.sequence, 0);
	assert_int_equal(strict->transport->out.sequence, 1); /* EXT_INFO */
	assert_int_equal(lax->transport->in.sequence, 3);
	assert_int_equal(lax->transport->out.sequence, 3);
}

static void
test_no_match_says_what(void **state)
{
	static const struct client_offer offer = { .lists = { [KEXINIT_CIPHER_OUT] = "rot13" } };
	CLIENT *client = client_new(&offer);

	client_put_version(client);
	client_put_kexinit(client);
	client_flush(client);
	client_assert_ended(client, "rot13", SSH_DISCONNECT_KEY_EXCHANGE_FAILED,
	    "no matching cipher server to client found");
}

/* A key of that type must be there; the configuration may name more than there is. */
static void
test_host_key_that_is_not_there(void **state)
{
	struct child_start start = client_server_start();
	CLIENT *client = client_new(NULL);

	start.host_key_count = 1; /* RSA */
	transport_freep(&client->transport);
	assert_ok(transport_new(&start, &client->transport));
	client_put_version(client);
	client_put_kexinit(client);
	client->incoming.start = client->incoming.end = 0;
	transport_sent(client->transport, transport_pending(client->transport).size);
	client_flush(client);
	client_assert_ended(
	    client, "no key", SSH_DISCONNECT_KEY_EXCHANGE_FAILED, "no host key for ssh-ed25519");
}

/* --- what waits -------------------------------------------------------------------------------- */

static void
test_nothing_is_read_before_the_signature(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);

	client->delays_signature = true;
	client_put_kexinit(client);
	client_put_public(client);
	client_flush(client);
	assert_int_equal(client->events[client->event_count - 1], TRANSPORT_SIGN);
	assert_bytes_text(transport_to_sign(client->transport).algorithm, "ssh-ed25519");
	assert_int_equal(transport_to_sign(client->transport).exchange_hash.size, 32);
	client_send(client, BYTES("\x02\0\0\0\0"));
	assert_true(inbox_size(&client->transport->in.box) > 0);
	assert_ok(transport_signed(client->transport, BYTES(CLIENT_SIGNATURE)));
	client_flush(client);
	assert_int_equal(inbox_size(&client->transport->in.box), 0);
	client_put_newkeys(client);
	client_flush(client);
	talk(client);
}

static void
test_signature_that_nobody_asked_for(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);

	assert_result(transport_signed(client->transport, BYTES("x")), RESULT_PROTOCOL);
	transport_end(client->transport, false, SSH_DISCONNECT_NONE, "over");
	assert_ok(transport_signed(client->transport, BYTES("too late")));
}

/* Between our KEXINIT and our NEWKEYS nothing of the layers above goes out; later all of it, in its
 * order. */
static void
test_messages_wait_for_the_end(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);
	size_t before = client->messages.count;
	uint8_t *at;

	client_put_kexinit(client);
	client_flush(client);
	assert_ok(transport_send(client->transport, BYTES("\x62one")));
	assert_ok(transport_send(client->transport, BYTES("\x62two")));
	assert_false(transport_is_ready(client->transport));
	assert_result(transport_reserve(client->transport, 10, &at), RESULT_AGAIN);
	client_flush(client);
	assert_int_equal(client->messages.count, before + 1); /* KEXINIT */
	client_put_public(client);
	client_flush(client);
	/* Our keys are in use: what waited is out, although theirs are still to come. */
	assert_int_equal(client->messages.count, before + 5);
	assert_int_equal(client_message(client, -3).data[0], SSH_MSG_NEWKEYS);
	assert_bytes(client_message(client, -2), BYTES("\x62one"));
	assert_bytes(client_message(client, -1), BYTES("\x62two"));
	client_put_newkeys(client);
	client_flush(client);
	assert_true(transport_is_ready(client->transport));
	talk(client);
}

static void
test_what_waits_has_a_limit(void **state)
{
	static uint8_t payload[1024] = { SSH_MSG_CHANNEL_REQUEST };
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);
	size_t count = 0;

	client_put_kexinit(client);
	client_flush(client);
	while (transport_send(client->transport, bytes_of(payload, sizeof(payload))) == RESULT_OK)
		count++;
	assert_in_range(count, 100, TRANSPORT_HELD_MAX / 1024);
	client_put_public(client);
	client_flush(client);
	client_put_newkeys(client);
	client_flush(client);
	assert_bytes(client_message(client, -1), bytes_of(payload, sizeof(payload)));
	talk(client);
}

/* --- exchanges that we begin ------------------------------------------------------------------- */

static void
test_used_keys_are_replaced(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);
	size_t before = client->messages.count;

	client->transport->in.usage.packets = client->transport->limit_in.packets - 1;
	client_send(client, BYTES("\x50one more"));
	assert_int_equal(client->messages.count, before + 1);
	assert_int_equal(client_message(client, -1).data[0], SSH_MSG_KEXINIT);
	/* The client may not know yet: what it says still counts. */
	client_send(client, BYTES("\x50in flight"));
	assert_bytes(client_payload(client, -1), BYTES("\x50in flight"));
	client_exchange_keys(client);
	assert_int_equal(client_count(client, TRANSPORT_KEX_DONE), 2);
	talk(client);
}

static void
test_bytes_out_count_too(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);

	client->transport->out.usage.bytes = client->transport->limit_out.bytes - 100;
	for (int i = 0; i < 4; i++)
		assert_ok(transport_send(
		    client->transport, BYTES("\x62 some forty bytes are sent here")));
	client_flush(client);
	assert_true(client->messages.count > 0);
	client_exchange_keys(client);
	assert_int_equal(client_count(client, TRANSPORT_KEX_DONE), 2);
	talk(client);
}

static void
test_peer_that_does_not_answer_our_kexinit(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);

	client->transport->limit_in.packets = 100;
	for (int i = 0; i < 200 && transport_phase(client->transport) == TRANSPORT_PHASE_OPEN; i++)
		client_send(client, BYTES("\x02\0\0\0\0"));
	client_assert_ended(client, "overdue", SSH_DISCONNECT_PROTOCOL_ERROR, "used for too long");
	assert_in_range(client->transport->in.usage.packets, 149, 151);
}

static void
test_pings_during_a_key_exchange_of_ours(void **state)
{
	CLIENT *client = client_in(TRANSPORT_PHASE_OPEN, NULL);

	client->transport->in.usage.packets = client->transport->limit_in.packets - 1;
	client_send(client, BYTES(PING("once")));
	client_send(client, BYTES(PING("more")));
	client_exchange_keys(client);
	assert_bytes(client_message(client, -5), BYTES(PONG("once")));
	assert_int_equal(client_message(client, -2).data[0], SSH_MSG_NEWKEYS);
	assert_bytes(client_message(client, -1), BYTES(PONG("more")));
}

/* --- GSS-API ------------------------------------------------------------------------------------ */

#define GSS_KEX "gss-curve25519-sha256-" KEX_GSS_MECHANISM

/* A server that has it, with both KEXINITs there. */
static struct client *
client_with_gss(void)
{
	static const struct client_offer offer = { .lists = { [KEXINIT_KEX] = GSS_KEX } };
	struct child_start start = client_server_start();
	struct client *client = client_new(&offer);

	start.kex_algorithms = bytes_of_text(GSS_KEX ",curve25519-sha256");
	transport_free(client->transport);
	assert_ok(transport_new(&start, &client->transport));
	transport_sent(client->transport, start.version.size + 2); /* the client has seen it */
	client->delays_signature = client->exchanges_otherwise = true;
	client_put_version(client);
	client_put_kexinit(client);
	client_flush(client);
	return client;
}

/* KEXGSS_INIT: a token, and the public value of a key agreement. */
static void
send_init(struct client *client, const char *token)
{
	uint8_t room[256];
	struct writer writer = writer_into(room, sizeof(room));

	client_put_public(client);
	buf_reset(&client->wire);
	client->sequence_out--;
	put_byte(&writer, SSH_MSG_KEXGSS_INIT);
	put_text(&writer, token);
	put_string(&writer, bytes_of(client->public, sizeof(client->public)));
	assert_ok(writer_end(&writer));
	client_send(client, writer_bytes(&writer));
}

static enum result
tell(struct client *client, enum gss_step step, const char *token)
{
	const struct gss_to_client say = { .step = step,
		.token = bytes_of_text(token),
		.major = 1,
		.minor = 2,
		.text = bytes_of_text("why") };
	const enum result result = transport_gss_taken(client->transport, &say);

	client_flush(client);
	return result;
}

static void
test_tokens_go_both_ways(void **state)
{
	CLIENT *client = client_with_gss();
	struct transport_gss_token token;

	send_init(client, "one");
	assert_int_equal(client->events[client->event_count - 1], TRANSPORT_GSS_TOKEN);
	token = transport_gss_token(client->transport);
	assert_true(token.is_first);
	assert_bytes_text(token.token, "one");
	client_send(client, BYTES("\037\0\0\0\001x")); /* nothing is read now */
	assert_true(inbox_size(&client->transport->in.box) > 0);
	assert_ok(tell(client, GSS_STEP_TOKEN, "two"));
	assert_bytes(client_message(client, -1), BYTES("\037\0\0\0\003two"));
	token = transport_gss_token(client->transport);
	assert_false(token.is_first);
	assert_bytes_text(token.token, "x");
	assert_ok(tell(client, GSS_STEP_LAST, "four"));
	assert_int_equal(client->events[client->event_count - 1], TRANSPORT_SIGN);
	assert_bytes_text(transport_to_sign(client->transport).algorithm, "null");
	assert_int_equal(transport_to_sign(client->transport).exchange_hash.size, 32);
	assert_ok(transport_signed(client->transport, BYTES("a MIC")));
}

/* What the last message has: our public value, the MIC, and the token if there is one. */
static void
test_the_reply_has_the_mic(void **state)
{
	static const char *const tokens[] = { "last", "" };

	for (size_t i = 0; i < COUNT(tokens); i++) {
		CLIENT *client = client_with_gss();
		struct bytes pending;
		struct reader reader;

		send_init(client, "one");
		assert_ok(tell(client, GSS_STEP_LAST, tokens[i]));
		assert_ok(transport_signed(client->transport, BYTES("a MIC")));
		pending = transport_pending(client->transport);
		reader = reader_of(bytes_of(pending.data + 5, pending.size - 5));
		assert_int_equal(get_byte(&reader), SSH_MSG_KEXGSS_COMPLETE);
		assert_int_equal(get_string(&reader).size, 32);
		assert_bytes_text(get_string(&reader), "a MIC");
		assert_int_equal(get_bool(&reader), tokens[i][0] != '\0');
		if (tokens[i][0] != '\0')
			assert_bytes_text(get_string(&reader), tokens[i]);
		assert_int_equal(reader.result, RESULT_OK);
	}
}

static void
test_a_context_that_fails_ends_the_connection(void **state)
{
	CLIENT *client = client_with_gss();

	send_init(client, "one");
	assert_ok(tell(client, GSS_STEP_FAILED, "error"));
	assert_bytes(
	    client_message(client, -3), BYTES("\042\0\0\0\001\0\0\0\002\0\0\0\003why\0\0\0\0"));
	assert_bytes(client_message(client, -2), BYTES("\037\0\0\0\005error"));
	client_assert_ended(client, "failed", SSH_DISCONNECT_KEY_EXCHANGE_FAILED,
	    "the GSS-API context was not established");
}

static void
test_gss_messages_have_their_order(void **state)
{
	static const struct {
		const char *name;
		struct bytes payload;
	} rows[] = {
		{ "a token before the first", BYTES_ROW("\037\0\0\0\001x") },
		{ "without a public value", BYTES_ROW("\036\0\0\0\001x") },
		{ "something behind it", BYTES_ROW("\036\0\0\0\001x\0\0\0\001yz") },
		{ "another method's", BYTES_ROW("\040\0\0\0\001x") },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		CLIENT *client = client_with_gss();

		client_send(client, rows[i].payload);
		ROW_TRUE(rows[i].name, transport_phase(client->transport) == TRANSPORT_PHASE_ENDED);
		ROW_TRUE(rows[i].name, client_count(client, TRANSPORT_GSS_TOKEN) == 0);
	}
}

static void
test_what_nobody_asked_about_tokens(void **state)
{
	CLIENT *client = client_with_gss();

	assert_result(tell(client, GSS_STEP_LAST, ""), RESULT_PROTOCOL);
	send_init(client, "one");
	assert_result(tell(client, GSS_STEP_BEGIN, ""), RESULT_MALFORMED);
	assert_result(tell(client, GSS_STEP_MIC, ""), RESULT_MALFORMED);
}

/* A point that is none. */
static void
test_public_values_with_a_context(void **state)
{
	CLIENT *client = client_with_gss();

	client_send(client, BYTES("\036\0\0\0\001x\0\0\0\003bad"));
	assert_ok(tell(client, GSS_STEP_LAST, ""));
	assert_int_equal(client_count(client, TRANSPORT_SIGN), 0);
	assert_int_equal(transport_phase(client->transport), TRANSPORT_PHASE_ENDED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_suite_in_both_directions),
		cmocka_unit_test(test_one_byte_at_a_time),
		cmocka_unit_test(test_session_id_is_the_first_hash),
		cmocka_unit_test(test_session_id_stays_with_new_keys),
		cmocka_unit_test(test_ext_info_if_asked_for),
		cmocka_unit_test(test_ext_info_only_the_first_time),
		cmocka_unit_test(test_later_kexinit_has_no_signals),
		cmocka_unit_test(test_right_guess_is_used),
		cmocka_unit_test(test_wrong_guess_is_dropped),
		cmocka_unit_test(test_only_one_guess_is_dropped),
		cmocka_unit_test(test_public_values_that_are_none),
		cmocka_unit_test(test_order_is_kept),
		cmocka_unit_test(test_second_public_value),
		cmocka_unit_test(test_strict_means_kexinit_first),
		cmocka_unit_test(test_sequence_numbers),
		cmocka_unit_test(test_no_match_says_what),
		cmocka_unit_test(test_host_key_that_is_not_there),
		cmocka_unit_test(test_nothing_is_read_before_the_signature),
		cmocka_unit_test(test_signature_that_nobody_asked_for),
		cmocka_unit_test(test_messages_wait_for_the_end),
		cmocka_unit_test(test_what_waits_has_a_limit),
		cmocka_unit_test(test_used_keys_are_replaced),
		cmocka_unit_test(test_bytes_out_count_too),
		cmocka_unit_test(test_peer_that_does_not_answer_our_kexinit),
		cmocka_unit_test(test_pings_during_a_key_exchange_of_ours),
		cmocka_unit_test(test_tokens_go_both_ways),
		cmocka_unit_test(test_the_reply_has_the_mic),
		cmocka_unit_test(test_a_context_that_fails_ends_the_connection),
		cmocka_unit_test(test_gss_messages_have_their_order),
		cmocka_unit_test(test_what_nobody_asked_about_tokens),
		cmocka_unit_test(test_public_values_with_a_context),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
