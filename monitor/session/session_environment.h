/* SPDX-License-Identifier: ISC */
/*
 * Variables of a session's program.
 */
#pragma once

#include "monitor/monitor.h"
#include "monitor/session/sessions.h"

/* SSH_ORIGINAL_COMMAND: what the client asked for, where something else is run. */
enum result session_environment_of_command(const struct monitor *monitor, struct session *session,
    const struct session_request *request) MUST_USE;

/* Adds what the server, the key, PAM, Kerberos and the configuration set to what the client sent, the later above the
 * earlier. While the password must be changed, only what the server itself sets is left. */
enum result session_environment_complete(struct monitor *monitor, struct session *session) MUST_USE;
