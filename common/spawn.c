/* SPDX-License-Identifier: ISC */
/*
 * Executing one of our own helper programs at the other end of a socket pair (edge).
 */
#include "common/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/ipc.h"
#include "common/process.h"

/* What may wait for the other end to read it: a thousand small messages and more. */
#define QUEUE_BYTES (2 * 1024 * 1024)

/* Out of the way of the descriptors 0 to SPAWN_IPC_FD, which are about to be replaced. */
static int
move_up(int fd)
{
	return fd > SPAWN_IPC_FD ? fd : fcntl(fd, F_DUPFD_CLOEXEC, SPAWN_IPC_FD + 1);
}

static bool
arrange_descriptors(int socket)
{
	int null_fd = move_up(open("/dev/null", O_RDWR | O_CLOEXEC));

	for (int fd = 0; fd < SPAWN_IPC_FD; fd++) {
		if (dup2(null_fd, fd) < 0)
			return false;
	}
	return dup2(socket, SPAWN_IPC_FD) >= 0 &&
	       close_range(SPAWN_IPC_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

static noreturn void
execute(const struct spawn_plan *plan, int socket)
{
	char *const argv[] = { (char *)plan->name, NULL };
	char *const environment[] = { NULL };
	int program_fd = move_up(plan->program_fd);

	process_unprotect();
	if (program_fd >= 0 && arrange_descriptors(move_up(socket)) &&
	    (!plan->change_user || process_become(plan->uid, plan->gid, NULL, 0))) {
		process_reset_signals();
		process_restore_file_limit();
		if (plan->restores_core_limit)
			process_restore_core_limit();
		execveat(program_fd, "", argv, environment, AT_EMPTY_PATH);
	}
	_exit(SPAWN_NOT_EXECUTED);
}

/* A burst of questions is not refused because the helper has not woken up yet. Without root it is what the system allows
 * everybody. */
static void
widen(int socket)
{
	const int size = QUEUE_BYTES;

	if (setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

enum result
spawn_helper(const struct spawn_plan *plan, int *socket, pid_t *pid)
{
	CLEANUP(ipc_pair_close) int sockets[2] = { -1, -1 };

	TRY(ipc_pair(sockets));
	TRY(fd_set_nonblocking(sockets[0]));
	widen(sockets[0]);
	widen(sockets[1]);
	*pid = fork();
	if (*pid == 0)
		execute(plan, sockets[1]);
	if (*pid < 0)
		return RESULT_SYSTEM;
	*socket = sockets[0];
	sockets[0] = -1;
	return RESULT_OK;
}
