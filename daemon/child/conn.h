/* SPDX-License-Identifier: ISC */
/*
 * One SSH connection as pure code: bytes and the monitor's answers in, bytes and events out. It owns
 * the transport, the login and the channels. Descriptors and sockets live
 * in loop.c and pump.c, which tell it the time and ask when to come again (conn_deadline_ms).
 *
 * Data from the client comes as CONN_DATA events with views into the receive buffer; all events are
 * taken (conn_next until CONN_IDLE) before the next conn_room. Data to the client is read by the edge
 * straight into the outgoing packet (conn_reserve, conn_commit).
 */
#pragma once

#include "common/ipc_table.h"
#include "daemon/child/transport/transport.h"

struct conn; /* opaque */

/* In the numbers of channels that we opened. */
#define CONN_OURS 0x10000

enum conn_event_kind {
	CONN_IDLE, /* nothing more until bytes or answers come */
	CONN_ASK,  /* send the monitor message `ask` with body `bytes` */
	CONN_DATA, /* `bytes` for the consumer of `channel`; tell conn_consumed when it took them */
	CONN_EOF,  /* after what was given, nothing more comes for the consumer of `channel` */
	CONN_UNREAD, /* nobody reads what `channel` sends as data any more: stop reading its source */
	CONN_BREAK, /* the program on `channel`'s terminal is to read a NUL */
	CONN_GONE,  /* `channel` is closed: close its descriptors, forget it */
	CONN_ENDED, /* write what is pending, then close the connection */
};

struct conn_event {
	enum conn_event_kind kind;
	uint32_t channel; /* our number; without CONN_OURS dense and small: an index */
	enum ipc_type ask;
	struct bytes bytes;
};

/* A channel's two outgoing streams. */
enum conn_stream { CONN_STREAM_DATA, CONN_STREAM_STDERR, CONN_STREAM_COUNT };

/* What the descriptors that came with an answer are for. */
enum conn_attachment {
	CONN_ATTACH_NOTHING,
	CONN_ATTACH_PTY, /* fds[0]: terminal's master, read and write, in packet mode (tty_ioctl(2));
	                       start to read it when the session has started (conn_is_started) */
	CONN_ATTACH_PIPES,  /* fds[0..2]: write stdin, read stdout, read stderr */
	CONN_ATTACH_SOCKET, /* fds[0]: read and write, half-closed by shutdown */
	CONN_ATTACH_TUNNEL, /* fds[0]: read and write, a frame at a time: so many CONN_DATA, so many
	                       writes, and what conn_commit gets is one frame */
};

struct conn_attach {
	enum conn_attachment kind;
	uint32_t channel;
};

enum result conn_new(const struct child_start *start, struct conn **out) MUST_USE;
void conn_freep(struct conn **conn);

/* Network in: see transport_room and transport_received. */
enum result conn_room(struct conn *conn, uint8_t **at, size_t *size) MUST_USE;
void conn_received(struct conn *conn, size_t size);
void conn_trim(struct conn *conn);

/* What CONN_DATA showed was written or kept. If conn_next had stopped to be told so, it goes on. */
void conn_release(struct conn *conn);
bool conn_is_held_up(const struct conn *conn);

/* The DeadPeerTimeout that is in force; the edge keeps the socket's options to it. */
uint32_t conn_dead_peer_s(const struct conn *conn);

/* It is so late now; before what this turn brings. */
void conn_tick(struct conn *conn, uint64_t now_ms);

/* The next event; views in it are valid until the next call but for CONN_DATA's (until conn_room). */
void conn_next(struct conn *conn, uint64_t now_ms, struct conn_event *event);

/* What holds for the user who logs in: before the answer to the first request of theirs. */
enum result conn_set_policy(struct conn *conn, const struct child_policy *policy) MUST_USE;

/* For whoever looks at the client's debug output: why we refused what it cannot be told otherwise. */
enum result conn_debug(struct conn *conn, struct bytes text) MUST_USE;

/* Somebody wants to know whether the client is there: if it says nothing for so long, the connection ends. */
void conn_probe(struct conn *conn, uint32_t patience_ms, uint64_t now_ms);

/* It has said nothing yet: whatever is to be sent, what it says is to be read. */
bool conn_is_probed(const struct conn *conn);

/* The network's round trip, measured now. */
void conn_measured(struct conn *conn, uint32_t rtt_us);

/* When conn_next is to be called even if nothing comes; 0: never. */
uint64_t conn_deadline_ms(const struct conn *conn);

/*
 * The monitor's answer. *attach says what the message's descriptors are for; the caller owns them
 * and closes what is not attached (the channel may be gone). RESULT_PROTOCOL or a wire error if the
 * monitor's message makes no sense: the child exits.
 */
enum result conn_answer(
    struct conn *conn, const struct ipc_message *message, struct conn_attach *attach) MUST_USE;

/* The client closed or reset the network connection. */
void conn_hangup(struct conn *conn, const char *text);

/* The kernel gave it up, since nothing was acknowledged. */
void conn_lost(struct conn *conn, const char *text);

/* Network out: see transport_pending and transport_sent. */
struct bytes conn_pending(const struct conn *conn);
void conn_sent(struct conn *conn, size_t size);

/* The consumer took `size` bytes of what CONN_DATA gave: the window may be opened again. */
void conn_consumed(struct conn *conn, uint32_t channel, size_t size);

/* The consumer will take nothing any more (EPIPE): what still comes is dropped and counts as taken. */
void conn_consumer_gone(struct conn *conn, uint32_t channel);

/* May data of this stream be sent now (window, key exchange, output buffer)? */
bool conn_may_send(const struct conn *conn, uint32_t channel, enum conn_stream stream);

/*
 * Room for up to *room bytes of data of this stream inside the next packet, as the windows, packet
 * size and output buffer allow. RESULT_AGAIN when conn_may_send is false. conn_commit with 0 bytes
 * gives the room back. Nothing else is called in between.
 */
enum result conn_reserve(struct conn *conn, uint32_t channel, enum conn_stream stream, uint8_t **at,
    size_t *room) MUST_USE;
enum result conn_commit(
    struct conn *conn, uint32_t channel, enum conn_stream stream, size_t size) MUST_USE;

/* A frame of a tunnel was too long for the room that there was, and is lost. */
void conn_frame_was_cut(struct conn *conn, uint32_t channel);

/* The stream's source ended (end of file, EIO of a terminal). When all of a channel's sources have
 * ended EOF is sent; with the exit status known, CLOSE follows. */
void conn_source_ended(struct conn *conn, uint32_t channel, enum conn_stream stream);

/* The program on a terminal has begun or ceased to let its terminal stop at ^S and go on at ^Q. */
void conn_flow_control_changed(struct conn *conn, uint32_t channel, bool client_can_do);

bool conn_is_started(const struct conn *conn, uint32_t channel); /* its program runs */

/* The program of a session with a terminal has ended: what its terminal holds is the last output, and
 * a read that finds nothing is the end, even if a process in the background keeps the terminal open. */
bool conn_is_drained(const struct conn *conn, uint32_t channel);
bool conn_is_interactive(
    const struct conn *conn, uint32_t channel); /* has a terminal: goes first */
bool conn_is_logged_in(const struct conn *conn);

/* What ended it, where that has a name. */
enum ending_cause conn_ending_cause(const struct conn *conn);

/* Server-side end: disconnects with reason and text. */
void conn_end(struct conn *conn, enum ssh_disconnect reason, const char *text);
struct transport_ending conn_ending(const struct conn *conn);
