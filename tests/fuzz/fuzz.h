/* SPDX-License-Identifier: ISC */
/*
 * What several fuzzers look at: views, and the log.
 */
#pragma once

#include <assert.h>
#include <string.h>

#include "common/buf.h"
#include "common/log.h"

/* Is the view empty, or part of the other? */
static inline bool
fuzz_is_inside(struct bytes part, struct bytes whole)
{
	return part.size == 0 ||
	       (part.data >= whole.data && part.data + part.size <= whole.data + whole.size);
}

/* A sink for the log that checks its events. */
static inline void
fuzz_drop_log(void *context, const struct log_event *event)
{
	assert(strlen(event->text) < LOG_TEXT_MAX);
}
