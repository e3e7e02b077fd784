/* SPDX-License-Identifier: ISC */
/*
 * Descriptors (edge): whole reads and writes, flags, closing.
 */
#pragma once

#include <sys/types.h>

#include "common/buf.h"

/* Closes *fd unless it is -1, and sets it to -1. Also for CLEANUP on an int. */
void fd_close(int *fd);

enum result fd_set_nonblocking(int fd) MUST_USE;
enum result fd_set_cloexec(int fd, bool cloexec) MUST_USE;

/* Whoever is at the other end of this local socket, and of those that are accepted from it, can send no descriptors
 * along: to drop one may take as long as its sender likes (SO_LINGER). Nothing before Linux 6.16. */
void fd_refuse_descriptors(int fd);

/* Retries EINTR. RESULT_AGAIN, RESULT_CLOSED (end of file; EPIPE or reset), RESULT_SYSTEM (not
 * logged here). *done is set in every case. */
enum result fd_read(int fd, void *room, size_t size, size_t *done) MUST_USE;
enum result fd_write(int fd, struct bytes bytes, size_t *done) MUST_USE;

/* Blocking: all or a failure. */
enum result fd_write_all(int fd, struct bytes bytes) MUST_USE;

/* Reads a whole regular file of at most `max` bytes from an open descriptor, appended to `out`. */
enum result fd_read_file(int fd, size_t max, struct buf *out) MUST_USE;

/* Opens `path` O_RDONLY|O_CLOEXEC|O_NONBLOCK|O_NOCTTY, insists on a regular file, and reads it as
 * above. RESULT_NOT_FOUND, RESULT_MALFORMED (no regular file), RESULT_LIMIT, RESULT_SYSTEM (errno kept). */
enum result fd_read_path(const char *path, size_t max, struct buf *out) MUST_USE;
