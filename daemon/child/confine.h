/* SPDX-License-Identifier: ISC */
/*
 * The child's sandbox (edge). docs/security.md says what it leaves.
 */
#pragma once

#include "common/buf.h"

/*
 * Gives up for good what the child never needs: new privileges, core dumps, new files and processes,
 * every path and TCP port (Landlock), and all system calls but those of `filter` (struct
 * sock_filter[], compiled by the listener). On failure *what_failed is a static text for the operator;
 * the process must then end. RESULT_UNSUPPORTED when the kernel lacks a part, RESULT_MALFORMED for a
 * filter of odd size, RESULT_SYSTEM.
 */
enum result confine_self(struct bytes filter, const char **what_failed) MUST_USE;

/*
 * From now on a forbidden system call (SECCOMP_RET_TRAP) sends IPC_violation over `ipc_fd` and ends the
 * process. Call before confine_self.
 */
enum result confine_report_to(int ipc_fd) MUST_USE;
