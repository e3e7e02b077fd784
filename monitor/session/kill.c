/* SPDX-License-Identifier: ISC */
/*
 * kill(2) as somebody (edge). The kernel lets a sender's real uid decide as well as its effective one, so
 * root that is the user for a while would not do: a process becomes the user for good, and sends. Whoever gets the
 * signal learns its number, and may stop it.
 */
#include "monitor/session/kill.h"

#include <errno.h>
#include <signal.h>

#define PATIENCE_MS 1000

struct message {
	pid_t leader;
	int number;
};

static bool
send(const void *what)
{
	const struct message *message = what;

	if (kill(-message->leader, message->number) == 0)
		return true;
	return errno == ESRCH && kill(message->leader, message->number) == 0;
}

bool
kill_as(const struct errand *who, pid_t leader, int number)
{
	const struct message message = { leader, number };
	pid_t pid;

	if (!who->inputs->is_root)
		return send(&message);
	pid = errand_begin(who, send, &message);
	return pid > 0 && errand_await(pid, PATIENCE_MS);
}
