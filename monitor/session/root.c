/* SPDX-License-Identifier: ISC */
/*
 * A folder becomes the root of everything (edge).
 */
#include "monitor/session/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/mem.h"

static enum result
refuse(struct trusted_fault *fault, const char *path)
{
	snprintf(fault->part, sizeof(fault->part), "%s", path);
	snprintf(fault->why, sizeof(fault->why), "%s", strerror(errno));
	return RESULT_DENIED;
}

/* Both what is written and what it means: a link in a folder of the user's may lead to a folder of root's. */
static enum result
resolve(const char *path, char **out, struct trusted_fault *fault)
{
	TRY(trusted_check_folder(path, 0, fault));
	*out = realpath(path, NULL);
	if (*out == NULL)
		return refuse(fault, path);
	return trusted_check_folder(*out, 0, fault);
}

enum result
root_check(const char *path, struct trusted_fault *fault)
{
	CLEANUP(mem_freep) char *resolved = NULL;

	return resolve(path, &resolved, fault);
}

bool
root_has_program(const char *root, const char *path)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	CLEANUP(fd_close) int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(fd_close) int fd = -1;
	struct stat found;

	if (root_fd >= 0)
		fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
	return fd >= 0 && fstat(fd, &found) == 0 && S_ISREG(found.st_mode) &&
	       (found.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
}

/* Nobody but root could have put another folder there since it was checked. */
enum result
root_enter(const char *path, struct trusted_fault *fault)
{
	CLEANUP(mem_freep) char *resolved = NULL;
	CLEANUP(fd_close) int fd = -1;

	TRY(resolve(path, &resolved, fault));
	fd = open(resolved, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchdir(fd) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return refuse(fault, path);
	return RESULT_OK;
}
