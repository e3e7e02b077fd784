/* SPDX-License-Identifier: ISC */
/*
 * Rights of a login (pure).
 */
#include "monitor/session/rights.h"

#include <stdio.h>

#include "common/text.h"

const char *
rights_command(const struct settings *settings, const struct permissions *permissions)
{
	const char *command = settings_text(settings, KEYWORD_ForceCommand);

	return command != NULL ? command : permissions->command;
}

bool
rights_rc(const struct settings *settings, const struct permissions *permissions)
{
	return permissions->user_rc && settings_text(settings, KEYWORD_ForceCommand) == NULL;
}

/* --- Telling ------------------------------------------------------------------------------------ */

static void
tell_command(
    const struct settings *settings, const struct permissions *permissions, struct trace *trace)
{
	const struct setting_origin origin = settings_origin(settings, KEYWORD_ForceCommand);
	char command[TRACE_TEXT_MAX];

	if (settings_text(settings, KEYWORD_ForceCommand) == NULL)
		return;
	text_quote(bytes_of_text(rights_command(settings, permissions)), command, sizeof(command));
	trace_permission(trace, "command", true, "ForceCommand", &origin, "%s", command);
	if (!rights_rc(settings, permissions))
		trace_permission(trace, "rc file", false, "ForceCommand", &origin,
		    "the operator says what is run");
}

/* A list, with blanks between its words, cut. */
static void
join(const struct settings *settings, enum keyword keyword, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < settings_count(settings, keyword) && used < size; i++) {
		char word[TRACE_TEXT_MAX];

		text_quote(bytes_of_text(settings_word(settings, keyword, i)), word, sizeof(word));
		used += (size_t)snprintf(out + used, size - used, "%s%s", i == 0 ? "" : " ", word);
	}
}

static void
tell_list(
    const struct settings *settings, enum keyword keyword, const char *name, struct trace *trace)
{
	const struct setting_origin origin = settings_origin(settings, keyword);
	const bool is_set = settings_count(settings, keyword) > 0;
	char words[TRACE_TEXT_MAX];

	join(settings, keyword, words, sizeof(words));
	trace_permission(
	    trace, name, is_set, settings_name(keyword), &origin, "%s", is_set ? words : "none");
}

static void
tell_places(
    const struct settings *settings, const struct permissions *permissions, struct trace *trace)
{
	if (permissions->forward_local)
		tell_list(settings, KEYWORD_PermitOpen, "places to connect to", trace);
	if (permissions->forward_remote)
		tell_list(settings, KEYWORD_PermitListen, "places to listen on", trace);
}

void
rights_tell(
    const struct settings *settings, const struct permissions *permissions, struct trace *trace)
{
	const int64_t sessions = settings_number(settings, KEYWORD_MaxSessions);
	const struct setting_origin origin = settings_origin(settings, KEYWORD_MaxSessions);

	trace_permission(trace, "sessions", sessions > 0, "MaxSessions", &origin, "%lld at a time",
	    (long long)sessions);
	tell_command(settings, permissions, trace);
	tell_list(settings, KEYWORD_AcceptEnv, "variables of the client", trace);
	tell_list(settings, KEYWORD_SetEnv, "variables of the server", trace);
	tell_places(settings, permissions, trace);
}
