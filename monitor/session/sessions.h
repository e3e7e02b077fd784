/* SPDX-License-Identifier: ISC */
/*
 * The sessions of one connection: what the child calls a channel, and the process behind it.
 */
#pragma once

#include <sys/queue.h>
#include <utmp.h>

#include "monitor/monitor.h"
#include "monitor/session/display.h"
#include "monitor/session/environment.h"
#include "monitor/session/pty.h"

/* The child names its channels by small numbers; more than this is no honest child. */
#define SESSION_ID_MAX 65535

/*
 * One session. It lives until its channel is closed and its process is reaped, whichever comes last:
 * so MaxSessions also bounds the processes of a client that closes channels and leaves their programs.
 */
struct session {
	TAILQ_ENTRY(session) link;
	uint32_t id;         /* the child's; means nothing once the channel is closed */
	bool is_closed;      /* the child knows it no longer */
	bool is_started;     /* a program was started; there is no second one */
	bool takes_signals;  /* from the client: not for a subsystem or a forced command */
	pid_t pid;           /* and process group; 0 before the start and after the end */
	struct pty pty;      /* owned */
	char *terminal_type; /* owned; NULL: none */
	bool is_recorded;    /* in utmp, where `record` is its entry */
	struct utmp record;
	struct environment environment; /* owned: the client's variables that were let through */
	uint32_t agent_id, display_id;  /* what is listened on for it: FORWARD_*_ID; 0: nothing */
	struct display display;         /* owned */
	bool was_refused_agent, was_refused_display; /* and the log says so */
};

struct sessions {
	TAILQ_HEAD(session_list, session) list;
	size_t count;
	char auth_info[64]; /* the file of ExposeAuthInfo; "": there is none */
};

/* The session whose channel is open and has this id, or NULL. */
struct session *sessions_find(const struct sessions *sessions, uint32_t id);

/* A new, open one, owned by `sessions`. RESULT_MEMORY. */
enum result sessions_add(struct sessions *sessions, uint32_t id, struct session **out) MUST_USE;

/* Frees the session if neither channel nor process are left. */
void sessions_settle(struct sessions *sessions, struct session *session);
