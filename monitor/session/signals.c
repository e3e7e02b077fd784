/* SPDX-License-Identifier: ISC */
/*
 * Signals: RFC 4254 names and numbers, and which of them a client may send. Pure.
 */
#include "monitor/session/signals.h"

#include <signal.h>
#include <stdio.h>

struct signal_row {
	const char *name;
	int number;
	bool from_client;
};

/* clang-format off */
static const struct signal_row signals[] = {
	{ "ABRT", SIGABRT, false },
	{ "ALRM", SIGALRM, false },
	{ "FPE",  SIGFPE,  false },
	{ "HUP",  SIGHUP,  true  },
	{ "ILL",  SIGILL,  false },
	{ "INT",  SIGINT,  true  },
	{ "KILL", SIGKILL, true  },
	{ "PIPE", SIGPIPE, false },
	{ "QUIT", SIGQUIT, true  },
	{ "SEGV", SIGSEGV, false },
	{ "TERM", SIGTERM, true  },
	{ "USR1", SIGUSR1, true  },
	{ "USR2", SIGUSR2, true  },
};
/* clang-format on */

int
signals_find(struct bytes name)
{
	for (size_t i = 0; i < COUNT(signals); i++) {
		if (signals[i].from_client && bytes_is(name, signals[i].name))
			return signals[i].number;
	}
	return 0;
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
