/* SPDX-License-Identifier: ISC */
/*
 * The account of the one who asks (edge).
 */
#pragma once

#include "monitor/login/login.h"

/*
 * Whether the account that monitor->login names exists, and what it is; the next calls do nothing. Match blocks may
 * have to know before settings are chosen.
 */
void lookup_find(struct monitor *monitor);

/*
 * The same, and whether it may log in at all, by the settings that were chosen. Not before the first real attempt,
 * whose failure is answered at its own time: that a name was looked up, and where, is not to be seen in how fast
 * `none` is answered.
 */
void lookup_user(struct monitor *monitor);
