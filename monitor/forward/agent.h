/* SPDX-License-Identifier: ISC */
/*
 * The client's agent, for the programs of its user's sessions: one socket for a connection and each of the
 * two names under which clients know it. RFC 9987, section on forwarding.
 */
#pragma once

#include "monitor/forward/agent_path.h"
#include "monitor/monitor.h"

/* Among what is listened on, behind what the child gives numbers to: auth-agent-req@openssh.com, and
 * agent-req. */
#define AGENT_COUNT 2

struct agents {
	char paths[AGENT_COUNT][AGENT_PATH_MAX]; /* "": there is none */
};

struct session; /* monitor/session/sessions.h */

/* SSH_AUTH_SOCK of a session; NULL: no agent is forwarded to it. A view. */
const char *agent_path(const struct monitor *monitor, const struct session *session);

/* The user process listens at this path. False: it cannot be one. */
bool agent_is_open(struct monitor *monitor, uint32_t id, struct bytes path);

/* There is nobody any more who listens. */
void agent_is_lost(struct monitor *monitor, uint32_t id);
