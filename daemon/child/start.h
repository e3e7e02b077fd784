/* SPDX-License-Identifier: ISC */
/*
 * A child's life from its fork to its end.
 */
#pragma once

#include "common/buf.h"

/* The descriptor on which every child finds the monitor. */
#define CHILD_IPC_FD 3

/* Confines itself with this filter (struct sock_filter[]), serves one connection. The exit status. */
int child_run(struct bytes filter);
