/* SPDX-License-Identifier: ISC */
/*
 * Whom the listener calls (CallHome), and when: the places, how often each was tried in vain, and what the log was
 * told. RFC 8071 section 3.1. Pure.
 *
 * A place is called at once, and again when its connection has ended. Whoever cannot be reached, or ends the
 * connection before anybody logged in, is waited for longer and longer. The log gets one line when a place is lost
 * and one when it is reached again: reached is where an SSH client answers.
 */
#pragma once

#include <sys/types.h>

#include "common/buf.h"
#include "common/config/settings.h"

/* Places; what is named beyond is left out. */
#define CALLS_MAX 64

/* Of them, looked for at a time. */
#define CALLS_UNDER_WAY_MAX 16

#define CALLS_HOST_MAX      256
#define CALLS_PORT          4334 /* netconf-ch-ssh, RFC 8071 section 6 */

enum call_state {
	CALL_WAITS,
	CALL_DIALS,  /* its name is being looked up, or a connection made */
	CALL_SERVES, /* a monitor has the connection */
};

enum call_word {
	CALL_SAID_NOTHING,
	CALL_SAID_REACHED,
	CALL_SAID_LOST,
	CALL_WORD_COUNT,
};

struct call {
	char *place; /* owned: as the configuration has it */
	enum call_state state;
	uint64_t due_ms;   /* CALL_WAITS: when it is called */
	unsigned failures; /* in a row, since somebody logged in */
	pid_t pid;         /* CALL_SERVES: the monitor's */
	bool has_spoken;   /* on this connection */
	bool has_logged_in;
	enum call_word said;
};

struct calls {
	struct call list[CALLS_MAX];
	size_t count, under_way;
	uint64_t first_ms, most_ms; /* CallHomeRetry, CallHomeRetryMax */
};

/* All places that the settings name, to be called at once. RESULT_MEMORY. */
enum result calls_init(
    struct calls *calls, const struct settings *settings, uint64_t now_ms) MUST_USE;
void calls_clear(struct calls *calls);

/* Host (CALLS_HOST_MAX bytes) and port of a place, whose form was checked when it was read. */
void calls_split(const char *place, char *host, unsigned *port);

/*
 * How long to wait after so many failures in a row: twice as long each time, CallHomeRetryMax at most, less up to a
 * quarter, so that those who lost a place together do not come back together. `chance`: any random number.
 */
uint64_t calls_wait_ms(const struct calls *calls, unsigned failures, uint32_t chance);

/* One that is to be called now, which is CALL_DIALS then; NULL: none. */
struct call *calls_next(struct calls *calls, uint64_t now_ms);

/* When calls_next has one; 0: not before something else happens. */
uint64_t calls_deadline_ms(const struct calls *calls);

/* What becomes of one that CALL_DIALS. `why` is for the log. */
void calls_failed(
    struct calls *calls, struct call *call, const char *why, uint64_t now_ms, uint32_t chance);
void calls_connected(struct calls *calls, struct call *call, pid_t pid);

/* A monitor says MONITOR_STATUS_*, or has ended; nothing if it is none of a call's. */
void calls_heard(struct calls *calls, pid_t pid, uint8_t status);
void calls_ended(struct calls *calls, pid_t pid, uint64_t now_ms, uint32_t chance);

/* What a predecessor knew of a place: failures, pid and what was said. One that has no connection is called at once;
 * one that is named no more is forgotten, but its connection goes on. */
void calls_restore(struct calls *calls, struct bytes place, const struct call *known);
