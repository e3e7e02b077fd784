/* SPDX-License-Identifier: ISC */
/*
 * Who holds what, in memory that a process shares with all that it forks: so connections of one user find each other
 * (edge: shared memory).
 */
#pragma once

#include <sys/types.h>

#include "common/buf.h"

#define HOLDERS_NAME_SIZE 32 /* bytes; the digest of what is held */

struct holders; /* opaque; NULL: there is no such memory, and nobody holds anything */

/* Shared with every process that is forked later. RESULT_SYSTEM. */
enum result holders_new(struct holders **out) MUST_USE;
void holders_free(struct holders *holders);

/* This process holds it. False: there is no room, and it will not be found. */
bool holders_add(struct holders *holders, const uint8_t *name);

/* It does not any more. */
void holders_remove(struct holders *holders, const uint8_t *name);

/* A process that holds it, other than this one; 0: nobody does. */
pid_t holders_find(struct holders *holders, const uint8_t *name);

/* This process is gone, or about to. */
void holders_forget(struct holders *holders, pid_t pid);
