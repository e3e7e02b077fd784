/* SPDX-License-Identifier: ISC */
/*
 * Which root folder somebody's sessions have (pure): the user's own of UsersFile, or ChrootDirectory's.
 */
#pragma once

#include "monitor/monitor.h"

#define ROOT_PATH_MAX 1024

/* As it stands there, with its tokens; NULL: that of the system. */
const char *root_pattern(const struct settings *settings, const struct account *account);

/* The path, with %h, %u, %U and %% replaced, into `out` (ROOT_PATH_MAX bytes); "" where there is none. RESULT_MALFORMED:
 * there is one, and what it says is no absolute path; RESULT_LIMIT. Then nothing may be started. */
enum result root_choose(
    const struct settings *settings, const struct account *account, char *out) MUST_USE;
