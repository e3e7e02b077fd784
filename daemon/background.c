/* SPDX-License-Identifier: ISC */
/*
 * Going to the background, and the pid file (edge).
 */
#include "daemon/background.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"

/* The process that the operator started: its exit status says whether the server came up. */
static void
wait_for_service(int fd)
{
	char byte;
	size_t size;

	_exit(fd_read(fd, &byte, 1, &size) == RESULT_OK ? 0 : 1);
}

enum result
background_start(int *wait_fd)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return RESULT_SYSTEM;
	pid = fork();
	if (pid < 0) {
		fd_close(&fds[0]);
		fd_close(&fds[1]);
		return RESULT_SYSTEM;
	}
	if (pid > 0) {
		fd_close(&fds[1]);
		wait_for_service(fds[0]);
	}
	fd_close(&fds[0]);
	*wait_fd = fds[1];
	return setsid() < 0 || chdir("/") < 0 ? RESULT_SYSTEM : RESULT_OK;
}

void
background_ready(int *wait_fd, bool keep_stderr)
{
	int null_fd;

	if (*wait_fd < 0)
		return;
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < (keep_stderr ? 2 : 3) && null_fd >= 0; fd++)
		(void)!dup2(null_fd, fd);
	fd_close(&null_fd);
	(void)!fd_write_all(*wait_fd, bytes_of_text("."));
	fd_close(wait_fd);
}

void
pidfile_write(const char *path)
{
	FILE *file;

	if (path == NULL)
		return;
	file = fopen(path, "we");
	if (file == NULL) {
		log_error("pid-file", "PidFile %s: %s", path, strerror(errno));
		return;
	}
	fprintf(file, "%ld\n", (long)getpid());
	if (fclose(file) != 0)
		log_error("pid-file", "PidFile %s: %s", path, strerror(errno));
}

void
pidfile_remove(const char *path)
{
	if (path != NULL && unlink(path) < 0 && errno != ENOENT)
		log_error("pid-file", "PidFile %s: %s", path, strerror(errno));
}
