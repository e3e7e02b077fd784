/* SPDX-License-Identifier: ISC */
/*
 * One channel (pure). RFC 4254 sections 5.1 to 5.3.
 *
 * Ours to send: EOF when every source has ended. CLOSE when nothing can come any more from either side:
 * a session's program has ended and all its output was sent; a forward's two directions are over.
 */
#include "daemon/child/connection/channel.h"

#include <assert.h>

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

bool
channel_may_send(const struct channel *channel, enum conn_stream stream)
{
	return channel->state == CHANNEL_OPEN && !channel->sent_eof &&
	       !channel->source_ended[stream] && channel_send_max(channel) > 0;
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
	put_u32(&writer, CHANNEL_PACKET_MAX);
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
	if (!channel->sent_eof)
		return false;
	if (channel->kind == CHANNEL_SESSION)
		return channel->has_ended;
	return channel->got_eof || channel->consumer_gone;
}

enum result
channel_settle(struct channel *channel, struct outlet *outlet)
{
	if (channel->state != CHANNEL_OPEN)
		return RESULT_OK;
	if (!channel->sent_eof && all_sources_ended(channel)) {
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
	TRY(send_number(channel, SSH_MSG_CHANNEL_CLOSE, outlet));
	TRY(outlet_event(outlet, CONN_GONE, channel->id));
	if (channel->kind == CHANNEL_SESSION)
		return outlet_ask_number(outlet, IPC_close_session, channel->id);
	return RESULT_OK;
}
