/* SPDX-License-Identifier: ISC */
/*
 * The account of the one who asks, looked up once for each connection (edge).
 */
#include "monitor/login/lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "monitor/login/lists.h"
#include "monitor/login/peer_name.h"
#include "monitor/login/virtual.h"

/* What the file says of groups must be so where nothing can be done about it. */
static bool
has_its_groups(const struct account *account)
{
	gid_t own[IPC_GROUPS_MAX];
	const int count = getgroups(COUNT(own), own);

	for (size_t i = 0; i < account->group_count; i++) {
		bool is_there = account->groups[i] == getgid();

		for (int k = 0; k < count; k++)
			is_there |= account->groups[i] == own[k];
		if (!is_there)
			return false;
	}
	return account->gid == getgid();
}

/* Without root only the one who runs the server can be become. */
static bool
is_within_reach(const struct monitor *monitor, struct login *login)
{
	if (monitor->inputs->is_root)
		return true;
	snprintf(login->refusal, sizeof(login->refusal),
	    "this server cannot become others (it is not root, or not quite), so nobody gets other "
	    "groups than it has");
	if (login->account->virtual != NULL && login->account->uid == getuid() &&
	    !has_its_groups(login->account))
		return false;
	if (login->account->uid == getuid())
		return true;
	snprintf(login->refusal, sizeof(login->refusal),
	    "this server cannot become others (it is not root, or not quite), so only the user who "
	    "runs it can log in");
	return false;
}

/* Failing to ask keeps people out. */
static bool
lists_let_in(const struct monitor *monitor, struct login *login)
{
	CLEANUP(group_names_clear) struct group_names groups = { 0 };
	const bool asks_for_host = lists_ask_for_host(monitor->settings);

	if (lists_ask_for_groups(monitor->settings) &&
	    account_group_names(login->account, &groups) != RESULT_OK) {
		snprintf(login->refusal, sizeof(login->refusal), "their groups cannot be found");
		return false;
	}
	return !lists_object(&(struct lists_question){ .settings = monitor->settings,
				 .user = login->account->name,
				 .address = monitor->inputs->peer.address,
				 .host = asks_for_host ? peer_name(monitor) : "",
				 .groups = (const char *const *)groups.list,
				 .group_count = groups.count },
	    login->refusal, sizeof(login->refusal));
}

/* Directories may know a user by several names. Match blocks were asked for this one; what they say of the
 * account's own name must not be got around. */
static bool
is_called_so(const struct monitor *monitor, struct login *login)
{
	const struct bytes name = bytes_of_text(login->account->name);

	if (monitor->own_settings == NULL || bytes_equal(name, login_name(login)))
		return true;
	snprintf(login->refusal, sizeof(login->refusal),
	    "the account's own name is %.64s, and Match blocks may ask for it",
	    login->account->name);
	return false;
}

static bool
may_log_in(const struct monitor *monitor, struct login *login)
{
	const struct account_rules rules = { .uses_pam = login_uses_pam(monitor),
		.is_root = monitor->inputs->is_root };

	return is_called_so(monitor, login) && is_within_reach(monitor, login) &&
	       account_may_log_in(login->account, &rules, login->refusal, sizeof(login->refusal)) &&
	       lists_let_in(monitor, login);
}

/* Where nobody becomes anybody, what sessions have is what we have, whatever group(5) says: in a container that is
 * seldom the same. The lists were asked for the account's own groups. */
static enum result
take_our_groups(struct account *account)
{
	const int count = getgroups(0, NULL);
	gid_t *groups;

	if (count < 0)
		return RESULT_SYSTEM;
	TRY(mem_new((size_t)count + 1, sizeof(gid_t), (void **)&groups));
	free(account->groups);
	account->groups = groups;
	account->group_count = 0;
	account->gid = getgid();
	if (getgroups(count, groups) != count)
		return RESULT_SYSTEM;
	account->group_count = (size_t)count;
	return RESULT_OK;
}

static bool
may_become(const struct monitor *monitor, struct login *login)
{
	if (!may_log_in(monitor, login))
		return false;
	snprintf(login->refusal, sizeof(login->refusal), "our own groups cannot be found");
	return monitor->inputs->is_root || take_our_groups(login->account) == RESULT_OK;
}

void
lookup_find(struct monitor *monitor)
{
	struct login *login = monitor->login;
	CLEANUP(mem_freep) char *name = NULL;
	struct account_question question = {
		.users_file = settings_text(monitor->settings, KEYWORD_UsersFile),
		.is_root = monitor->inputs->is_root,
	};
	enum result result;

	if (login->is_looked_up)
		return;
	login->is_looked_up = true;
	snprintf(login->refusal, sizeof(login->refusal), "no user can have this name");
	if (login_name(login).size == 0 || mem_text(login_name(login), &name) != RESULT_OK)
		return;
	snprintf(login->refusal, sizeof(login->refusal), "there is no such user");
	_Static_assert(sizeof(login->refusal) >= VIRTUAL_REASON_MAX, "room for the reason");
	question.name = name;
	result = account_find_any(&question, &login->account, &login->is_virtual, login->refusal);
	login->is_known = result == RESULT_OK || login->is_virtual;
}

void
lookup_user(struct monitor *monitor)
{
	struct login *login = monitor->login;

	lookup_find(monitor);
	if (login->is_judged)
		return;
	login->is_judged = true;
	if (lists_ask_for_host(monitor->settings))
		(void)peer_name(monitor); /* for those whom there is not, too: it takes its time */
	if (login->account != NULL && !may_become(monitor, login)) {
		account_free(login->account);
		login->account = NULL;
	}
	if (login->account == NULL)
		log_info(login->is_known ? "user-refused" : "user-unknown",
		    "%s user %s from %s port %u: %s", login->is_known ? "Refused" : "Invalid",
		    login->user, monitor->inputs->peer.address, monitor->inputs->peer.port,
		    login->refusal);
}
