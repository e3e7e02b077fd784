/* SPDX-License-Identifier: ISC */
/*
 * What runs before a session's program: ~/.ssh/rc, or the operator's /etc/ssh/sshrc where there is none, or,
 * where a display is forwarded and neither is there to do it, xauth. sshd(8), SSHRC. In the session's own
 * process (edge).
 */
#pragma once

#include "monitor/monitor.h"

/* How programs get to know the cookie of a display. */
struct rc_display {
	const char *xauth;     /* absolute path of the program */
	struct bytes commands; /* what it reads */
	struct bytes line;     /* what rc files read in its place */
};

/* What either reads is at most as long: a pipe takes it at once. */
#define RC_INPUT_MAX 4096

struct rc_plan {
	const struct account *account;
	char *const *environment;
	bool is_users_permitted;          /* and we are at home */
	const struct rc_display *display; /* NULL: none is forwarded */
};

/* As the user, whose shell starts the own file. Writes where the program will. Waits for the end of an rc file,
 * whatever that is; xauth has a few seconds. */
void rc_run(const struct rc_plan *plan);
