/* SPDX-License-Identifier: ISC */
/*
 * ExposeAuthInfo: a file for the session that says how its user logged in (edge).
 */
#pragma once

#include "monitor/monitor.h"
#include "monitor/session/environment.h"

/*
 * Where the setting wants it, sets SSH_USER_AUTH to the name of that file, which is made once for the connection, and
 * SSH_PUBKEYINFO to the comment of the key, and SSH_KEY_OPTIONS to the options before it, where there are any. A file that cannot be made is told in the log.
 * RESULT_LIMIT, RESULT_MEMORY.
 */
enum result auth_info_set(struct monitor *monitor, struct environment *environment) MUST_USE;

/* The connection is over: removes the file. */
void auth_info_remove(struct monitor *monitor);
