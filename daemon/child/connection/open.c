/* SPDX-License-Identifier: ISC */
/*
 * Opening channels (pure). RFC 4254 sections 5.1, 6.1 and 7.2.
 */
#include "daemon/child/connection/open.h"

#include <assert.h>

#include "common/ipc_bodies.h"

#define HOST_MAX 255 /* longer is no name of a host, RFC 1035 section 2.3.4 */

/* The fields of every CHANNEL_OPEN. */
struct open {
	struct bytes type;
	uint32_t their_id, window, max_packet;
};

/* --- Kinds -------------------------------------------------------------------------------------- */

static enum result
refuse(
    const struct open *open, enum ssh_open_failure reason, const char *text, struct outlet *outlet)
{
	return channel_send_open_failure(open->their_id, reason, bytes_of_text(text), outlet);
}

/* One channel too many is the client's to know, all else ends the connection. */
static enum result
not_added(const struct open *open, enum result result, struct outlet *outlet)
{
	if (result != RESULT_LIMIT)
		return result;
	return refuse(open, SSH_OPEN_RESOURCE_SHORTAGE, "there are too many channels", outlet);
}

static enum result
open_session(struct channels *channels, const struct open *open, struct reader *reader,
    struct outlet *outlet)
{
	struct channel *channel;
	enum result result;

	TRY(reader_end(reader));
	if (channels->no_more_sessions)
		return outlet_fault(outlet, "a session was asked for after no-more-sessions");
	result = channels_add(
	    channels, CHANNEL_SESSION, open->their_id, open->window, open->max_packet, &channel);
	if (result != RESULT_OK)
		return not_added(open, result, outlet);
	return outlet_ask_number(outlet, IPC_open_session, channel->id);
}

static enum result
ask_connect(const struct tcp_request *request, struct outlet *outlet)
{
	struct writer body;

	TRY(outlet_ask_begin(outlet, ipc_row(IPC_connect_tcp)->body_max, &body));
	tcp_request_put(&body, request);
	return outlet_ask_end(outlet, IPC_connect_tcp, &body);
}

static enum result
add_forward(struct channels *channels, enum channel_kind kind, const struct open *open,
    struct channel **out)
{
	TRY(channels_add(channels, kind, open->their_id, open->window, open->max_packet, out));
	(*out)->is_started = true;
	(*out)->source_ended[CONN_STREAM_STDERR] = true; /* it has none */
	return RESULT_OK;
}

static enum result
open_tcp(struct channels *channels, const struct open *open, struct reader *reader,
    struct outlet *outlet)
{
	struct tcp_request request = { 0 };
	struct channel *channel;
	enum result result;

	request.host = get_string(reader);
	request.port = get_u32(reader);
	request.originator = get_string(reader);
	request.originator_port = get_u32(reader);
	TRY(reader_end(reader));
	if (request.host.size > HOST_MAX)
		return refuse(open, SSH_OPEN_CONNECT_FAILED, "the host name is too long", outlet);
	if (request.originator.size > HOST_MAX)
		request.originator = bytes_of("", 0);
	result = add_forward(channels, CHANNEL_TCP, open, &channel);
	if (result != RESULT_OK)
		return not_added(open, result, outlet);
	request.id = channel->id;
	return ask_connect(&request, outlet);
}

static enum result
ask_tunnel(const struct tunnel_request *request, struct outlet *outlet)
{
	struct writer body;

	TRY(outlet_ask_begin(outlet, ipc_row(IPC_open_tunnel)->body_max, &body));
	tunnel_request_put(&body, request);
	return outlet_ask_end(outlet, IPC_open_tunnel, &body);
}

/* OpenSSH's PROTOCOL, section 2.3. */
static enum result
open_tunnel(struct channels *channels, const struct open *open, struct reader *reader,
    struct outlet *outlet)
{
	struct tunnel_request request = { 0 };
	struct channel *channel;
	enum result result;

	request.mode = get_u32(reader);
	request.unit = get_u32(reader);
	TRY(reader_end(reader));
	if (request.mode != SSH_TUNNEL_POINT_TO_POINT && request.mode != SSH_TUNNEL_ETHERNET)
		return refuse(
		    open, SSH_OPEN_CONNECT_FAILED, "there is no such kind of tunnel", outlet);
	if (request.unit > SSH_TUNNEL_UNIT_ANY)
		return refuse(
		    open, SSH_OPEN_CONNECT_FAILED, "there is no such tunnel device", outlet);
	result = add_forward(channels, CHANNEL_TUNNEL, open, &channel);
	if (result != RESULT_OK)
		return not_added(open, result, outlet);
	channel_expect_frames(channel, (enum frame_kind)request.mode);
	request.id = channel->id;
	return ask_tunnel(&request, outlet);
}

/* OpenSSH's PROTOCOL section 2.4; what stands behind the path is kept for later. */
static enum result
open_unix(struct channels *channels, const struct open *open, struct reader *reader,
    struct outlet *outlet)
{
	struct unix_request request = { .path = get_string(reader) };
	struct channel *channel;
	struct writer body;
	enum result result;

	(void)get_string(reader);
	(void)get_u32(reader);
	TRY(reader_end(reader));
	if (request.path.size > FORWARD_PLACE_MAX)
		return refuse(open, SSH_OPEN_CONNECT_FAILED, "the path is too long", outlet);
	result = add_forward(channels, CHANNEL_UNIX, open, &channel);
	if (result != RESULT_OK)
		return not_added(open, result, outlet);
	request.id = channel->id;
	TRY(outlet_ask_begin(outlet, ipc_row(IPC_connect_unix)->body_max, &body));
	unix_request_put(&body, &request);
	return outlet_ask_end(outlet, IPC_connect_unix, &body);
}

static const struct {
	const char *type;
	enum result (*receive)(struct channels *channels, const struct open *open,
	    struct reader *reader, struct outlet *outlet);
} kinds[] = {
	{ "session", open_session },
	{ "direct-tcpip", open_tcp },
	{ "tun@openssh.com", open_tunnel },
	{ "direct-streamlocal@openssh.com", open_unix },
};

enum result
open_receive(struct channels *channels, struct reader *reader, struct outlet *outlet)
{
	struct open open;

	open.type = get_string(reader);
	open.their_id = get_u32(reader);
	open.window = get_u32(reader);
	open.max_packet = get_u32(reader);
	TRY(reader->result);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (bytes_is(open.type, kinds[i].type))
			return kinds[i].receive(channels, &open, reader, outlet);
	}
	return refuse(
	    &open, SSH_OPEN_UNKNOWN_CHANNEL_TYPE, "there is no such type of channel", outlet);
}

/* --- The monitor's answer ----------------------------------------------------------------------- */

/* How each kind is answered, and what the descriptor is for that comes along. */
static const struct {
	enum ipc_type type;
	enum conn_attachment attachment;
} answers[] = {
	[CHANNEL_SESSION] = { IPC_session_opened, CONN_ATTACH_NOTHING },
	[CHANNEL_TCP] = { IPC_connected, CONN_ATTACH_SOCKET },
	[CHANNEL_UNIX] = { IPC_connected, CONN_ATTACH_SOCKET },
	[CHANNEL_TUNNEL] = { IPC_tunnel_opened, CONN_ATTACH_TUNNEL },
};

enum result
open_answer(struct channels *channels, struct channel *channel, enum ipc_type type,
    struct reader *reader, struct outlet *outlet, struct conn_attach *attach)
{
	uint32_t their_id = channel->their_id;
	uint32_t reason;
	struct bytes text;

	if (type != answers[channel->kind].type)
		return RESULT_OK;
	reason = get_u32(reader);
	text = get_string(reader);
	TRY(reader_end(reader));
	if (reason != 0) {
		channels_remove(channels, channel);
		return channel_send_open_failure(their_id, reason, text, outlet);
	}
	channel->state = CHANNEL_OPEN;
	timers_note(channel, false); /* its timeout begins now */
	*attach = (struct conn_attach){ answers[channel->kind].attachment, channel->id };
	return channel_send_confirmation(channel, outlet);
}
