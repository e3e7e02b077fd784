/* SPDX-License-Identifier: ISC */
/*
 * What is listened on for the client of one connection, by the ids of its child.
 */
#pragma once

#include "common/holders.h"
#include "monitor/forward/path.h"
#include "monitor/monitor.h"

/*
 * From the child's `listen` until it was told that the id is free: by `listening` with a reason, or, once it has said
 * `unlisten`, by `unlistened`. The user process knows the same ids: what it says of one comes in order.
 */
struct listening {
	enum forward_kind kind;
	char *place;                   /* owned: what the client called it, quoted, for the log */
	char *path;                    /* owned: where a socket with a path is; NULL: it is none */
	struct path_identity identity; /* of that, when it is open */
	uint32_t port;
	bool is_answered; /* the child was told whether it is listened on */
	bool is_open;     /* it is */
	bool is_closing;  /* the child said `unlisten` */
	bool is_late;     /* a program was started without it */
	/* takeover.c: */
	struct buf plan;               /* what the user process is asked with, again */
	uint64_t retry_ms, give_up_ms; /* 0: it is not tried again */
	bool is_held;                  /* others find it by this name */
	uint8_t name[HOLDERS_NAME_SIZE];
};

struct listening_set {
	struct listening *slots[FORWARD_SLOTS_MAX]; /* owned; by id */
	uint32_t accepts; /* connections that the child may still be handed */
};

/* NULL: none has this id. */
struct listening *listening_find(const struct listening_set *set, uint32_t id);

/* A new one; the id is free and in range. `place` is where it is in the end. RESULT_MEMORY, RESULT_MALFORMED. */
enum result listening_add(struct listening_set *set, const struct listen_request *request,
    struct bytes place, struct listening **out) MUST_USE;
void listening_remove(struct listening_set *set, uint32_t id);
void listening_clear(struct listening_set *set);

/*
 * listen.c: waits until the user process has said of all that it was asked to listen on whether it does, five seconds at
 * most and once for each: a program may use what was asked for before it. Not waited for is another connection that has the port, nor a
 * program that is asked about it.
 */
void listening_settle(struct monitor *monitor);

/* To the child: it is listened on (`reason` 0), or it is not, or not any more. */
void listening_tell(struct monitor *monitor, const struct listen_answer *answer);

/* To the child: the id is free. */
void listening_tell_closed(struct monitor *monitor, uint32_t id, bool done);

/*
 * There is no user process any more: what it held is closed. The child is told. `is_killed`: it could not remove its
 * sockets' paths, which is done here.
 */
void listening_lose_all(struct monitor *monitor, const char *why, bool is_killed);
