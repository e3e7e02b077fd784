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
	int program_fd;    /* O_PATH: what is executed in the place of argv[0]; -1: nothing is */
	uint64_t timeout_ms;
	struct bytes input; /* at its standard input, COMMAND_INPUT_MAX at most; empty: nothing */
	const char *folder; /* in which it works; NULL: ours */
	bool dies_with_us;  /* it is killed when we end, whatever it is doing */
	const char *user, *home; /* for USER, LOGNAME and HOME; NULL: not set */
	bool change_user;        /* to these, for good, before it is executed */
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t group_count;
};

/*
 * Starts it, as below, and waits for nothing: *pid, which leads a process group of its own, is the caller's to reap, and
 * *output_fd, its standard output, the caller's to read. RESULT_SYSTEM: it could not be started. When it cannot be
 * executed it exits with COMMAND_NOT_EXECUTED.
 */
#define COMMAND_NOT_EXECUTED 126
enum result command_start(const struct command_plan *plan, pid_t *pid, int *output_fd) MUST_USE;

/* Kills it and its process group. It was not reaped yet: until then its number and its group's are nobody else's. */
void command_kill(pid_t pid);

/*
 * Runs it with PATH and what the plan says in its environment, the plan's input, and our standard error
 * (none if it runs as somebody else); appends what it prints to `output`, up to its ceiling. What it leaves
 * behind in its process group is killed. RESULT_OK: it exited with 0. RESULT_DENIED: with something else, or
 * by a signal. RESULT_LIMIT: it printed or took too much. RESULT_SYSTEM: it could not be run.
 */
enum result command_run(const struct command_plan *plan, struct buf *output) MUST_USE;
