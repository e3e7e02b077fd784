/* SPDX-License-Identifier: ISC */
/*
 * What the parts of a connection share: conn.c, conn_answers.c, conn_data.c, conn_timers.c (pure).
 */
#pragma once

#include "daemon/child/auth/userauth.h"
#include "daemon/child/conn.h"
#include "daemon/child/connection/alive.h"
#include "daemon/child/connection/channels.h"
#include "daemon/child/outlet.h"

struct conn {
	struct transport *transport; /* owned */
	struct outlet outlet;
	struct userauth auth;
	struct channels channels;
	struct alive alive;
	enum ending_cause cause;
	uint32_t dead_peer_s; /* DeadPeerTimeout */
	uint32_t alive_interval_s, alive_count_max;
	uint64_t probe_end_ms;    /* when the client must have said something; 0: need not */
	struct buf host_keys;     /* all of them, as strings; until the login */
	bool was_heard;           /* bytes came since the last turn */
	struct channel *reserved; /* between conn_reserve and conn_commit */
	uint8_t *reserved_at;
};

/* Passes on what the layers had to say to the client. */
void conn_flush(struct conn *conn);

/* After a layer did something: its words go out, its failure ends the connection. */
void conn_settle(struct conn *conn, enum result result);

/* The timers that a turn must look at: a client, a user or a channel that was silent for too long. */
void conn_check_timers(struct conn *conn, uint64_t now_ms);
