/* SPDX-License-Identifier: ISC */
/*
 * The messages that belong to the transport itself: disconnect, debug, unimplemented, service
 * request, EXT_INFO, ping. Pure. RFC 4253 sections 10 and 11, RFC 8308.
 */
#include <inttypes.h>

#include "common/log.h"
#include "common/text.h"
#include "daemon/child/transport/extinfo.h"
#include "daemon/child/transport/internal.h"

enum transport_event
on_disconnect(struct transport *transport, struct bytes payload)
{
	struct reader reader = reader_of(payload);
	char text[TRANSPORT_ENDING_TEXT_MAX];
	uint32_t reason;

	get_byte(&reader);
	reason = get_u32(&reader);
	text_quote(get_string(&reader), text, sizeof(text)); /* the language does not matter */
	disconnect_silently(transport, true, (enum ssh_disconnect)reason, text);
	return TRANSPORT_IDLE;
}

enum transport_event
on_debug(struct transport *transport, struct bytes payload)
{
	struct reader reader = reader_of(payload);
	struct bytes text;

	get_byte(&reader);
	get_bool(&reader);
	text = get_string(&reader);
	log_debug("client-debug", "the client says: %.*s", LOG_BYTES(text));
	return TRANSPORT_IDLE;
}

/*
 * Sends an answer, or ends the connection if the client asks faster than it reads: CVE-2025-26466
 * was a queue of such answers that had no end.
 */
static void
answer(struct transport *transport, struct bytes payload)
{
	enum result result = transport_send(transport, payload);

	if (result != RESULT_OK)
		disconnect_for(transport, result, "too many answers are waiting");
}

enum transport_event
on_unknown(struct transport *transport, struct bytes payload)
{
	uint8_t room[8];
	struct writer writer = writer_into(room, sizeof(room));
	uint32_t sequence = transport->in.sequence - 1;
	enum result result;

	log_debug("unknown-message", "message %u is unknown", payload.data[0]);
	put_byte(&writer, SSH_MSG_UNIMPLEMENTED);
	put_u32(&writer, sequence);
	/* It may go out during a key exchange, unlike other answers. */
	result = packet_write(&transport->out, writer_bytes(&writer));
	if (result != RESULT_OK)
		disconnect_for(transport, result, "too many answers are waiting");
	return TRANSPORT_IDLE;
}

/*
 * Some clients (Paramiko) ask for ssh-userauth once for each method that they try; ssh-connection
 * runs after login anyhow.
 */
static const struct {
	const char *name;
	enum transport_phase phase;
} services[] = {
	{ "ssh-userauth", TRANSPORT_PHASE_SERVICE },
	{ "ssh-userauth", TRANSPORT_PHASE_LOGIN },
	{ "ssh-connection", TRANSPORT_PHASE_OPEN },
};

static bool
is_served(struct bytes name, enum transport_phase phase)
{
	for (size_t i = 0; i < COUNT(services); i++) {
		if (services[i].phase == phase && bytes_is(name, services[i].name))
			return true;
	}
	return false;
}

enum transport_event
on_service_request(struct transport *transport, struct bytes payload)
{
	struct reader reader = reader_of(payload);
	uint8_t room[64];
	struct writer writer = writer_into(room, sizeof(room));
	struct bytes name;
	enum result result;

	get_byte(&reader);
	name = get_string(&reader);
	result = reader_end(&reader);
	if (result != RESULT_OK) {
		disconnect_for(transport, result, "the service request is malformed");
		return TRANSPORT_IDLE;
	}
	if (!is_served(name, transport->phase)) {
		disconnect(transport, SSH_DISCONNECT_SERVICE_NOT_AVAILABLE,
		    "service \"%.*s\" is not available", LOG_BYTES(name));
		return TRANSPORT_IDLE;
	}
	put_byte(&writer, SSH_MSG_SERVICE_ACCEPT);
	put_string(&writer, name);
	answer(transport, writer_bytes(&writer));
	if (transport->phase != TRANSPORT_PHASE_SERVICE)
		return TRANSPORT_IDLE;
	transport_enter(transport, TRANSPORT_PHASE_LOGIN);
	return TRANSPORT_SERVICE;
}

enum transport_event
on_ext_info(struct transport *transport, struct bytes payload)
{
	struct extinfo theirs;
	enum result result = extinfo_parse(payload, &theirs);

	if (result != RESULT_OK)
		disconnect_for(transport, result, "EXT_INFO is malformed");
	else
		log_debug("ext-info", "the client sent %" PRIu32 " extensions", theirs.entries);
	transport->takes_ext_info_in_auth = result == RESULT_OK && theirs.takes_more_in_auth;
	return TRANSPORT_IDLE;
}

/* PONG is PING with another number: it goes out from where PING lies, which is ours to write to. */
enum transport_event
on_ping(struct transport *transport, struct bytes payload)
{
	struct reader reader = reader_of(payload);
	enum result result;
	uint8_t *pong;

	get_byte(&reader);
	get_string(&reader);
	result = reader_end(&reader);
	if (result == RESULT_OK && payload.size > TRANSPORT_PAYLOAD_MAX)
		result = RESULT_LIMIT;
	if (result != RESULT_OK) {
		disconnect_for(transport, result, "PING is malformed or too long");
		return TRANSPORT_IDLE;
	}
	pong = transport->in.box.memory + (payload.data - transport->in.box.memory);
	pong[0] = SSH_MSG_PONG;
	answer(transport, payload);
	return TRANSPORT_IDLE;
}
