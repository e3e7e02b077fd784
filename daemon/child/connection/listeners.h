/* SPDX-License-Identifier: ISC */
/*
 * What the client wants listened on: its requests, the monitor's answers, and the connections that come.
 * RFC 4254 section 7. Pure.
 */
#pragma once

#include "common/ipc_bodies.h"
#include "daemon/child/outlet.h"

struct channels;

/* What is true of a listener; a slot without one is NULL. */
enum listener_state {
	LISTENER_ASKED,   /* the monitor has not said yet whether it may be */
	LISTENER_OPEN,    /* connections come */
	LISTENER_CLOSING, /* the monitor was told; the number is free when it answers */
};

struct listener {
	uint32_t id; /* between us and the monitor */
	enum forward_kind kind;
	enum listener_state state;
	char *place;           /* owned: what the client called it */
	uint32_t port;         /* that it asked for; of an open one: that it is */
	bool any_port;         /* it asked for port 0, and hears which one it got */
	bool is_answered;      /* its request is */
	uint32_t reply;        /* to its request: see owed.h */
	uint32_t cancel_reply; /* to the request to end it */
};

struct listeners {
	struct listener **
	    slots; /* owned, and what they point at: FORWARD_LISTENERS_MAX, by id; NULL: never used */
	size_t count;
	bool has_own;     /* the monitor listens for a session, or did */
	uint32_t granted; /* accepted connections that the monitor may still hand over */
};

void listeners_clear(struct listeners *listeners);

/* The client wants something listened on, or no more. `place` is a view; `port` is 0 where there is none. */
struct listen_wish {
	enum forward_kind kind;
	struct bytes place;
	uint32_t port;
	bool wants_reply;
};
enum result listeners_ask(
    struct channels *channels, const struct listen_wish *wish, struct outlet *outlet) MUST_USE;
enum result listeners_cancel(
    struct channels *channels, const struct listen_wish *wish, struct outlet *outlet) MUST_USE;

/* listening, unlistened or accepted; whole. RESULT_MALFORMED if nothing asked for it. */
bool listeners_are_meant(enum ipc_type type);
enum result listeners_answer(struct channels *channels, const struct ipc_message *message,
    struct outlet *outlet, struct conn_attach *attach) MUST_USE;

/* Lets further connections come, as far as there is room: called when some was made. */
enum result listeners_grant(struct channels *channels, struct outlet *outlet) MUST_USE;

/* The monitor may have begun to listen by itself, for a session: connections may come. */
enum result listeners_expect_own(struct channels *channels, struct outlet *outlet) MUST_USE;
