/* SPDX-License-Identifier: ISC */
/*
 * The child's life from its start to its end.
 */
#pragma once

/* The descriptor on which every child finds the monitor. */
#define CHILD_IPC_FD 3

/* Starts, confines itself, serves one connection. The exit status of the process. */
int child_run(void);
