/* SPDX-License-Identifier: ISC */
/*
 * Roles (pure): one line of configuration that leaves what it names and takes all the rest. It grants nothing: what
 * it leaves, the other settings, the key and the certificate have their say about.
 */
#include "monitor/role.h"

#include <stdio.h>

#include "common/config/choices.h"

static const unsigned rights_of[] = {
	[ROLE_ALL] = ~0U,
	[ROLE_SESSION] = RIGHT_SESSIONS | RIGHT_COMMANDS | RIGHT_TERMINALS | RIGHT_RC,
	[ROLE_SFTP] = RIGHT_SESSIONS,
	[ROLE_JUMP] = RIGHT_CONNECT,
	[ROLE_REVERSE] = RIGHT_LISTEN,
	[ROLE_FORWARD] = RIGHT_CONNECT | RIGHT_LISTEN,
};

static const unsigned of_forwarding =
    RIGHT_CONNECT | RIGHT_LISTEN | RIGHT_SOCKETS | RIGHT_TUNNELS | RIGHT_AGENT | RIGHT_DISPLAY;

enum keyword
role_taken_by(const struct settings *settings, enum role_right right)
{
	const int64_t role = settings_number(settings, KEYWORD_Role);

	if ((rights_of[role] & (unsigned)right) == 0)
		return KEYWORD_Role;
	if ((of_forwarding & (unsigned)right) != 0 &&
	    settings_flag(settings, KEYWORD_DisableForwarding))
		return KEYWORD_DisableForwarding;
	return KEYWORD_COUNT;
}

void
role_refusal(
    const struct settings *settings, enum keyword keyword, const char *what, char *out, size_t size)
{
	const char *role = keyword == KEYWORD_Role
			       ? choice_name(keyword, settings_number(settings, keyword))
			       : NULL;

	snprintf(out, size, "%s%s%s does not permit %s", settings_name(keyword),
	    role == NULL ? "" : " ", role == NULL ? "" : role, what);
}
