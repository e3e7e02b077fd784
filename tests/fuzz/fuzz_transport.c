/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes the transport. The first byte chooses where the connection stands; from the beginning what
 * follows are a client's bytes as they are, later they are payloads (`u16 size, payload`) in plain
 * packets: the fuzzer need not find keys. Whatever comes, nothing goes up before its time, what is
 * pending stays bounded, and an end has a text that can be shown.
 */
#include <assert.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/mem.h"
#include "daemon/child/transport/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIST(literal)                                           \
	{                                                       \
		(const uint8_t *)(literal), sizeof(literal) - 1 \
	}

static const struct child_start start = {
	.version = LIST("SSH-2.0-Sallyport_fuzz"),
	.kex_algorithms =
	    LIST("curve25519-sha256,ecdh-sha2-nistp256,diffie-hellman-group-exchange-sha256,"
		 "gss-curve25519-sha256-" KEX_GSS_MECHANISM),
	.host_key_algorithms = LIST("ssh-ed25519"),
	.ciphers = LIST("chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes128-ctr"),
	.macs = LIST("hmac-sha2-256-etm@openssh.com,hmac-sha2-256"),
	.policy.user_key_algorithms = LIST("ssh-ed25519"),
	.host_key_count = 1,
	.host_keys = { LIST("\0\0\0\x0bssh-ed25519\0\0\0\x04key!") },
};

static void
check_payload(const struct transport *transport)
{
	uint8_t message = transport_payload(transport).data[0];
	bool is_login = transport->phase == TRANSPORT_PHASE_LOGIN && message >= 50 && message < 80;
	bool is_open = transport->phase == TRANSPORT_PHASE_OPEN && message >= 80 && message < 128;

	assert(is_login || is_open);
}

static void
check_ending(const struct transport *transport)
{
	/* UTF-8 may be in it, nothing that a terminal obeys. */
	for (const char *at = transport_ending(transport).text; *at != '\0'; at++)
		assert((uint8_t)*at >= ' ' && *at != '\x7f');
}

static void
choose_group(struct transport *transport)
{
	const struct transport_group_wish wish = transport_group_wish(transport);
	const uint8_t two = 2;
	OWNED_BUF prime;

	assert(wish.least <= wish.wanted && wish.wanted <= wish.most);
	buf_init(&prime, AGREE_PRIME_MAX);
	if (wish.most >= 2048 && agree_fixed_prime(2048, &prime) != RESULT_OK)
		abort();
	if (transport_group_chosen(transport, buf_bytes(&prime), bytes_of(&two, 1)) != RESULT_OK)
		abort();
}

/* What the token begins with says what becomes of it. */
static void
take_token(struct transport *transport)
{
	static const enum gss_step steps[] = { GSS_STEP_TOKEN, GSS_STEP_LAST, GSS_STEP_FAILED };
	const struct transport_gss_token token = transport_gss_token(transport);
	const struct gss_to_client say = {
		.step = steps[token.token.size > 0 ? token.token.data[0] % COUNT(steps) : 1],
		.token = bytes_of_text("token"),
		.text = bytes_of_text("why"),
	};

	assert(token.token.size <= GSS_TOKEN_MAX);
	if (transport_gss_taken(transport, &say) != RESULT_OK)
		abort();
}

static void
handle_events(struct transport *transport)
{
	for (;;) {
		enum transport_event event = transport_next(transport, 0);

		assert(transport_pending(transport).size <= OUTBOX_ROOM_MAX);
		switch (event) {
		case TRANSPORT_IDLE:
			return;
		case TRANSPORT_ENDED:
			check_ending(transport);
			return;
		case TRANSPORT_CHOOSE_GROUP:
			choose_group(transport);
			break;
		case TRANSPORT_GSS_TOKEN:
			take_token(transport);
			break;
		case TRANSPORT_SIGN:
			assert(transport_to_sign(transport).exchange_hash.size == 32);
			if (transport_signed(transport, bytes_of_text("signature")) != RESULT_OK)
				abort();
			break;
		case TRANSPORT_PAYLOAD:
			check_payload(transport);
			break;
		default:
			break;
		}
	}
}

static void
deliver(struct transport *transport, struct bytes bytes)
{
	while (bytes.size > 0) {
		uint8_t *at;
		size_t size;

		if (transport_room(transport, &at, &size) != RESULT_OK)
			return;
		size = size < bytes.size ? size : bytes.size;
		memcpy(at, bytes.data, size);
		transport_received(transport, size);
		handle_events(transport);
		bytes = bytes_of(bytes.data + size, bytes.size - size);
	}
}

/* A payload in a plain packet. */
static void
deliver_payload(struct transport *transport, struct bytes payload)
{
	size_t padding = 4 + (8 - (5 + payload.size + 4) % 8) % 8;
	uint32_t length = (uint32_t)(1 + payload.size + padding);
	uint8_t *packet = calloc(1, 4 + length);

	assert(packet != NULL);
	packet[1] = (uint8_t)(length >> 16);
	packet[2] = (uint8_t)(length >> 8);
	packet[3] = (uint8_t)length;
	packet[4] = (uint8_t)padding;
	memcpy(packet + 5, payload.data, payload.size);
	deliver(transport, bytes_of(packet, 4 + length));
	free(packet);
}

/* Into a later phase, as if keys were in use. */
static void
skip_to(struct transport *transport, enum transport_phase phase)
{
	deliver(transport, bytes_of_text("SSH-2.0-fuzz\r\n"));
	if (phase <= TRANSPORT_PHASE_FIRST_KEX)
		return;
	while (transport->phase < phase)
		transport_enter(transport, transport->phase + 1);
	buf_clear(&transport->kex.server_init);
	transport->kex.state = KEX_IDLE;
}

static void
run(struct transport *transport, enum transport_phase phase, struct bytes input)
{
	if (phase == TRANSPORT_PHASE_VERSION) {
		deliver(transport, input);
		return;
	}
	skip_to(transport, phase);
	while (input.size > 2) {
		size_t size = (size_t)input.data[0] << 8 | input.data[1];

		if (size == 0 || size > input.size - 2)
			size = input.size - 2;
		/* While something is signed nothing is read; the harness signs at once. */
		deliver_payload(transport, bytes_of(input.data + 2, size));
		if (transport->in.seal != NULL && seal_shape(transport->in.seal)->tag_size > 0)
			return; /* keys are in use now: from here on it is noise */
		input = bytes_of(input.data + 2 + size, input.size - 2 - size);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct transport *transport;

	if (size < 1)
		return 0;
	log_set_level(LOG_LEVEL_QUIET);
	if (transport_new(&start, &transport) != RESULT_OK)
		abort();
	run(transport, (enum transport_phase)(data[0] % TRANSPORT_PHASE_ENDED),
	    bytes_of(data + 1, size - 1));
	transport_free(transport);
	return 0;
}
