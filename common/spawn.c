/* SPDX-License-Identifier: ISC */
/*
 * Executing one of our own helper programs at the other end of a socket pair (edge).
 */
#include "common/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/ipc.h"
#include "common/process.h"

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

	if (program_fd >= 0 && arrange_descriptors(move_up(socket)) &&
	    (!plan->change_user || process_become(plan->uid, plan->gid, NULL, 0))) {
		process_reset_signals();
		if (plan->restores_core_limit)
			process_restore_core_limit();
		execveat(program_fd, "", argv, environment, AT_EMPTY_PATH);
	}
	_exit(SPAWN_NOT_EXECUTED);
}

enum result
spawn_helper(const struct spawn_plan *plan, int *socket, pid_t *pid)
{
	CLEANUP(ipc_pair_close) int sockets[2] = { -1, -1 };

	TRY(ipc_pair(sockets));
	TRY(fd_set_nonblocking(sockets[0]));
	*pid = fork();
	if (*pid == 0)
		execute(plan, sockets[1]);
	if (*pid < 0)
		return RESULT_SYSTEM;
	*socket = sockets[0];
	sockets[0] = -1;
	return RESULT_OK;
}
