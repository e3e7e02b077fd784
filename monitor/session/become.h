/* SPDX-License-Identifier: ISC */
/*
 * Becoming the user, for good. Used by a session's process before it executes the user's shell, and
 * by the user process.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/macros.h"
#include "common/result.h"

struct identity {
	uid_t uid;
	gid_t gid;
	const gid_t *groups; /* borrowed: all of them, the primary one too */
	size_t group_count;
};

/*
 * Sets groups, gid and uid (real, effective, saved), then checks all of them, and that nothing is
 * left with which to go back: no capability, no uid or gid 0 (unless that is who the user is). For
 * root only. After a failure (RESULT_SYSTEM: errno is set; RESULT_DENIED: a check failed) the process
 * is in between and must exit.
 */
enum result become_user(const struct identity *identity) MUST_USE;

/* Is the process this user already, in all its uids and gids? For a monitor that is not root. */
bool become_is_user(const struct identity *identity);
