/* SPDX-License-Identifier: ISC */
/*
 * Files of entries of one size, to which other programs write, too: utmp and its kin (edge). The C library's functions
 * would do but for its ten seconds of waiting for a lock, which whoever may read the file can hold.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <utmp.h>

#include "common/macros.h"
#include "common/result.h"

/* How long a lock is waited for. */
#define RECORD_LOCK_MS 200

/*
 * All of them: RESULT_NOT_FOUND: there is no such file, and none is made: the system does not want it. RESULT_SYSTEM,
 * with errno. RESULT_DENIED: it is no regular file, or, where it must be secret, not root's or everybody's to read.
 */

/* Adds one entry to the end, whole or not at all. Without the lock, too, if it cannot be had: what is added goes to the
 * end in any case, and nobody shall keep records from being written. */
enum result record_append(
    const char *path, const void *entry, size_t size, bool is_secret) MUST_USE;

/* Puts it in the place of the entry of its terminal (ut_id), or at the end. RESULT_AGAIN: somebody has the lock. */
enum result record_put_utmp(const char *path, const struct utmp *entry) MUST_USE;

/* One entry at its place; a file that ends before it has zeros there. */
enum result record_write_at(
    const char *path, size_t index, const void *entry, size_t size) MUST_USE;
enum result record_read_at(const char *path, size_t index, void *entry, size_t size) MUST_USE;

/* Every entry of utmp that `is_stale` says true of ends, as if its session had. */
typedef bool record_test(const struct utmp *entry, const void *context);
enum result record_end_stale(const char *path, record_test *is_stale, const void *context) MUST_USE;

/* Makes of the entry of a session that of its end. */
void record_make_dead(struct utmp *entry);
