/* SPDX-License-Identifier: ISC */
/*
 * The environment of a session's program: what the client sent and AcceptEnv let through, then what
 * the server says, which wins. sshd's names and values. Pure.
 */
#pragma once

#include "common/buf.h"

/* Ceilings against a client that fills our memory: variables, and bytes of all of them. */
#define ENVIRONMENT_CLIENT_MAX 128
#define ENVIRONMENT_OWN_MAX    64
#define ENVIRONMENT_BYTES_MAX  (64 * 1024)
#define ENVIRONMENT_NAME_MAX   256

struct environment {
	/* "NAME=value", each owned; ends with NULL, as execve wants it. */
	char *entries[ENVIRONMENT_CLIENT_MAX + ENVIRONMENT_OWN_MAX + 1];
	size_t count;
	size_t bytes;
};

/* What the server knows; NULL for what there is not. */
struct environment_facts {
	const char *user, *home, *shell;
	bool is_superuser; /* whose PATH has the sbin folders */
	const char *peer_address, *local_address;
	unsigned peer_port, local_port;
	const char *terminal;               /* SSH_TTY */
	const char *terminal_type;          /* TERM */
	const char *tunnels;                /* SSH_TUNNEL */
	const char *display;                /* DISPLAY, forwarded to the client */
	const char *agent;                  /* SSH_AUTH_SOCK, likewise */
	const char *time_zone, *run_folder; /* the daemon's own TZ and XDG_RUNTIME_DIR */
};

/* May a client set a variable of this name at all, whatever AcceptEnv says? Refuses what is no name
 * and what would let it take over programs that run before or instead of the user's own. */
bool environment_name_is_welcome(struct bytes name);

/* Sets or replaces. RESULT_MALFORMED (a NUL inside), RESULT_LIMIT, RESULT_MEMORY. */
enum result environment_set(
    struct environment *environment, struct bytes name, struct bytes value) MUST_USE;

/* Those whose names begin so are no more. */
void environment_forget(struct environment *environment, const char *prefix);

/* The same for a variable of the client's: at most ENVIRONMENT_CLIENT_MAX of them. To be called
 * before environment_complete. */
enum result environment_accept(
    struct environment *environment, struct bytes name, struct bytes value) MUST_USE;

/* Adds the server's own variables, replacing the client's of the same name. */
enum result environment_complete(
    struct environment *environment, const struct environment_facts *facts) MUST_USE;

/* The value of a variable, or NULL. */
const char *environment_find(const struct environment *environment, const char *name);

void environment_clear(struct environment *environment);
