/* SPDX-License-Identifier: ISC */
/*
 * The names that values may be, one table for all keywords (pure).
 */
#include "common/config/choices.h"

#include <stdio.h>
#include <strings.h>

#include "common/ipc_bodies.h"
#include "common/log.h"

/* clang-format off */
static const struct choice {
	enum keyword keyword;
	const char *name;
	int64_t number;
} choices[] = {
	{ KEYWORD_AddressFamily,      "any",                  ADDRESS_FAMILY_ANY },
	{ KEYWORD_AddressFamily,      "inet",                 ADDRESS_FAMILY_INET },
	{ KEYWORD_AddressFamily,      "inet6",                ADDRESS_FAMILY_INET6 },
	{ KEYWORD_PermitRootLogin,    "yes",                  PERMIT_ROOT_YES },
	{ KEYWORD_PermitRootLogin,    "no",                   PERMIT_ROOT_NO },
	{ KEYWORD_PermitRootLogin,    "prohibit-password",    PERMIT_ROOT_PROHIBIT_PASSWORD },
	{ KEYWORD_PermitRootLogin,    "without-password",     PERMIT_ROOT_PROHIBIT_PASSWORD },
	{ KEYWORD_PermitRootLogin,    "forced-commands-only", PERMIT_ROOT_FORCED_COMMANDS_ONLY },
	{ KEYWORD_IgnoreRhosts,       "yes",                  IGNORE_RHOSTS_YES },
	{ KEYWORD_IgnoreRhosts,       "no",                   IGNORE_RHOSTS_NO },
	{ KEYWORD_IgnoreRhosts,       "shosts-only",          IGNORE_RHOSTS_SHOSTS_ONLY },
	{ KEYWORD_AllowTcpForwarding, "yes",                  ALLOW_FORWARDING_YES },
	{ KEYWORD_AllowTcpForwarding, "no",                   ALLOW_FORWARDING_NO },
	{ KEYWORD_AllowTcpForwarding, "local",                ALLOW_FORWARDING_LOCAL },
	{ KEYWORD_AllowTcpForwarding, "remote",               ALLOW_FORWARDING_REMOTE },
	{ KEYWORD_AllowTcpForwarding, "all",                  ALLOW_FORWARDING_YES },
	{ KEYWORD_PermitTunnel,       "yes",                  PERMIT_TUNNEL_YES },
	{ KEYWORD_PermitTunnel,       "point-to-point",       PERMIT_TUNNEL_POINT_TO_POINT },
	{ KEYWORD_PermitTunnel,       "ethernet",             PERMIT_TUNNEL_ETHERNET },
	{ KEYWORD_PermitTunnel,       "no",                   PERMIT_TUNNEL_NO },
	{ KEYWORD_AllowStreamLocalForwarding, "yes",          ALLOW_FORWARDING_YES },
	{ KEYWORD_AllowStreamLocalForwarding, "no",           ALLOW_FORWARDING_NO },
	{ KEYWORD_AllowStreamLocalForwarding, "local",        ALLOW_FORWARDING_LOCAL },
	{ KEYWORD_AllowStreamLocalForwarding, "remote",       ALLOW_FORWARDING_REMOTE },
	{ KEYWORD_AllowStreamLocalForwarding, "all",          ALLOW_FORWARDING_YES },
	{ KEYWORD_Role,               "all",                  ROLE_ALL },
	{ KEYWORD_Role,               "session",              ROLE_SESSION },
	{ KEYWORD_Role,               "sftp",                 ROLE_SFTP },
	{ KEYWORD_Role,               "jump",                 ROLE_JUMP },
	{ KEYWORD_Role,               "reverse",              ROLE_REVERSE },
	{ KEYWORD_Role,               "forward",              ROLE_FORWARD },
	{ KEYWORD_GatewayPorts,       "no",                   GATEWAY_PORTS_NO },
	{ KEYWORD_GatewayPorts,       "yes",                  GATEWAY_PORTS_YES },
	{ KEYWORD_GatewayPorts,       "clientspecified",      GATEWAY_PORTS_BY_CLIENT },
	{ KEYWORD_Compression,        "yes",                  COMPRESSION_DELAYED }, /* as sshd since 7.4 */
	{ KEYWORD_Compression,        "delayed",              COMPRESSION_DELAYED },
	{ KEYWORD_Compression,        "zlib",                 COMPRESSION_FROM_KEYS },
	{ KEYWORD_Compression,        "no",                   COMPRESSION_NONE },
	{ KEYWORD_LogLevel,           "QUIET",                LOG_LEVEL_QUIET },
	{ KEYWORD_LogLevel,           "FATAL",                LOG_LEVEL_FATAL },
	{ KEYWORD_LogLevel,           "ERROR",                LOG_LEVEL_ERROR },
	{ KEYWORD_LogLevel,           "INFO",                 LOG_LEVEL_INFO },
	{ KEYWORD_LogLevel,           "VERBOSE",              LOG_LEVEL_VERBOSE },
	{ KEYWORD_LogLevel,           "DEBUG",                LOG_LEVEL_DEBUG1 },
	{ KEYWORD_LogLevel,           "DEBUG1",               LOG_LEVEL_DEBUG1 },
	{ KEYWORD_LogLevel,           "DEBUG2",               LOG_LEVEL_DEBUG2 },
	{ KEYWORD_LogLevel,           "DEBUG3",               LOG_LEVEL_DEBUG3 },
	/* The numbers are syslog's own (RFC 5424 section 6.2.1). */
	{ KEYWORD_SyslogFacility,     "DAEMON",               3 },
	{ KEYWORD_SyslogFacility,     "USER",                 1 },
	{ KEYWORD_SyslogFacility,     "AUTH",                 4 },
	{ KEYWORD_SyslogFacility,     "AUTHPRIV",             10 },
	{ KEYWORD_SyslogFacility,     "LOCAL0",               16 },
	{ KEYWORD_SyslogFacility,     "LOCAL1",               17 },
	{ KEYWORD_SyslogFacility,     "LOCAL2",               18 },
	{ KEYWORD_SyslogFacility,     "LOCAL3",               19 },
	{ KEYWORD_SyslogFacility,     "LOCAL4",               20 },
	{ KEYWORD_SyslogFacility,     "LOCAL5",               21 },
	{ KEYWORD_SyslogFacility,     "LOCAL6",               22 },
	{ KEYWORD_SyslogFacility,     "LOCAL7",               23 },
};
/* clang-format on */

bool
choice_find(enum keyword keyword, const char *name, int64_t *number)
{
	for (size_t i = 0; i < COUNT(choices); i++) {
		if (choices[i].keyword != keyword || strcasecmp(choices[i].name, name) != 0)
			continue;
		*number = choices[i].number;
		return true;
	}
	return false;
}

const char *
choice_name(enum keyword keyword, int64_t number)
{
	for (size_t i = 0; i < COUNT(choices); i++) {
		if (choices[i].keyword == keyword && choices[i].number == number)
			return choices[i].name;
	}
	return NULL;
}

void
choice_list(enum keyword keyword, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < COUNT(choices) && used < size; i++) {
		if (choices[i].keyword == keyword)
			used += (size_t)snprintf(out + used, size - used, "%s%s",
			    used == 0 ? "" : ", ", choices[i].name);
	}
}
