/* SPDX-License-Identifier: ISC */
/*
 * Which settings hold for this login (edge).
 */
#include "monitor/login/policy.h"

#include "common/config/config.h"
#include "common/log.h"
#include "common/mem.h"
#include "monitor/login/decision.h"
#include "monitor/login/lookup.h"
#include "monitor/login/peer_name.h"
#include "monitor/orders.h"

/* Does choosing look up the account, which takes its time? */
static bool
asks_for_account(const struct monitor *monitor)
{
	return monitor->inputs->config != NULL && config_asks_for_account(monitor->inputs->config);
}

/* --- In force ----------------------------------------------------------------------------------- */

/* A level that is not the file's came from the command line: -d and -q stay above what blocks say. */
static void
choose_log_level(const struct settings *global, const struct settings *own)
{
	if ((int64_t)log_get_level() == settings_number(global, KEYWORD_LogLevel))
		log_set_level((enum log_level)settings_number(own, KEYWORD_LogLevel));
}

/* In memory of its own: the child's request lies in the monitor's room. */
static enum result
tell_child(struct monitor *monitor)
{
	const struct child_policy policy = orders_policy(monitor);
	const size_t size = ipc_row(IPC_user_policy)->body_max;
	CLEANUP(mem_freep) void *room = NULL;
	struct writer writer;

	TRY(mem_new(1, size, &room));
	writer = writer_into(room, size);
	child_policy_put(&writer, &policy);
	TRY(writer_end(&writer));
	monitor_tell(monitor, IPC_user_policy, writer_bytes(&writer), NULL, 0);
	return RESULT_OK;
}

static enum result
choose(struct monitor *monitor)
{
	const struct login *login = monitor->login;
	CLEANUP(mem_freep) char *user = NULL;
	struct decision_subject subject = {
		.inputs = monitor->inputs,
		.is_invalid_user = login->is_looked_up && !login->is_known,
		.account = login->account,
		.host = config_asks_for_host(monitor->inputs->config) ? peer_host(monitor) : NULL,
	};

	/* A name with a NUL is nobody's, and in no list of names. */
	if (mem_text(login_name(login), &user) == RESULT_MEMORY)
		return RESULT_MEMORY;
	subject.user = user;
	TRY(decision_settings(&subject, &monitor->login->trace, &monitor->own_settings));
	choose_log_level(monitor->settings, monitor->own_settings);
	login_watch(monitor->login);
	monitor->settings = monitor->own_settings;
	orders_read_banner(monitor);
	orders_list_signatures(monitor);
	TRY(orders_list_timeouts(monitor));
	monitor->login->has_news = true;
	return RESULT_OK;
}

enum result
policy_choose(struct monitor *monitor)
{
	/* What asks the questions, PAM or we, must be known before the first. */
	if (settings_text(monitor->settings, KEYWORD_UsersFile) != NULL)
		lookup_find(monitor);
	if (monitor->own_settings != NULL || monitor->inputs->config == NULL ||
	    !config_has_blocks(monitor->inputs->config))
		return RESULT_OK;
	if (asks_for_account(monitor))
		lookup_find(monitor);
	return choose(monitor);
}

enum result
policy_tell(struct monitor *monitor)
{
	if (!monitor->login->has_news)
		return RESULT_OK;
	monitor->login->has_news = false;
	return tell_child(monitor);
}
