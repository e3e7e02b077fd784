/* SPDX-License-Identifier: ISC */
/*
 * The words of ChannelTimeout: "session:shell=15m", a pattern of types of channels and a time each.
 */
#pragma once

#include "common/buf.h"
#include "common/config/lex.h"

/* Of one line, and of one pattern in bytes: together they fit into CHILD_TIMEOUTS_MAX. */
#define CHANNEL_TIMEOUTS_MAX        64
#define CHANNEL_TIMEOUT_PATTERN_MAX 100

/* One word. `*type` points into it. RESULT_MALFORMED. */
enum result channel_timeout_parse(const char *word, struct bytes *type, uint32_t *seconds) MUST_USE;

/* Are these words right, and is there a type that each fits? RESULT_MALFORMED with `why` (VALUE_WHY_MAX bytes). */
enum result channel_timeouts_check(const struct lex_line *line, char *why) MUST_USE;
