/* SPDX-License-Identifier: ISC */
/*
 * Executing one of our own helper programs at the other end of a socket pair (edge).
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "common/macros.h"
#include "common/result.h"

/* The helper's end of its socket to the monitor. */
#define SPAWN_IPC_FD 3

struct spawn_plan {
	const char *name; /* its argv[0] */
	int program_fd;   /* O_PATH, not owned */
	bool change_user; /* to uid and gid, without any other group, before the execve */
	uid_t uid;
	gid_t gid;
	bool restores_core_limit; /* of what it starts in its turn; it must hide itself */
};

/*
 * Starts the program with an empty environment, standard descriptors at /dev/null, default signals
 * and one end of a new socket pair at SPAWN_IPC_FD; nothing else of ours goes along. *socket (the other end,
 * non-blocking) and *pid are the caller's. RESULT_SYSTEM (errno kept). A program that cannot be executed is
 * seen as a process that ends with SPAWN_NOT_EXECUTED.
 */
#define SPAWN_NOT_EXECUTED 126
enum result spawn_helper(const struct spawn_plan *plan, int *socket, pid_t *pid) MUST_USE;
