/* SPDX-License-Identifier: ISC */
/*
 * A socket that listens on a path: as the user, whose file it is, and gone when nobody listens any more (edge).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/mem.h"
#include "monitor/user/listen.h"

static bool
is_socket(const char *path, struct stat *found)
{
	return lstat(path, found) == 0 && S_ISSOCK(found->st_mode);
}

static int
bind_with_mask(int fd, const struct sockaddr_un *address, mode_t mask)
{
	const mode_t old = umask(mask);
	const int done = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	const int error = errno;

	umask(old);
	return done == 0 ? 0 : error;
}

static int
open_path(const struct sockaddr_un *address, mode_t mask, struct listen_sockets *out)
{
	CLEANUP(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct stat made;
	int error;

	if (fd < 0)
		return errno;
	fd_refuse_descriptors(fd);
	error = bind_with_mask(fd, address, mask);
	if (error != 0)
		return error;
	if (!is_socket(address->sun_path, &made) ||
	    mem_text(bytes_of_text(address->sun_path), &out->path) != RESULT_OK)
		return ENOENT;
	out->device = made.st_dev;
	out->inode = made.st_ino;
	if (listen(fd, SOMAXCONN) < 0)
		return errno;
	out->fds[out->count++] = fd;
	fd = -1;
	return 0;
}

void
listen_unix_open(const char *path, mode_t mask, bool replaces, struct listen_sockets *out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat old;
	int error = ENAMETOOLONG;

	*out = (struct listen_sockets){ .count = 0 };
	if (strlen(path) < sizeof(address.sun_path)) {
		memcpy(address.sun_path, path, strlen(path) + 1);
		if (replaces && is_socket(path, &old))
			(void)!unlink(path); /* if it cannot be, it is in the way */
		error = open_path(&address, mask, out);
	}
	if (error == 0)
		return;
	listen_sockets_close(out);
	snprintf(out->why, sizeof(out->why), "%s", strerror(error));
}

/* Somebody may have put another one there: that one is not ours. */
static void
remove_path(struct listen_sockets *sockets)
{
	struct stat found;

	if (is_socket(sockets->path, &found) && (uint64_t)found.st_dev == sockets->device &&
	    (uint64_t)found.st_ino == sockets->inode)
		(void)!unlink(sockets->path);
	free(sockets->path);
	sockets->path = NULL;
}

void
listen_sockets_close(struct listen_sockets *sockets)
{
	while (sockets->count > 0)
		fd_close(&sockets->fds[--sockets->count]);
	if (sockets->path != NULL)
		remove_path(sockets);
}
