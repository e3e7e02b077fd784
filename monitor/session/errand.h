/* SPDX-License-Identifier: ISC */
/*
 * Small deeds that need all of the user's ids, and none of ours (edge). The user may stop such a process, or make it
 * wait for a file system of theirs; so it keeps nothing that is worth anything, and is not waited for without limit.
 */
#pragma once

#include "monitor/monitor.h"

struct errand {
	const struct account *account;       /* who does it, where we can become them */
	const struct monitor_inputs *inputs; /* whether we can; whose host keys it does not keep */
	const char *root;                    /* the folder that is entered first; NULL: none */
};

/* What is to be done; true: it is. */
typedef bool errand_deed(const void *what);

/*
 * Has a process do it that is the user for good, without host keys, descriptors (but 0, 1 and 2) and debuggers, in at
 * most ten seconds, and not longer than this one lives. It exits with 0 if it is done. -1 with errno.
 */
pid_t errand_begin(const struct errand *errand, errand_deed *deed, const void *what) MUST_USE;

/* Waits so long, then kills it. True: it is done. One that not even SIGKILL ends within a second is left to whoever
 * reaps. */
bool errand_await(pid_t pid, unsigned patience_ms);
