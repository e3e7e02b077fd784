/* SPDX-License-Identifier: ISC */
/*
 * Global requests (pure). RFC 4254 section 4; no-more-sessions@openssh.com is in OpenSSH's PROTOCOL,
 * section 2.2. What we do not know is refused, which is what a client's keep-alive asks for.
 */
#include "daemon/child/connection/global.h"

#include "common/mem.h"

/* Replies come in the order of the requests: behind one that waits for the monitor they wait, too. */
static enum result
reply(struct channels *channels, bool success, struct outlet *outlet)
{
	uint8_t number = success ? SSH_MSG_REQUEST_SUCCESS : SSH_MSG_REQUEST_FAILURE;
	struct writer writer = writer_into(&number, 1);
	enum result result;

	if (channels->is_proving) {
		result = buf_append(&channels->answers, bytes_of(&number, 1));
		return result == RESULT_LIMIT
			   ? outlet_fault(outlet, "too many global requests wait for their answers")
			   : result;
	}
	writer.used = 1;
	return outlet_packet(outlet, &writer);
}

/* OpenSSH's PROTOCOL section 2.5. */
static enum result
ask_proof(struct channels *channels, struct bytes keys, bool wants_reply, struct outlet *outlet)
{
	struct writer body;

	if (!wants_reply)
		return RESULT_OK;
	if (channels->is_proving || keys.size == 0 ||
	    keys.size > ipc_row(IPC_prove_host_keys)->body_max)
		return reply(channels, false, outlet);
	TRY(outlet_ask_begin(outlet, keys.size, &body));
	put_raw(&body, keys);
	channels->is_proving = true;
	return outlet_ask_end(outlet, IPC_prove_host_keys, &body);
}

/* Are they strings, one behind the other? What is not would be a lie when we say it to the monitor. */
static bool
are_strings(struct bytes bytes)
{
	struct reader reader = reader_of(bytes);

	while (reader.left > 0 && reader.result == RESULT_OK)
		(void)get_string(&reader);
	return reader_end(&reader) == RESULT_OK;
}

enum result
global_receive(struct channels *channels, struct reader *reader, struct outlet *outlet)
{
	struct bytes name = get_string(reader);
	bool wants_reply = get_bool(reader);
	bool success = false;
	struct bytes rest;

	TRY(reader->result);
	if (bytes_is(name, "hostkeys-prove-00@openssh.com")) {
		rest = get_rest(reader);
		if (are_strings(rest))
			return ask_proof(channels, rest, wants_reply, outlet);
	}
	if (bytes_is(name, "no-more-sessions@openssh.com")) {
		channels->no_more_sessions = true;
		success = true;
	}
	return wants_reply ? reply(channels, success, outlet) : RESULT_OK;
}

static enum result
send_proof(struct bytes signatures, struct outlet *outlet)
{
	CLEANUP(mem_freep) void *room = NULL;
	struct writer writer;

	TRY(mem_new(1, 1 + signatures.size, &room));
	writer = writer_into(room, 1 + signatures.size);
	put_byte(&writer, SSH_MSG_REQUEST_SUCCESS);
	put_raw(&writer, signatures);
	return outlet_packet(outlet, &writer);
}

enum result
global_proved(struct channels *channels, struct bytes signatures, struct outlet *outlet)
{
	if (!channels->is_proving)
		return RESULT_PROTOCOL;
	channels->is_proving = false;
	if (signatures.size > 0)
		TRY(send_proof(signatures, outlet));
	else
		TRY(reply(channels, false, outlet));
	while (buf_size(&channels->answers) > 0) {
		struct reader reader = reader_of(buf_bytes(&channels->answers));
		bool success = get_byte(&reader) == SSH_MSG_REQUEST_SUCCESS;

		buf_consume(&channels->answers, 1);
		TRY(reply(channels, success, outlet));
	}
	return RESULT_OK;
}

enum result
global_announce_keys(struct bytes keys, struct outlet *outlet)
{
	CLEANUP(mem_freep) void *room = NULL;
	struct writer writer;
	size_t size = 64 + keys.size;

	TRY(mem_new(1, size, &room));
	writer = writer_into(room, size);
	put_byte(&writer, SSH_MSG_GLOBAL_REQUEST);
	put_text(&writer, "hostkeys-00@openssh.com");
	put_bool(&writer, false);
	put_raw(&writer, keys);
	return outlet_packet(outlet, &writer);
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
