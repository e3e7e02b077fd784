/* SPDX-License-Identifier: ISC */
/*
 * DenyUsers, AllowUsers, DenyGroups, AllowGroups (pure). Denials come first, as sshd_config(5) has it.
 */
#include "monitor/rules/lists.h"

#include <stdio.h>

#include "common/addr.h"
#include "common/pattern.h"

/* "USER", or "USER@HOSTS", split at the last sign: names may have some. */
static bool
user_matches(const char *pattern, const struct lists_question *question)
{
	const char *sign = strrchr(pattern, '@');
	const size_t size = sign == NULL ? strlen(pattern) : (size_t)(sign - pattern);

	if (!pattern_matches(bytes_of(pattern, size), bytes_of_text(question->user)))
		return false;
	return sign == NULL ||
	       addr_list_match_name(bytes_of_text(sign + 1), bytes_of_text(question->address),
		   bytes_of_text(question->host)) == LIST_MATCH_YES;
}

static bool
group_matches(const char *pattern, const struct lists_question *question)
{
	for (size_t i = 0; i < question->group_count; i++) {
		if (pattern_matches(bytes_of_text(pattern), bytes_of_text(question->groups[i])))
			return true;
	}
	return false;
}

typedef bool matcher(const char *pattern, const struct lists_question *question);

static bool
is_among(enum keyword keyword, matcher *matches, const struct lists_question *question)
{
	for (size_t i = 0; i < settings_count(question->settings, keyword); i++) {
		if (matches(settings_word(question->settings, keyword, i), question))
			return true;
	}
	return false;
}

static const struct {
	enum keyword keyword;
	const char *name;
	matcher *matches;
	bool allows; /* whoever it does not name stays out, if it names anybody */
	enum refusal refusal;
} lists[] = {
	{ KEYWORD_DenyUsers, "DenyUsers", user_matches, false, REFUSAL_DENY_USERS },
	{ KEYWORD_AllowUsers, "AllowUsers", user_matches, true, REFUSAL_ALLOW_USERS },
	{ KEYWORD_DenyGroups, "DenyGroups", group_matches, false, REFUSAL_DENY_GROUPS },
	{ KEYWORD_AllowGroups, "AllowGroups", group_matches, true, REFUSAL_ALLOW_GROUPS },
};

bool
lists_ask_for_groups(const struct settings *settings)
{
	return settings_count(settings, KEYWORD_DenyGroups) > 0 ||
	       settings_count(settings, KEYWORD_AllowGroups) > 0;
}

static bool
names_hosts(const struct settings *settings, enum keyword keyword)
{
	for (size_t i = 0; i < settings_count(settings, keyword); i++) {
		if (strchr(settings_word(settings, keyword, i), '@') != NULL)
			return true;
	}
	return false;
}

bool
lists_ask_for_host(const struct settings *settings)
{
	return names_hosts(settings, KEYWORD_DenyUsers) ||
	       names_hosts(settings, KEYWORD_AllowUsers);
}

bool
lists_object(const struct lists_question *question, char *reason, size_t size)
{
	for (size_t i = 0; i < COUNT(lists); i++) {
		const struct setting_origin origin =
		    settings_origin(question->settings, lists[i].keyword);

		if (settings_count(question->settings, lists[i].keyword) == 0)
			continue;
		if (is_among(lists[i].keyword, lists[i].matches, question) == lists[i].allows) {
			trace_pass(question->trace, lists[i].name, &origin, "%s",
			    lists[i].allows ? "names them" : "does not name them");
			continue;
		}
		trace_refuse(question->trace, lists[i].refusal, lists[i].name, &origin, "%s",
		    lists[i].allows ? "does not name them" : "names them");
		snprintf(reason, size, "%s %s (%s:%u)", lists[i].name,
		    lists[i].allows ? "does not name them" : "names them", origin.file,
		    origin.line);
		return true;
	}
	return false;
}
