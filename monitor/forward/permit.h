/* SPDX-License-Identifier: ISC */
/*
 * May this login have this forwarding? Pure.
 */
#pragma once

#include "monitor/monitor.h"

#define PERMIT_TEXT_MAX 256
#define PERMIT_HOST_MAX 255

struct permit_answer {
	bool is_allowed;
	enum ssh_open_failure reason; /* when it is not */
	enum keyword rule;            /* which rule said no; KEYWORD_COUNT: no keyword's */
	char text[PERMIT_TEXT_MAX];   /* for the client's user and the log: names the rule */
};

/* A connection that the client wants made (ssh -L): AllowTcpForwarding, what the login's own options
 * permit, and a name and a port that can be connected to at all. Starts from no. */
struct permit_answer permit_connect(const struct settings *settings,
    const struct permissions *permissions, const struct tcp_request *request);

/* A place that the client wants listened on (ssh -R), in its own words, before anything is made of them: an empty host
 * and port 0 are good ones. AllowTcpForwarding, PermitListen, and what the login's own options permit. */
struct permit_answer permit_listen(const struct settings *settings,
    const struct permissions *permissions, const struct tcp_request *request);
