/* SPDX-License-Identifier: ISC */
/*
 * What a forked process puts right before it executes something (edge).
 */
#pragma once

/* Every signal as a program expects it: not blocked, with its default action. What the monitor blocks for
 * its signalfd and ignores would outlive the exec. */
void process_reset_signals(void);
