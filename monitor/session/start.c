/* SPDX-License-Identifier: ISC */
/*
 * A session from request to running process: pipes, fork, and in the new process the way from root to
 * the user's program. Edge.
 *
 * Between fork and exec the process has the monitor's memory and soon the user's uid: so it wipes the host
 * keys first, cannot be traced or dumped, and does nothing there that it need not.
 */
#include "monitor/session/start.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/key/key.h"
#include "common/log.h"
#include "common/process.h"
#include "monitor/session/become.h"
#include "monitor/session/rc.h"

#define EXIT_NOT_PREPARED 254
#define EXIT_NOT_EXECUTED 1

enum stream { STREAM_IN, STREAM_OUT, STREAM_ERR, STREAM_COUNT };

/* Both ends of what becomes 0, 1 and 2. */
struct streams {
	int theirs[STREAM_COUNT]; /* the program's; the terminal's slave is not owned */
	int ours[STREAM_COUNT];
};

static void
clear_streams(struct streams *streams)
{
	for (size_t i = 0; i < STREAM_COUNT; i++) {
		fd_close(&streams->theirs[i]);
		fd_close(&streams->ours[i]);
	}
}

/*
 * Only our end must not block: a program that finds its own end non-blocking misbehaves. The pipe is
 * made the user's, so that he can open /dev/stderr and kin, which are names for it.
 */
static enum result
make_pipe(const struct session_plan *plan, int *read_end, int *write_end, const int *our_end)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return RESULT_SYSTEM;
	*read_end = ends[0];
	*write_end = ends[1];
	if (fcntl(*our_end, F_SETFL, O_NONBLOCK) < 0)
		return RESULT_SYSTEM;
	if (plan->change_user && fchown(ends[0], plan->account->uid, plan->account->gid) < 0)
		return RESULT_SYSTEM;
	return RESULT_OK;
}

static enum result
make_pipes(const struct session_plan *plan, struct streams *streams)
{
	int *theirs = streams->theirs;
	int *ours = streams->ours;

	TRY(make_pipe(plan, &theirs[STREAM_IN], &ours[STREAM_IN], &ours[STREAM_IN]));
	TRY(make_pipe(plan, &ours[STREAM_OUT], &theirs[STREAM_OUT], &ours[STREAM_OUT]));
	return make_pipe(plan, &ours[STREAM_ERR], &theirs[STREAM_ERR], &ours[STREAM_ERR]);
}

/* --- In the new process ------------------------------------------------------------------------- */

static noreturn void
give_up(const char *what, int status)
{
	dprintf(STDERR_FILENO, "%s: %s\n", what, strerror(errno));
	_exit(status);
}

/* A new session, its terminal, and nothing open but 0, 1 and 2. */
static void
take_streams(const struct session_plan *plan, const struct streams *streams)
{
	const struct pty *pty = plan->pty;
	int fd;

	setsid(); /* cannot fail: a process that was just forked leads no group */
	for (int i = 0; i < STREAM_COUNT; i++) {
		fd = pty != NULL ? pty->slave_fd : streams->theirs[i];
		assert(fd > STDERR_FILENO);
		if (dup2(fd, i) < 0)
			_exit(EXIT_NOT_PREPARED);
	}
	if (pty != NULL && ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0)
		give_up(pty->name, EXIT_NOT_PREPARED);
	if (close_range(STDERR_FILENO + 1, ~0U, 0) < 0)
		give_up("close_range", EXIT_NOT_PREPARED);
}

/* Of this process's copies, before it is the user's, who may stop it and whose rc file it waits for. */
static void
forget_host_keys(const struct monitor_inputs *inputs)
{
	for (size_t i = 0; i < inputs->host_key_count; i++)
		key_free(inputs->host_keys[i].key);
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

/* As the user: a home that only he may enter is his home all the same. */
static bool
enter_home(const struct account *account)
{
	if (chdir(account->home) == 0)
		return true;
	dprintf(STDERR_FILENO, "Could not chdir to home directory %s: %s\n", account->home,
	    strerror(errno));
	if (chdir("/") < 0)
		give_up("/", EXIT_NOT_PREPARED);
	return false;
}

static noreturn void
run(const struct session_plan *plan, const struct streams *streams)
{
	const struct program *program = plan->program;
	struct rc_plan rc = { plan->account, plan->environment, false };

	process_hide(); /* until the exec */
	take_streams(plan, streams);
	process_reset_signals();
	forget_host_keys(plan->inputs);
	become_account(plan);
	process_hide();
	rc.is_users_permitted = enter_home(plan->account) && plan->runs_user_rc;
	rc_run(&rc);
	process_restore_core_limit();
	execve(program->path, program->argv, plan->environment);
	give_up(program->path, EXIT_NOT_EXECUTED);
}

/* --- In the monitor ----------------------------------------------------------------------------- */

static void
hand_out(struct streams *streams, struct session_started *out)
{
	out->stdin_fd = streams->ours[STREAM_IN];
	out->stdout_fd = streams->ours[STREAM_OUT];
	out->stderr_fd = streams->ours[STREAM_ERR];
	for (size_t i = 0; i < STREAM_COUNT; i++)
		streams->ours[i] = -1;
}

enum result
session_start(const struct session_plan *plan, struct session_started *out)
{
	CLEANUP(clear_streams) struct streams streams = { { -1, -1, -1 }, { -1, -1, -1 } };
	pid_t pid;

	if (plan->pty == NULL && make_pipes(plan, &streams) != RESULT_OK) {
		log_error("session-pipes", "cannot make the session's pipes: %s", strerror(errno));
		return RESULT_SYSTEM;
	}
	pid = fork();
	if (pid == 0)
		run(plan, &streams);
	if (pid < 0) {
		log_error(
		    "session-fork", "cannot start the session's process: %s", strerror(errno));
		return RESULT_SYSTEM;
	}
	out->pid = pid;
	hand_out(&streams, out);
	return RESULT_OK;
}
