/* SPDX-License-Identifier: ISC */
/*
 * The set of channels, and one handler for each message about them (pure). RFC 4254 section 5.
 */
#include "daemon/child/connection/channels.h"

#include <assert.h>
#include <stdlib.h>

#include "common/mem.h"
#include "daemon/child/connection/global.h"
#include "daemon/child/connection/open.h"
#include "daemon/child/connection/session.h"

void
channels_init(struct channels *channels, uint32_t channels_max, uint32_t window_max_bytes)
{
	*channels = (struct channels){ .channels_max = channels_max,
		.budget = { .window_max = window_max_bytes } };
	buf_init(&channels->answers, GLOBAL_WAITING_MAX);
}

void
channels_clear(struct channels *channels)
{
	for (size_t i = 0; i < channels->slot_count; i++) {
		if (channels->slots[i] != NULL)
			channels_remove(channels, channels->slots[i]);
	}
	free(channels->slots);
	buf_clear(&channels->answers);
	*channels = (struct channels){ 0 };
}

struct channel *
channels_find(const struct channels *channels, uint32_t id)
{
	return id < channels->slot_count ? channels->slots[id] : NULL;
}

static enum result
find_slot(struct channels *channels, uint32_t *out)
{
	struct channel **slots;

	for (size_t i = 0; i < channels->slot_count; i++) {
		if (channels->slots[i] == NULL) {
			*out = (uint32_t)i;
			return RESULT_OK;
		}
	}
	if (channels->slot_count >= channels->channels_max)
		return RESULT_LIMIT;
	slots = realloc(channels->slots, (channels->slot_count + 1) * sizeof(struct channel *));
	if (slots == NULL)
		return RESULT_MEMORY;
	channels->slots = slots;
	slots[channels->slot_count] = NULL;
	*out = (uint32_t)channels->slot_count++;
	return RESULT_OK;
}

enum result
channels_add(struct channels *channels, enum channel_kind kind, uint32_t their_id,
    uint32_t their_window, uint32_t their_max_packet, struct channel **out)
{
	struct channel *channel;
	uint32_t id;

	TRY(find_slot(channels, &id));
	TRY(mem_new(1, sizeof(*channel), (void **)&channel));
	channel->id = id;
	channel->kind = kind;
	channel->their_id = their_id;
	channel->their_window = their_window;
	channel->their_max_packet = their_max_packet;
	window_open(&channel->window, &channels->budget);
	replies_init(&channel->replies);
	channels->slots[id] = channel;
	channels->open_count++;
	*out = channel;
	return RESULT_OK;
}

void
channels_remove(struct channels *channels, struct channel *channel)
{
	assert(channels->slots[channel->id] == channel);
	channels->slots[channel->id] = NULL;
	channels->open_count--;
	replies_clear(&channel->replies);
	window_close(&channel->window);
	free(channel);
}

void
channels_rest(struct channels *channels)
{
	for (size_t i = 0; i < channels->slot_count; i++) {
		if (channels->slots[i] != NULL)
			window_rest(&channels->slots[i]->window);
	}
}

/* --- Messages ----------------------------------------------------------------------------------- */

/* The channel that the message is about; a client knows only those that were confirmed. */
static enum result
find_named(const struct channels *channels, struct reader *reader, struct outlet *outlet,
    struct channel **out)
{
	uint32_t id = get_u32(reader);

	TRY(reader->result);
	*out = channels_find(channels, id);
	if (*out == NULL || (*out)->state == CHANNEL_OPENING || (*out)->got_close)
		return outlet_fault(outlet, "a message came for a channel that does not exist");
	return RESULT_OK;
}

static enum result
on_window_adjust(struct channels *channels, struct reader *reader, struct outlet *outlet,
    struct conn_event *data)
{
	struct channel *channel;
	uint32_t more;

	TRY(find_named(channels, reader, outlet, &channel));
	more = get_u32(reader);
	TRY(reader_end(reader));
	if (more > UINT32_MAX - channel->their_window)
		return outlet_fault(outlet, "a channel's window was opened too far");
	channel->their_window += more;
	return RESULT_OK;
}

/* Data that nobody takes any more counts as taken. */
static enum result
take(struct channel *channel, struct bytes bytes, struct outlet *outlet, struct conn_event *data)
{
	if (channel->state == CHANNEL_CLOSING)
		return RESULT_OK; /* it was under way when we closed */
	TRY(channel_take_data(channel, bytes.size, outlet));
	if (data == NULL || channel->consumer_gone || bytes.size == 0)
		return channel_consumed(channel, bytes.size, outlet);
	*data = (struct conn_event){ .kind = CONN_DATA, .channel = channel->id, .bytes = bytes };
	return RESULT_OK;
}

static enum result
on_data(struct channels *channels, struct reader *reader, struct outlet *outlet,
    struct conn_event *data)
{
	struct channel *channel;
	struct bytes bytes;

	TRY(find_named(channels, reader, outlet, &channel));
	bytes = get_string(reader);
	TRY(reader_end(reader));
	return take(channel, bytes, outlet, data);
}

/* No channel of ours has anything that takes a second stream. */
static enum result
on_extended_data(struct channels *channels, struct reader *reader, struct outlet *outlet,
    struct conn_event *data)
{
	struct channel *channel;
	struct bytes bytes;

	TRY(find_named(channels, reader, outlet, &channel));
	(void)get_u32(reader);
	bytes = get_string(reader);
	TRY(reader_end(reader));
	return take(channel, bytes, outlet, NULL);
}

static enum result
on_eof(struct channels *channels, struct reader *reader, struct outlet *outlet,
    struct conn_event *data)
{
	struct channel *channel;

	TRY(find_named(channels, reader, outlet, &channel));
	TRY(reader_end(reader));
	if (channel->state == CHANNEL_CLOSING || channel->got_eof)
		return RESULT_OK;
	channel->got_eof = true;
	TRY(outlet_event(outlet, CONN_EOF, channel->id));
	return channel_settle(channel, outlet);
}

/*
 * A client that has seen EOF and sent its own may close at once, before the program's exit status is
 * known. It still wants to know it, so our CLOSE waits for that. One that closes in the middle does not.
 */
static bool
waits_for_end(const struct channel *channel)
{
	return channel->kind == CHANNEL_SESSION && channel->state == CHANNEL_OPEN &&
	       channel->sent_eof && channel->is_started && !channel->has_ended;
}

static enum result
on_close(struct channels *channels, struct reader *reader, struct outlet *outlet,
    struct conn_event *data)
{
	struct channel *channel;

	TRY(find_named(channels, reader, outlet, &channel));
	TRY(reader_end(reader));
	if (waits_for_end(channel)) {
		channel->got_close = true;
		if (channel->got_eof)
			return RESULT_OK;
		channel->got_eof = true; /* nothing more comes: the program is to hear of it */
		return outlet_event(outlet, CONN_EOF, channel->id);
	}
	TRY(channel_close(channel, outlet));
	channels_remove(channels, channel);
	return RESULT_OK;
}

static enum result
on_request(struct channels *channels, struct reader *reader, struct outlet *outlet,
    struct conn_event *data)
{
	struct channel *channel;

	TRY(find_named(channels, reader, outlet, &channel));
	return session_request_receive(channel, reader, outlet);
}

/* We never ask for anything by a channel request that wants a reply. */
static enum result
on_reply(struct channels *channels, struct reader *reader, struct outlet *outlet,
    struct conn_event *data)
{
	struct channel *channel;

	return find_named(channels, reader, outlet, &channel);
}

static enum result
on_open(struct channels *channels, struct reader *reader, struct outlet *outlet,
    struct conn_event *data)
{
	return open_receive(channels, reader, outlet);
}

static enum result
on_global(struct channels *channels, struct reader *reader, struct outlet *outlet,
    struct conn_event *data)
{
	return global_receive(channels, reader, outlet);
}

static enum result
on_global_reply(struct channels *channels, struct reader *reader, struct outlet *outlet,
    struct conn_event *data)
{
	return global_reply(channels, outlet);
}

typedef enum result handler(struct channels *channels, struct reader *reader, struct outlet *outlet,
    struct conn_event *data);

/* By number; others of the range end the connection. */
static handler *const handlers[256] = {
	[SSH_MSG_GLOBAL_REQUEST] = on_global,
	[SSH_MSG_REQUEST_SUCCESS] = on_global_reply,
	[SSH_MSG_REQUEST_FAILURE] = on_global_reply,
	[SSH_MSG_CHANNEL_OPEN] = on_open,
	[SSH_MSG_CHANNEL_WINDOW_ADJUST] = on_window_adjust,
	[SSH_MSG_CHANNEL_DATA] = on_data,
	[SSH_MSG_CHANNEL_EXTENDED_DATA] = on_extended_data,
	[SSH_MSG_CHANNEL_EOF] = on_eof,
	[SSH_MSG_CHANNEL_CLOSE] = on_close,
	[SSH_MSG_CHANNEL_REQUEST] = on_request,
	[SSH_MSG_CHANNEL_SUCCESS] = on_reply,
	[SSH_MSG_CHANNEL_FAILURE] = on_reply,
};

enum result
channels_receive(
    struct channels *channels, struct bytes payload, struct outlet *outlet, struct conn_event *data)
{
	struct reader reader = reader_of(payload);
	handler *on_message = handlers[get_byte(&reader)];

	*data = (struct conn_event){ .kind = CONN_IDLE };
	if (on_message == NULL)
		return outlet_fault(outlet, "a message came that nothing asked for");
	return on_message(channels, &reader, outlet, data);
}

/* --- Answers of the monitor --------------------------------------------------------------------- */

enum result
channels_answer(struct channels *channels, const struct ipc_message *message, struct outlet *outlet,
    struct conn_attach *attach)
{
	struct reader reader = reader_of(message->body);
	uint32_t id = get_u32(&reader);
	struct channel *channel;

	TRY(reader.result);
	if (id >= channels->slot_count)
		return RESULT_MALFORMED;
	channel = channels_find(channels, id);
	if (channel == NULL || channel->state == CHANNEL_CLOSING)
		return RESULT_OK; /* it has ended meanwhile */
	if (channel->state == CHANNEL_OPENING)
		return open_answer(channels, channel, message->type, &reader, outlet, attach);
	TRY(session_answer(channel, message, &reader, outlet, attach));
	if (channel->got_close && channel->state == CHANNEL_CLOSING)
		channels_remove(channels, channel);
	return RESULT_OK;
}
