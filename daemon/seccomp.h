/* SPDX-License-Identifier: ISC */
/*
 * The child's system call filter, compiled once by the listener.
 */
#pragma once

#include "common/buf.h"

#define SECCOMP_FILTER_MAX (32 * 1024)

/*
 * The program (struct sock_filter[]) appended to `out`. Allowed: some thirty calls on memory and on
 * descriptors that the child has. Forbidden, with SIGSYS: what would give it anything new. Any other
 * call fails with ENOSYS. RESULT_SYSTEM; logged.
 */
enum result seccomp_compile(struct buf *out) MUST_USE;
