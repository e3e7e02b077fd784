/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes the connection protocol in the child: a sequence of `u8 kind, u16 size, body`. Kinds: a
 * message of the client; an answer of the monitor, its type the first byte of the body; what the edge
 * does to a channel, the first byte of the body.
 *
 * Whatever comes: the table has no more channels than allowed, no request is larger than the monitor
 * admits, no message names a channel that nobody opened, and what the client is told fits its window.
 */
#include <assert.h>

#include "common/log.h"
#include "daemon/child/connection/global.h"
#include "daemon/child/connection/session.h"

#define STEPS_MAX    128
#define CHANNELS_MAX 4
#define WINDOW       (64 * 1024)

#define BYTES_OF(literal)                                       \
	{                                                       \
		(const uint8_t *)(literal), sizeof(literal) - 1 \
	}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct channels channels;
	struct outlet outlet;
};

static size_t
check_set(const struct channel_set *set, uint32_t bit, size_t *live)
{
	size_t count = 0;
	size_t total = 0;

	assert(set->slot_count <= CHANNELS_MAX);
	for (size_t i = 0; i < set->slot_count; i++) {
		const struct channel *channel = set->slots[i];

		if (channel == NULL)
			continue;
		count++;
		*live += channel->state != CHANNEL_CLOSING;
		assert(channel->id == (i | bit));
		assert(channel_is_ours(channel) == (bit != 0));
		total += channel->window.size;
		assert(channel->window.size <= WINDOW);
		assert(channel->window.left + channel->window.held <= WINDOW);
		assert(!channel->has_ended || channel->kind == CHANNEL_SESSION);
	}
	assert(count == set->open_count);
	return total;
}

static size_t
count_offers(const struct channel_set *set)
{
	size_t count = 0;

	for (size_t i = 0; i < set->slot_count; i++)
		count += set->slots[i] != NULL && set->slots[i]->state == CHANNEL_OFFERED;
	return count;
}

static void
check(const struct run *run)
{
	const struct channels *channels = &run->channels;

	size_t live = 0;

	assert(
	    check_set(&channels->theirs, 0, &live) + check_set(&channels->ours, CONN_OURS, &live) ==
	    channels->budget.total);
	assert(live == channels->timers.live_count);
	assert(count_offers(&channels->theirs) == 0);
	assert(count_offers(&channels->ours) == channels->offered_count);
	assert(channels->listeners.granted + channels->offered_count <= FORWARD_ACCEPTS_MAX);
	assert(channels->listeners.granted + channels->ours.open_count <= CHANNELS_MAX);
	assert(channels->listeners.count <= FORWARD_LISTENERS_MAX);
	assert(channels->owed.count <= OWED_MAX);
}

static void
take_output(struct run *run)
{
	struct conn_event event;
	struct bytes payload;

	while (outlet_take_event(&run->outlet, &event)) {
		if (event.kind == CONN_ASK)
			assert(ipc_row(event.ask)->direction == CHILD_TO_MONITOR &&
			       event.bytes.size <= ipc_row(event.ask)->body_max);
		else
			assert((event.channel & ~(uint32_t)CONN_OURS) < CHANNELS_MAX);
	}
	while (outlet_take_packet(&run->outlet, &payload))
		assert(payload.size > 0 && payload.data[0] >= SSH_MSG_GLOBAL_REQUEST);
	outlet_trim(&run->outlet);
}

static enum result
receive(struct run *run, struct bytes payload)
{
	struct conn_event data;
	enum result result;

	result = channels_receive(&run->channels, payload, &run->outlet, &data);
	assert(result != RESULT_PROTOCOL || run->outlet.fault_text != NULL);
	if (result == RESULT_OK && data.kind == CONN_DATA)
		assert(channels_find(&run->channels, data.channel) != NULL &&
		       data.bytes.data >= payload.data &&
		       data.bytes.data + data.bytes.size <= payload.data + payload.size);
	return result;
}

static enum result
answer(struct run *run, struct bytes body)
{
	struct reader reader = reader_of(body);
	struct ipc_message message = { .fds = { -1, -1, -1, -1 } };
	struct conn_attach attach = { CONN_ATTACH_NOTHING, 0 };
	enum result result;

	message.type = (enum ipc_type)(get_byte(&reader) % IPC_TYPE_COUNT);
	message.fd_count = ipc_row(message.type)->fds_max;
	message.body = get_rest(&reader);
	if (message.type == IPC_host_keys_proved)
		return global_proved(&run->channels, message.body, &run->outlet);
	result = channels_answer(&run->channels, &message, &run->outlet, &attach);
	if (result == RESULT_OK && attach.kind != CONN_ATTACH_NOTHING)
		assert(channels_find(&run->channels, attach.channel) != NULL);
	return result;
}

static enum result
touch(struct run *run, struct bytes body)
{
	struct reader reader = reader_of(body);
	const uint8_t which = get_byte(&reader);
	struct channel *channel = channels_find(
	    &run->channels, which % CHANNELS_MAX | ((which & 0x80) != 0 ? CONN_OURS : 0));
	uint8_t what = get_byte(&reader);

	if (channel == NULL || channel->state < CHANNEL_OPEN)
		return RESULT_OK;
	switch (what % 7) {
	case 0:
		run->channels.budget.now_ms += what;
		return channels_consumed(&run->channels, channel,
		    channel->window.held / (1 + (what >> 2) % 2), &run->outlet);
	case 1:
		channel->source_ended[(what >> 2) % CONN_STREAM_COUNT] = true;
		return channels_settle(&run->channels, channel, &run->outlet);
	case 2:
		channel->consumer_gone = true;
		TRY(session_send_eow(channel, &run->outlet));
		return channels_settle(&run->channels, channel, &run->outlet);
	case 4:
		timers_note(channel, what > 127);
		return RESULT_OK;
	case 3:
		return session_send_flow_control(channel, what > 127, &run->outlet);
	default:
		if (channel_may_send(channel, CONN_STREAM_DATA))
			assert(channel_send_max(channel) <= channel->their_window &&
			       channel_send_max(channel) <= channel->their_max_packet);
		return RESULT_OK;
	}
}

/* The body's first byte is in seconds. Nothing is due before its deadline, and nothing is left that is. */
static enum result
pass_time(struct run *run, struct bytes body)
{
	struct reader reader = reader_of(body);
	const uint64_t deadline_ms = timers_deadline_ms(&run->channels.timers);
	enum timers_verdict verdict;

	run->channels.budget.now_ms += 1000 * (uint64_t)get_byte(&reader);
	TRY(timers_check(&run->channels, &run->outlet, &verdict));
	assert(verdict == TIMERS_GO_ON ||
	       (deadline_ms != 0 && run->channels.budget.now_ms >= deadline_ms));
	assert(verdict != TIMERS_GO_ON || timers_deadline_ms(&run->channels.timers) == 0 ||
	       timers_deadline_ms(&run->channels.timers) > run->channels.budget.now_ms);
	return verdict == TIMERS_GO_ON ? RESULT_OK : RESULT_CLOSED;
}

static enum result
step(struct run *run, uint8_t kind, struct bytes body)
{
	switch (kind % 4) {
	case 0:
		return receive(run, body);
	case 1:
		return answer(run, body);
	case 3:
		return pass_time(run, body);
	default:
		return touch(run, body);
	}
}

static enum result
set_policy(struct run *run)
{
	const struct child_policy policy = { .unused_timeout_s = 40,
		.user_timeout_s = 60,
		.channel_timeouts = BYTES_OF("\0\0\0\7session\0\0\0\12"
					     "\0\0\0\1*\0\0\0\17"
					     "\0\0\0\6global\0\0\0\5"),
		.window_max_bytes = WINDOW,
		.windows_max_bytes = CHANNELS_MAX * WINDOW,
		.packet_max_bytes = CHANNEL_PACKET_MAX };

	timers_begin(&run->channels.timers, 0);
	return channels_set_policy(&run->channels, &policy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader reader = reader_of(bytes_of(data, size));
	struct run run = { 0 };
	enum result result = RESULT_OK;

	log_set_level(LOG_LEVEL_QUIET);
	outlet_init(&run.outlet);
	channels_init(&run.channels, CHANNELS_MAX, WINDOW);
	result = set_policy(&run);
	for (int i = 0; i < STEPS_MAX && result == RESULT_OK && reader.left > 2; i++) {
		uint8_t kind = get_byte(&reader);
		size_t high = get_byte(&reader);
		size_t want = high << 8 | get_byte(&reader);

		result =
		    step(&run, kind, get_raw(&reader, want < reader.left ? want : reader.left));
		take_output(&run);
		check(&run);
	}
	channels_clear(&run.channels);
	outlet_clear(&run.outlet);
	return 0;
}
