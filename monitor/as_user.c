/* SPDX-License-Identifier: ISC */
/*
 * To be the user for a while (edge).
 */
#include "monitor/as_user.h"

#include <grp.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/process.h"

static enum result
remember_groups(struct as_user *before)
{
	const int count = getgroups(0, NULL);

	before->group = getegid();
	if (count < 0)
		return RESULT_SYSTEM;
	TRY(mem_new((size_t)count, sizeof(gid_t), (void **)&before->groups));
	before->group_count = getgroups(count, before->groups);
	return before->group_count == count ? RESULT_OK : RESULT_SYSTEM;
}

/* A monitor that is half a user must not decide anything. */
void
as_user_end(struct as_user *before)
{
	uid_t real_user, user, saved_user;
	gid_t real_group, group, saved_group;

	if (before->is_changed &&
	    (setresuid((uid_t)-1, 0, (uid_t)-1) != 0 ||
		setresgid((gid_t)-1, before->group, (gid_t)-1) != 0 ||
		setgroups((size_t)before->group_count, before->groups) != 0 ||
		getresuid(&real_user, &user, &saved_user) != 0 || user != 0 || saved_user != 0 ||
		getresgid(&real_group, &group, &saved_group) != 0 || group != before->group)) {
		log_fatal("system", "cannot become root again after reading a key file");
		abort();
	}
	process_hide();
	before->is_changed = false;
	free(before->groups);
	before->groups = NULL;
}

/* Only the effective ids, and with them those of the file system: the real and saved ones stay root's,
 * so that the user can neither signal nor trace this process meanwhile. */
enum result
as_user_begin(const struct account *account, struct as_user *before)
{
	if (account->uid == 0)
		return RESULT_OK;
	TRY(remember_groups(before));
	if (setgroups(account->group_count, account->groups) != 0)
		return RESULT_SYSTEM;
	before->is_changed = true;
	if (setresgid((gid_t)-1, account->gid, (gid_t)-1) != 0 ||
	    setresuid((uid_t)-1, account->uid, (uid_t)-1) != 0)
		return RESULT_SYSTEM;
	if (geteuid() != account->uid || getegid() != account->gid)
		return RESULT_SYSTEM;
	return RESULT_OK;
}
