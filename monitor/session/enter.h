/* SPDX-License-Identifier: ISC */
/*
 * In a session's new process: the way from root to the user's program (edge). The monitor's, and, where PAM has
 * opened a session, that of the process in which PAM runs.
 */
#pragma once

#include <stdnoreturn.h>

#include "monitor/session/start.h"

#define SESSION_STREAMS 3

/*
 * After the fork, when no host key is in memory any more. `theirs`: what becomes descriptors 0, 1 and 2; with a
 * terminal the first alone. Ends with the program, or with 254 (it could not be prepared; why is told on standard
 * error) or 1 (it cannot be executed).
 */
noreturn void session_enter(const struct session_plan *plan, const int *theirs);
