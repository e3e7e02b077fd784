/* SPDX-License-Identifier: ISC */
/*
 * May anything be started below the root folder that somebody has? (Edge: looks at it.)
 */
#pragma once

#include "monitor/rules/trace.h"
#include "monitor/session/root_choice.h"

/* `path` (ROOT_PATH_MAX bytes): the folder, or "" where there is none. False: nothing may be started; the log has why,
 * where the rule stands, and what would be right. */
bool root_judge(const struct monitor *monitor, char *path) MUST_USE;

/* Tells which folder somebody has, and whether it can be used; nothing where there is none. */
void root_tell(const struct settings *settings, const struct account *account, struct trace *trace);
