/* SPDX-License-Identifier: ISC */
/*
 * One channel: its numbers, its windows, and how far each direction has come. RFC 4254 section 5.
 */
#pragma once

#include "daemon/child/connection/replies.h"
#include "daemon/child/connection/window.h"
#include "daemon/child/outlet.h"

/* What is true of a channel; a slot without one is NULL. */
enum channel_state {
	CHANNEL_OPENING, /* the monitor is asked; the client does not know our number yet */
	CHANNEL_OPEN,    /* confirmed */
	CHANNEL_CLOSING, /* we sent CLOSE: descriptors are gone, theirs is awaited */
};

enum channel_kind {
	CHANNEL_SESSION,
	CHANNEL_TCP,
};

struct channel {
	uint32_t id; /* our number */
	enum channel_kind kind;
	enum channel_state state;
	uint32_t their_id;
	uint32_t their_max_packet; /* bytes of data in one message to them */
	uint32_t their_window;     /* bytes that we may still send */
	struct window window;      /* of what they send */
	bool got_eof, sent_eof;
	bool got_close;     /* of a session whose end is still to be told: see channels.c */
	bool consumer_gone; /* what they send is dropped */
	bool source_ended[CONN_STREAM_COUNT];

	/* sessions only: */
	struct replies replies;
	bool has_pty;
	bool is_started; /* the program runs, or ran; forwards: always */
	bool has_ended;  /* how it ended was told */
};

/* Most bytes of data in one message to us. */
#define CHANNEL_PACKET_MAX (32 * 1024)

/* Bytes in front of the data of a message. */
#define CHANNEL_DATA_HEAD     9
#define CHANNEL_EXTENDED_HEAD 13

/* The head of CHANNEL_DATA or, for stderr, CHANNEL_EXTENDED_DATA of so many bytes. */
size_t channel_data_head_size(enum conn_stream stream);
void channel_put_data_head(
    const struct channel *channel, enum conn_stream stream, size_t size, uint8_t *at);

/* May data be sent, as far as the channel goes? */
bool channel_may_send(const struct channel *channel, enum conn_stream stream);

/* Bytes of data that the next message may hold. */
size_t channel_send_max(const struct channel *channel);

/* They sent so many bytes. RESULT_PROTOCOL with the outlet's fault: more than the window. */
enum result channel_take_data(struct channel *channel, size_t size, struct outlet *outlet) MUST_USE;

/* The consumer took so many bytes; once it is worth a message the window is opened again. */
enum result channel_consumed(struct channel *channel, size_t size, struct outlet *outlet) MUST_USE;

enum result channel_send_confirmation(
    const struct channel *channel, struct outlet *outlet) MUST_USE;
enum result channel_send_open_failure(
    uint32_t their_id, uint32_t reason, struct bytes text, struct outlet *outlet) MUST_USE;

/* EOF and CLOSE as far as it is their time: see channel.c. */
enum result channel_settle(struct channel *channel, struct outlet *outlet) MUST_USE;

/* CLOSE now, whatever is left; descriptors are to be closed. Nothing if it was sent. */
enum result channel_close(struct channel *channel, struct outlet *outlet) MUST_USE;
