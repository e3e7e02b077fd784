/* SPDX-License-Identifier: ISC */
/*
 * A port that a connection whose client is gone still has, and that the same user asks for again with the same key:
 * ReverseTunnelTakeover.
 */
#pragma once

#include "monitor/forward/listening.h"

/* The table of who holds what is the machine's: one connection is found by no more of its ports. */
#define TAKEOVER_HELD_MAX 16

/* It is listened on now: others of this user may want it. */
void takeover_hold(struct monitor *monitor, struct listening *listening);
/* Not any more. */
void takeover_release(struct monitor *monitor, struct listening *listening);

/*
 * The port is taken. True: by a connection of the same user and key, which has been asked whether its client is there;
 * it is tried again when takeover_deadline_ms says so. False: it is refused.
 */
bool takeover_waits(struct monitor *monitor, struct listening *listening);

/* When something is to be tried again; 0: nothing is. */
uint64_t takeover_deadline_ms(const struct monitor *monitor);
void takeover_meet_deadline(struct monitor *monitor, uint64_t now_ms);

/* MONITOR_SIGNAL_WANTED: another connection wants what this one holds. Is its client there? */
void takeover_ask_client(struct monitor *monitor);
