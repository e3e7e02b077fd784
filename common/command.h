/* SPDX-License-Identifier: ISC */
/*
 * Running a program of the operator's choice for what it prints (edge).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/buf.h"

#define COMMAND_INPUT_MAX 4096 /* what any pipe takes at once */

struct command_plan {
	char *const *argv; /* argv[0] is an absolute path; no shell */
	int program_fd;    /* O_PATH: what is executed in the place of argv[0]; 0: nothing is */
	uint64_t timeout_ms;
	struct bytes input; /* at its standard input, COMMAND_INPUT_MAX at most; empty: nothing */
	const char *user, *home; /* for USER, LOGNAME and HOME; NULL: not set */
	bool change_user;        /* to these, for good, before it is executed */
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t group_count;
};

/*
 * Runs it with PATH and what the plan says in its environment, the plan's input, and our standard error
 * (none if it runs as somebody else); appends
 * what it prints to `output`, up to its ceiling. What it leaves behind in its process group is killed.
 * RESULT_OK: it exited with 0. RESULT_DENIED: with something else, or by a signal. RESULT_LIMIT: it printed
 * or took too much. RESULT_SYSTEM: it could not be run.
 */
enum result command_run(const struct command_plan *plan, struct buf *output) MUST_USE;
