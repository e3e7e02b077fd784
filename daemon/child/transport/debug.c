/* SPDX-License-Identifier: ISC */
/*
 * What a client shows of us when it is asked to show more. Pure. RFC 4253 section 11.3.
 */
#include "daemon/child/transport/internal.h"
#include "daemon/child/transport/quirks.h"

enum result
transport_debug(struct transport *transport, struct bytes text)
{
	uint8_t room[TRANSPORT_DEBUG_MAX + 16];
	struct writer writer = writer_into(room, sizeof(room));

	if ((quirks_of(transport_peer_version(transport)) & QUIRK_NO_DEBUG) != 0 ||
	    text.size > TRANSPORT_DEBUG_MAX)
		return RESULT_OK;
	put_byte(&writer, SSH_MSG_DEBUG);
	put_byte(&writer, false); /* not shown always */
	put_string(&writer, text);
	put_text(&writer, ""); /* language */
	TRY(writer_end(&writer));
	return transport_send(transport, writer_bytes(&writer));
}
