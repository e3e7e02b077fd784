/* SPDX-License-Identifier: ISC */
/*
 * One channel (pure). RFC 4254 sections 5.1 to 5.3.
 *
 * Ours to send: EOF when every source has ended. CLOSE when nothing can come any more from either side:
 * a session's program has ended and all its output was sent; a forward's two directions are over, and what the client
 * sent was taken. A client that closes a forward at once behind its last data gets our CLOSE when that was taken, too.
 */
#include "daemon/child/connection/channel.h"

#include <assert.h>

static const char *const types[] = {
	[CHANNEL_SESSION] = "session",
	[CHANNEL_TCP] = "direct-tcpip",
	[CHANNEL_TUNNEL] = "tun-connection", /* as sshd_config(5) calls it */
	[CHANNEL_UNIX] = "direct-streamlocal@openssh.com",
	[CHANNEL_FORWARDED_TCP] = "forwarded-tcpip",
	[CHANNEL_FORWARDED_UNIX] = "forwarded-streamlocal@openssh.com",
	[CHANNEL_AGENT] = "agent-connection", /* this one and the next, too */
	[CHANNEL_X11] = "x11-connection",
};

_Static_assert(COUNT(types) == CHANNEL_KIND_COUNT, "every kind has its type");

const char *
channel_type(const struct channel *channel)
{
	return types[channel->kind];
}

/* --- Data --------------------------------------------------------------------------------------- */

size_t
channel_data_head_size(enum conn_stream stream)
{
	return stream == CONN_STREAM_STDERR ? CHANNEL_EXTENDED_HEAD : CHANNEL_DATA_HEAD;
}

void
channel_put_data_head(
    const struct channel *channel, enum conn_stream stream, size_t size, uint8_t *at)
{
	struct writer writer = writer_into(at, channel_data_head_size(stream));

	put_byte(&writer,
	    stream == CONN_STREAM_STDERR ? SSH_MSG_CHANNEL_EXTENDED_DATA : SSH_MSG_CHANNEL_DATA);
	put_u32(&writer, channel->their_id);
	if (stream == CONN_STREAM_STDERR)
		put_u32(&writer, 1); /* SSH_EXTENDED_DATA_STDERR */
	put_u32(&writer, (uint32_t)size);
	assert(writer_end(&writer) == RESULT_OK);
}

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Clients open their window again when half of it is used, so a quarter comes back without fail. */
void
channel_expect_frames(struct channel *channel, enum frame_kind kind)
{
	channel->frame = kind;
	channel->frame_most = least((uint32_t)channel_send_max(channel), channel->their_window / 4);
	channel->frame_least = least(FRAME_USUAL_BYTES, channel->frame_most);
}

void
channel_frame_was_cut(struct channel *channel)
{
	channel->frame_least = channel->frame_most;
}

static size_t
send_least(const struct channel *channel)
{
	const size_t head = frame_head_size(channel->frame);

	return channel->frame_least > head ? channel->frame_least : head + 1;
}

bool
channel_may_send(const struct channel *channel, enum conn_stream stream)
{
	return channel->state == CHANNEL_OPEN && !channel->sent_eof && !channel->got_close &&
	       !channel->source_ended[stream] && channel_send_max(channel) >= send_least(channel);
}

size_t
channel_send_max(const struct channel *channel)
{
	size_t most = channel->their_window < channel->their_max_packet ? channel->their_window
									: channel->their_max_packet;
	size_t room = TRANSPORT_PAYLOAD_MAX - CHANNEL_EXTENDED_HEAD;

	return most < room ? most : room;
}

enum result
channel_take_data(struct channel *channel, size_t size, struct outlet *outlet)
{
	if (channel->got_eof)
		return outlet_fault(outlet, "data came behind the end of a channel's data");
	if (!window_receive(&channel->window, size))
		return outlet_fault(outlet, "more data came than a channel's window allows");
	return RESULT_OK;
}

enum result
channel_consumed(struct channel *channel, size_t size, struct outlet *outlet)
{
	uint8_t room[9];
	struct writer writer = writer_into(room, sizeof(room));
	uint32_t more = window_take(&channel->window, size);

	if (more == 0 || channel->state != CHANNEL_OPEN || channel->got_eof)
		return RESULT_OK;
	put_byte(&writer, SSH_MSG_CHANNEL_WINDOW_ADJUST);
	put_u32(&writer, channel->their_id);
	put_u32(&writer, more);
	return outlet_packet(outlet, &writer);
}

/* --- Opening ------------------------------------------------------------------------------------ */

enum result
channel_send_confirmation(const struct channel *channel, struct outlet *outlet)
{
	uint8_t room[17];
	struct writer writer = writer_into(room, sizeof(room));

	put_byte(&writer, SSH_MSG_CHANNEL_OPEN_CONFIRMATION);
	put_u32(&writer, channel->their_id);
	put_u32(&writer, channel->id);
	put_u32(&writer, channel->window.left);
	put_u32(&writer, channel->window.budget->packet_max);
	return outlet_packet(outlet, &writer);
}

enum result
channel_send_open_failure(
    uint32_t their_id, uint32_t reason, struct bytes text, struct outlet *outlet)
{
	uint8_t room[1 + 4 + 4 + 4 + 1024 + 4];
	struct writer writer = writer_into(room, sizeof(room));

	put_byte(&writer, SSH_MSG_CHANNEL_OPEN_FAILURE);
	put_u32(&writer, their_id);
	put_u32(&writer, reason);
	put_string(&writer, text);
	put_text(&writer, "");
	return outlet_packet(outlet, &writer);
}

/* --- Ending ------------------------------------------------------------------------------------- */

static enum result
send_number(const struct channel *channel, uint8_t message, struct outlet *outlet)
{
	uint8_t room[5];
	struct writer writer = writer_into(room, sizeof(room));

	put_byte(&writer, message);
	put_u32(&writer, channel->their_id);
	return outlet_packet(outlet, &writer);
}

static bool
all_sources_ended(const struct channel *channel)
{
	for (size_t i = 0; i < CONN_STREAM_COUNT; i++) {
		if (!channel->source_ended[i])
			return false;
	}
	return true;
}

static bool
is_over(const struct channel *channel)
{
	const bool all_taken = channel->consumer_gone || channel->window.held == 0;

	if (channel->kind == CHANNEL_SESSION)
		return channel->sent_eof && channel->has_ended;
	if (channel->got_close)
		return all_taken;
	return channel->sent_eof && (channel->got_eof || channel->consumer_gone) && all_taken;
}

enum result
channel_settle(struct channel *channel, struct outlet *outlet)
{
	if (channel->state != CHANNEL_OPEN)
		return RESULT_OK;
	if (!channel->sent_eof && !channel->got_close && all_sources_ended(channel)) {
		channel->sent_eof = true;
		TRY(send_number(channel, SSH_MSG_CHANNEL_EOF, outlet));
	}
	return is_over(channel) ? channel_close(channel, outlet) : RESULT_OK;
}

enum result
channel_close(struct channel *channel, struct outlet *outlet)
{
	if (channel->state == CHANNEL_CLOSING)
		return RESULT_OK;
	channel->state = CHANNEL_CLOSING;
	timers_discount(channel->timers, channel->window.budget->now_ms);
	TRY(send_number(channel, SSH_MSG_CHANNEL_CLOSE, outlet));
	TRY(outlet_event(outlet, CONN_GONE, channel->id));
	if (channel->kind == CHANNEL_SESSION)
		return outlet_ask_number(outlet, IPC_close_session, channel->id);
	return RESULT_OK;
}
