/* SPDX-License-Identifier: ISC */
/*
 * The ports at which programs find the client's display (edge).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/macros.h"
#include "common/result.h"

/* One for each family of addresses. */
#define DISPLAY_SOCKETS_MAX 2

struct display_question {
	unsigned offset; /* the least number of a display */
	unsigned count;  /* numbers that are tried */
	bool is_local;   /* reached from this machine only */
	uint32_t family; /* 0 any, 4, 6 */
};

/*
 * The first number whose port is free in all families that there are: both addresses, listening and
 * non-blocking, are the caller's; -1: there is none of the family. RESULT_SYSTEM (errno kept): no number is
 * free.
 */
enum result display_sockets_make(const struct display_question *question,
    int fds[DISPLAY_SOCKETS_MAX], unsigned *number) MUST_USE;
