/* SPDX-License-Identifier: ISC */
/*
 * Going to the background, and the pid file (edge).
 */
#pragma once

#include <stdbool.h>

#include "common/macros.h"
#include "common/result.h"

/*
 * Forks; the caller goes on in the new process, without a terminal. The old one waits for
 * background_ready and exits with 0, or with 1 if the new one ends before. *wait_fd is for
 * background_ready. RESULT_SYSTEM.
 */
enum result background_start(int *wait_fd) MUST_USE;

/* The service is up: lets the old process go; standard descriptors become /dev/null but for standard
 * error when `keep_stderr`. Nothing happens for a wait_fd of -1. */
void background_ready(int *wait_fd, bool keep_stderr);

/* Writes our pid; a failure is logged and harms nothing. `path` NULL: nothing to do. */
void pidfile_write(const char *path);
void pidfile_remove(const char *path);
