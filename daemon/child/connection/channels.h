/* SPDX-License-Identifier: ISC */
/*
 * The set of channels of one connection, and the messages of the connection protocol. RFC 4254.
 */
#pragma once

#include "daemon/child/connection/channel.h"
#include "daemon/child/connection/listeners.h"
#include "daemon/child/connection/owed.h"

/* The channels that one side has opened; those that we open have CONN_OURS in their numbers. */
struct channel_set {
	struct channel **slots; /* owned, and what they point at; by our number */
	size_t slot_count;      /* slots that there are; numbers below were used once */
	size_t open_count;
};

struct channels {
	/* Two sets: what the monitor still says of a channel that the client has closed is never taken for one that
	 * came from elsewhere meanwhile. */
	struct channel_set theirs, ours;
	uint32_t channels_max;       /* in each of them */
	uint32_t offered_count;      /* of ours that the client has not answered yet */
	struct window_budget budget; /* of the receive windows */
	bool no_more_sessions;
	bool is_proving;  /* the monitor is asked for proof of host keys */
	uint32_t proof;   /* the reply that is owed for it */
	struct owed owed; /* replies to global requests of the client's */
	struct listeners listeners;
	struct timers timers;
	uint32_t questions; /* global requests of ours that the client has not answered yet */
};

void channels_init(struct channels *channels, uint32_t channels_max, uint32_t window_max_bytes);
void channels_clear(struct channels *channels);

/* What holds for the user who logs in; before the first channel. RESULT_LIMIT, RESULT_MEMORY. */
enum result channels_set_policy(
    struct channels *channels, const struct child_policy *policy) MUST_USE;

/* NULL if there is none. */
struct channel *channels_find(const struct channels *channels, uint32_t id);

/* A new channel of the client's in the lowest free slot. RESULT_LIMIT: there are enough, or their windows are. */
enum result channels_add(struct channels *channels, enum channel_kind kind, uint32_t their_id,
    uint32_t their_window, uint32_t their_max_packet, struct channel **out) MUST_USE;

/* The same for one that we offer the client. */
enum result channels_add_ours(
    struct channels *channels, enum channel_kind kind, struct channel **out) MUST_USE;
void channels_remove(struct channels *channels, struct channel *channel);

/* EOF and CLOSE as far as it is their time, and the channel's end when both sides have closed. */
enum result channels_settle(
    struct channels *channels, struct channel *channel, struct outlet *outlet) MUST_USE;

/* The consumer took so many bytes: the window is opened again, and what waited for the last of them happens. */
enum result channels_consumed(struct channels *channels, struct channel *channel, size_t size,
    struct outlet *outlet) MUST_USE;

/* Nothing has come for a while: windows that grew may shrink. */
void channels_rest(struct channels *channels);

/*
 * A message of 80 to 127. *data is a CONN_DATA event if it brought data, CONN_IDLE otherwise; the rest is in
 * the outlet. RESULT_PROTOCOL: the outlet's fault says why the connection ends; wire errors; RESULT_MEMORY.
 */
enum result channels_receive(struct channels *channels, struct bytes payload, struct outlet *outlet,
    struct conn_event *data) MUST_USE;

/* An answer of the monitor: see conn_answer. */
enum result channels_answer(struct channels *channels, const struct ipc_message *message,
    struct outlet *outlet, struct conn_attach *attach) MUST_USE;
