/* SPDX-License-Identifier: ISC */
/*
 * One channel: its numbers, its windows, and how far each direction has come. RFC 4254 section 5.
 */
#pragma once

#include "daemon/child/connection/frame.h"
#include "daemon/child/connection/replies.h"
#include "daemon/child/connection/timers.h"
#include "daemon/child/connection/window.h"
#include "daemon/child/outlet.h"

/* What is true of a channel; a slot without one is NULL. */
enum channel_state {
	CHANNEL_OPENING, /* the monitor is asked; the client does not know our number yet */
	CHANNEL_OFFERED, /* the client is asked; we do not know its number yet */
	CHANNEL_OPEN,    /* confirmed */
	CHANNEL_CLOSING, /* we sent CLOSE: descriptors are gone, theirs is awaited */
};

enum channel_kind {
	CHANNEL_SESSION,
	CHANNEL_TCP,
	CHANNEL_TUNNEL,
	CHANNEL_UNIX,
	CHANNEL_FORWARDED_TCP, /* this one and those below: we open them */
	CHANNEL_FORWARDED_UNIX,
	CHANNEL_AGENT,
	CHANNEL_X11,
	CHANNEL_KIND_COUNT,
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
	bool got_close;     /* and ours is still to come: see channels.c */
	bool consumer_gone; /* what they send is dropped */
	bool source_ended[CONN_STREAM_COUNT];
	struct timers *timers; /* borrowed: of the connection */
	uint64_t timeout_ms;   /* without data, by which it is closed; 0: none */
	uint64_t used_ms;      /* when data went over it last */

	/* sessions only: */
	struct replies replies;
	bool has_pty;
	bool is_unread;            /* the client reads no more: its source ended by that */
	bool is_starting;          /* the monitor is asked to start the program */
	uint64_t start_timeout_ms; /* which the channel has when it did */
	bool is_started;           /* the program runs, or ran; forwards: always */
	bool has_ended;            /* how it ended was told */

	/* tunnels only: */
	enum frame_kind frame;
	uint32_t frame_least, frame_most; /* see channel_expect_frames */
};

/* Did we open it? */
static inline bool
channel_is_ours(const struct channel *channel)
{
	return channel->kind >= CHANNEL_FORWARDED_TCP;
}

/* Most bytes of data in one message to us, unless somebody says something else. */
#define CHANNEL_PACKET_MAX (32 * 1024)

/* Bytes in front of the data of a message. */
#define CHANNEL_DATA_HEAD     9
#define CHANNEL_EXTENDED_HEAD 13

/* As RFC 4254 and its kin name the type: "session". */
const char *channel_type(const struct channel *channel);

/* The head of CHANNEL_DATA or, for stderr, CHANNEL_EXTENDED_DATA of so many bytes. */
size_t channel_data_head_size(enum conn_stream stream);
void channel_put_data_head(
    const struct channel *channel, enum conn_stream stream, size_t size, uint8_t *at);

/* May data be sent, as far as the channel goes? */
bool channel_may_send(const struct channel *channel, enum conn_stream stream);

/*
 * The channel's data is frames of this kind from now on. None is begun while the window has no room for what is
 * usual, unless it never has; one that does not fit is dropped, and from then on more room is waited for.
 */
void channel_expect_frames(struct channel *channel, enum frame_kind kind);
void channel_frame_was_cut(struct channel *channel);

/* Bytes of data that the next message may hold. */
size_t channel_send_max(const struct channel *channel);

/* They sent so many bytes. RESULT_PROTOCOL with the outlet's fault: more than the window. */
enum result channel_take_data(struct channel *channel, size_t size, struct outlet *outlet) MUST_USE;

/* The consumer took so many bytes; once it is worth a message the window is opened again. */
enum result channel_consumed(struct channel *channel, size_t size, struct outlet *outlet) MUST_USE;

/* Answers the client's CHANNEL_OPEN, RFC 4254 section 5.1. `text` is shown to its user, 1024 bytes at most; `reason` is a
 * number of SSH_OPEN_*. RESULT_MEMORY, RESULT_LIMIT. */
enum result channel_send_confirmation(
    const struct channel *channel, struct outlet *outlet) MUST_USE;
enum result channel_send_open_failure(
    uint32_t their_id, uint32_t reason, struct bytes text, struct outlet *outlet) MUST_USE;

/* EOF and CLOSE as far as it is their time: see channel.c. */
enum result channel_settle(struct channel *channel, struct outlet *outlet) MUST_USE;

/* CLOSE now, whatever is left; descriptors are to be closed. Nothing if it was sent. */
enum result channel_close(struct channel *channel, struct outlet *outlet) MUST_USE;
