/* SPDX-License-Identifier: ISC */
/*
 * Files that decide what root does: who could have written them (edge).
 */
#pragma once

#include <sys/types.h>

#include "common/result.h"

#include "common/macros.h"

#define TRUSTED_PATH_MAX 4096
#define TRUSTED_WHY_MAX  256

/* What is not as it must be: a part of the path, and what about it. */
struct trusted_fault {
	char part[TRUSTED_PATH_MAX];
	char why[TRUSTED_WHY_MAX];
};

/*
 * The file at `path`, which is absolute and without links (realpath(3)), and every folder down to it, since who may
 * write to one may put another file there: they must belong to root or `owner` and be writable by nobody else.
 * RESULT_DENIED with the fault; RESULT_MALFORMED, the same: it is no regular file.
 */
enum result trusted_check(const char *path, uid_t owner, struct trusted_fault *fault) MUST_USE;

/* The same for a folder. RESULT_DENIED also where it is none. */
enum result trusted_check_folder(
    const char *path, uid_t owner, struct trusted_fault *fault) MUST_USE;
