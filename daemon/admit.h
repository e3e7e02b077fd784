/* SPDX-License-Identifier: ISC */
/*
 * May another connection start now? MaxStartups.
 */
#pragma once

#include <stdbool.h>

#include "common/config/settings.h"

/*
 * `pending` connections are not logged in yet, `chance` is random from 0 to 99. From `start` on a growing
 * part is dropped, at random so that a flood cannot time its way in; from `full` on everything.
 */
bool admit_is_welcome(const struct settings_startups *limit, unsigned pending, unsigned chance);
