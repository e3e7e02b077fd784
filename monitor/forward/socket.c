/* SPDX-License-Identifier: ISC */
/*
 * Asking the kernel what a descriptor is (edge).
 */
#include "monitor/forward/socket.h"

#include <fcntl.h>
#include <sys/socket.h>

static bool
has_option(int fd, int option, int *value)
{
	socklen_t size = sizeof(*value);

	return getsockopt(fd, SOL_SOCKET, option, value, &size) == 0 && size == sizeof(*value);
}

static bool
is_of_family(int domain, enum forward_kind kind)
{
	switch (kind) {
	case FORWARD_TCP:
	case FORWARD_X11:
		return domain == AF_INET || domain == AF_INET6;
	case FORWARD_UNIX:
	case FORWARD_AGENT:
	case FORWARD_STANDARD_AGENT:
		return domain == AF_UNIX;
	}
	return false;
}

bool
socket_is_connection(int fd, enum forward_kind kind)
{
	int domain, type, listens;

	return has_option(fd, SO_DOMAIN, &domain) && is_of_family(domain, kind) &&
	       has_option(fd, SO_TYPE, &type) && type == SOCK_STREAM &&
	       has_option(fd, SO_ACCEPTCONN, &listens) && listens == 0 &&
	       (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}
