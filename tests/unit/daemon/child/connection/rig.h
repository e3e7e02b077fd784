/* SPDX-License-Identifier: ISC */
/*
 * Channels without a connection around them: a test says what the client and the monitor say, and sees what they are
 * told.
 */
#pragma once

#include "common/ipc_bodies.h"
#include "daemon/child/connection/channels.h"
#include "tests/unit/support.h"

#define WINDOW (256 * 1024)

/* The channels, what they said, and room to write messages in. */
struct rig {
	struct channels channels;
	struct outlet outlet;
	struct conn_event data;
	struct conn_attach attach;
	uint8_t room[300 * 1024];
};

static inline struct rig *
rig_new(void)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	outlet_init(&rig->outlet);
	channels_init(&rig->channels, 4, WINDOW);
	return rig;
}

static inline void
rig_free(struct rig *rig)
{
	channels_clear(&rig->channels);
	outlet_clear(&rig->outlet);
	free(rig);
}

static inline struct writer
say(struct rig *rig, uint8_t number)
{
	struct writer writer = writer_into(rig->room, sizeof(rig->room));

	put_byte(&writer, number);
	return writer;
}

static inline enum result
receive(struct rig *rig, const struct writer *writer)
{
	assert_ok(writer_end(writer));
	return channels_receive(&rig->channels, writer_bytes(writer), &rig->outlet, &rig->data);
}

static inline enum result
receive_number(struct rig *rig, uint8_t number, uint32_t channel)
{
	struct writer writer = say(rig, number);

	put_u32(&writer, channel);
	return receive(rig, &writer);
}

/* The next packet to the client is this message, about their channel 7; the reader is behind both. */
static inline struct reader
told(struct rig *rig, uint8_t number)
{
	struct reader reader;
	struct bytes payload;

	assert_true(outlet_take_packet(&rig->outlet, &payload));
	reader = reader_of(payload);
	assert_int_equal(get_byte(&reader), number);
	assert_int_equal(get_u32(&reader), 7);
	return reader;
}

static inline bool
says_nothing(struct rig *rig)
{
	struct conn_event event;
	struct bytes payload;

	return !outlet_take_packet(&rig->outlet, &payload) &&
	       !outlet_take_event(&rig->outlet, &event);
}

static inline struct reader
asked(struct rig *rig, enum ipc_type type)
{
	struct conn_event event;

	assert_true(outlet_take_event(&rig->outlet, &event));
	assert_int_equal(event.kind, CONN_ASK);
	assert_string_equal(ipc_row(event.ask)->name, ipc_row(type)->name);
	assert_true(event.bytes.size <= ipc_row(type)->body_max);
	return reader_of(event.bytes);
}

static inline void
happened(struct rig *rig, enum conn_event_kind kind, uint32_t channel)
{
	struct conn_event event;

	assert_true(outlet_take_event(&rig->outlet, &event));
	assert_int_equal(event.kind, kind);
	assert_int_equal(event.channel, channel);
}

static inline enum result
answer(struct rig *rig, enum ipc_type type, const struct writer *writer)
{
	struct ipc_message message = { .type = type, .body = writer_bytes(writer) };

	rig->attach = (struct conn_attach){ CONN_ATTACH_NOTHING, 0 };
	return channels_answer(&rig->channels, &message, &rig->outlet, &rig->attach);
}

static inline enum result
answer_accepted(struct rig *rig, uint32_t id)
{
	uint8_t room[64];
	struct writer writer = writer_into(room, sizeof(room));

	accepted_notice_put(
	    &writer, &(struct accepted_notice){ id, bytes_of_text("192.0.2.1"), 4711 });
	return answer(rig, IPC_accepted, &writer);
}

/* session_opened, session_started, connected: id, number, text. */
static inline enum result
answer_text(struct rig *rig, enum ipc_type type, uint32_t id, uint32_t number)
{
	uint8_t room[64];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, id);
	put_u32(&writer, number);
	put_text(&writer, "why");
	return answer(rig, type, &writer);
}

static inline enum result
open_channel(struct rig *rig, const char *type, uint32_t window)
{
	struct writer writer = say(rig, SSH_MSG_CHANNEL_OPEN);

	put_text(&writer, type);
	put_u32(&writer, 7);
	put_u32(&writer, window);
	put_u32(&writer, 32768);
	return receive(rig, &writer);
}

/* A session that the client may use; its number is 0. */
static inline struct rig *
rig_with_session(void)
{
	struct rig *rig = rig_new();

	assert_ok(open_channel(rig, "session", 1000));
	(void)asked(rig, IPC_open_session);
	assert_ok(answer_text(rig, IPC_session_opened, 0, 0));
	(void)told(rig, SSH_MSG_CHANNEL_OPEN_CONFIRMATION);
	return rig;
}
