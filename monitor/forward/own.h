/* SPDX-License-Identifier: ISC */
/*
 * What the server has listened on by itself for a session, where its client did not name a place: an agent's
 * socket, a display's port. Their numbers are ours; the child hears of connections only.
 */
#pragma once

#include "monitor/forward/listening.h"
#include "monitor/forward/permit.h"
#include "monitor/monitor.h"

/* Is it listened on? */
bool own_is_open(const struct monitor *monitor, uint32_t id);

/*
 * Has the user process listen and waits for its answer, a few seconds at most: what is asked behind this
 * needs to know. False: it cannot, and the log says why.
 */
bool own_listen(struct monitor *monitor, const struct user_listen *plan);

/*
 * The user process has said what became of it, or that it is over; it is gone itself; somebody connects: is
 * he let through? The last is true of what the client named. RESULT_PROTOCOL: it lies.
 */
enum result own_is_answered(struct monitor *monitor, struct listening *listening,
    const struct listen_answer *answer) MUST_USE;
void own_is_lost(struct monitor *monitor, uint32_t id);
bool own_admits(struct monitor *monitor, uint32_t id);

/* The user process shall listen no more; nothing if it does not. */
void own_unlisten(struct monitor *monitor, uint32_t id);

/* The session's request is answered. */
void own_tell(struct monitor *monitor, enum ipc_type type, uint32_t session_id, bool done);

/* `what` a session was refused, and by which rule; once, as *was_told remembers. */
void own_log_refusal(
    struct monitor *monitor, const char *what, const struct permit_answer *answer, bool *was_told);
