/* SPDX-License-Identifier: ISC */
/*
 * The set of channels of one connection, and the messages of the connection protocol. RFC 4254.
 */
#pragma once

#include "daemon/child/connection/channel.h"

struct channels {
	struct channel **slots; /* owned, and what they point at; by our number */
	size_t slot_count;      /* slots that there are; numbers below were used once */
	size_t open_count;
	uint32_t channels_max;
	struct window_budget budget; /* of the receive windows */
	bool no_more_sessions;
	bool is_proving; /* the monitor is asked for proof of host keys */
	struct buf
	    answers; /* to global requests behind that one: a byte each, the message's number */
	uint32_t questions; /* global requests of ours that the client has not answered yet */
};

void channels_init(struct channels *channels, uint32_t channels_max, uint32_t window_max_bytes);
void channels_clear(struct channels *channels);

/* NULL if there is none. */
struct channel *channels_find(const struct channels *channels, uint32_t id);

/* A new channel in the lowest free slot; NULL with *out when there are enough (RESULT_LIMIT). */
enum result channels_add(struct channels *channels, enum channel_kind kind, uint32_t their_id,
    uint32_t their_window, uint32_t their_max_packet, struct channel **out) MUST_USE;
void channels_remove(struct channels *channels, struct channel *channel);

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
