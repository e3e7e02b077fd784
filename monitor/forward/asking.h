/* SPDX-License-Identifier: ISC */
/*
 * ForwardingCommand: what the program is told of a forwarding, and what its answer means (pure).
 */
#pragma once

#include "monitor/forward/permit.h"

/* What can be asked about. */
enum asked_kind {
	ASKED_DIRECT_TCPIP,
	ASKED_DIRECT_STREAMLOCAL,
	ASKED_TCPIP_FORWARD,
	ASKED_STREAMLOCAL_FORWARD,
};

/* A forwarding that the client wants, and that policy permits. */
struct asked {
	enum asked_kind kind;
	uint32_t id;        /* the child's: of a channel, or of what is listened on */
	struct bytes place; /* host or path, as the client sent it; without a NUL */
	uint32_t port;      /* 0 with a path */
	const char
	    *key; /* fingerprint of the user's key that logged in, or ""; ask.c fills it in */
};

/* Is it to be listened on, or connected to? Each has ids of its own. */
bool asked_is_listening(enum asked_kind kind);

/* A token_writer for a struct asked: %K the name that the protocol has for the kind, %H the place, %P the port, %f the key. */
#define ASKED_TOKENS "KHPf"
enum result asked_put_token(const void *asked, char token, struct buf *out) MUST_USE;

/* Most bytes that a program may print, and of those that the client's user is told. */
#define ASKED_PRINTED_MAX 4096
#define ASKED_TEXT_MAX    200

/* What its program made of it. */
struct asked_verdict {
	bool is_permitted;
	bool is_elsewhere;       /* then: the connection is made to this place */
	enum forward_kind where; /* a host and a port, or a path */
	struct bytes place;      /* a view of what was printed */
	uint32_t port;
	bool is_faulty;             /* else: its answer is none */
	char text[PERMIT_TEXT_MAX]; /* why not, for the client's user */
};

/*
 * Exit status 0 and nothing printed, or an empty line: permitted. With one line `connect HOST PORT` or
 * `connect-unix PATH`, and a connection: permitted, but to that place. Anything else printed: refused, and faulty. Another
 * wait status: refused, with the first line that it printed, as far as that is printable ASCII.
 */
void asked_judge(
    enum asked_kind kind, int wait_status, struct bytes printed, struct asked_verdict *verdict);
