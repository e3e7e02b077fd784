/* SPDX-License-Identifier: ISC */
/*
 * From descriptors into packets (edge).
 */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/fd.h"
#include "daemon/child/pump_internal.h"
#include "daemon/child/tunnel.h"

/* What one channel may send in one turn while others wait as well. */
#define TURN_BYTES (128 * 1024)

/* Who sent less than this when served last is served before those who never stop. */
#define LIGHT_BYTES (4 * 1024)

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

enum result
pump_read_source(struct pump *pump, uint32_t channel, struct flow *flow, enum conn_stream stream)
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

/* A terminal's other programs still have it, and a socket's other way goes on. */
void
pump_unread(struct pump *pump, uint32_t channel)
{
	struct flow *flow = pump_find_flow(pump, channel);

	if (flow == NULL || flow->source_ended[CONN_STREAM_DATA])
		return;
	flow->source_ended[CONN_STREAM_DATA] = true;
	if (flow->kind == CONN_ATTACH_SOCKET)
		(void)!shutdown(flow->sink, SHUT_RD);
	if (flow->kind == CONN_ATTACH_PIPES)
		fd_close(&flow->sources[CONN_STREAM_DATA]);
}
