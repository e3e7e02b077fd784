/* SPDX-License-Identifier: ISC */
/*
 * A display of the client's, RFC 4254 section 6.3.1: what may be asked for, and the texts that are made of
 * it. Pure.
 *
 * What the client calls its protocol and its cookie ends up in the input of a program and of rc files, so
 * nothing passes that could be more there than a word.
 */
#pragma once

#include "common/ipc_bodies.h"

/* Bytes. Names of protocols are words; the cookies that there are have 32 digits, or 48. */
#define DISPLAY_PROTOCOL_MAX 64
#define DISPLAY_COOKIE_MAX   256
#define DISPLAY_SCREEN_MAX   255
#define DISPLAY_NAME_MAX     300

/* The port of display 0; there are at most so many from the offset on. */
#define DISPLAY_PORT_BASE 6000
#define DISPLAY_COUNT_MAX 1000

struct display {
	char *protocol, *cookie; /* owned; NULL: no display was asked for */
	bool is_single;          /* for one connection */
	uint32_t screen;
	bool is_open;    /* somebody listens */
	unsigned number; /* then */
	char *name;      /* owned: DISPLAY; NULL until it is open */
	char *authority; /* owned: what xauth calls it */
};

/* Nothing is owned after it, and the cookie is wiped. */
void display_clear(struct display *display);

/* What is wrong with the request, for the log; NULL: nothing. Protocols are words of letters, digits and
 * ".:/-_", cookies are hexadecimal. */
const char *display_objection(const struct x11_request *request);

/* Takes over what display_objection does not object to. RESULT_MEMORY. */
enum result display_keep(struct display *display, const struct x11_request *request) MUST_USE;

/*
 * Somebody listens at this number. `host`: what the server is called, NULL: only reached from itself
 * (X11UseLocalhost). RESULT_MALFORMED (a name that no host has), RESULT_MEMORY.
 */
enum result display_open(struct display *display, unsigned number, const char *host) MUST_USE;

/* Appends what xauth reads: it shall forget what it knows of this display, and know the cookie. */
enum result display_put_commands(const struct display *display, struct buf *out) MUST_USE;

/* Appends what rc files read in its place: "PROTOCOL COOKIE" and the line's end. */
enum result display_put_line(const struct display *display, struct buf *out) MUST_USE;
