/* SPDX-License-Identifier: ISC */
/*
 * A process's own dumpability, limits, place in the queue for memory, and signals (edge).
 */
#include "common/process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct rlimit core_limit;
static bool has_core_limit;

static struct rlimit file_limit;
static bool has_file_limit;

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
	has_core_limit = false;
}

/* --- Memory that is not there -------------------------------------------------------------------- */

#define SCORE_FILE  "/proc/self/oom_score_adj"
#define SCORE_LEAST "-1000"

static char score[16]; /* what it was; "": it is still that */

static bool
write_score(const char *text)
{
	const int fd = open(SCORE_FILE, O_WRONLY | O_CLOEXEC);
	const bool is_written = fd >= 0 && dprintf(fd, "%s\n", text) > 0;

	if (fd >= 0)
		close(fd);
	return is_written;
}

static bool
read_score(char *text, size_t size)
{
	const int fd = open(SCORE_FILE, O_RDONLY | O_CLOEXEC);
	const ssize_t done = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[done > 0 ? done : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text[0] != '\0';
}

bool
process_protect(void)
{
	char before[sizeof(score)];

	if (score[0] != '\0')
		return true;
	if (!read_score(before, sizeof(before)) || !write_score(SCORE_LEAST))
		return false;
	memcpy(score, before, sizeof(score));
	return true;
}

void
process_unprotect(void)
{
	if (score[0] != '\0' && write_score(score))
		score[0] = '\0';
}

void
process_raise_file_limit(void)
{
	struct rlimit all;

	if (!has_file_limit && getrlimit(RLIMIT_NOFILE, &file_limit) < 0)
		return;
	has_file_limit = true;
	all = (struct rlimit){ file_limit.rlim_max, file_limit.rlim_max };
	(void)setrlimit(RLIMIT_NOFILE, &all);
}

void
process_restore_file_limit(void)
{
	if (has_file_limit)
		(void)setrlimit(RLIMIT_NOFILE, &file_limit);
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

bool
process_drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
	       syscall(SYS_capset, &header, none) == 0;
}
