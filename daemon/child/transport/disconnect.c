/* SPDX-License-Identifier: ISC */
/*
 * How a connection ends: reasons, their names, texts. Pure. RFC 4253 section 11.1.
 */
#include <stdarg.h>
#include <stdio.h>

#include "common/log.h"
#include "common/text.h"
#include "daemon/child/transport/internal.h"

static const struct {
	enum result result;
	enum ssh_disconnect reason;
} reasons[] = {
	{ RESULT_INTEGRITY, SSH_DISCONNECT_MAC_ERROR },
	{ RESULT_MEMORY, SSH_DISCONNECT_BY_APPLICATION },
	{ RESULT_CRYPTO, SSH_DISCONNECT_BY_APPLICATION },
	{ RESULT_SYSTEM, SSH_DISCONNECT_BY_APPLICATION },
	{ RESULT_UNSUPPORTED, SSH_DISCONNECT_BY_APPLICATION },
};

/* What is not in the table is the peer's fault. */
static enum ssh_disconnect
reason_of(enum result result)
{
	for (size_t i = 0; i < COUNT(reasons); i++) {
		if (reasons[i].result == result)
			return reasons[i].reason;
	}
	return SSH_DISCONNECT_PROTOCOL_ERROR;
}

void
disconnect(struct transport *transport, enum ssh_disconnect reason, const char *format, ...)
{
	char text[TRANSPORT_ENDING_TEXT_MAX], escaped[TRANSPORT_ENDING_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	text_escape(bytes_of_text(text), escaped, sizeof(escaped));
	transport_end(transport, false, reason, escaped);
}

void
disconnect_for(struct transport *transport, enum result result, const char *what)
{
	disconnect(transport, reason_of(result), "%s: %s", what, result_text(result));
}

void
disconnect_silently(
    struct transport *transport, bool by_peer, enum ssh_disconnect reason, const char *text)
{
	if (transport->phase == TRANSPORT_PHASE_ENDED)
		return;
	snprintf(transport->ending_text, sizeof(transport->ending_text), "%s", text);
	transport->ending = (struct transport_ending){
		.by_peer = by_peer,
		.reason = reason,
		.text = transport->ending_text,
	};
	log_verbose(by_peer ? "disconnected-by-client" : "disconnecting", "%s (reason %u): %s",
	    by_peer ? "the client disconnected" : "disconnecting", (unsigned)reason,
	    transport->ending_text);
	transport_enter(transport, TRANSPORT_PHASE_ENDED);
}

/* Failing to send it changes nothing: the connection ends all the same. */
static void
send_disconnect(struct transport *transport, enum ssh_disconnect reason, const char *text)
{
	uint8_t room[TRANSPORT_ENDING_TEXT_MAX + 32];
	struct writer writer = writer_into(room, sizeof(room));
	enum result result;

	put_byte(&writer, SSH_MSG_DISCONNECT);
	put_u32(&writer, (uint32_t)reason);
	put_text(&writer, text);
	put_text(&writer, ""); /* language */
	transport->out.ceiling = OUTBOX_ROOM_MAX;
	result = packet_write(&transport->out, writer_bytes(&writer));
	if (result != RESULT_OK)
		log_debug("disconnecting", "DISCONNECT was not sent: %s", result_text(result));
}

void
transport_end(
    struct transport *transport, bool by_peer, enum ssh_disconnect reason, const char *text)
{
	if (transport->phase == TRANSPORT_PHASE_ENDED)
		return;
	disconnect_silently(transport, by_peer, reason, text);
	if (!by_peer && reason != SSH_DISCONNECT_NONE)
		send_disconnect(transport, reason, transport->ending_text);
}
