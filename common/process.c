/* SPDX-License-Identifier: ISC */
/*
 * Between fork and exec (edge).
 */
#include "common/process.h"

#include <signal.h>
#include <stddef.h>

void
process_reset_signals(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
