/* SPDX-License-Identifier: ISC */
/*
 * The account of the one who asks, looked up once for each connection (edge).
 */
#include "monitor/login/lookup.h"

#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "monitor/login/attempt.h"
#include "monitor/login/decision.h"
#include "monitor/login/peer_name.h"
#include "monitor/rules/lists.h"

#define NOLOGIN_MAX 4096

static bool
may_log_in(const struct monitor *monitor, struct login *login)
{
	const struct decision_account question = {
		.inputs = monitor->inputs,
		.settings = monitor->settings,
		.account = login->account,
		.name = login_name(login),
		.host = lists_ask_for_host(monitor->settings) ? peer_name(monitor) : "",
		.has_own_settings = monitor->own_settings != NULL,
	};

	if (decision_account(
		&question, &login->trace, login->why_no_account, sizeof(login->why_no_account)))
		return true;
	login->refused_account = login->trace.refusal;
	return false;
}

void
lookup_find(struct monitor *monitor)
{
	struct login *login = monitor->login;
	struct decision_found found;

	_Static_assert(
	    sizeof(login->why_no_account) == sizeof(found.reason), "one room for both reasons");
	if (login->is_looked_up)
		return;
	login->is_looked_up = true;
	decision_find(monitor->inputs, monitor->settings, login_name(login), &login->trace, &found);
	login->account = found.account;
	login->is_known = found.is_known;
	login->is_virtual = found.is_virtual;
	login->refused_account = found.refusal;
	memcpy(login->why_no_account, found.reason, sizeof(login->why_no_account));
}

/* The line about names that nobody has ends where tools expect it. */
static void
log_refusal(const struct monitor *monitor, const struct login *login)
{
	const struct monitor_endpoint *peer = &monitor->inputs->peer;

	if (login->is_known)
		log_info(refusal_code(login->refused_account),
		    "Refused user %s from %s port %u: %s", login->user, peer->address, peer->port,
		    login->why_no_account);
	else
		log_info("invalid-user", "Invalid user %s from %s port %u", login->user,
		    peer->address, peer->port);
}

/* Why nobody gets in, to everybody alike; PAM has a module that says it. */
static void
show_nologin(struct monitor *monitor)
{
	OWNED_BUF text;

	buf_init(&text, NOLOGIN_MAX);
	if (!settings_flag(monitor->settings, KEYWORD_UsePAM) &&
	    fd_read_path(ACCOUNT_NOLOGIN, NOLOGIN_MAX, &text) == RESULT_OK)
		attempt_notice(monitor, buf_bytes(&text));
}

void
lookup_user(struct monitor *monitor)
{
	struct login *login = monitor->login;

	lookup_find(monitor);
	if (login->is_judged)
		return;
	login->is_judged = true;
	show_nologin(monitor);
	if (lists_ask_for_host(monitor->settings))
		(void)peer_name(monitor); /* for those whom there is not, too: it takes its time */
	if (login->account != NULL && !may_log_in(monitor, login)) {
		account_free(login->account);
		login->account = NULL;
	}
	if (login->account == NULL)
		log_refusal(monitor, login);
}
