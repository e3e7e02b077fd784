/* SPDX-License-Identifier: ISC */
/*
 * A session's process, before it is the user's program (edge).
 *
 * It has its parent's memory and soon the user's uid: so it cannot be traced or dumped, and does nothing there that
 * it need not.
 */
#include "monitor/session/enter.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/process.h"
#include "monitor/session/become.h"
#include "monitor/session/enter_sftp.h"
#include "monitor/session/rc.h"
#include "monitor/session/root.h"

#define EXIT_NOT_PREPARED 254
#define EXIT_NOT_EXECUTED 1
#define EXIT_REFUSED      1

/* In the home: no texts before the shell. */
#define QUIET ".hushlogin"

static noreturn void
give_up(const char *what, int status)
{
	dprintf(STDERR_FILENO, "%s: %s\n", what, strerror(errno));
	_exit(status);
}

/* A new session, its terminal, and nothing open but 0, 1 and 2; what an exec is to close may still be used for it. */
static void
take_streams(const struct session_plan *plan, const int *theirs)
{
	const struct pty *pty = plan->pty;
	int fd;

	setsid(); /* cannot fail: a process that was just forked leads no group */
	for (int i = 0; i < SESSION_STREAMS; i++) {
		fd = pty != NULL ? theirs[0] : theirs[i];
		assert(fd > STDERR_FILENO);
		if (dup2(fd, i) < 0)
			_exit(EXIT_NOT_PREPARED);
	}
	if (pty != NULL && ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0)
		give_up(pty->name, EXIT_NOT_PREPARED);
	if (close_range(STDERR_FILENO + 1, ~0U, plan->sftp_fd > 0 ? CLOSE_RANGE_CLOEXEC : 0) < 0)
		give_up("close_range", EXIT_NOT_PREPARED);
}

/* The log has said already what is wrong with a folder; it may have changed since. */
static void
enter_root(const struct session_plan *plan)
{
	struct trusted_fault fault;

	if (plan->root == NULL || root_enter(plan->root, &fault) == RESULT_OK)
		return;
	dprintf(STDERR_FILENO, "the root folder of this session cannot be entered\n");
	_exit(EXIT_NOT_PREPARED);
}

static void
become_account(const struct session_plan *plan)
{
	const struct account *account = plan->account;
	struct identity identity = { .uid = account->uid,
		.gid = account->gid,
		.groups = account->groups,
		.group_count = account->group_count };

	if (plan->change_user && become_user(&identity) != RESULT_OK)
		give_up("cannot become the user", EXIT_NOT_PREPARED);
	errno = EPERM;
	if (!plan->change_user && !become_is_user(&identity))
		give_up("not running as the user", EXIT_NOT_PREPARED);
}

/* As the user: a home that only he may enter is his home all the same. Below a root of its own seldom one is there. */
static bool
enter_home(const struct account *account, bool has_root)
{
	if (chdir(account->home) == 0)
		return true;
	if (has_root)
		return false;
	dprintf(STDERR_FILENO, "Could not chdir to home directory %s: %s\n", account->home,
	    strerror(errno));
	if (chdir("/") < 0)
		give_up("/", EXIT_NOT_PREPARED);
	return false;
}

/* For people at a terminal, as login shows it; unless they have a file that says no. */
static void
show_notice(const struct session_plan *plan, bool is_at_home)
{
	if (plan->pty == NULL || plan->notice.size == 0 || (is_at_home && access(QUIET, F_OK) == 0))
		return;
	(void)!write(STDOUT_FILENO, plan->notice.data, plan->notice.size);
}

static noreturn void
say(const char *text)
{
	dprintf(STDOUT_FILENO, "%s", text);
	_exit(EXIT_REFUSED);
}

noreturn void
session_enter(const struct session_plan *plan, const int *theirs)
{
	const struct program *program = plan->program;
	struct rc_plan rc = { plan->account, plan->environment, false, plan->display };
	bool is_at_home;

	process_hide(); /* until the exec */
	take_streams(plan, theirs);
	process_reset_signals();
	if (program->text != NULL)
		say(program->text);
	if (plan->sftp_fd > 0)
		enter_sftp(plan);
	enter_root(plan);
	become_account(plan);
	process_hide();
	is_at_home = enter_home(plan->account, plan->root != NULL);
	rc.is_users_permitted = is_at_home && plan->runs_user_rc;
	show_notice(plan, is_at_home);
	rc_run(&rc);
	process_restore_core_limit();
	process_restore_file_limit();
	execve(program->path, program->argv, plan->environment);
	give_up(program->path, EXIT_NOT_EXECUTED);
}
