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
	if (result == RESULT_LIMIT)
		return refuse(
		    open, SSH_OPEN_RESOURCE_SHORTAGE, "there are too many channels", outlet);
	TRY(result);
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
	result = channels_add(
	    channels, CHANNEL_TCP, open->their_id, open->window, open->max_packet, &channel);
	if (result == RESULT_LIMIT)
		return refuse(
		    open, SSH_OPEN_RESOURCE_SHORTAGE, "there are too many channels", outlet);
	TRY(result);
	request.id = channel->id;
	channel->is_started = true;
	channel->source_ended[CONN_STREAM_STDERR] = true; /* it has none */
	return ask_connect(&request, outlet);
}

static const struct {
	const char *type;
	enum result (*receive)(struct channels *channels, const struct open *open,
	    struct reader *reader, struct outlet *outlet);
} kinds[] = {
	{ "session", open_session },
	{ "direct-tcpip", open_tcp },
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

enum result
open_answer(struct channels *channels, struct channel *channel, enum ipc_type type,
    struct reader *reader, struct outlet *outlet, struct conn_attach *attach)
{
	const bool is_session = channel->kind == CHANNEL_SESSION;
	uint32_t their_id = channel->their_id;
	uint32_t reason;
	struct bytes text;

	if (type != (is_session ? IPC_session_opened : IPC_tcp_connected))
		return RESULT_OK;
	reason = get_u32(reader);
	text = get_string(reader);
	TRY(reader_end(reader));
	if (reason != 0) {
		channels_remove(channels, channel);
		return channel_send_open_failure(their_id, reason, text, outlet);
	}
	channel->state = CHANNEL_OPEN;
	if (!is_session)
		*attach = (struct conn_attach){ CONN_ATTACH_SOCKET, channel->id };
	return channel_send_confirmation(channel, outlet);
}
