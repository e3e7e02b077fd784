/* SPDX-License-Identifier: ISC */
/*
 * The uid for good: groups, gid, uid, and the proof that there is no way back. Edge.
 */
#include "monitor/session/become.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/mem.h"

bool
become_is_user(const struct identity *identity)
{
	uid_t uids[3];
	gid_t gids[3];

	if (getresuid(&uids[0], &uids[1], &uids[2]) < 0 ||
	    getresgid(&gids[0], &gids[1], &gids[2]) < 0)
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (uids[i] != identity->uid || gids[i] != identity->gid)
			return false;
	}
	return true;
}

static int
compare_gids(const void *a, const void *b)
{
	const gid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The kernel's list, in order. It keeps repeated entries, so the counts must agree, too. */
static enum result
check_groups(const struct identity *identity)
{
	CLEANUP(mem_freep) gid_t *wanted = NULL;
	CLEANUP(mem_freep) gid_t *actual = NULL;
	size_t count = identity->group_count;

	if (count == 0)
		return getgroups(0, NULL) == 0 ? RESULT_OK : RESULT_DENIED;
	TRY(mem_new(count, sizeof(gid_t), (void **)&wanted));
	TRY(mem_new(count, sizeof(gid_t), (void **)&actual));
	if (getgroups((int)count, actual) != (int)count)
		return RESULT_DENIED;
	memcpy(wanted, identity->groups, count * sizeof(gid_t));
	qsort(wanted, count, sizeof(gid_t), compare_gids);
	qsort(actual, count, sizeof(gid_t), compare_gids);
	return memcmp(wanted, actual, count * sizeof(gid_t)) == 0 ? RESULT_OK : RESULT_DENIED;
}

/* Securebits that the daemon was started with could let capabilities outlive the uid. */
static enum result
check_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data) < 0)
		return RESULT_SYSTEM;
	for (size_t i = 0; i < COUNT(data); i++) {
		if (data[i].effective != 0 || data[i].permitted != 0)
			return RESULT_DENIED;
	}
	return RESULT_OK;
}

/* Tries the doors instead of believing that they are shut. */
static enum result
check_no_way_back(const struct identity *identity)
{
	if (identity->uid == 0)
		return RESULT_OK;
	TRY(check_capabilities());
	if (setresuid((uid_t)-1, 0, (uid_t)-1) == 0 || setuid(0) == 0)
		return RESULT_DENIED;
	if (identity->gid != 0 && (setresgid((gid_t)-1, 0, (gid_t)-1) == 0 || setgid(0) == 0))
		return RESULT_DENIED;
	return RESULT_OK;
}

enum result
become_user(const struct identity *identity)
{
	if (setgroups(identity->group_count, identity->groups) < 0)
		return RESULT_SYSTEM;
	if (setresgid(identity->gid, identity->gid, identity->gid) < 0)
		return RESULT_SYSTEM;
	if (setresuid(identity->uid, identity->uid, identity->uid) < 0)
		return RESULT_SYSTEM;
	errno = EPERM; /* what a caller reports for a check that failed */
	TRY(check_groups(identity));
	TRY(check_no_way_back(identity));
	return become_is_user(identity) ? RESULT_OK : RESULT_DENIED;
}
