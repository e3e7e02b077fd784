/* SPDX-License-Identifier: ISC */
/*
 * Global requests (pure). RFC 4254 section 4; no-more-sessions@openssh.com is in OpenSSH's PROTOCOL,
 * section 2.2. What we do not know is refused, which is what a client's keep-alive asks for.
 */
#include "daemon/child/connection/global.h"

static enum result
send_reply(bool success, struct outlet *outlet)
{
	uint8_t room[1];
	struct writer writer = writer_into(room, sizeof(room));

	put_byte(&writer, success ? SSH_MSG_REQUEST_SUCCESS : SSH_MSG_REQUEST_FAILURE);
	return outlet_packet(outlet, &writer);
}

enum result
global_receive(struct channels *channels, struct reader *reader, struct outlet *outlet)
{
	struct bytes name = get_string(reader);
	bool wants_reply = get_bool(reader);
	bool success = false;

	TRY(reader->result);
	if (bytes_is(name, "no-more-sessions@openssh.com")) {
		channels->no_more_sessions = true;
		success = true;
	}
	return wants_reply ? send_reply(success, outlet) : RESULT_OK;
}

/* Which client knows the name does not matter: RFC 4254 has it answer what it does not know. */
enum result
global_ask_alive(struct channels *channels, struct outlet *outlet)
{
	uint8_t room[64];
	struct writer writer = writer_into(room, sizeof(room));

	put_byte(&writer, SSH_MSG_GLOBAL_REQUEST);
	put_text(&writer, "keepalive@openssh.com");
	put_bool(&writer, true);
	channels->questions++;
	return outlet_packet(outlet, &writer);
}

enum result
global_reply(struct channels *channels, struct outlet *outlet)
{
	if (channels->questions == 0)
		return outlet_fault(outlet, "a reply came that nothing asked for");
	channels->questions--;
	return RESULT_OK;
}
