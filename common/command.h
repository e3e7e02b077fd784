/* SPDX-License-Identifier: ISC */
/*
 * Running a program of the operator's choice for what it prints (edge).
 */
#pragma once

#include <stdint.h>

#include "common/buf.h"

struct command_plan {
	char *const *argv; /* argv[0] is an absolute path; no shell */
	uint64_t timeout_ms;
};

/*
 * Runs it with an empty environment but for PATH, nothing at standard input, and our standard error; appends
 * what it prints to `output`, up to its ceiling. What it leaves behind in its process group is killed.
 * RESULT_OK: it exited with 0. RESULT_DENIED: with something else, or by a signal. RESULT_LIMIT: it printed
 * or took too much. RESULT_SYSTEM: it could not be run.
 */
enum result command_run(const struct command_plan *plan, struct buf *output) MUST_USE;
