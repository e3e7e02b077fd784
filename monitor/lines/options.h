/* SPDX-License-Identifier: ISC */
/*
 * The options in front of a key in authorized_keys, as sshd(8) has them: what they take away from a
 * login and under which conditions. A line with an option that is not in the table is no line: what it
 * was to forbid is unknown, unless the operator says that it is for programs (foreign.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "monitor/lines/foreign.h"

#define OPTIONS_REASON_MAX 160

/* Places that one key may be limited to. */
#define OPTIONS_PERMIT_OPEN_MAX 64

/* Places that one key may have listened on. */
#define OPTIONS_PERMIT_LISTEN_MAX 64

/* Variables that one key may set. */
#define OPTIONS_VARIABLES_MAX 64

/* Options for programs that one key may have. */
#define OPTIONS_FOREIGN_MAX 16

/* Names that the certificates of one authority may have. */
#define OPTIONS_PRINCIPALS_MAX 256

/* A date and time, in seconds since 1970 as if the clock it was read from showed UTC. */
struct key_expiry {
	bool is_set;
	bool is_utc; /* else local time */
	uint64_t clock_s;
};

/* The device that a client gets that leaves the choice to us, and the only one that it may ask for. */
struct key_tunnel {
	bool is_set, is_any;
	uint64_t unit;
};

/* What the line says; without any option, everything is allowed. */
struct key_options {
	bool has_from;
	struct bytes from; /* pattern-list, a view into the line; every item is well formed */
	struct key_expiry expiry; /* the last second at which the key is good */
	bool is_authority;        /* the key signs certificates, and is none to log in with */
	bool has_principals;
	struct bytes principals; /* with commas: whom its certificates may be of */
	bool has_command;
	struct bytes command;     /* as it stands in the line, quotes with their backslashes */
	size_t permit_open_count; /* 0: no limits */
	struct bytes permit_open[OPTIONS_PERMIT_OPEN_MAX]; /* "host:port"; each is well formed */
	size_t permit_listen_count;                        /* 0: no limits */
	struct bytes permit_listen[OPTIONS_PERMIT_LISTEN_MAX]; /* "[host:]port" likewise */
	struct key_tunnel tunnel;
	size_t variable_count;
	struct bytes variables[OPTIONS_VARIABLES_MAX]; /* "NAME=value", escaped like the command */
	size_t foreign_count;
	/* Each makes a variable, and no two of them the same. */
	struct foreign_option foreign[OPTIONS_FOREIGN_MAX];
	bool pty;
	bool port_forwarding;
	bool may_tunnel; /* "restrict" takes it away, a device behind it gives it back */
	bool user_rc;
	bool touch_waived; /* a security key need not be touched */
	bool must_verify;  /* and has to know its user */
	bool agent_forwarding, x11_forwarding;
	/* The word of the line that turned the flag on or off, as it stands there; empty: none did. */
	struct bytes pty_word, port_forwarding_word, may_tunnel_word, user_rc_word,
	    agent_forwarding_word, x11_forwarding_word;
};

/*
 * `text` is the whole field, without the blanks around it; empty: no options. `foreign` says which options that are not
 * known here are kept; NULL: none. RESULT_MALFORMED, RESULT_LIMIT and RESULT_UNSUPPORTED with a text for the log in
 * `reason` (OPTIONS_REASON_MAX bytes).
 */
enum result options_parse(struct bytes text, const struct foreign_rule *foreign,
    struct key_options *out, char *reason) MUST_USE;

/*
 * How much of `line` the field of options at its start takes: to the first blank that is not inside of
 * quotes. RESULT_MALFORMED when a quote is not closed.
 */
enum result options_field(struct bytes line, size_t *size) MUST_USE;

/* The bytes up to the first of `ends` that is not inside of quotes, or all of them. RESULT_MALFORMED when a quote is not
 * closed. */
enum result options_scan(struct bytes text, const char *ends, size_t *size) MUST_USE;
