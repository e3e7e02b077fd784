/* SPDX-License-Identifier: ISC */
/*
 * The socket at which programs of the user's find the client's agent (edge).
 */
#pragma once

#include "monitor/forward/agent_path.h"

/*
 * Makes it, listening and non-blocking, in a folder that only the user may enter, under a name that nobody
 * foresees: ~/.ssh/agent, where sockets of servers that were killed are removed on the occasion, or else a
 * new one in /tmp. `path` is what SSH_AUTH_SOCK says; it is to be removed by agent_path_remove. RESULT_SYSTEM
 * (errno kept).
 */
enum result agent_socket_make(const char *home, int *fd, char path[AGENT_PATH_MAX]) MUST_USE;
