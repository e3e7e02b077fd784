/* SPDX-License-Identifier: ISC */
/*
 * Files that hold secrets (edge).
 */
#include "daemon/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"

static enum result
check(int fd, const char *path, const char *what)
{
	struct stat info;

	if (fstat(fd, &info) < 0)
		return RESULT_SYSTEM;
	if (!S_ISREG(info.st_mode)) {
		log_error("host-key", "%s %s: this is not a regular file", what, path);
		return RESULT_DENIED;
	}
	if (info.st_uid == getuid() && (info.st_mode & 077) != 0) {
		log_error("host-key",
		    "%s %s: its mode %04o lets others read it; it is not used (chmod 600 %s)", what,
		    path, (unsigned)(info.st_mode & 07777), path);
		return RESULT_DENIED;
	}
	return RESULT_OK;
}

/* Without waiting for the other end of a FIFO. */
enum result
private_file_open(const char *path, const char *what, int *out)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT)
		return RESULT_NOT_FOUND;
	if (fd < 0) {
		log_error("host-key", "%s %s: %s", what, path, strerror(errno));
		return RESULT_SYSTEM;
	}
	TRY(check(fd, path, what));
	*out = fd;
	fd = -1;
	return RESULT_OK;
}
