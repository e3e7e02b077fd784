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

#include "daemon/child/connection/global.h"

#define STEPS_MAX    128
#define CHANNELS_MAX 4
#define WINDOW       (64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct channels channels;
	struct outlet outlet;
};

static void
check(const struct run *run)
{
	size_t count = 0;
	size_t total = 0;

	assert(run->channels.slot_count <= CHANNELS_MAX);
	for (size_t i = 0; i < run->channels.slot_count; i++) {
		const struct channel *channel = run->channels.slots[i];

		if (channel == NULL)
			continue;
		count++;
		assert(channel->id == i);
		total += channel->window.size;
		assert(channel->window.size <= WINDOW);
		assert(channel->window.left + channel->window.held <= WINDOW);
		assert(!channel->has_ended || channel->kind == CHANNEL_SESSION);
	}
	assert(count == run->channels.open_count);
	assert(total == run->channels.budget.total);
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
			assert(event.channel < CHANNELS_MAX);
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
	struct channel *channel = channels_find(&run->channels, get_byte(&reader) % CHANNELS_MAX);
	uint8_t what = get_byte(&reader);

	if (channel == NULL || channel->state == CHANNEL_OPENING)
		return RESULT_OK;
	switch (what % 4) {
	case 0:
		run->channels.budget.now_ms += what;
		return channel_consumed(channel, channel->window.held / 2, &run->outlet);
	case 1:
		channel->source_ended[(what >> 2) % CONN_STREAM_COUNT] = true;
		return channel_settle(channel, &run->outlet);
	case 2:
		channel->consumer_gone = true;
		return RESULT_OK;
	default:
		if (channel_may_send(channel, CONN_STREAM_DATA))
			assert(channel_send_max(channel) <= channel->their_window &&
			       channel_send_max(channel) <= channel->their_max_packet);
		return RESULT_OK;
	}
}

static enum result
step(struct run *run, uint8_t kind, struct bytes body)
{
	switch (kind % 3) {
	case 0:
		return receive(run, body);
	case 1:
		return answer(run, body);
	default:
		return touch(run, body);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader reader = reader_of(bytes_of(data, size));
	struct run run = { 0 };
	enum result result = RESULT_OK;

	outlet_init(&run.outlet);
	channels_init(&run.channels, CHANNELS_MAX, WINDOW);
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
