/* SPDX-License-Identifier: ISC */
/*
 * Outgoing TCP connections: any number at a time up to a ceiling, none of which waits for another
 * (edge).
 */
#pragma once

#include <poll.h>

#include "common/ipc.h"
#include "common/ipc_bodies.h"

/* Requests at a time, as many as the monitor has in flight; and processes that look up names. */
#define CONNECTS_MAX  1024
#define RESOLVERS_MAX 16

struct connects; /* opaque */

/* Answers (user_connected) go to `ipc_fd`, which is borrowed. */
enum result connects_new(int ipc_fd, struct connects **out) MUST_USE;
void connects_free(struct connects *connects);

/*
 * A request of the monitor's. The answer may be sent before this returns. Fails only if it cannot be
 * sent or the monitor makes no sense (an id in use): the process ends.
 */
enum result connects_begin(
    struct connects *connects, const struct user_connect *request, uint64_t now_ms) MUST_USE;

/* Nobody waits for it any more: no answer. An unknown id was answered already. Fails as above. */
enum result connects_cancel(struct connects *connects, uint32_t id) MUST_USE;

/* What to wait for: fills in at most CONNECTS_MAX entries. */
size_t connects_polls(const struct connects *connects, struct pollfd *polls);

/* How long poll may wait, in ms; -1: for ever. */
int connects_patience_ms(const struct connects *connects, uint64_t now_ms);

/* poll returned: `polls` as filled in by connects_polls, with nothing begun or cancelled since. */
enum result connects_wake(
    struct connects *connects, const struct pollfd *polls, size_t count, uint64_t now_ms) MUST_USE;
