/* SPDX-License-Identifier: ISC */
/*
 * kill(2) as somebody (edge). The kernel lets a sender's real uid decide as well as its effective one, so
 * root that is the user for a while would not do: a process becomes the user for good, and sends.
 */
#include "monitor/session/kill.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/process.h"
#include "monitor/session/become.h"

static bool
send(pid_t leader, int number)
{
	if (kill(-leader, number) == 0)
		return true;
	return errno == ESRCH && kill(leader, number) == 0;
}

static noreturn void
become_and_send(const struct account *account, pid_t leader, int number)
{
	const struct identity identity = { .uid = account->uid,
		.gid = account->gid,
		.groups = account->groups,
		.group_count = account->group_count };

	if (become_user(&identity) != RESULT_OK)
		_exit(1);
	process_hide();
	_exit(send(leader, number) ? 0 : 1);
}

bool
kill_as(const struct account *account, bool change_user, pid_t leader, int number)
{
	int status;
	pid_t pid;

	if (!change_user)
		return send(leader, number);
	pid = fork();
	if (pid < 0)
		return false;
	if (pid == 0)
		become_and_send(account, leader, number);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
