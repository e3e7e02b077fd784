/* SPDX-License-Identifier: ISC */
/*
 * From packets to descriptors (edge).
 */
#include <assert.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fd.h"
#include "daemon/child/pump_internal.h"
#include "daemon/child/tunnel.h"

void
pump_finish_sink(struct flow *flow)
{
	if (!flow->eof || flow->sink < 0 || buf_size(&flow->backlog) > 0)
		return;
	if (flow->kind == CONN_ATTACH_PIPES)
		fd_close(&flow->sink);
	else if (flow->kind == CONN_ATTACH_SOCKET)
		(void)!shutdown(flow->sink, SHUT_WR);
	flow->eof = false; /* a terminal has no end of file: its program may still write */
}

bool
pump_sink_is_open(const struct pump *pump, uint32_t channel, const struct flow *flow)
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
	struct flow *flow = pump_find_flow(pump, channel);
	size_t count = pump->gather_count, done = 0;

	pump->gather_count = 0;
	if (count == 0)
		return RESULT_OK;
	assert(flow != NULL);
	if (flow->kind == CONN_ATTACH_TUNNEL) {
		write_frames(pump, channel, flow, count);
		return RESULT_OK;
	}
	if (pump_sink_is_open(pump, channel, flow) && buf_size(&flow->backlog) == 0 &&
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
	TRY(pump_make_flow(pump, channel, &flow));
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
	TRY(pump_make_flow(pump, channel, &flow));
	flow->eof = true;
	pump_finish_sink(flow);
	return RESULT_OK;
}

void
pump_break(struct pump *pump, uint32_t channel)
{
	struct flow *flow = pump_find_flow(pump, channel);

	if (pump->gather_count > 0 && pump->gather_channel == channel)
		(void)!pump_flush(pump);
	if (flow != NULL && flow->kind == CONN_ATTACH_PTY && flow->sink >= 0 &&
	    buf_size(&flow->backlog) == 0)
		(void)!write(flow->sink, "", 1);
}

void
pump_drain(struct pump *pump, uint32_t channel, struct flow *flow)
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
	pump_finish_sink(flow);
}
