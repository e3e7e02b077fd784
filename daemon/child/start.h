/* SPDX-License-Identifier: ISC */
/*
 * A child's life from its fork to its end.
 */
#pragma once

#include "common/buf.h"
#include "common/spawn.h"

/* The descriptor on which every child finds the monitor. Its filter knows the number, too. */
#define CHILD_IPC_FD SPAWN_IPC_FD

/* Confines itself with this filter (struct sock_filter[]), serves one connection. The exit status. */
int child_run(struct bytes filter);
