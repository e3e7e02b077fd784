/* SPDX-License-Identifier: ISC */
/*
 * Whole reads and writes, flags, closing. Edge: the one place with the loops around read and write.
 */
#include "common/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_STEP 4096 /* how far the buffer grows at least for each read of a file */

void
fd_close(int *fd)
{
	int kept = errno; /* often runs by CLEANUP, between a failure and whoever reports it */

	if (*fd >= 0)
		close(*fd); /* after EINTR it is closed all the same, on Linux */
	*fd = -1;
	errno = kept;
}

/* Sets or clears one bit, by the fcntl pair that gets and sets its kind of flags. */
static enum result
change_flag(int fd, int get, int set, int flag, bool on)
{
	int flags = fcntl(fd, get);

	if (flags < 0)
		return RESULT_SYSTEM;
	if (((flags & flag) != 0) == on)
		return RESULT_OK; /* as descriptors of the monitor's are */
	if (fcntl(fd, set, on ? flags | flag : flags & ~flag) < 0)
		return RESULT_SYSTEM;
	return RESULT_OK;
}

enum result
fd_set_nonblocking(int fd)
{
	return change_flag(fd, F_GETFL, F_SETFL, O_NONBLOCK, true);
}

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* of Linux 6.16 */
#endif

void
fd_refuse_descriptors(int fd)
{
	const int off = 0;

	(void)setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof(off));
}

enum result
fd_set_cloexec(int fd, bool cloexec)
{
	return change_flag(fd, F_GETFD, F_SETFD, FD_CLOEXEC, cloexec);
}

/* What errno after a failed read or write means to the caller. */
static enum result
failure(void)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return RESULT_AGAIN;
	if (errno == EPIPE || errno == ECONNRESET)
		return RESULT_CLOSED;
	return RESULT_SYSTEM;
}

enum result
fd_read(int fd, void *room, size_t size, size_t *done)
{
	ssize_t got;

	*done = 0;
	if (size == 0)
		return RESULT_OK; /* read would answer 0, which means something else */
	do
		got = read(fd, room, size);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return failure();
	if (got == 0)
		return RESULT_CLOSED;
	*done = (size_t)got;
	return RESULT_OK;
}

enum result
fd_write(int fd, struct bytes bytes, size_t *done)
{
	ssize_t put;

	*done = 0;
	if (bytes.size == 0)
		return RESULT_OK;
	do
		put = write(fd, bytes.data, bytes.size);
	while (put < 0 && errno == EINTR);
	if (put < 0)
		return failure();
	*done = (size_t)put;
	return RESULT_OK;
}

enum result
fd_write_all(int fd, struct bytes bytes)
{
	size_t done;

	while (bytes.size > 0) {
		TRY(fd_write(fd, bytes, &done));
		bytes = bytes_of(bytes.data + done, bytes.size - done);
	}
	return RESULT_OK;
}

/* One more piece of a file, at most `left` bytes; with none left, only its end is welcome. */
static enum result
read_piece(int fd, size_t left, struct buf *out, size_t *done)
{
	uint8_t beyond;
	uint8_t *at;
	enum result result;

	*done = 0;
	if (left == 0) {
		result = fd_read(fd, &beyond, sizeof(beyond), done);
		return result == RESULT_OK ? RESULT_LIMIT : result;
	}
	if (left > FILE_STEP)
		left = FILE_STEP;
	TRY(buf_reserve(out, left, &at));
	result = fd_read(fd, at, left, done);
	buf_commit(out, *done);
	return result;
}

enum result
fd_read_file(int fd, size_t max, struct buf *out)
{
	struct stat info;
	enum result result = RESULT_OK;
	size_t total = 0;
	size_t done;

	if (fstat(fd, &info) < 0)
		return RESULT_SYSTEM;
	if (!S_ISREG(info.st_mode))
		return RESULT_MALFORMED;
	/* The size is not believed: the file may be written to at this moment. */
	while (result == RESULT_OK) {
		result = read_piece(fd, max - total, out, &done);
		total += done;
	}
	return result == RESULT_CLOSED ? RESULT_OK : result;
}

enum result
fd_read_path(const char *path, size_t max, struct buf *out)
{
	/* O_NONBLOCK: opening a FIFO must not wait for a writer that never comes. */
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return RESULT_NOT_FOUND;
	if (fd < 0)
		return RESULT_SYSTEM;
	return fd_read_file(fd, max, out);
}
