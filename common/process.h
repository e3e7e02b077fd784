/* SPDX-License-Identifier: ISC */
/*
 * What a process does to itself: hides its memory, puts signals right before it executes something
 * (edge).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Keeps this process's memory out of core files and debuggers. To be called again after each change of
 * uid or gid: the kernel then sets the first half anew, to what fs.suid_dumpable says.
 */
void process_hide(void);

/* Gives the program that is about to be executed the limit for core files that we were started with; a process that is
 * going on must hide again, which takes what the limit is then for the one to be restored. */
void process_restore_core_limit(void);

/* As many descriptors as we may have at all: each connection that is logged in keeps one of the listener's, and nobody
 * shall keep others out by having many. Programs are to be executed with the limit that we were started with. */
void process_raise_file_limit(void);
void process_restore_file_limit(void);
/* Keeps the kernel from choosing this process when it is out of memory; false: it may not ask for that. */
bool process_protect(void);
/* As it was before, for those that are made by a process that protected itself; else nothing. */
void process_unprotect(void);

/* Every signal as a program expects it: not blocked, with its default action. What the monitor blocks for
 * its signalfd and ignores would outlive the exec. */
void process_reset_signals(void);

/* Becomes this user with these groups, for good: false if that failed, or if there is a way back. */
bool process_become(uid_t uid, gid_t gid, const gid_t *groups, size_t group_count);

/* Gives up all capabilities, those of root in a container too, who had no other uid to give up. */
bool process_drop_capabilities(void);
