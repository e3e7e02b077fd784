/* SPDX-License-Identifier: ISC */
/*
 * A session from request to running process: pipes and fork, or PAM's process that forks. Edge.
 */
#include "monitor/session/start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "monitor/login/pam_link.h"
#include "monitor/session/enter.h"

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

static enum result
fork_here(const struct session_plan *plan, const int *theirs, pid_t *pid)
{
	*pid = fork();
	if (*pid == 0) {
		/* Before it is the user's, who may stop it and whose rc file it waits for. */
		host_keys_forget(plan->inputs);
		session_enter(plan, theirs);
	}
	return *pid < 0 ? RESULT_SYSTEM : RESULT_OK;
}

enum result
session_start(const struct session_plan *plan, struct session_started *out)
{
	CLEANUP(clear_streams) struct streams streams = { { -1, -1, -1 }, { -1, -1, -1 } };
	const bool has_pty = plan->pty != NULL;
	const int *theirs = has_pty ? &plan->pty->slave_fd : streams.theirs;
	enum result result;

	if (!has_pty && make_pipes(plan, &streams) != RESULT_OK) {
		log_error("session-pipes", "cannot make the session's pipes: %s", strerror(errno));
		return RESULT_SYSTEM;
	}
	if (plan->pam != NULL)
		result =
		    pam_link_run(plan->pam, plan, theirs, has_pty ? 1 : STREAM_COUNT, &out->pid);
	else
		result = fork_here(plan, theirs, &out->pid);
	if (result != RESULT_OK) {
		log_error(
		    "session-fork", "cannot start the session's process: %s", strerror(errno));
		return RESULT_SYSTEM;
	}
	hand_out(&streams, out);
	return RESULT_OK;
}
