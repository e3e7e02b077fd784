/* SPDX-License-Identifier: ISC */
/*
 * What a user's certificate says of its login: when, whence, as whom, and what it may do (pure). OpenSSH's
 * PROTOCOL.certkeys.
 */
#pragma once

#include "common/config/settings.h"
#include "common/key/certificate.h"
#include "monitor/rules/refusal.h"

#define TERMS_REASON_MAX 160

/* Views into the certificate. */
struct terms {
	bool has_command, has_source;
	struct bytes command;
	struct bytes source; /* addresses and networks */
	bool must_verify;    /* a security key, which knows its user */
	/* Of a certificate, what is not said is not granted. */
	bool pty, port_forwarding, agent_forwarding, x11_forwarding, user_rc, no_touch;
};

/* Reads critical options and extensions. RESULT_UNSUPPORTED: a critical option that we do not know, or cannot see
 * to; RESULT_MALFORMED. With a text for the log in `reason` (TERMS_REASON_MAX bytes). */
enum result terms_parse(
    const struct certificate *certificate, struct terms *out, char *reason) MUST_USE;

/* Is it good now, for a user, by an algorithm of CASignatureAlgorithms, and of somebody? REFUSAL_NONE, or what it is
 * not, with a text in `reason`. */
enum refusal terms_check(const struct certificate *certificate, const struct settings *settings,
    uint64_t now_s, char *reason) MUST_USE;

/* The same for that of a host, of this name, which speaks for a user; no critical options of hosts are known. */
enum result terms_check_host(const struct certificate *certificate, const struct settings *settings,
    uint64_t now_s, struct bytes host, char *reason) MUST_USE;
