/* SPDX-License-Identifier: ISC */
/*
 * Global requests (pure). RFC 4254 section 4; no-more-sessions@openssh.com is in OpenSSH's PROTOCOL,
 * section 2.2. What we do not know is refused, which is what a client's keep-alive asks for.
 */
#include "daemon/child/connection/global.h"

#include "common/mem.h"

/* One request: what it asks for, and whether anybody wants to know. */
struct request {
	bool wants_reply;
	struct reader *fields; /* behind want_reply */
};

static enum result
reply(struct channels *channels, const struct request *request, bool success, struct outlet *outlet)
{
	return owed_add(&channels->owed, request->wants_reply, success, outlet);
}

/* --- Host keys ---------------------------------------------------------------------------------- */

/* Are they strings, one behind the other? What is not would be a lie when we say it to the monitor. */
static bool
are_strings(struct bytes bytes)
{
	struct reader reader = reader_of(bytes);

	while (reader.left > 0 && reader.result == RESULT_OK)
		(void)get_string(&reader);
	return reader_end(&reader) == RESULT_OK;
}

/* OpenSSH's PROTOCOL section 2.5. */
static enum result
on_prove(struct channels *channels, const struct request *request, struct outlet *outlet)
{
	const struct bytes keys = get_rest(request->fields);
	struct writer body;

	if (!request->wants_reply)
		return RESULT_OK;
	if (channels->is_proving || keys.size == 0 || !are_strings(keys) ||
	    keys.size > ipc_row(IPC_prove_host_keys)->body_max)
		return reply(channels, request, false, outlet);
	TRY(owed_expect(&channels->owed, true, outlet, &channels->proof));
	TRY(outlet_ask_begin(outlet, keys.size, &body));
	put_raw(&body, keys);
	channels->is_proving = true;
	return outlet_ask_end(outlet, IPC_prove_host_keys, &body);
}

enum result
global_proved(struct channels *channels, struct bytes signatures, struct outlet *outlet)
{
	if (!channels->is_proving)
		return RESULT_PROTOCOL;
	channels->is_proving = false;
	return owed_settle(
	    &channels->owed, channels->proof, signatures.size > 0, signatures, outlet);
}

/* --- Forwarding --------------------------------------------------------------------------------- */

/* RFC 4254 section 7.1. */
static enum result
get_tcp(const struct request *request, struct listen_wish *wish)
{
	*wish = (struct listen_wish){ .kind = FORWARD_TCP, .wants_reply = request->wants_reply };
	wish->place = get_string(request->fields);
	wish->port = get_u32(request->fields);
	return reader_end(request->fields);
}

static enum result
on_forward_tcp(struct channels *channels, const struct request *request, struct outlet *outlet)
{
	struct listen_wish wish;

	TRY(get_tcp(request, &wish));
	return listeners_ask(channels, &wish, outlet);
}

static enum result
on_cancel_tcp(struct channels *channels, const struct request *request, struct outlet *outlet)
{
	struct listen_wish wish;

	TRY(get_tcp(request, &wish));
	return listeners_cancel(channels, &wish, outlet);
}

/* OpenSSH's PROTOCOL section 2.4. */
static enum result
get_unix(const struct request *request, struct listen_wish *wish)
{
	*wish = (struct listen_wish){ .kind = FORWARD_UNIX, .wants_reply = request->wants_reply };
	wish->place = get_string(request->fields);
	return reader_end(request->fields);
}

static enum result
on_forward_unix(struct channels *channels, const struct request *request, struct outlet *outlet)
{
	struct listen_wish wish;

	TRY(get_unix(request, &wish));
	return listeners_ask(channels, &wish, outlet);
}

static enum result
on_cancel_unix(struct channels *channels, const struct request *request, struct outlet *outlet)
{
	struct listen_wish wish;

	TRY(get_unix(request, &wish));
	return listeners_cancel(channels, &wish, outlet);
}

/* --- Others ------------------------------------------------------------------------------------- */

static enum result
on_no_more_sessions(struct channels *channels, const struct request *request, struct outlet *outlet)
{
	channels->no_more_sessions = true;
	return reply(channels, request, true, outlet);
}

static const struct {
	const char *name;
	enum result (*receive)(
	    struct channels *channels, const struct request *request, struct outlet *outlet);
} requests[] = {
	{ "tcpip-forward", on_forward_tcp },
	{ "cancel-tcpip-forward", on_cancel_tcp },
	{ "streamlocal-forward@openssh.com", on_forward_unix },
	{ "cancel-streamlocal-forward@openssh.com", on_cancel_unix },
	{ "hostkeys-prove-00@openssh.com", on_prove },
	{ "no-more-sessions@openssh.com", on_no_more_sessions },
};

enum result
global_receive(struct channels *channels, struct reader *reader, struct outlet *outlet)
{
	struct bytes name = get_string(reader);
	const struct request request = { get_bool(reader), reader };

	TRY(reader->result);
	for (size_t i = 0; i < COUNT(requests); i++) {
		if (bytes_is(name, requests[i].name))
			return requests[i].receive(channels, &request, outlet);
	}
	return reply(channels, &request, false, outlet);
}

/* --- Ours --------------------------------------------------------------------------------------- */

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
