/* SPDX-License-Identifier: ISC */
/*
 * Which program a session gets.
 */
#pragma once

#include "monitor/monitor.h"
#include "monitor/session/program.h"

#define PROGRAM_WHY_MAX 512

/* What the configuration or the key says is run in the place of anything else; NULL: nothing. A view. */
const char *program_forced(const struct monitor *monitor);

/*
 * The program for a request to start one, to be cleared by the caller. RESULT_PROTOCOL: no honest child asks for this.
 * Anything else that is not RESULT_OK is a refusal, whose reason for the client's user is in `why`, of PROGRAM_WHY_MAX.
 */
enum result program_choose(const struct monitor *monitor, const struct session_request *request,
    struct program *program, char *why) MUST_USE;
