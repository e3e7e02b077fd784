/* SPDX-License-Identifier: ISC */
/*
 * What the parts of the pump share: pump.c has the flows and their turns, pump_sink.c writes to descriptors,
 * pump_source.c reads from them (edge).
 */
#pragma once

#include <sys/uio.h>

#include "common/buf.h"
#include "daemon/child/pump.h"

/* Views gathered for one write. */
#define GATHER_MAX 32

/* One channel's descriptors. A terminal and a socket use one descriptor for both ways. */
struct flow {
	enum conn_attachment kind;
	int sink;                       /* owned; -1: none (yet, or any more) */
	int sources[CONN_STREAM_COUNT]; /* owned unless equal to sink; -1: none */
	bool source_ended[CONN_STREAM_COUNT];
	bool eof;           /* close the sink when the backlog is written */
	bool is_heavy;      /* sent a lot when it was served last */
	struct buf backlog; /* what the sink did not take yet */
};

/* Whose poll entry it is. */
struct claim {
	uint32_t channel;
	bool is_over; /* of a terminal whose program has ended */
};

struct pump {
	struct conn *conn;   /* borrowed */
	struct flow **flows; /* owned; NULL: no such channel */
	size_t flow_count;
	uint32_t gather_channel;
	struct iovec gather[GATHER_MAX];
	size_t gather_count;
	struct pollfd *polls; /* owned; handed out by pump_polls */
	struct claim *claims; /* owned; one for each entry behind `claims_from` */
	size_t polls_room;
	size_t claims_from, claims_count;
	bool has_ended_terminal;
	size_t turn; /* who is served first rotates */
};

/* NULL: there is none yet. */
struct flow *pump_find_flow(const struct pump *pump, uint32_t channel);

/* The one that there is, or a new one. RESULT_LIMIT: no channel can have this number; RESULT_MEMORY. */
enum result pump_make_flow(struct pump *pump, uint32_t channel, struct flow **out) MUST_USE;

/* A terminal takes nothing before its program runs: it would echo into an empty screen. */
bool pump_sink_is_open(const struct pump *pump, uint32_t channel, const struct flow *flow);

/* The client's end of file, once all that came before it is written. */
void pump_finish_sink(struct flow *flow);

/* Writes what the sink did not take before. */
void pump_drain(struct pump *pump, uint32_t channel, struct flow *flow);

/* A turn of what the descriptor has to say, into packets. */
enum result pump_read_source(
    struct pump *pump, uint32_t channel, struct flow *flow, enum conn_stream stream) MUST_USE;
