/* SPDX-License-Identifier: ISC */
/*
 * A process's own dumpability, limits and signals (edge).
 */
#include "common/process.h"

#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static struct rlimit core_limit;
static bool has_core_limit;

void
process_hide(void)
{
	struct rlimit none;

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (has_core_limit || getrlimit(RLIMIT_CORE, &core_limit) < 0)
		return;
	has_core_limit = true;
	none = (struct rlimit){ 0, core_limit.rlim_max };
	(void)setrlimit(RLIMIT_CORE, &none);
}

void
process_restore_core_limit(void)
{
	if (has_core_limit)
		(void)setrlimit(RLIMIT_CORE, &core_limit);
}

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

bool
process_become(uid_t uid, gid_t gid, const gid_t *groups, size_t group_count)
{
	uid_t real, effective, saved;

	if (setgroups(group_count, groups) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return false;
	if (getresuid(&real, &effective, &saved) < 0)
		return false;
	return real == uid && effective == uid && saved == uid && (uid == 0 || setuid(0) < 0);
}
