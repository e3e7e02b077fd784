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

/* A device for packets (ssh -w): DisableForwarding, PermitTunnel, and what the login's own options permit. */
struct permit_answer permit_tunnel(const struct settings *settings,
    const struct permissions *permissions, const struct tunnel_request *request);

/* The client's agent, and its display, for programs here: what the settings and the login's own options permit.
 * Nobody who must change a password first has either. */
struct permit_answer permit_agent(
    const struct settings *settings, const struct permissions *permissions);
struct permit_answer permit_x11(
    const struct settings *settings, const struct permissions *permissions);

/* A place that the client wants listened on (ssh -R), in its own words, before anything is made of them: an empty host
 * and port 0 are good ones. AllowTcpForwarding, PermitListen, and what the login's own options permit. */
struct permit_answer permit_listen(const struct settings *settings,
    const struct permissions *permissions, const struct tcp_request *request);

/* The same for sockets with paths: AllowStreamLocalForwarding, and what the login's own options permit. */
struct permit_answer permit_connect_path(
    const struct settings *settings, const struct permissions *permissions, struct bytes path);
struct permit_answer permit_listen_path(
    const struct settings *settings, const struct permissions *permissions, struct bytes path);
