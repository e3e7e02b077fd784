/* SPDX-License-Identifier: ISC */
/*
 * The account of the one who asks (edge).
 */
#pragma once

#include "monitor/login/login.h"

/*
 * Finds the account that monitor->login names, and whether it may log in at all; the next calls do nothing. Not
 * before the first real attempt, whose failure is answered at its own time, unless Match blocks ask: that a name
 * was looked up, and where, is not to be seen in how fast `none` is answered.
 */
void lookup_user(struct monitor *monitor);
