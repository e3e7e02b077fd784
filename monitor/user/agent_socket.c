/* SPDX-License-Identifier: ISC */
/*
 * An agent's socket: a name, a private folder, a bind (edge). RFC 9987 says nothing about where; sshd's users
 * know both places.
 */
#include "monitor/user/agent_socket.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/macros.h"
#include "common/siphash.h"

#define BACKLOG 128

/* Letters of a name that nobody foresees. */
#define RANDOM_SIZE AGENT_FOLDER_RANDOM

/* Files in the folder that are looked at: somebody else may keep many there. */
#define STALE_MAX 1000

/* --- Names -------------------------------------------------------------------------------------- */

/* Homes may be shared by machines, and only the own one can tell whether somebody listens. */
static void
put_prefix(char *out, size_t size)
{
	static const uint8_t secret[SIPHASH_SECRET_SIZE] = { 0 }; /* nothing is to be kept secret */
	char host[256] = "";

	(void)gethostname(host, sizeof(host) - 1);
	snprintf(out, size, "s.%010llx.sshd.",
	    (unsigned long long)(siphash(secret, bytes_of_text(host)) & 0xffffffffffULL));
}

static enum result
put_random(char out[RANDOM_SIZE + 1])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	uint64_t number;

	for (size_t i = 0; i < RANDOM_SIZE; i++) {
		if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
			return RESULT_SYSTEM;
		out[i] = letters[number % (sizeof(letters) - 1)];
	}
	out[RANDOM_SIZE] = '\0';
	return RESULT_OK;
}

/* --- Sockets ------------------------------------------------------------------------------------ */

/* In the folder that we are in: whoever renames one above it does not get it elsewhere. */
static enum result
bind_here(const char *name, int *fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const mode_t before = umask(0177);
	int bound;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", name);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bound = *fd < 0 ? -1 : bind(*fd, (const struct sockaddr *)&address, sizeof(address));
	umask(before);
	if (bound == 0 && listen(*fd, BACKLOG) == 0)
		return RESULT_OK;
	if (bound == 0)
		(void)unlink(name);
	fd_close(fd);
	return RESULT_SYSTEM;
}

/* Nobody listens there any more, and nobody can again. To one that is there a socket of another type cannot
 * connect (EPROTOTYPE): so nobody is woken up, and no client asked for its agent. */
static bool
is_stale(const char *name)
{
	CLEANUP(fd_close) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat info;

	if (fd < 0 || strlen(name) >= sizeof(address.sun_path) || lstat(name, &info) < 0 ||
	    !S_ISSOCK(info.st_mode))
		return false;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", name);
	return connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 &&
	       errno == ECONNREFUSED;
}

/* Of servers of this machine that were killed with all that would have cleaned up after them. */
static void
remove_stale(const char *prefix)
{
	DIR *folder = opendir(".");
	const struct dirent *entry;

	for (int i = 0; folder != NULL && i < STALE_MAX; i++) {
		entry = readdir(folder);
		if (entry == NULL)
			break;
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 && is_stale(entry->d_name))
			(void)unlink(entry->d_name);
	}
	if (folder != NULL)
		(void)closedir(folder);
}

/* --- Folders ------------------------------------------------------------------------------------ */

static enum result
enter(int folder, const char *name, int flags, int *out)
{
	if (mkdirat(folder, name, 0700) < 0 && errno != EEXIST)
		return RESULT_SYSTEM;
	*out = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
	return *out < 0 ? RESULT_SYSTEM : RESULT_OK;
}

/* ~/.ssh may be a link that the user made; the folder in it is ours to make. */
static enum result
enter_folder_of_home(const char *home)
{
	CLEANUP(fd_close) int home_fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(fd_close) int ssh_fd = -1;
	CLEANUP(fd_close) int folder_fd = -1;
	struct stat info;

	if (home_fd < 0)
		return RESULT_SYSTEM;
	TRY(enter(home_fd, ".ssh", 0, &ssh_fd));
	TRY(enter(ssh_fd, "agent", O_NOFOLLOW, &folder_fd));
	if (fstat(folder_fd, &info) < 0)
		return RESULT_SYSTEM;
	errno = EPERM;
	if (info.st_uid != geteuid() || (info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return RESULT_SYSTEM;
	return fchdir(folder_fd) < 0 ? RESULT_SYSTEM : RESULT_OK;
}

static enum result
make_in_home(const char *home, int *fd, char path[AGENT_PATH_MAX])
{
	char name[64], prefix[32], random[RANDOM_SIZE + 1];

	put_prefix(prefix, sizeof(prefix));
	TRY(put_random(random));
	snprintf(name, sizeof(name), "%s%s", prefix, random);
	errno = ENAMETOOLONG;
	if (snprintf(path, AGENT_PATH_MAX, "%s/" AGENT_FOLDER "/%s", home, name) >= AGENT_PATH_MAX)
		return RESULT_SYSTEM;
	if (!agent_path_is_sane(bytes_of_text(path), home))
		return RESULT_SYSTEM;
	TRY(enter_folder_of_home(home));
	remove_stale(prefix);
	return bind_here(name, fd);
}

/* A folder that was not there before, whatever others make in /tmp: nobody else is in it. */
static enum result
make_in_tmp(int *fd, char path[AGENT_PATH_MAX])
{
	char folder[] = AGENT_FOLDER_TMP "XXXXXXXXXX";
	char name[32];
	enum result result = RESULT_SYSTEM;
	int error;

	while (true) {
		TRY(put_random(folder + strlen(AGENT_FOLDER_TMP)));
		if (mkdir(folder, 0700) == 0)
			break;
		if (errno != EEXIST)
			return RESULT_SYSTEM;
	}
	snprintf(name, sizeof(name), "agent.%d", (int)getpid());
	snprintf(path, AGENT_PATH_MAX, "%s/%s", folder, name);
	if (chdir(folder) == 0)
		result = bind_here(name, fd);
	error = errno;
	if (result != RESULT_OK)
		(void)rmdir(folder);
	errno = error;
	return result;
}

enum result
agent_socket_make(const char *home, int *fd, char path[AGENT_PATH_MAX])
{
	enum result result = make_in_home(home, fd, path);

	if (result != RESULT_OK)
		result = make_in_tmp(fd, path);
	(void)!chdir("/");
	return result;
}
