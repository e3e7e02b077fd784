/* SPDX-License-Identifier: ISC */
/*
 * Sockets that listen on a TCP port of one or several addresses (edge).
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "common/fd.h"
#include "monitor/user/listen.h"

/* Another family's socket may have the port that the kernel chose for the first one. */
#define PORT_ATTEMPTS 16

static union address
with_port(const union address *address, unsigned port)
{
	union address with = *address;

	if (with.any.sa_family == AF_INET)
		with.inet.sin_port = htons((uint16_t)port);
	else
		with.inet6.sin6_port = htons((uint16_t)port);
	return with;
}

static unsigned
port_of(int fd)
{
	union address address = { 0 };
	socklen_t size = sizeof(address);

	if (getsockname(fd, &address.any, &size) < 0)
		return 0;
	return ntohs(
	    address.any.sa_family == AF_INET ? address.inet.sin_port : address.inet6.sin6_port);
}

/* A tunnel that is set up again must not wait for the old connections' time to be over. */
static bool
prepare(int fd, const union address *address)
{
	const int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return false;
	return address->any.sa_family != AF_INET6 ||
	       setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0;
}

/* 0, or errno. */
static int
open_one(const union address *address, int *out)
{
	CLEANUP(fd_close)
	int fd =
	    socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd < 0 || !prepare(fd, address) ||
	    bind(fd, &address->any, resolve_address_size(address)) < 0 || listen(fd, SOMAXCONN) < 0)
		return errno;
	*out = fd;
	fd = -1;
	return 0;
}

/* A family, or an address, that this host has not. */
static bool
is_absent(int error)
{
	return error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

static int
open_all(const struct addresses *addresses, unsigned port, struct listen_sockets *out)
{
	int absent = EADDRNOTAVAIL;

	out->count = 0;
	for (size_t i = 0; i < addresses->count && out->count < LISTEN_SOCKETS_MAX; i++) {
		const union address address = with_port(&addresses->list[i], port);
		const int error = open_one(&address, &out->fds[out->count]);

		if (error != 0 && is_absent(error)) {
			absent = error;
			continue;
		}
		if (error != 0) {
			listen_sockets_close(out);
			return error;
		}
		port = port_of(out->fds[out->count++]);
	}
	out->port = port;
	return out->count > 0 ? 0 : absent;
}

void
listen_tcp_open(const struct addresses *addresses, unsigned port, struct listen_sockets *out)
{
	int error = open_all(addresses, port, out);

	for (int i = 1; port == 0 && error == EADDRINUSE && i < PORT_ATTEMPTS; i++)
		error = open_all(addresses, port, out);
	out->is_taken = error == EADDRINUSE;
	if (error != 0)
		snprintf(out->why, sizeof(out->why), "%s", strerror(error));
}
