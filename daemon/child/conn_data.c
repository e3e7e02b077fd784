/* SPDX-License-Identifier: ISC */
/*
 * Data of channels: room in the next packet, what became of what was read, and what a channel may do now (pure).
 */
#include "common/mem.h"
#include "daemon/child/conn_internal.h"
#include "daemon/child/connection/session.h"
#include "daemon/child/transport/quirks.h"

void
conn_consumed(struct conn *conn, uint32_t channel, size_t size)
{
	struct channel *found = channels_find(&conn->channels, channel);

	if (found != NULL && size > 0)
		conn_settle(conn, channels_consumed(&conn->channels, found, size, &conn->outlet));
}

void
conn_consumer_gone(struct conn *conn, uint32_t channel)
{
	struct channel *found = channels_find(&conn->channels, channel);

	if (found == NULL || found->consumer_gone)
		return;
	found->consumer_gone = true;
	if ((quirks_of(transport_peer_version(conn->transport)) & QUIRK_KNOWS_EOW) != 0)
		conn_settle(conn, session_send_eow(found, &conn->outlet));
	conn_settle(conn, channels_settle(&conn->channels, found, &conn->outlet));
}

void
conn_flow_control_changed(struct conn *conn, uint32_t channel, bool client_can_do)
{
	struct channel *found = channels_find(&conn->channels, channel);

	if (found != NULL)
		conn_settle(conn, session_send_flow_control(found, client_can_do, &conn->outlet));
}

bool
conn_may_send(const struct conn *conn, uint32_t channel, enum conn_stream stream)
{
	const struct channel *found = channels_find(&conn->channels, channel);

	return found != NULL && channel_may_send(found, stream) &&
	       transport_is_ready(conn->transport);
}

enum result
conn_reserve(
    struct conn *conn, uint32_t channel, enum conn_stream stream, uint8_t **at, size_t *room)
{
	struct channel *found = channels_find(&conn->channels, channel);
	size_t head = channel_data_head_size(stream);
	size_t frame_head;

	if (found == NULL || !channel_may_send(found, stream))
		return RESULT_AGAIN;
	frame_head = frame_head_size(found->frame);
	*room = channel_send_max(found) - frame_head;
	TRY(transport_reserve(conn->transport, head + frame_head + *room, &conn->reserved_at));
	conn->reserved = found;
	*at = conn->reserved_at + head + frame_head;
	return RESULT_OK;
}

enum result
conn_commit(struct conn *conn, uint32_t channel, enum conn_stream stream, size_t size)
{
	struct channel *reserved = TAKE(conn->reserved);
	const size_t head = channel_data_head_size(stream);

	if (size == 0)
		return transport_commit(conn->transport, 0);
	if (reserved->frame != FRAME_NONE) {
		uint8_t *frame_at = conn->reserved_at + head;
		const size_t frame_head = frame_head_size(reserved->frame);

		if (!frame_put_head(
			reserved->frame, bytes_of(frame_at + frame_head, size), frame_at))
			return transport_commit(conn->transport, 0);
		size += frame_head;
	}
	channel_put_data_head(reserved, stream, size, conn->reserved_at);
	reserved->their_window -= (uint32_t)size;
	timers_note(reserved, false);
	return transport_commit(conn->transport, head + size);
}

void
conn_frame_was_cut(struct conn *conn, uint32_t channel)
{
	struct channel *found = channels_find(&conn->channels, channel);

	if (found != NULL)
		channel_frame_was_cut(found);
}

void
conn_source_ended(struct conn *conn, uint32_t channel, enum conn_stream stream)
{
	struct channel *found = channels_find(&conn->channels, channel);

	if (found == NULL)
		return;
	found->source_ended[stream] = true;
	conn_settle(conn, channels_settle(&conn->channels, found, &conn->outlet));
}

/* --- State -------------------------------------------------------------------------------------- */

bool
conn_is_started(const struct conn *conn, uint32_t channel)
{
	const struct channel *found = channels_find(&conn->channels, channel);

	return found != NULL && found->is_started;
}

bool
conn_is_drained(const struct conn *conn, uint32_t channel)
{
	const struct channel *found = channels_find(&conn->channels, channel);

	return found != NULL && found->has_pty && found->has_ended;
}

bool
conn_is_interactive(const struct conn *conn, uint32_t channel)
{
	const struct channel *found = channels_find(&conn->channels, channel);

	return found != NULL && found->has_pty;
}
