/* SPDX-License-Identifier: ISC */
/*
 * The account of the one who asks, looked up once for each connection (edge).
 */
#include "monitor/login/lookup.h"

#include <stdio.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"

/* Without root only the one who runs the server can be become. */
static bool
is_within_reach(const struct monitor *monitor, struct login *login)
{
	if (monitor->inputs->is_root || login->account->uid == getuid())
		return true;
	snprintf(login->refusal, sizeof(login->refusal),
	    "this server does not run as root, so only the user who runs it can log in");
	return false;
}

static void
find_account(struct monitor *monitor, const char *name)
{
	struct login *login = monitor->login;

	if (account_find(name, &login->account) != RESULT_OK) {
		snprintf(login->refusal, sizeof(login->refusal), "there is no such user");
		return;
	}
	login->is_known = true;
	if (is_within_reach(monitor, login) && account_may_log_in(login->account, monitor->settings,
						   login->refusal, sizeof(login->refusal)))
		return;
	account_free(login->account);
	login->account = NULL;
}

void
lookup_user(struct monitor *monitor)
{
	struct login *login = monitor->login;
	CLEANUP(mem_freep) char *name = NULL;

	if (login->is_looked_up)
		return;
	login->is_looked_up = true;
	if (login->raw_user_size > 0 &&
	    mem_text(bytes_of(login->raw_user, login->raw_user_size), &name) == RESULT_OK)
		find_account(monitor, name);
	else
		snprintf(login->refusal, sizeof(login->refusal), "no user can have this name");
	if (login->account == NULL)
		log_info(login->is_known ? "user-refused" : "user-unknown",
		    "%s user %s from %s port %u: %s", login->is_known ? "Refused" : "Invalid",
		    login->user, monitor->inputs->peer.address, monitor->inputs->peer.port,
		    login->refusal);
}
