/* SPDX-License-Identifier: ISC */
/*
 * What a user process that was killed leaves in the file system: its sockets, and the agents' (edge).
 */
#pragma once

#include "monitor/forward/relay.h"
#include "monitor/session/errand.h"

/*
 * Has a process remove them, as the user and below the user's root folder, if it has one; what is there in the place
 * of a socket meanwhile stays. Nobody waits for it: whatever lies below a path, a network's server or a program of the
 * user's, may never answer. There is one at a time: an earlier one has had its time, and is killed.
 */
void leftovers_remove(struct monitor *monitor);

/* It has ended, if it is this process. */
bool leftovers_child_ended(struct relay *relay, pid_t pid, int wait_status);

/* The connection ends: it may take a second still. */
void leftovers_end(struct relay *relay);
