/* SPDX-License-Identifier: ISC */
/*
 * Entries in files that others write to at the same time (edge).
 */
#include "monitor/session/record_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"

#define STEP_US     5000
#define ENTRIES_MAX 65536 /* of utmp: terminals are fewer */

static enum result
open_file(const char *path, bool is_secret, int *out)
{
	CLEANUP(fd_close) int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat info;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? RESULT_NOT_FOUND : RESULT_SYSTEM;
	if (fstat(fd, &info) < 0)
		return RESULT_SYSTEM;
	if (!S_ISREG(info.st_mode) ||
	    (is_secret && (info.st_uid != geteuid() || (info.st_mode & 07) != 0)))
		return RESULT_DENIED;
	*out = fd;
	fd = -1;
	return RESULT_OK;
}

/* As the C library's functions lock: the whole file, until it is closed. */
static bool
lock(int fd)
{
	const uint64_t deadline_ms = clock_now_ms() + RECORD_LOCK_MS;
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	while (fcntl(fd, F_SETLK, &all) < 0) {
		if ((errno != EAGAIN && errno != EACCES && errno != EINTR) ||
		    clock_now_ms() >= deadline_ms)
			return false;
		usleep(STEP_US);
	}
	return true;
}

static enum result
write_whole(int fd, const void *entry, size_t size, off_t at)
{
	const ssize_t done = pwrite(fd, entry, size, at);

	return done == (ssize_t)size ? RESULT_OK : RESULT_SYSTEM;
}

/* Half an entry would make all later ones unreadable, and so would one that begins in the middle of another. */
static enum result
add(int fd, const void *entry, size_t size, bool is_locked)
{
	const off_t end = lseek(fd, 0, SEEK_END);
	ssize_t done;

	if (end < 0)
		return RESULT_SYSTEM;
	if (is_locked && end % (off_t)size != 0 && ftruncate(fd, end - end % (off_t)size) < 0)
		return RESULT_SYSTEM;
	if (fcntl(fd, F_SETFL, O_APPEND) < 0)
		return RESULT_SYSTEM;
	done = write(fd, entry, size);
	if (done == (ssize_t)size)
		return RESULT_OK;
	if (done > 0 && is_locked)
		(void)!ftruncate(fd, end - end % (off_t)size);
	return RESULT_SYSTEM;
}

enum result
record_append(const char *path, const void *entry, size_t size, bool is_secret)
{
	CLEANUP(fd_close) int fd = -1;

	TRY(open_file(path, is_secret, &fd));
	return add(fd, entry, size, lock(fd));
}

enum result
record_write_at(const char *path, size_t index, const void *entry, size_t size)
{
	CLEANUP(fd_close) int fd = -1;

	TRY(open_file(path, false, &fd));
	(void)lock(fd); /* nobody else has this place */
	return write_whole(fd, entry, size, (off_t)index * (off_t)size);
}

enum result
record_read_at(const char *path, size_t index, void *entry, size_t size)
{
	CLEANUP(fd_close) int fd = -1;
	ssize_t done;

	memset(entry, 0, size);
	TRY(open_file(path, false, &fd));
	done = pread(fd, entry, size, (off_t)index * (off_t)size);
	if (done == (ssize_t)size)
		return RESULT_OK;
	memset(entry, 0, size);
	return done < 0 ? RESULT_SYSTEM : RESULT_OK;
}

/* --- utmp --------------------------------------------------------------------------------------- */

/* As pututline compares: entries of terminals have an id. */
static bool
is_of_terminal(const struct utmp *entry, const struct utmp *wanted)
{
	return entry->ut_type >= INIT_PROCESS && entry->ut_type <= DEAD_PROCESS &&
	       memcmp(entry->ut_id, wanted->ut_id, sizeof(entry->ut_id)) == 0;
}

/* The place of a terminal is whose terminal it is; only who adds one needs the lock, which anybody may hold. */
enum result
record_put_utmp(const char *path, const struct utmp *entry)
{
	CLEANUP(fd_close) int fd = -1;
	bool is_locked;
	struct utmp there;

	TRY(open_file(path, false, &fd));
	is_locked = lock(fd);
	for (off_t i = 0; i < ENTRIES_MAX; i++) {
		const off_t at = i * (off_t)sizeof(there);

		if (pread(fd, &there, sizeof(there), at) != (ssize_t)sizeof(there))
			return is_locked ? write_whole(fd, entry, sizeof(*entry), at)
					 : RESULT_AGAIN;
		if (is_of_terminal(&there, entry))
			return write_whole(fd, entry, sizeof(*entry), at);
	}
	errno = EFBIG;
	return RESULT_SYSTEM;
}

void
record_make_dead(struct utmp *entry)
{
	struct timeval now;

	(void)gettimeofday(&now, NULL);
	entry->ut_type = DEAD_PROCESS;
	memset(entry->ut_user, 0, sizeof(entry->ut_user));
	memset(entry->ut_host, 0, sizeof(entry->ut_host));
	memset(entry->ut_addr_v6, 0, sizeof(entry->ut_addr_v6));
	entry->ut_tv.tv_sec = (typeof(entry->ut_tv.tv_sec))now.tv_sec;
	entry->ut_tv.tv_usec = (typeof(entry->ut_tv.tv_usec))now.tv_usec;
}

enum result
record_end_stale(const char *path, record_test *is_stale, const void *context)
{
	CLEANUP(fd_close) int fd = -1;
	struct utmp there;

	TRY(open_file(path, false, &fd));
	if (!lock(fd))
		return RESULT_AGAIN;
	for (off_t i = 0; i < ENTRIES_MAX; i++) {
		const off_t at = i * (off_t)sizeof(there);

		if (pread(fd, &there, sizeof(there), at) != (ssize_t)sizeof(there))
			break;
		if (there.ut_type != USER_PROCESS || !is_stale(&there, context))
			continue;
		record_make_dead(&there);
		TRY(write_whole(fd, &there, sizeof(there), at));
	}
	return RESULT_OK;
}
