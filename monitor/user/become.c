/* SPDX-License-Identifier: ISC */
/*
 * The first thing that a user process does (edge).
 */
#include "monitor/user/become.h"

#include <errno.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/mem.h"
#include "monitor/session/become.h"
#include "monitor/session/root.h"

static enum result
enter_root(const struct user_start *start)
{
	CLEANUP(mem_freep) char *path = NULL;
	struct trusted_fault fault;
	enum result result;

	if (start->root.size == 0)
		return RESULT_OK;
	TRY(mem_text(start->root, &path));
	result = root_enter(path, &fault);
	if (result != RESULT_OK)
		log_error("user-start", "the root folder cannot be entered: %s: %s", fault.part,
		    fault.why);
	return result;
}

static enum result
become(const struct user_start *start)
{
	struct identity identity = { .uid = start->uid,
		.gid = start->gid,
		.groups = start->groups,
		.group_count = start->group_count };

	if (start->change_user)
		return become_user(&identity);
	return become_is_user(&identity) ? RESULT_OK : RESULT_DENIED;
}

enum result
user_become(const struct user_start *start)
{
	enum result result;

	TRY(enter_root(start));
	result = become(start);
	if (result != RESULT_OK)
		log_error("user-start", "cannot become uid %u: %s", (unsigned)start->uid,
		    strerror(errno));
	return result;
}
