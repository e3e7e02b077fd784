/* SPDX-License-Identifier: ISC */
/*
 * The client's display, for the programs of one session. RFC 4254 section 6.3.
 */
#pragma once

#include "monitor/monitor.h"
#include "monitor/session/sessions.h"

/* The user process listens on this port, for the session that waits for it. False: it is no display's. */
bool x11_is_open(struct monitor *monitor, uint32_t id, unsigned port);

/* There is nobody any more who listens. */
void x11_is_lost(struct monitor *monitor, uint32_t id);

/* Somebody connects: is he let through? Of a display for a single connection only the first is, and it is
 * closed then. */
bool x11_admits(struct monitor *monitor, uint32_t id);

/* The session's channel is closed: nobody else is to connect to its display. */
void x11_end(struct monitor *monitor, struct session *session);
