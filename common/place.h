/* SPDX-License-Identifier: ISC */
/*
 * Places that connections may go to, as PermitOpen and permitopen have them: "host:port", "[v6]:port"; "*" for any
 * of either. And places to listen on, of PermitListen and permitlisten: also "port" alone (pure).
 */
#pragma once

#include <stdbool.h>

#include "common/buf.h"

/* Can this be a place to go to at all? */
bool place_is_valid(struct bytes text);

/* Is it this host, letter by letter, and this port? Nothing is looked up. */
bool place_is(struct bytes text, struct bytes host, unsigned port);

/* Can this be a place to listen on? */
bool place_to_listen_is_valid(struct bytes text);

/*
 * The same for what a client asks to have listened on, in its own words: "" or "*" for every address, "localhost",
 * which no other name for the same is, an address; port 0 leaves the choice to us. The host in `text` is a pattern,
 * without regard to case; none is any.
 */
bool place_to_listen_is(struct bytes text, struct bytes host, unsigned port);
