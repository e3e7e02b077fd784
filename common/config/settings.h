/* SPDX-License-Identifier: ISC */
/*
 * The settings in force for one subject: typed values, each with the file and line it came from.
 * Read-only; made by effective.c from a parsed configuration. Asking for a value by the wrong type
 * is our bug (assert).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/result.h"

enum keyword {
#define ROW(name, ...) KEYWORD_##name,
#include "common/config/keywords.def"
#undef ROW
	KEYWORD_COUNT
};

/* AuthenticationMethods: lists of methods, and names in one of them. */
#define METHODS_LISTS_MAX      32
#define METHODS_LIST_NAMES_MAX 16

/* Variables of a session that options of its key become begin so, and no others do: AcceptKeyOptions. */
#define KEY_OPTION_VARIABLE "SSH_KEY_OPTION_"

struct settings; /* opaque */

struct setting_origin {
	const char *file; /* "default", "command-line" or a path */
	unsigned line;    /* 0 when there is none */
};

bool settings_flag(const struct settings *settings, enum keyword keyword);

/* Numbers, times (seconds), sizes (bytes), ports, octal modes, and the enum of a choice. */
int64_t settings_number(const struct settings *settings, enum keyword keyword);

/* NULL when unset or "none". Algorithm lists come fully resolved (+ - ^ applied). */
const char *settings_text(const struct settings *settings, enum keyword keyword);

/* Lists of words (AcceptEnv, HostKey, Port, ...). */
size_t settings_count(const struct settings *settings, enum keyword keyword);
const char *settings_word(const struct settings *settings, enum keyword keyword, size_t i);

/* MaxStartups and its kind: start, rate, full. */
struct settings_startups {
	unsigned start, rate_percent, full;
};
struct settings_startups settings_startups(const struct settings *settings, enum keyword keyword);

/* PerSourceNetBlockSize: so many leading bits of addresses make them one source. */
struct settings_net_block {
	unsigned v4_bits, v6_bits;
};
struct settings_net_block settings_net_block(const struct settings *settings, enum keyword keyword);

/* PerSourcePenalties. The first ones are what is punished, by so many milliseconds each. */
enum penalty_part {
	PENALTY_PART_CRASH,
	PENALTY_PART_AUTHFAIL,
	PENALTY_PART_NOAUTH,
	PENALTY_PART_INVALIDUSER,
	PENALTY_PART_GRACE_EXCEEDED,
	PENALTY_PART_REFUSECONNECTION,
	PENALTY_PART_MAX, /* ms, the most that one source can have at a time */
	PENALTY_PART_MIN, /* ms, from which on its connections are refused */
	PENALTY_PART_MAX_SOURCES4,
	PENALTY_PART_MAX_SOURCES6,
	PENALTY_PART_OVERFLOW, /* enum penalty_overflow */
	PENALTY_PART_OVERFLOW6,
	PENALTY_PART_COUNT,
};
enum penalty_overflow {
	PENALTY_OVERFLOW_PERMISSIVE, /* the penalty that is over first is lifted */
	PENALTY_OVERFLOW_DENY_ALL,
};
struct settings_penalties {
	bool is_on;
	uint64_t parts[PENALTY_PART_COUNT];
};
struct settings_penalties settings_penalties(const struct settings *settings, enum keyword keyword);

/* RekeyLimit: how long keys may be used; 0: as long as their cipher allows, or for any time. */
struct settings_rekey {
	uint64_t bytes;
	unsigned seconds;
};
struct settings_rekey settings_rekey(const struct settings *settings, enum keyword keyword);

/* IPQoS: octets of the IP header, for terminals and for all else; SETTINGS_QOS_NONE: not set. */
#define SETTINGS_QOS_NONE 256
struct settings_qos {
	unsigned interactive, bulk;
};
struct settings_qos settings_qos(const struct settings *settings, enum keyword keyword);

/* The command of a subsystem, or NULL. */
const char *settings_subsystem(const struct settings *settings, const char *name);

/* As a file would have it: "PermitRootLogin". */
const char *settings_name(enum keyword keyword);

struct setting_origin settings_origin(const struct settings *settings, enum keyword keyword);

/* Values of the choices. */
enum permit_root_login {
	PERMIT_ROOT_NO,
	PERMIT_ROOT_YES,
	PERMIT_ROOT_PROHIBIT_PASSWORD,
	PERMIT_ROOT_FORCED_COMMANDS_ONLY,
};
enum ignore_rhosts {
	IGNORE_RHOSTS_NO,
	IGNORE_RHOSTS_YES,
	IGNORE_RHOSTS_SHOSTS_ONLY, /* .rhosts is ignored, .shosts is read */
};
enum allow_forwarding {
	ALLOW_FORWARDING_NO = 0,
	ALLOW_FORWARDING_LOCAL = 1,
	ALLOW_FORWARDING_REMOTE = 2,
	ALLOW_FORWARDING_YES = 3,
};
/* One bit for each enum ssh_tunnel_mode. */
enum permit_tunnel {
	PERMIT_TUNNEL_NO = 0,
	PERMIT_TUNNEL_POINT_TO_POINT = 1,
	PERMIT_TUNNEL_ETHERNET = 2,
	PERMIT_TUNNEL_YES = 3,
};
/* All that whoever logs in may do, before anything else has its say. */
enum role {
	ROLE_ALL,
	ROLE_SESSION,
	ROLE_SFTP,
	ROLE_JUMP,
	ROLE_REVERSE,
	ROLE_FORWARD,
};
enum gateway_ports {
	GATEWAY_PORTS_NO, /* what is listened on for clients is for this host only */
	GATEWAY_PORTS_YES,
	GATEWAY_PORTS_BY_CLIENT,
};
enum address_family {
	ADDRESS_FAMILY_ANY = 0,
	ADDRESS_FAMILY_INET = 4,
	ADDRESS_FAMILY_INET6 = 6,
};
