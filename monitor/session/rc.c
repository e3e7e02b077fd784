/* SPDX-License-Identifier: ISC */
/*
 * One program before the other. This process still has the memory of who forked it, so it only forks,
 * executes and waits, and asks for no memory (edge).
 */
#include "monitor/session/rc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/process.h"

#define USERS     ".ssh/rc" /* below the folder that we are in */
#define OPERATORS "/etc/ssh/sshrc"
#define SHELL     "/bin/sh"

/* xauth waits for a lock that somebody left behind for twice as long as this. */
#define XAUTH_MS 10000

struct rc_program {
	const char *path;
	const char *const *argv;
	char *const *environment;
	struct bytes input; /* empty: none */
	bool is_quiet;      /* prints nothing */
	uint64_t limit_ms;  /* 0: it may take as long as it likes */
};

/* A pipe that holds all of it, or nothing, and then its end; also where there is no /dev/null. -1 with errno. */
static int
open_input(struct bytes input)
{
	int fds[2];
	ssize_t written = 0;

	if (input.size > RC_INPUT_MAX || pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	if (input.size > 0)
		written = write(fds[1], input.data, input.size);
	fd_close(&fds[1]);
	if (written != (ssize_t)input.size)
		fd_close(&fds[0]);
	return fds[0];
}

static bool
take_streams(const struct rc_program *program)
{
	const int input = open_input(program->input);
	const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (input < 0 || dup2(input, STDIN_FILENO) != STDIN_FILENO)
		return false;
	if (!program->is_quiet)
		return true;
	return nothing < 0 ? close(STDOUT_FILENO) == 0
			   : dup2(nothing, STDOUT_FILENO) == STDOUT_FILENO;
}

static noreturn void
execute(const struct rc_program *program)
{
	if (program->limit_ms > 0 && setpgid(0, 0) < 0)
		_exit(1);
	if (take_streams(program)) {
		process_restore_core_limit();
		process_restore_file_limit();
		execve(
		    program->path, (char *const *)(uintptr_t)program->argv, program->environment);
	}
	dprintf(STDERR_FILENO, "%s: %s\n", program->path, strerror(errno));
	_exit(1);
}

/* Until its end is taken, its number is nobody else's; it leads a group of its own, which ends with it. */
static void
await(pid_t pid, uint64_t limit_ms)
{
	CLEANUP(fd_close) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	const uint64_t deadline_ms = clock_now_ms() + limit_ms;
	struct pollfd wait = { pidfd, POLLIN, 0 };
	uint64_t now_ms;
	int ready = 0;

	while (ready <= 0 && (now_ms = clock_now_ms()) < deadline_ms)
		ready = poll(&wait, 1, (int)(deadline_ms - now_ms));
	if (ready <= 0)
		kill(-pid, SIGKILL);
}

static void
run(const struct rc_program *program)
{
	const pid_t pid = fork();
	int status;

	if (pid == 0)
		execute(program);
	if (pid < 0) {
		dprintf(STDERR_FILENO, "%s: %s\n", program->argv[0], strerror(errno));
		return;
	}
	if (program->limit_ms > 0)
		await(pid, program->limit_ms);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

/* --- xauth -------------------------------------------------------------------------------------- */

/* Of the session's variables those that say whose file it is and where. */
static char *
find_variable(char *const *environment, const char *name)
{
	const size_t size = strlen(name);

	for (size_t i = 0; environment[i] != NULL; i++) {
		if (strncmp(environment[i], name, size) == 0)
			return environment[i];
	}
	return NULL;
}

/* The cookie is in its input: arguments are everybody's to see. */
static void
run_xauth(const struct rc_plan *plan)
{
	static const char *const wanted[] = { "HOME=", "USER=", "LOGNAME=", "XAUTHORITY=" };
	const char *const argv[] = { "xauth", "-q", "-", NULL };
	char *environment[COUNT(wanted) + 1] = { NULL };
	const struct rc_program xauth = { plan->display->xauth, argv, environment,
		plan->display->commands, true, XAUTH_MS };
	size_t count = 0;

	for (size_t i = 0; i < COUNT(wanted); i++) {
		environment[count] = find_variable(plan->environment, wanted[i]);
		count += environment[count] != NULL;
	}
	run(&xauth);
}

/* --- The one that there is ---------------------------------------------------------------------- */

void
rc_run(const struct rc_plan *plan)
{
	const struct bytes line = plan->display == NULL ? bytes_of("", 0) : plan->display->line;

	if (plan->is_users_permitted && access(USERS, F_OK) == 0) {
		const char *const argv[] = { plan->account->shell, "-c", SHELL " " USERS, NULL };

		run(&(struct rc_program){
		    plan->account->shell, argv, plan->environment, line, false, 0 });
	} else if (access(OPERATORS, F_OK) == 0) {
		const char *const argv[] = { SHELL, OPERATORS, NULL };

		run(&(struct rc_program){ SHELL, argv, plan->environment, line, false, 0 });
	} else if (plan->display != NULL) {
		run_xauth(plan);
	}
}
