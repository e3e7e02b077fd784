/* SPDX-License-Identifier: ISC */
/*
 * Algorithm lists with + - ^ against the defaults. Inside the room only.
 */
#pragma once

#include "common/config/settings.h"
#include "common/macros.h"

/*
 * What `list` means for this keyword: a comma-separated list of names that we have, the caller's to
 * free. An empty `list` is the default. RESULT_MALFORMED with `why` (VALUE_WHY_MAX bytes).
 */
enum result algorithms_resolve(
    enum keyword keyword, const char *list, char **out, char *why) MUST_USE;
