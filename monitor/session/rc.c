/* SPDX-License-Identifier: ISC */
/*
 * One program before the other. This process still has the monitor's memory, so it only forks, executes and waits
 * (edge).
 */
#include "monitor/session/rc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/process.h"

#define USERS     ".ssh/rc" /* below the folder that we are in */
#define OPERATORS "/etc/ssh/sshrc"
#define SHELL     "/bin/sh"

static noreturn void
execute(const char *path, const char *const *argv, char *const *environment)
{
	const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO) {
		process_restore_core_limit();
		execve(path, (char *const *)(uintptr_t)argv, environment);
	}
	dprintf(STDERR_FILENO, "%s: %s\n", path, strerror(errno));
	_exit(1);
}

static void
run(const char *path, const char *const *argv, char *const *environment)
{
	const pid_t pid = fork();
	int status;

	if (pid == 0)
		execute(path, argv, environment);
	if (pid < 0) {
		dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
		return;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

void
rc_run(const struct rc_plan *plan)
{
	if (plan->is_users_permitted && access(USERS, F_OK) == 0) {
		const char *const argv[] = { plan->account->shell, "-c", SHELL " " USERS, NULL };

		run(plan->account->shell, argv, plan->environment);
	} else if (access(OPERATORS, F_OK) == 0) {
		const char *const argv[] = { SHELL, OPERATORS, NULL };

		run(SHELL, argv, plan->environment);
	}
}
