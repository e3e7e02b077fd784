/* SPDX-License-Identifier: ISC */
/*
 * Data between descriptors and packets (edge).
 */
#include "daemon/child/pump.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/ipc.h"
#include "common/mem.h"
#include "daemon/child/tunnel.h"

/* More channels than this cannot be: the monitor says channels_max, and numbers are dense on each side. */
#define FLOWS_MAX 4096

/* Views gathered for one write. */
#define GATHER_MAX 32

/* What one channel may send in one turn while others wait as well. */
#define TURN_BYTES (128 * 1024)

/* Who sent less than this when served last is served before those who never stop. */
#define LIGHT_BYTES (4 * 1024)

/* One channel's descriptors. A terminal and a socket use one descriptor for both ways. */
struct flow {
	enum conn_attachment kind;
	int sink;                       /* owned; -1: none (yet, or any more) */
	int sources[CONN_STREAM_COUNT]; /* owned unless equal to sink; -1: none */
	bool source_ended[CONN_STREAM_COUNT];
	bool eof;           /* close the sink when the backlog is written */
	bool is_heavy;      /* sent LIGHT_BYTES or more when it was served last */
	struct buf backlog; /* what the sink did not take yet */
};

/* Whose poll entry it is. */
struct claim {
	uint32_t channel;
	bool is_over; /* of a terminal whose program has ended */
};

struct pump {
	struct conn *conn;   /* borrowed */
	struct flow **flows; /* owned; see place_of; NULL: no such channel */
	size_t flow_count;
	uint32_t gather_channel;
	struct iovec gather[GATHER_MAX];
	size_t gather_count;
	struct pollfd *polls; /* owned; handed out by pump_polls */
	struct claim *claims; /* owned; one for each entry behind `claims_from` */
	size_t polls_room;
	size_t claims_from, claims_count;
	bool has_ended_terminal;
	size_t turn; /* who is served first rotates */
};

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

static struct flow *
find_flow(const struct pump *pump, uint32_t channel)
{
	const size_t place = place_of(channel);

	return place < pump->flow_count ? pump->flows[place] : NULL;
}

static enum result
make_flow(struct pump *pump, uint32_t channel, struct flow **out)
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

static void
finish_sink(struct flow *flow)
{
	if (!flow->eof || flow->sink < 0 || buf_size(&flow->backlog) > 0)
		return;
	if (flow->kind == CONN_ATTACH_PIPES)
		fd_close(&flow->sink);
	else if (flow->kind == CONN_ATTACH_SOCKET)
		(void)!shutdown(flow->sink, SHUT_WR);
	flow->eof = false; /* a terminal has no end of file: its program may still write */
}

enum result
pump_attach(struct pump *pump, const struct conn_attach *attach, struct ipc_message *message)
{
	struct flow *flow;

	if (attach->kind == CONN_ATTACH_NOTHING)
		return RESULT_OK;
	if (message->fd_count != (attach->kind == CONN_ATTACH_PIPES ? 3 : 1))
		return RESULT_PROTOCOL;
	TRY(make_flow(pump, attach->channel, &flow));
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
	finish_sink(flow); /* the client's end may have come first */
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

/* --- to the descriptors ------------------------------------------------------------------------- */

/* A terminal takes nothing before its program runs: it would echo into an empty screen. */
static bool
sink_is_open(const struct pump *pump, uint32_t channel, const struct flow *flow)
{
	return flow->sink >= 0 &&
	       (flow->kind != CONN_ATTACH_PTY || conn_is_started(pump->conn, channel));
}

/* Nobody reads any more: what is left and what will come counts as taken. */
static void
lose_sink(struct pump *pump, uint32_t channel, struct flow *flow)
{
	size_t lost = buf_size(&flow->backlog);

	buf_clear(&flow->backlog);
	if (flow->kind == CONN_ATTACH_PIPES)
		fd_close(&flow->sink);
	conn_consumed(pump->conn, channel, lost);
	conn_consumer_gone(pump->conn, channel);
}

static enum result
write_views(int fd, const struct iovec *views, size_t count, size_t *done)
{
	ssize_t written;

	*done = 0;
	do
		written = writev(fd, views, (int)count);
	while (written < 0 && errno == EINTR);
	if (written >= 0) {
		*done = (size_t)written;
		return RESULT_OK;
	}
	return errno == EAGAIN || errno == EWOULDBLOCK ? RESULT_AGAIN : RESULT_CLOSED;
}

/* Copies what is left of the views behind the first `done` bytes. */
static enum result
keep_rest(struct flow *flow, const struct iovec *views, size_t count, size_t done)
{
	for (size_t i = 0; i < count; i++) {
		struct bytes rest = bytes_of(views[i].iov_base, views[i].iov_len);

		if (done >= rest.size) {
			done -= rest.size;
			continue;
		}
		TRY(buf_append(&flow->backlog, bytes_of(rest.data + done, rest.size - done)));
		done = 0;
	}
	return RESULT_OK;
}

/* Each view is a frame, and each frame a write: nothing waits for a device. */
static void
write_frames(struct pump *pump, uint32_t channel, struct flow *flow, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct bytes frame =
		    bytes_of(pump->gather[i].iov_base, pump->gather[i].iov_len);
		const bool is_gone =
		    flow->sink >= 0 && tunnel_write(flow->sink, frame) == RESULT_CLOSED;

		conn_consumed(pump->conn, channel, frame.size);
		if (is_gone)
			conn_consumer_gone(pump->conn, channel);
	}
}

enum result
pump_flush(struct pump *pump)
{
	uint32_t channel = pump->gather_channel;
	struct flow *flow = find_flow(pump, channel);
	size_t count = pump->gather_count, done = 0;

	pump->gather_count = 0;
	if (count == 0)
		return RESULT_OK;
	assert(flow != NULL);
	if (flow->kind == CONN_ATTACH_TUNNEL) {
		write_frames(pump, channel, flow, count);
		return RESULT_OK;
	}
	if (sink_is_open(pump, channel, flow) && buf_size(&flow->backlog) == 0 &&
	    write_views(flow->sink, pump->gather, count, &done) == RESULT_CLOSED) {
		size_t lost = 0;

		for (size_t i = 0; i < count; i++)
			lost += pump->gather[i].iov_len;
		conn_consumed(pump->conn, channel, lost);
		lose_sink(pump, channel, flow);
		return RESULT_OK;
	}
	TRY(keep_rest(flow, pump->gather, count, done));
	conn_consumed(pump->conn, channel, done);
	return RESULT_OK;
}

enum result
pump_data(struct pump *pump, uint32_t channel, struct bytes data)
{
	struct flow *flow;

	if (pump->gather_count > 0 &&
	    (pump->gather_channel != channel || pump->gather_count == GATHER_MAX))
		TRY(pump_flush(pump));
	TRY(make_flow(pump, channel, &flow));
	pump->gather_channel = channel;
	pump->gather[pump->gather_count++] =
	    (struct iovec){ (void *)(uintptr_t)data.data, data.size };
	return RESULT_OK;
}

enum result
pump_eof(struct pump *pump, uint32_t channel)
{
	struct flow *flow;

	TRY(pump_flush(pump));
	TRY(make_flow(pump, channel, &flow));
	flow->eof = true;
	finish_sink(flow);
	return RESULT_OK;
}

/* A terminal's other programs still have it, and a socket's other way goes on. */
void
pump_unread(struct pump *pump, uint32_t channel)
{
	struct flow *flow = find_flow(pump, channel);

	if (flow == NULL || flow->source_ended[CONN_STREAM_DATA])
		return;
	flow->source_ended[CONN_STREAM_DATA] = true;
	if (flow->kind == CONN_ATTACH_SOCKET)
		(void)!shutdown(flow->sink, SHUT_RD);
	if (flow->kind == CONN_ATTACH_PIPES)
		fd_close(&flow->sources[CONN_STREAM_DATA]);
}

void
pump_break(struct pump *pump, uint32_t channel)
{
	struct flow *flow = find_flow(pump, channel);

	if (pump->gather_count > 0 && pump->gather_channel == channel)
		(void)!pump_flush(pump);
	if (flow != NULL && flow->kind == CONN_ATTACH_PTY && flow->sink >= 0 &&
	    buf_size(&flow->backlog) == 0)
		(void)!write(flow->sink, "", 1);
}

void
pump_gone(struct pump *pump, uint32_t channel)
{
	if (pump->gather_count > 0 && pump->gather_channel == channel)
		(void)!pump_flush(pump);
	if (find_flow(pump, channel) == NULL)
		return;
	free_flow(pump->flows[place_of(channel)]);
	pump->flows[place_of(channel)] = NULL;
}

static void
drain_backlog(struct pump *pump, uint32_t channel, struct flow *flow)
{
	struct bytes rest = buf_bytes(&flow->backlog);
	size_t done;

	if (rest.size > 0) {
		const struct iovec view = { (void *)(uintptr_t)rest.data, rest.size };

		if (write_views(flow->sink, &view, 1, &done) == RESULT_CLOSED) {
			lose_sink(pump, channel, flow);
			return;
		}
		buf_consume(&flow->backlog, done);
		conn_consumed(pump->conn, channel, done);
	}
	if (buf_size(&flow->backlog) == 0)
		buf_clear(
		    &flow->backlog); /* a slow program does not keep a window's worth of memory */
	finish_sink(flow);
}

/* --- from the descriptors ----------------------------------------------------------------------- */

static void
end_source(struct pump *pump, uint32_t channel, struct flow *flow, enum conn_stream stream)
{
	if (flow->sources[stream] != flow->sink)
		fd_close(&flow->sources[stream]);
	flow->source_ended[stream] = true;
	conn_source_ended(pump->conn, channel, stream);
}

/*
 * A terminal's master is in packet mode: the byte in front of the data says what it is, and lies in the last byte
 * of the packet's head until that is written. Without data it says what has become of the terminal.
 */
static enum result
read_terminal(const struct flow *flow, uint8_t *at, size_t room, size_t *got, uint8_t *control)
{
	enum result result = fd_read(flow->sink, at - 1, room + 1, got);

	*control = TIOCPKT_DATA;
	if (result != RESULT_OK)
		return result;
	*control = at[-1];
	*got = *control == TIOCPKT_DATA ? *got - 1 : 0;
	return RESULT_OK;
}

static void
tell_flow_control(struct pump *pump, uint32_t channel, uint8_t control)
{
	if ((control & (TIOCPKT_DOSTOP | TIOCPKT_NOSTOP)) != 0)
		conn_flow_control_changed(pump->conn, channel, (control & TIOCPKT_DOSTOP) != 0);
}

/* One packet. *more: the descriptor may hold further bytes. */
static enum result
read_packet(struct pump *pump, uint32_t channel, struct flow *flow, enum conn_stream stream,
    size_t *sent, bool *more)
{
	uint8_t *at, control = TIOCPKT_DATA;
	size_t room;
	enum result result = conn_reserve(pump->conn, channel, stream, &at, &room);

	*more = false;
	*sent = 0;
	if (result == RESULT_AGAIN)
		return RESULT_OK;
	TRY(result);
	if (flow->kind == CONN_ATTACH_PTY)
		result = read_terminal(flow, at, room, sent, &control);
	else
		result = fd_read(flow->sources[stream], at, room, sent);
	TRY(conn_commit(pump->conn, channel, stream, *sent));
	if (result == RESULT_OK) {
		tell_flow_control(pump, channel, control);
		*more =
		    *sent == room; /* of a terminal that changes all the time, too, one a turn */
		return RESULT_OK;
	}
	if (result == RESULT_AGAIN && !conn_is_drained(pump->conn, channel))
		return RESULT_OK;
	end_source(pump, channel, flow, stream); /* end of file, or EIO of a terminal */
	return RESULT_OK;
}

/* The same of a device: a packet is a frame, and there may be a next one. */
static enum result
read_frame(struct pump *pump, uint32_t channel, const struct flow *flow, size_t *size, bool *more)
{
	bool is_cut;
	uint8_t *at;
	size_t room;
	enum result result = conn_reserve(pump->conn, channel, CONN_STREAM_DATA, &at, &room);

	*more = false;
	*size = 0;
	if (result == RESULT_AGAIN)
		return RESULT_OK;
	TRY(result);
	result = tunnel_read(flow->sources[CONN_STREAM_DATA], at, room, size, &is_cut);
	TRY(conn_commit(pump->conn, channel, CONN_STREAM_DATA, is_cut ? 0 : *size));
	*more = result == RESULT_OK;
	if (is_cut)
		conn_frame_was_cut(pump->conn, channel);
	return result == RESULT_CLOSED ? RESULT_CLOSED : RESULT_OK;
}

static enum result
read_frames(struct pump *pump, uint32_t channel, struct flow *flow)
{
	size_t left = TURN_BYTES, size;
	enum result result;
	bool more = true;

	while (more && left > 0) {
		result = read_frame(pump, channel, flow, &size, &more);
		if (result == RESULT_CLOSED) {
			end_source(pump, channel, flow, CONN_STREAM_DATA);
			conn_consumer_gone(pump->conn, channel);
			return RESULT_OK;
		}
		TRY(result);
		left -= size < left ? size : left;
	}
	if (left < TURN_BYTES)
		flow->is_heavy = TURN_BYTES - left >= LIGHT_BYTES;
	return RESULT_OK;
}

static enum result
read_source(struct pump *pump, uint32_t channel, struct flow *flow, enum conn_stream stream)
{
	size_t left = TURN_BYTES, sent;
	bool more = true;

	if (flow->kind == CONN_ATTACH_TUNNEL)
		return read_frames(pump, channel, flow);
	while (more && left > 0) {
		TRY(read_packet(pump, channel, flow, stream, &sent, &more));
		left -= sent < left ? sent : left;
	}
	if (left < TURN_BYTES)
		flow->is_heavy = TURN_BYTES - left >= LIGHT_BYTES;
	return RESULT_OK;
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
	struct flow *flow = find_flow(pump, channel);
	short sink_events =
	    sink_is_open(pump, channel, flow) && buf_size(&flow->backlog) > 0 ? POLLOUT : 0;

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
	struct flow *flow = find_flow(pump, channel);

	if (flow == NULL)
		return RESULT_OK;
	if (poll->fd == flow->sink && (poll->events & POLLOUT) != 0 &&
	    (poll->revents & (POLLOUT | POLLERR | POLLHUP)) != 0)
		drain_backlog(pump, channel, flow);
	for (size_t i = 0; i < CONN_STREAM_COUNT; i++)
		if (poll->fd == flow->sources[i] && (poll->events & POLLIN) != 0 &&
		    (claim->is_over || (poll->revents & (POLLIN | POLLERR | POLLHUP)) != 0))
			TRY(read_source(pump, channel, flow, (enum conn_stream)i));
	return RESULT_OK;
}

/* Terminals, and whatever else sends a little at a time: each echo of an editor or of a remote procedure call
 * would wait for a turn of every bulk transfer. */
static bool
goes_first(const struct pump *pump, uint32_t channel)
{
	const struct flow *flow = find_flow(pump, channel);

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
