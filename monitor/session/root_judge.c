/* SPDX-License-Identifier: ISC */
/*
 * The judgement of a root folder (edge).
 */
#include "monitor/session/root_judge.h"

#include <stdio.h>

#include "common/log.h"
#include "common/text.h"
#include "monitor/lines/users.h"
#include "monitor/session/root.h"

static bool
is_users_own(const struct account *account)
{
	return account->virtual != NULL && account->virtual->root != NULL;
}

static struct setting_origin
origin_of(const struct settings *settings, const struct account *account)
{
	if (is_users_own(account))
		return (struct setting_origin){ account->virtual->where, account->virtual->line };
	return settings_origin(settings, KEYWORD_ChrootDirectory);
}

static bool
refuse(const struct monitor *monitor, const char *path, const char *part, const char *why)
{
	const struct setting_origin origin = origin_of(monitor->settings, monitor->account);
	char quoted[2 * ROOT_PATH_MAX], quoted_part[2 * ROOT_PATH_MAX];

	text_quote(bytes_of_text(path), quoted, sizeof(quoted));
	text_quote(bytes_of_text(part), quoted_part, sizeof(quoted_part));
	log_error("root-folder",
	    "user %s from %s port %u gets nothing: the root folder %s (%s:%u): %s%s%s",
	    monitor->account->name, monitor->inputs->peer.address, monitor->inputs->peer.port,
	    quoted, origin.file, origin.line, quoted_part, part[0] == '\0' ? "" : ": ", why);
	return false;
}

bool
root_judge(const struct monitor *monitor, char *path)
{
	struct trusted_fault fault;

	if (root_choose(monitor->settings, monitor->account, path) != RESULT_OK)
		return refuse(monitor, root_pattern(monitor->settings, monitor->account), "",
		    "this is no absolute path, or too long");
	if (path[0] == '\0')
		return true;
	if (!monitor->inputs->is_root)
		return refuse(monitor, path, "",
		    "this server is not root and cannot change it; say ChrootDirectory none");
	if (root_check(path, &fault) == RESULT_OK)
		return true;
	return refuse(monitor, path, fault.part, fault.why);
}

void
root_tell(const struct settings *settings, const struct account *account, struct trace *trace)
{
	const struct setting_origin origin = origin_of(settings, account);
	const char *rule = is_users_own(account) ? "root" : "ChrootDirectory";
	char path[ROOT_PATH_MAX], quoted[TRACE_TEXT_MAX / 2];
	struct trusted_fault fault = { 0 };
	enum result result = root_choose(settings, account, path);

	if (result == RESULT_OK && path[0] == '\0')
		return;
	if (result == RESULT_OK)
		result = root_check(path, &fault);
	text_quote(
	    bytes_of_text(fault.part[0] == '\0' ? path : fault.part), quoted, sizeof(quoted));
	trace_permission(trace, "root folder", result == RESULT_OK, rule, &origin, "%s%s%s", quoted,
	    fault.why[0] == '\0' ? "" : ": ", fault.why);
}
