/* SPDX-License-Identifier: ISC */
/*
 * Signals by the names of RFC 4254 section 6.9: those that clients may send and are told of. Pure.
 */
#include "monitor/session/signals.h"

#include <signal.h>
#include <stdio.h>

struct signal_row {
	const char *name;
	int number;
};

/* clang-format off */
static const struct signal_row signals[] = {
	{ "ABRT", SIGABRT },
	{ "ALRM", SIGALRM },
	{ "FPE",  SIGFPE },
	{ "HUP",  SIGHUP },
	{ "ILL",  SIGILL },
	{ "INT",  SIGINT },
	{ "KILL", SIGKILL },
	{ "PIPE", SIGPIPE },
	{ "QUIT", SIGQUIT },
	{ "SEGV", SIGSEGV },
	{ "TERM", SIGTERM },
	{ "USR1", SIGUSR1 },
	{ "USR2", SIGUSR2 },
};
/* clang-format on */

bool
signals_find(struct bytes name, int *number)
{
	*number = 0;
	for (size_t i = 0; i < COUNT(signals); i++) {
		if (bytes_is(name, signals[i].name)) {
			*number = signals[i].number;
			return true;
		}
	}
	return bytes_is(name, "INFO@openssh.com");
}

void
signals_name(int number, char out[SIGNAL_NAME_MAX])
{
	const char *name;

	for (size_t i = 0; i < COUNT(signals); i++) {
		if (signals[i].number == number) {
			snprintf(out, SIGNAL_NAME_MAX, "%s", signals[i].name);
			return;
		}
	}
	name = sigabbrev_np(number);
	snprintf(out, SIGNAL_NAME_MAX, "%s@openssh.com", name == NULL ? "SIG" : name);
}
