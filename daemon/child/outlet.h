/* SPDX-License-Identifier: ISC */
/*
 * What the layers above the transport have to say, until conn.c passes it on: payloads for the client,
 * requests for the monitor, events for the edge. So login and channels need neither a transport nor a
 * socket, and a test reads here what they did. Pure.
 */
#pragma once

#include "common/wire.h"
#include "daemon/child/conn.h"

/* conn.c empties the outlet after each message, so it holds what a single one causes: a request of
 * IPC_BODY_MAX at most, or a banner, and small things. */
#define OUTLET_EVENTS_MAX  (2 * IPC_BODY_MAX)
#define OUTLET_PACKETS_MAX (2 * IPC_BODY_MAX)

struct outlet {
	struct buf packets; /* for each payload a string, in order */
	struct buf events;  /* for each event kind, channel, request and a string, in order */
	enum ssh_disconnect fault_reason;
	const char *fault_text; /* static; NULL: there was none */
};

void outlet_init(struct outlet *outlet);
void outlet_clear(struct outlet *outlet);

/* Gives the memory of what was said back. */
void outlet_trim(struct outlet *outlet);

/* A payload for the client, as it was written. RESULT_LIMIT, RESULT_MEMORY or the writer's error. */
enum result outlet_packet(struct outlet *outlet, const struct writer *payload) MUST_USE;

/* The oldest payload, valid until the next call that adds one; false when there is none. */
bool outlet_take_packet(struct outlet *outlet, struct bytes *payload);

/* An event without a body: CONN_EOF, CONN_UNREAD, CONN_BREAK or CONN_GONE. */
enum result outlet_event(
    struct outlet *outlet, enum conn_event_kind kind, uint32_t channel) MUST_USE;

/* Room for a request of at most `size` bytes to the monitor, written in place; then outlet_ask_end.
 * Nothing else is added in between. */
enum result outlet_ask_begin(struct outlet *outlet, size_t size, struct writer *body) MUST_USE;
enum result outlet_ask_end(
    struct outlet *outlet, enum ipc_type ask, const struct writer *body) MUST_USE;

/* A request whose body is a channel's number. */
enum result outlet_ask_number(struct outlet *outlet, enum ipc_type ask, uint32_t number) MUST_USE;

/* The oldest event; its view is valid until the next call that adds one. */
bool outlet_take_event(struct outlet *outlet, struct conn_event *event);

/* The client broke the protocol: why the connection is to end. Yields RESULT_PROTOCOL. */
enum result outlet_fault(struct outlet *outlet, const char *text) MUST_USE;
enum result outlet_end(
    struct outlet *outlet, enum ssh_disconnect reason, const char *text) MUST_USE;
