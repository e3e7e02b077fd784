/* SPDX-License-Identifier: ISC */
/*
 * AuthenticationMethods: which methods may be tried, and when somebody has passed enough of them (pure).
 * RFC 4252 section 5.1.
 */
#pragma once

#include "common/config/settings.h"
#include "common/macros.h"
#include "common/result.h"

/* A list whose names are longer than this all together is refused when the configuration is read. */
#define METHODS_NAMES_MAX 256

/* How far a client has come in each list. Zeroed: nothing was passed. */
struct methods {
	uint8_t done[METHODS_LISTS_MAX]; /* names of the list that were passed */
	bool has_realm_keys; /* keys were exchanged by Kerberos: gssapi-keyex can be tried */
};

/* No value is 0, 1 or -1, and the two differ in many bits: a flipped bit makes no login. */
enum methods_progress {
	METHODS_MORE = 0x3c5a69b1,
	METHODS_COMPLETE = 0x5ba4c63e,
};

/* Is this method turned on at all? */
bool methods_are_enabled(const struct settings *settings, const char *method);

/* Can anybody log in? Not where each list names a method that is off. */
bool methods_can_complete(const struct settings *settings);

/* May it be tried now: is it on, and next in a list that can be completed? */
bool methods_allow(
    const struct settings *settings, const struct methods *methods, const char *method);

/* Is keyboard-interactive next in a list that says that PAM must ask? */
bool methods_want_pam(const struct settings *settings, const struct methods *methods);

/* It was passed, after methods_allow: each list in which it is next goes on. */
enum methods_progress methods_pass(
    const struct settings *settings, struct methods *methods, const char *method) MUST_USE;

/* What may be tried next, with commas, in `out` (METHODS_NAMES_MAX bytes). */
void methods_name(const struct settings *settings, const struct methods *methods, char *out);
