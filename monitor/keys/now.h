/* SPDX-License-Identifier: ISC */
/*
 * The clock as decide.h takes it (edge: the time zone).
 */
#pragma once

#include "monitor/rules/decide.h"

/* `now_s`: seconds since 1970. */
struct decide_time now_of(uint64_t now_s);
