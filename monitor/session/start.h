/* SPDX-License-Identifier: ISC */
/*
 * Starting a session's program (edge).
 */
#pragma once

#include "monitor/monitor.h"
#include "monitor/session/program.h"
#include "monitor/session/pty.h"

struct rc_display; /* monitor/session/rc.h */

/* All that a program is started with; everything is borrowed. */
struct session_plan {
	const struct program *program;
	char *const *environment;
	const struct account *account;
	const struct monitor_inputs
	    *inputs;         /* whose host keys the program's process does not keep */
	struct monitor *pam; /* whose PAM session it belongs to; NULL: there is none */
	struct bytes notice; /* shown first at a terminal */
	const char *root;    /* the folder that is entered first; NULL: none */
	int sftp_fd; /* O_PATH of sallyport-user, which enters the folder itself and serves SFTP there, where
	                          there need be no program; -1: program is executed */
	bool change_user;                 /* become the account's user; only root can */
	bool runs_user_rc;                /* ~/.ssh/rc first */
	const struct rc_display *display; /* NULL: none is forwarded */
	const struct pty *pty;            /* NULL: pipes */
};

/* A program that runs. */
struct session_started {
	pid_t pid;                          /* also its session and process group */
	int stdin_fd, stdout_fd, stderr_fd; /* our ends, non-blocking, owned; -1 with a terminal */
};

/*
 * Forks and executes, within PAM's session where there is one. What fails after the fork is told on the program's
 * standard error, and its exit status is sshd's: 254 before, 1 when the program cannot be executed. RESULT_SYSTEM (no
 * process or no pipe; logged).
 */
enum result session_start(const struct session_plan *plan, struct session_started *out) MUST_USE;
