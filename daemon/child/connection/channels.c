/* SPDX-License-Identifier: ISC */
/*
 * The set of channels, and one handler for each message about them (pure). RFC 4254 section 5.
 */
#include "daemon/child/connection/channels.h"

#include <assert.h>
#include <stdlib.h>

#include "common/mem.h"
#include "daemon/child/connection/global.h"
#include "daemon/child/connection/offer.h"
#include "daemon/child/connection/open.h"
#include "daemon/child/connection/session.h"

void
channels_init(struct channels *channels, uint32_t channels_max, uint32_t window_max_bytes)
{
	*channels = (struct channels){ .channels_max = channels_max,
		.budget = { .window_max = window_max_bytes,
		    .total_max = WINDOW_BUDGET,
		    .packet_max = CHANNEL_PACKET_MAX } };
	owed_init(&channels->owed);
	timers_init(&channels->timers);
}

enum result
channels_set_policy(struct channels *channels, const struct child_policy *policy)
{
	channels->budget.window_max = policy->window_max_bytes;
	channels->budget.total_max = policy->windows_max_bytes;
	channels->budget.packet_max = policy->packet_max_bytes;
	return timers_set(&channels->timers, policy);
}

static void
clear_set(struct channels *channels, struct channel_set *set)
{
	for (size_t i = 0; i < set->slot_count; i++) {
		if (set->slots[i] != NULL)
			channels_remove(channels, set->slots[i]);
	}
	free(set->slots);
}

void
channels_clear(struct channels *channels)
{
	clear_set(channels, &channels->theirs);
	clear_set(channels, &channels->ours);
	listeners_clear(&channels->listeners);
	owed_clear(&channels->owed);
	timers_clear(&channels->timers);
	*channels = (struct channels){ 0 };
}

struct channel *
channels_find(const struct channels *channels, uint32_t id)
{
	const struct channel_set *set = (id & CONN_OURS) != 0 ? &channels->ours : &channels->theirs;
	const uint32_t at = id & ~(uint32_t)CONN_OURS;

	return at < set->slot_count ? set->slots[at] : NULL;
}

static enum result
find_slot(struct channel_set *set, uint32_t most, uint32_t *out)
{
	struct channel **slots;

	for (size_t i = 0; i < set->slot_count; i++) {
		if (set->slots[i] == NULL) {
			*out = (uint32_t)i;
			return RESULT_OK;
		}
	}
	if (set->slot_count >= most)
		return RESULT_LIMIT;
	slots = realloc(set->slots, (set->slot_count + 1) * sizeof(struct channel *));
	if (slots == NULL)
		return RESULT_MEMORY;
	set->slots = slots;
	slots[set->slot_count] = NULL;
	*out = (uint32_t)set->slot_count++;
	return RESULT_OK;
}

static enum result
add(struct channels *channels, struct channel_set *set, enum channel_kind kind,
    struct channel **out)
{
	struct channel *channel;
	uint32_t at;

	if (!window_fits(&channels->budget))
		return RESULT_LIMIT;
	TRY(find_slot(set, channels->channels_max, &at));
	TRY(mem_new(1, sizeof(*channel), (void **)&channel));
	channel->id = set == &channels->ours ? at | CONN_OURS : at;
	channel->kind = kind;
	window_open(&channel->window, &channels->budget);
	channel->timers = &channels->timers;
	timers_count(&channels->timers);
	timers_watch(channel, timers_find(channel->timers, bytes_of_text(channel_type(channel))));
	replies_init(&channel->replies);
	set->slots[at] = channel;
	set->open_count++;
	*out = channel;
	return RESULT_OK;
}

enum result
channels_add(struct channels *channels, enum channel_kind kind, uint32_t their_id,
    uint32_t their_window, uint32_t their_max_packet, struct channel **out)
{
	TRY(add(channels, &channels->theirs, kind, out));
	(*out)->their_id = their_id;
	(*out)->their_window = their_window;
	(*out)->their_max_packet = their_max_packet;
	return RESULT_OK;
}

enum result
channels_add_ours(struct channels *channels, enum channel_kind kind, struct channel **out)
{
	TRY(add(channels, &channels->ours, kind, out));
	(*out)->state = CHANNEL_OFFERED;
	channels->offered_count++;
	return RESULT_OK;
}

void
channels_remove(struct channels *channels, struct channel *channel)
{
	struct channel_set *set = channel_is_ours(channel) ? &channels->ours : &channels->theirs;
	const uint32_t at = channel->id & ~(uint32_t)CONN_OURS;

	assert(set->slots[at] == channel);
	set->slots[at] = NULL;
	set->open_count--;
	if (channel->state == CHANNEL_OFFERED)
		channels->offered_count--;
	if (channel->state < CHANNEL_OPEN)
		timers_discount_refused(&channels->timers);
	else if (channel->state != CHANNEL_CLOSING)
		timers_discount(&channels->timers, channels->budget.now_ms);
	replies_clear(&channel->replies);
	window_close(&channel->window);
	free(channel);
}

static void
rest_set(const struct channel_set *set)
{
	for (size_t i = 0; i < set->slot_count; i++) {
		if (set->slots[i] != NULL)
			window_rest(&set->slots[i]->window);
	}
}

void
channels_rest(struct channels *channels)
{
	rest_set(&channels->theirs);
	rest_set(&channels->ours);
}

/* A client that has closed already does not answer our CLOSE. */
static enum result
remove_if_over(struct channels *channels, struct channel *channel, struct outlet *outlet)
{
	if (!channel->got_close || channel->state != CHANNEL_CLOSING)
		return RESULT_OK;
	channels_remove(channels, channel);
	return listeners_grant(channels, outlet);
}

enum result
channels_settle(struct channels *channels, struct channel *channel, struct outlet *outlet)
{
	TRY(channel_settle(channel, outlet));
	return remove_if_over(channels, channel, outlet);
}

enum result
channels_consumed(
    struct channels *channels, struct channel *channel, size_t size, struct outlet *outlet)
{
	TRY(channel_consumed(channel, size, outlet));
	if (channel->window.held > 0 || !channel->got_eof)
		return RESULT_OK;
	return channels_settle(channels, channel, outlet);
}

/* --- Messages ----------------------------------------------------------------------------------- */

/* The channel that the message is about; a client knows only those that were confirmed, by either side. */
static enum result
find_named(const struct channels *channels, struct reader *reader, struct outlet *outlet,
    struct channel **out)
{
	uint32_t id = get_u32(reader);

	TRY(reader->result);
	*out = channels_find(channels, id);
	if (*out == NULL || (*out)->state < CHANNEL_OPEN || (*out)->got_close)
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

/* What is in front of a frame counts as taken; so does what is none. */
static enum result
take_frame(
    struct channel *channel, struct bytes bytes, struct outlet *outlet, struct conn_event *data)
{
	struct bytes frame;

	if (!frame_take(channel->frame, bytes, &frame))
		return channel_consumed(channel, bytes.size, outlet);
	*data = (struct conn_event){ .kind = CONN_DATA, .channel = channel->id, .bytes = frame };
	return channel_consumed(channel, bytes.size - frame.size, outlet);
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
	timers_note(channel, true); /* what nobody takes is no use */
	if (channel->frame != FRAME_NONE)
		return take_frame(channel, bytes, outlet, data);
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
	if (channel->kind != CHANNEL_SESSION) /* nor has the last data of a forward to be lost */
		return channel->state == CHANNEL_OPEN && channel->window.held > 0 &&
		       !channel->consumer_gone;
	return channel->state == CHANNEL_OPEN && channel->sent_eof && !channel->is_unread &&
	       channel->is_started && !channel->has_ended;
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
	return listeners_grant(channels, outlet);
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
on_open_confirmation(struct channels *channels, struct reader *reader, struct outlet *outlet,
    struct conn_event *data)
{
	return offer_confirmed(channels, reader, outlet);
}

static enum result
on_open_failure(struct channels *channels, struct reader *reader, struct outlet *outlet,
    struct conn_event *data)
{
	return offer_refused(channels, reader, outlet);
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
	[SSH_MSG_CHANNEL_OPEN_CONFIRMATION] = on_open_confirmation,
	[SSH_MSG_CHANNEL_OPEN_FAILURE] = on_open_failure,
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

	if (listeners_are_meant(message->type))
		return listeners_answer(channels, message, outlet, attach);
	TRY(reader.result);
	if (id >= channels->theirs.slot_count)
		return RESULT_MALFORMED;
	channel = channels_find(channels, id);
	if (channel == NULL || channel->state == CHANNEL_CLOSING)
		return RESULT_OK; /* it has ended meanwhile */
	if (channel->state == CHANNEL_OPENING)
		return open_answer(channels, channel, message->type, &reader, outlet, attach);
	TRY(session_answer(channel, message, &reader, outlet, attach));
	if (message->type == IPC_agent_forwarded || message->type == IPC_x11_forwarded)
		TRY(listeners_expect_own(channels, outlet));
	return remove_if_over(channels, channel, outlet);
}
