/* SPDX-License-Identifier: ISC */
/*
 * The listening sockets (edge).
 */
#pragma once

#include "common/buf.h"
#include "common/config/settings.h"
#include "common/macros.h"
#include "monitor/monitor.h"

#define SOCKETS_MAX 64

struct sockets {
	int fds[SOCKETS_MAX]; /* owned */
	size_t count;
	int *
	    accepted; /* owned, and each of them: who waited at sockets that are no longer wanted */
	size_t accepted_count;
};

/* Listening sockets of a predecessor. Those that are taken are set to -1. */
struct inherited {
	int fds[SOCKETS_MAX]; /* owned */
	size_t count;
};

/* Binds what Port, ListenAddress and AddressFamily say, or takes the inherited socket that is bound to it. Addresses
 * that cannot be bound are logged; when none can the inherited sockets stay, and without those it is RESULT_SYSTEM. Says
 * where it listens. Inherited sockets that nobody wants are closed after those who wait there were let in. */
enum result sockets_open(
    const struct settings *settings, struct inherited *inherited, struct sockets *out) MUST_USE;
void sockets_close(struct sockets *sockets);

/* Appends a line "listenaddress ADDRESS:PORT" for each address that sockets_open would bind. Names are looked up; what
 * one means nobody knows is logged. RESULT_LIMIT, RESULT_MEMORY: of `out`. */
enum result sockets_print(const struct settings *settings, struct buf *out) MUST_USE;

/* AddressFamily, as the kernel calls it: AF_UNSPEC for any. */
int sockets_family(const struct settings *settings);

/* The routing domain (VRF) of a connection: its device's name, "" for none. `out` has
 * MONITOR_RDOMAIN_MAX bytes. */
void sockets_rdomain(int fd, char *out);

/* Both ends of a connection, numeric. RESULT_CLOSED: it is gone already. */
enum result sockets_endpoints(
    int fd, struct monitor_endpoint *peer, struct monitor_endpoint *local) MUST_USE;
