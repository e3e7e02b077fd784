/* SPDX-License-Identifier: ISC */
/*
 * What runs before a session's program: ~/.ssh/rc, or the operator's /etc/ssh/sshrc where there is none. sshd(8),
 * SSHRC. In the session's own process (edge).
 */
#pragma once

#include "monitor/monitor.h"

struct rc_plan {
	const struct account *account;
	char *const *environment;
	bool is_users_permitted; /* and we are at home */
};

/* As the user, whose shell starts the own file. Reads nothing; writes where the program will. Waits for its end,
 * whatever that is. */
void rc_run(const struct rc_plan *plan);
