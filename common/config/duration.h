/* SPDX-License-Identifier: ISC */
/*
 * Times as sshd_config writes them: "90", "1h30m", "1.5s". Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/macros.h"
#include "common/result.h"

#define DURATION_RIGHT "a time such as 90, 30s, 2m or 1h30m"

/*
 * Numbers with units s, m, h, d, w in either case, added up; without a unit they are seconds, which only the last
 * can be, and only seconds have decimals. At most INT32_MAX seconds; digits behind the third decimal are cut off.
 * RESULT_MALFORMED.
 */
enum result duration_parse(const char *word, uint64_t *ms) MUST_USE;
