/* SPDX-License-Identifier: ISC */
/*
 * Signals to a session's processes, with the user's rights and no others (edge).
 */
#pragma once

#include "monitor/session/errand.h"

/*
 * Sends the signal to the process group as this account; a program there that has become somebody else is
 * not reached. `leader` is a process of ours that is not reaped yet; right after its fork it may not lead
 * its group yet, and gets the signal alone. False if nobody could be reached, or if it took longer than a second.
 */
bool kill_as(const struct errand *who, pid_t leader, int number);
