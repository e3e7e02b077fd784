/* SPDX-License-Identifier: ISC */
/*
 * The monitor's side of the user process: started when it is first needed, asked, and never trusted.
 */
#pragma once

#include <sys/queue.h>

#include "monitor/forward/agent.h"
#include "monitor/forward/listening.h"
#include "monitor/monitor.h"

/* The child names its channels by small numbers; more than this is no honest child. */
#define RELAY_ID_MAX 65535

/* Connections that are being made at a time: as many as there are channels. */
#define RELAY_PENDING_MAX 1024

/* Lines that one user process may write into our log. */
#define RELAY_LOG_LINES_MAX 200

/*
 * A connection that the user process is asked for. The child's numbers come again as soon as a
 * channel is closed, while an answer to the old request may still be on its way; so on this side
 * requests have serial numbers that never do.
 */
struct relay_request {
	TAILQ_ENTRY(relay_request) link;
	enum forward_kind kind;
	uint32_t id;     /* the child's */
	uint32_t serial; /* the user process's */
};

struct questions; /* ask.h */

struct relay {
	int fd;        /* to the user process, non-blocking; -1: none */
	pid_t pid;     /* 0: none, or reaped */
	pid_t remover; /* leftovers.c: removes what one left behind; not above 0: nobody does */
	struct ipc_gate gate; /* messages from it */
	uint8_t *room;        /* owned; for one message; NULL: no process was ever started */
	uint32_t next_serial;
	unsigned log_lines;
	TAILQ_HEAD(relay_requests, relay_request) requests;
	size_t request_count;
	struct listening_set listening; /* what the process listens on */
	uint64_t asked_until_ms;        /* takeover.c: the client's answer is awaited */
	struct agents agents;           /* where the client's agent is found */
	struct questions
	    *questions; /* owned; ask.c: what is not permitted yet; NULL: none ever was */
};

/* The request with the child's id, or NULL. */
struct relay_request *relay_find(const struct relay *relay, uint32_t id);

/* The request with this serial, or NULL (answered or cancelled meanwhile). */
struct relay_request *relay_find_serial(const struct relay *relay, uint32_t serial);

/* Forgets a request without a word. */
void relay_forget(struct relay *relay, struct relay_request *request);

/*
 * Has the user process make a connection, whose id is the child's; starts it if there is none. RESULT_LIMIT (too many at a
 * time), RESULT_MEMORY, RESULT_SYSTEM (cannot be started; logged), RESULT_AGAIN (does not read),
 * RESULT_CLOSED (is ending). Nothing is kept after a failure.
 */
enum result relay_connect(struct monitor *monitor, const struct user_connect *place) MUST_USE;

/* Asks the user process for something, and starts it if there is none. Failures as above. */
enum result relay_ask(struct monitor *monitor, enum ipc_type type, struct bytes body) MUST_USE;

/* Waits for it. True: it has something to say, or is gone. False: the time is over, or the child is gone. */
bool relay_await(const struct monitor *monitor, uint64_t deadline_ms);

/* Tells it something that must not be lost, if there is one: one that does not read is ended. */
void relay_tell(struct monitor *monitor, enum ipc_type type, struct bytes body);

/* So many more connections may be accepted; a process that is started later hears of all. */
void relay_tell_accepts(struct monitor *monitor, uint32_t count);

/* Tells the user process that nobody waits for this any more, and forgets it. */
void relay_cancel(struct relay *relay, struct relay_request *request);
