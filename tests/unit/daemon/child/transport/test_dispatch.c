/* SPDX-License-Identifier: ISC */
/*
 * Every message number in every state of a living connection. What must follow is written down here
 * by ranges, as the RFCs give them, and not cell by cell as in the table under test.
 */
#include "daemon/child/transport/dispatch.h"

#include "tests/unit/daemon/child/transport/client.h"

enum outcome { ENDS, LEAVES, NOTHING, UNIMPLEMENTED, GOES_UP };

static const char *const outcome_texts[] = {
	[ENDS] = "ends with a protocol error",
	[LEAVES] = "is taken for the client's farewell",
	[NOTHING] = "is ignored",
	[UNIMPLEMENTED] = "is answered with UNIMPLEMENTED",
	[GOES_UP] = "goes up",
};

/* --- what must follow -------------------------------------------------------------------------- */

static bool
is_first_kex(enum dispatch_state state)
{
	return state == DISPATCH_FIRST_KEX || state == DISPATCH_STRICT_KEX;
}

static bool
is_between(unsigned number, unsigned first, unsigned last)
{
	return number >= first && number <= last;
}

static enum outcome
expected_upper(unsigned number, enum dispatch_state state)
{
	if (is_between(number, 50, 79) && state == DISPATCH_LOGIN)
		return GOES_UP;
	if (is_between(number, 80, 127) && state == DISPATCH_OPEN)
		return GOES_UP;
	/* Late requests after login: RFC 4252 section 5.3. */
	if ((number == 50 || is_between(number, 60, 79)) && state == DISPATCH_OPEN)
		return NOTHING;
	return ENDS;
}

/* With a body of zeros, which is wrong for all messages that have a meaning but the generic ones. */
static enum outcome
expected(unsigned number, enum dispatch_state state)
{
	if (number == SSH_MSG_DISCONNECT)
		return LEAVES;
	if (state == DISPATCH_STRICT_KEX)
		return ENDS;
	if (is_between(number, 2, 4))
		return NOTHING;
	if (is_between(number, 8, 19) || is_between(number, 22, 29))
		return UNIMPLEMENTED;
	if (is_between(number, 50, 127))
		return expected_upper(number, state);
	if (number < 128 || is_first_kex(state) || state == DISPATCH_REKEY)
		return ENDS;
	if (number == SSH_MSG_PING && state == DISPATCH_OPEN)
		return ENDS; /* malformed */
	if (number == SSH_MSG_PONG && state == DISPATCH_OPEN)
		return NOTHING;
	return UNIMPLEMENTED;
}

/* --- what follows ------------------------------------------------------------------------------ */

static struct client *
client_in_state(enum dispatch_state state)
{
	static const struct client_offer plain = { .lists = { CLIENT_PLAIN } };
	static const enum transport_phase phases[] = {
		[DISPATCH_FIRST_KEX] = TRANSPORT_PHASE_FIRST_KEX,
		[DISPATCH_STRICT_KEX] = TRANSPORT_PHASE_FIRST_KEX,
		[DISPATCH_NEW_KEYS] = TRANSPORT_PHASE_SERVICE,
		[DISPATCH_SERVICE] = TRANSPORT_PHASE_SERVICE,
		[DISPATCH_LOGIN] = TRANSPORT_PHASE_LOGIN,
		[DISPATCH_OPEN] = TRANSPORT_PHASE_OPEN,
		[DISPATCH_REKEY] = TRANSPORT_PHASE_OPEN,
	};
	struct client *client =
	    client_in(phases[state], state == DISPATCH_FIRST_KEX ? &plain : NULL);

	if (is_first_kex(state) || state == DISPATCH_REKEY) {
		client_put_kexinit(client);
		client_flush(client);
	}
	if (state == DISPATCH_SERVICE)
		client_send(client, BYTES("\x02\0\0\0\0"));
	return client;
}

static bool
is_unimplemented(struct bytes message, uint32_t sequence)
{
	struct reader reader = reader_of(message);

	return get_byte(&reader) == SSH_MSG_UNIMPLEMENTED && get_u32(&reader) == sequence &&
	       reader_end(&reader) == RESULT_OK;
}

static enum outcome
observe(unsigned number, enum dispatch_state state)
{
	CLIENT *client = client_in_state(state);
	size_t messages = client->messages.count, payloads = client->payloads.count;
	uint8_t payload[40] = { (uint8_t)number };
	struct transport_ending ending;

	client_send(client, bytes_of(payload, sizeof(payload)));
	ending = transport_ending(client->transport);
	if (transport_phase(client->transport) == TRANSPORT_PHASE_ENDED && ending.by_peer)
		return LEAVES;
	if (transport_phase(client->transport) == TRANSPORT_PHASE_ENDED) {
		client_assert_ended(client, "sweep", SSH_DISCONNECT_PROTOCOL_ERROR, "");
		assert_int_equal(client->payloads.count, payloads);
		return ENDS;
	}
	if (client->payloads.count == payloads + 1) {
		assert_bytes(client_payload(client, -1), bytes_of(payload, sizeof(payload)));
		return GOES_UP;
	}
	assert_int_equal(client->payloads.count, payloads);
	if (client->messages.count == messages)
		return NOTHING;
	assert_true(is_unimplemented(client_message(client, -1), client->sequence_out - 1));
	return UNIMPLEMENTED;
}

static void
sweep(enum dispatch_state state)
{
	for (unsigned number = 0; number <= UINT8_MAX; number++) {
		enum outcome actual = observe(number, state);

		if (actual != expected(number, state))
			fail_msg("message %u %s", number, outcome_texts[actual]);
	}
}

#define SWEEP(name, dispatch_state)    \
	static void name(void **state) \
	{                              \
		sweep(dispatch_state); \
	}

SWEEP(test_first_key_exchange, DISPATCH_FIRST_KEX)
SWEEP(test_strict_key_exchange, DISPATCH_STRICT_KEX)
SWEEP(test_first_packet_under_new_keys, DISPATCH_NEW_KEYS)
SWEEP(test_before_a_service, DISPATCH_SERVICE)
SWEEP(test_during_login, DISPATCH_LOGIN)
SWEEP(test_after_login, DISPATCH_OPEN)
SWEEP(test_during_a_later_key_exchange, DISPATCH_REKEY)

/* The property that everything rests on, straight from the table. */
static void
test_nothing_goes_up_before_its_time(void **state)
{
	for (unsigned number = 0; number <= UINT8_MAX; number++) {
		for (int s = 0; s < DISPATCH_STATE_COUNT; s++) {
			bool is_up =
			    dispatch_find((uint8_t)number, (enum dispatch_state)s) == DISPATCH_UP;
			bool may = (s == DISPATCH_LOGIN && is_between(number, 50, 79)) ||
				   (s == DISPATCH_OPEN && is_between(number, 80, 127));

			assert_int_equal(is_up, may);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_key_exchange),
		cmocka_unit_test(test_strict_key_exchange),
		cmocka_unit_test(test_first_packet_under_new_keys),
		cmocka_unit_test(test_before_a_service),
		cmocka_unit_test(test_during_login),
		cmocka_unit_test(test_after_login),
		cmocka_unit_test(test_during_a_later_key_exchange),
		cmocka_unit_test(test_nothing_goes_up_before_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
