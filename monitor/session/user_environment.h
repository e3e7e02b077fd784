/* SPDX-License-Identifier: ISC */
/*
 * Variables that users give their own sessions, where PermitUserEnvironment lets them: by the option
 * environment= of the key that logged in, and in ~/.ssh/environment (edge: reads that file as the user).
 */
#pragma once

#include "monitor/monitor.h"
#include "monitor/session/environment.h"

/* Most of the file that is read, and its most lines. */
#define USER_ENVIRONMENT_FILE_MAX  (64 * 1024)
#define USER_ENVIRONMENT_LINES_MAX 256

/*
 * Sets them, those of the file above those of the key. A file that cannot be read, and lines that set nothing, are
 * told in the log. RESULT_LIMIT, RESULT_MEMORY.
 */
enum result user_environment_set(
    const struct monitor *monitor, struct environment *environment) MUST_USE;
