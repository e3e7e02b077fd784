/* SPDX-License-Identifier: ISC */
/*
 * What the child is told to do: from settings to the bodies of its orders (pure).
 */
#pragma once

#include "monitor/monitor.h"

/* What depends on who logs in; views into the settings. */
struct child_policy orders_policy(const struct settings *settings);

/* The first message's body. RESULT_LIMIT: keys and lists are more than it holds. */
enum result orders_put(const struct monitor *monitor, struct writer *writer) MUST_USE;
