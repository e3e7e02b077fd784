/* SPDX-License-Identifier: ISC */
/*
 * Descriptors of channels and their turns (edge).
 */
#include "daemon/child/pump.h"

#include <stdlib.h>

#include "common/fd.h"
#include "common/ipc.h"
#include "common/mem.h"
#include "daemon/child/pump_internal.h"

/* More channels than this cannot be: the monitor says channels_max, and numbers are dense on each side. */
#define FLOWS_MAX 4096

enum result
pump_new(struct conn *conn, struct pump **out)
{
	TRY(mem_new(1, sizeof(**out), (void **)out));
	(*out)->conn = conn;
	return RESULT_OK;
}

static void
close_flow(struct flow *flow)
{
	for (size_t i = 0; i < CONN_STREAM_COUNT; i++) {
		if (flow->sources[i] == flow->sink)
			flow->sources[i] = -1;
		fd_close(&flow->sources[i]);
	}
	fd_close(&flow->sink);
}

static void
free_flow(struct flow *flow)
{
	if (flow == NULL)
		return;
	close_flow(flow);
	buf_clear(&flow->backlog);
	free(flow);
}

void
pump_free(struct pump *pump)
{
	if (pump == NULL)
		return;
	for (size_t i = 0; i < pump->flow_count; i++)
		free_flow(pump->flows[i]);
	free(pump->flows);
	free(pump->polls);
	free(pump->claims);
	free(pump);
}

/* Channels of both sides take turns in the list, so that it is no longer than the busier one makes it. */
static size_t
place_of(uint32_t channel)
{
	return 2 * (size_t)(channel & ~(uint32_t)CONN_OURS) + ((channel & CONN_OURS) != 0);
}

static uint32_t
channel_at(size_t place)
{
	return (uint32_t)(place / 2) | (place % 2 != 0 ? CONN_OURS : 0);
}

struct flow *
pump_find_flow(const struct pump *pump, uint32_t channel)
{
	const size_t place = place_of(channel);

	return place < pump->flow_count ? pump->flows[place] : NULL;
}

enum result
pump_make_flow(struct pump *pump, uint32_t channel, struct flow **out)
{
	const size_t place = place_of(channel);

	if (place >= FLOWS_MAX)
		return RESULT_LIMIT;
	if (place >= pump->flow_count) {
		size_t count = place + 8;
		struct flow **flows = realloc(pump->flows, count * sizeof(struct flow *));

		if (flows == NULL)
			return RESULT_MEMORY;
		memset(flows + pump->flow_count, 0,
		    (count - pump->flow_count) * sizeof(struct flow *));
		pump->flows = flows;
		pump->flow_count = count;
	}
	if (pump->flows[place] == NULL) {
		struct flow *flow;

		TRY(mem_new(1, sizeof(*flow), (void **)&flow));
		flow->sink = flow->sources[0] = flow->sources[1] = -1;
		buf_init(&flow->backlog, SIZE_MAX / 2); /* the window is its ceiling */
		pump->flows[place] = flow;
	}
	*out = pump->flows[place];
	return RESULT_OK;
}

enum result
pump_attach(struct pump *pump, const struct conn_attach *attach, struct ipc_message *message)
{
	struct flow *flow;

	if (attach->kind == CONN_ATTACH_NOTHING)
		return RESULT_OK;
	if (message->fd_count != (attach->kind == CONN_ATTACH_PIPES ? 3 : 1))
		return RESULT_PROTOCOL;
	TRY(pump_make_flow(pump, attach->channel, &flow));
	close_flow(flow);
	flow->kind = attach->kind;
	flow->sink = ipc_message_take_fd(message, 0);
	flow->source_ended[CONN_STREAM_STDERR] = attach->kind != CONN_ATTACH_PIPES;
	TRY(fd_set_nonblocking(flow->sink));
	if (attach->kind != CONN_ATTACH_PIPES)
		flow->sources[CONN_STREAM_DATA] = flow->sink;
	for (size_t i = 0; i < CONN_STREAM_COUNT && attach->kind == CONN_ATTACH_PIPES; i++) {
		flow->sources[i] = ipc_message_take_fd(message, i + 1);
		TRY(fd_set_nonblocking(flow->sources[i]));
	}
	pump_finish_sink(flow); /* the client's end may have come first */
	return RESULT_OK;
}

bool
pump_is_interactive(const struct pump *pump)
{
	bool is_empty = true;

	for (size_t i = 0; i < pump->flow_count; i++) {
		const struct flow *flow = pump->flows[i];

		if (flow == NULL || flow->kind == CONN_ATTACH_NOTHING)
			continue;
		if (flow->kind == CONN_ATTACH_PTY)
			return true;
		is_empty = false;
	}
	return is_empty;
}

void
pump_gone(struct pump *pump, uint32_t channel)
{
	if (pump->gather_count > 0 && pump->gather_channel == channel)
		(void)!pump_flush(pump);
	if (pump_find_flow(pump, channel) == NULL)
		return;
	free_flow(pump->flows[place_of(channel)]);
	pump->flows[place_of(channel)] = NULL;
}

/* --- waiting ------------------------------------------------------------------------------------ */

static bool
source_is_wanted(
    const struct pump *pump, uint32_t channel, const struct flow *flow, enum conn_stream stream)
{
	return flow->sources[stream] >= 0 && !flow->source_ended[stream] &&
	       conn_is_started(pump->conn, channel) && conn_may_send(pump->conn, channel, stream);
}

static enum result
grow_polls(struct pump *pump, size_t needed)
{
	struct pollfd *polls;
	struct claim *claims;

	if (needed <= pump->polls_room)
		return RESULT_OK;
	needed += 16;
	polls = realloc(pump->polls, needed * sizeof(*polls));
	if (polls == NULL)
		return RESULT_MEMORY;
	pump->polls = polls;
	claims = realloc(pump->claims, needed * sizeof(*claims));
	if (claims == NULL)
		return RESULT_MEMORY;
	pump->claims = claims;
	pump->polls_room = needed;
	return RESULT_OK;
}

static void
add_poll(struct pump *pump, uint32_t channel, int fd, short events, size_t *count)
{
	const bool is_over = (events & POLLIN) != 0 && conn_is_drained(pump->conn, channel);

	pump->polls[*count] = (struct pollfd){ .fd = fd, .events = events };
	pump->claims[*count] = (struct claim){ channel, is_over };
	pump->has_ended_terminal |= is_over;
	(*count)++;
}

static void
add_flow(struct pump *pump, uint32_t channel, size_t *count)
{
	struct flow *flow = pump_find_flow(pump, channel);
	short sink_events =
	    pump_sink_is_open(pump, channel, flow) && buf_size(&flow->backlog) > 0 ? POLLOUT : 0;

	for (size_t i = 0; i < CONN_STREAM_COUNT; i++) {
		if (!source_is_wanted(pump, channel, flow, (enum conn_stream)i))
			continue;
		if (flow->sources[i] == flow->sink)
			sink_events |= POLLIN;
		else
			add_poll(pump, channel, flow->sources[i], POLLIN, count);
	}
	if (sink_events != 0)
		add_poll(pump, channel, flow->sink, sink_events, count);
}

enum result
pump_polls(struct pump *pump, struct pollfd **polls, size_t *count)
{
	TRY(grow_polls(pump, *count + pump->flow_count * 3));
	if (*polls != NULL && *count > 0)
		memmove(pump->polls, *polls, *count * sizeof(**polls));
	pump->claims_from = *count;
	pump->has_ended_terminal = false;
	for (size_t i = 0; i < pump->flow_count; i++)
		if (pump->flows[i] != NULL)
			add_flow(pump, channel_at(i), count);
	pump->claims_count = *count;
	*polls = pump->polls;
	return RESULT_OK;
}

bool
pump_has_ended_terminal(const struct pump *pump)
{
	return pump->has_ended_terminal;
}

static enum result
serve(struct pump *pump, const struct pollfd *poll, const struct claim *claim)
{
	const uint32_t channel = claim->channel;
	struct flow *flow = pump_find_flow(pump, channel);

	if (flow == NULL)
		return RESULT_OK;
	if (poll->fd == flow->sink && (poll->events & POLLOUT) != 0 &&
	    (poll->revents & (POLLOUT | POLLERR | POLLHUP)) != 0)
		pump_drain(pump, channel, flow);
	for (size_t i = 0; i < CONN_STREAM_COUNT; i++)
		if (poll->fd == flow->sources[i] && (poll->events & POLLIN) != 0 &&
		    (claim->is_over || (poll->revents & (POLLIN | POLLERR | POLLHUP)) != 0))
			TRY(pump_read_source(pump, channel, flow, (enum conn_stream)i));
	return RESULT_OK;
}

/* Terminals, and whatever else sends a little at a time: each echo of an editor or of a remote procedure call
 * would wait for a turn of every bulk transfer. */
static bool
goes_first(const struct pump *pump, uint32_t channel)
{
	const struct flow *flow = pump_find_flow(pump, channel);

	return conn_is_interactive(pump->conn, channel) || (flow != NULL && !flow->is_heavy);
}

static enum result
serve_all(struct pump *pump, const struct pollfd *polls, bool first)
{
	size_t count = pump->claims_count - pump->claims_from;

	for (size_t i = 0; i < count; i++) {
		size_t at = pump->claims_from + (i + pump->turn) % count;
		const struct claim *claim = &pump->claims[at];

		if ((polls[at].revents != 0 || claim->is_over) &&
		    goes_first(pump, claim->channel) == first)
			TRY(serve(pump, &polls[at], claim));
	}
	return RESULT_OK;
}

enum result
pump_ready(struct pump *pump, const struct pollfd *polls)
{
	TRY(serve_all(pump, polls, true));
	TRY(serve_all(pump, polls, false));
	pump->turn++;
	return RESULT_OK;
}
