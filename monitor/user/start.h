/* SPDX-License-Identifier: ISC */
/*
 * The user process's biography.
 */
#pragma once

/* Where the monitor puts its end of the socket pair. */
#define USER_IPC_FD 3

/* From the first message to the last; returns the exit status. */
int user_run(void);
