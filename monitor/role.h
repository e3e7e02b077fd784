/* SPDX-License-Identifier: ISC */
/*
 * What settings take from a login as a whole: DisableForwarding, and the Role of those who log in. Pure.
 */
#pragma once

#include "common/config/settings.h"

/* One bit each. */
enum role_right {
	RIGHT_SESSIONS = 1,
	RIGHT_COMMANDS = 2, /* programs of the user's own choice, a shell above all */
	RIGHT_TERMINALS = 4,
	RIGHT_RC = 8,
	RIGHT_CONNECT = 16, /* forwarded to a place on our side */
	RIGHT_LISTEN = 32,
	RIGHT_SOCKETS = 64, /* both, where the place is a path */
	RIGHT_TUNNELS = 128,
	RIGHT_AGENT = 256,
	RIGHT_DISPLAY = 512,
};

/* The keyword that takes this right away, whatever else permits it; KEYWORD_COUNT: none does. */
enum keyword role_taken_by(const struct settings *settings, enum role_right right);

/* The keyword with what it says, for whoever is refused: "Role jump does not permit `what`". Cut to `size`. */
void role_refusal(const struct settings *settings, enum keyword keyword, const char *what,
    char *out, size_t size);
