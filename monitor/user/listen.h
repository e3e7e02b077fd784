/* SPDX-License-Identifier: ISC */
/*
 * Listening for the client, as the user: sockets of any kind, connections accepted as far as they were asked for
 * (edge).
 */
#pragma once

#include <poll.h>

#include "common/ipc.h"
#include "common/ipc_bodies.h"
#include "monitor/user/resolve.h"

/* Sockets of one listener: addresses of a name, or one of each family. */
#define LISTEN_SOCKETS_MAX 4

/* What listens_polls fills in at most. */
#define LISTENS_POLLS_MAX (FORWARD_SLOTS_MAX * LISTEN_SOCKETS_MAX)

struct listens; /* opaque */

/* Messages (user_listening, user_unlistened, user_accepted) go to `ipc_fd`, which is borrowed. */
enum result listens_new(int ipc_fd, struct listens **out) MUST_USE;
void listens_free(struct listens *listens);

/*
 * Requests of the monitor's. An answer may be sent before these return. They fail only if it cannot be sent or the
 * monitor makes no sense (an id in use, one that was never there): the process ends.
 */
enum result listens_begin(struct listens *listens, const struct user_listen *request) MUST_USE;
enum result listens_end(struct listens *listens, uint32_t id) MUST_USE;
enum result listens_accept_more(struct listens *listens, uint32_t count) MUST_USE;

/* What to wait for: fills in at most LISTENS_POLLS_MAX entries. Who connects while nobody may be accepted waits
 * in the kernel's queue. */
size_t listens_polls(const struct listens *listens, uint64_t now_ms, struct pollfd *polls);

/* How long poll may wait, in ms; -1: for ever. */
int listens_patience_ms(const struct listens *listens, uint64_t now_ms);

/* poll returned: `polls` as filled in by listens_polls, with nothing begun or ended since. */
enum result listens_wake(
    struct listens *listens, const struct pollfd *polls, size_t count, uint64_t now_ms) MUST_USE;

/* --- For the kinds ------------------------------------------------------------------------------ */

#define LISTEN_TEXT_MAX 128

/* Sockets that listen, or why there are none. */
struct listen_sockets {
	int fds[LISTEN_SOCKETS_MAX]; /* owned */
	size_t count;
	unsigned port;
	char *path;                /* owned, with what is there; NULL: it is none of a path */
	uint64_t device, inode;    /* of that */
	char why[LISTEN_TEXT_MAX]; /* when count is 0 */
	bool is_taken;             /* then: by somebody else */
};

/* listen_tcp.c: on all of these addresses that this host has; on none if one of them is taken. Port 0: one that is
 * free on all of them. */
void listen_tcp_open(const struct addresses *addresses, unsigned port, struct listen_sockets *out);

/*
 * listen_unix.c: on this path, with the bits of `mask` missing in its mode. `replaces`: a socket that is there already
 * is removed first; nothing else is.
 */
void listen_unix_open(const char *path, mode_t mask, bool replaces, struct listen_sockets *out);

/* Closes them, and removes what is at the path, if it is still the same. */
void listen_sockets_close(struct listen_sockets *sockets);
