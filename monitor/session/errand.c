/* SPDX-License-Identifier: ISC */
/*
 * A process for one deed of the user's (edge).
 */
#include "monitor/session/errand.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdnoreturn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/process.h"
#include "monitor/session/become.h"
#include "monitor/session/root.h"

/* A file system that does not answer is left by SIGALRM; SIGKILL is for who stops the process. */
#define LIMIT_S   10
#define KILLED_MS 1000

static bool
become(const struct errand *errand)
{
	const struct account *account = errand->account;
	const struct identity identity = { .uid = account->uid,
		.gid = account->gid,
		.groups = account->groups,
		.group_count = account->group_count };
	struct trusted_fault fault;

	if (errand->root != NULL && root_enter(errand->root, &fault) != RESULT_OK)
		return false;
	return !errand->inputs->is_root || become_user(&identity) == RESULT_OK;
}

/* The wish to die with the parent is forgotten when the uid changes, and so is most of process_hide. */
static noreturn void
run(const struct errand *errand, pid_t parent, errand_deed *deed, const void *what)
{
	process_reset_signals();
	alarm(LIMIT_S);
	host_keys_forget(errand->inputs);
	if (close_range(STDERR_FILENO + 1, ~0U, 0) < 0 || !become(errand))
		_exit(1);
	process_hide();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	_exit(deed(what) ? 0 : 1);
}

pid_t
errand_begin(const struct errand *errand, errand_deed *deed, const void *what)
{
	const pid_t parent = getpid();
	const pid_t pid = fork();

	if (pid == 0)
		run(errand, parent, deed, what);
	return pid;
}

/* Without a pidfd it is a sleep. */
static bool
is_over(int pidfd, unsigned patience_ms)
{
	const uint64_t deadline_ms = clock_now_ms() + patience_ms;
	struct pollfd wait = { pidfd, POLLIN, 0 };
	uint64_t now_ms;
	int ready = 0;

	while (ready <= 0 && (now_ms = clock_now_ms()) < deadline_ms)
		ready = poll(&wait, 1, (int)(deadline_ms - now_ms));
	return ready > 0;
}

bool
errand_await(pid_t pid, unsigned patience_ms)
{
	CLEANUP(fd_close) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int status;

	if (!is_over(pidfd, patience_ms)) {
		kill(pid, SIGKILL);
		(void)is_over(pidfd, KILLED_MS);
	}
	return waitpid(pid, &status, WNOHANG) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}
