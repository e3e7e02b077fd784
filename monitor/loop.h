/* SPDX-License-Identifier: ISC */
/*
 * All that can wake a monitor (edge).
 */
#pragma once

#include "monitor/monitor.h"

/* Serves the connection until its child is gone and all that it said was read, or the phase `until` (0:
 * none) is reached. */
void monitor_loop_run(struct monitor *monitor, unsigned until);
