/* SPDX-License-Identifier: ISC */
/*
 * Looking for a display's number (edge). A display has its port in every family: somebody else who had it in
 * one would be given what is meant for ours.
 */
#include "monitor/user/display_sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/fd.h"
#include "monitor/session/display.h"

#define PORT_MAX 65535
#define BACKLOG  128

static const struct family {
	int family;
	uint32_t name; /* as settings have it */
} families[DISPLAY_SOCKETS_MAX] = { { AF_INET, 4 }, { AF_INET6, 6 } };

union place {
	struct sockaddr any;
	struct sockaddr_in inet;
	struct sockaddr_in6 inet6;
};

static socklen_t
make_place(int family, bool is_local, unsigned port, union place *out)
{
	memset(out, 0, sizeof(*out));
	if (family == AF_INET) {
		out->inet.sin_family = AF_INET;
		out->inet.sin_port = htons((uint16_t)port);
		out->inet.sin_addr.s_addr = htonl(is_local ? INADDR_LOOPBACK : INADDR_ANY);
		return sizeof(out->inet);
	}
	out->inet6.sin6_family = AF_INET6;
	out->inet6.sin6_port = htons((uint16_t)port);
	out->inet6.sin6_addr = is_local ? in6addr_loopback : in6addr_any;
	return sizeof(out->inet6);
}

/* The port of a display that has just ended is free again at once; of one that is there it never is. */
static bool
set_up(int fd, int family, bool is_local)
{
	const int on = 1;

	if (is_local && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return false;
	return family != AF_INET6 ||
	       setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0;
}

static enum result
listen_at(int family, bool is_local, unsigned port, int *out)
{
	union place place;
	const socklen_t size = make_place(family, is_local, port, &place);
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	int error;

	if (fd >= 0 && set_up(fd, family, is_local) && bind(fd, &place.any, size) == 0 &&
	    listen(fd, BACKLOG) == 0) {
		*out = fd;
		return RESULT_OK;
	}
	error = errno;
	fd_close(&fd);
	errno = error;
	return RESULT_SYSTEM;
}

/* Families that this machine has not are no reason to go on looking. */
static bool
is_family_missing(void)
{
	return errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL || errno == EPROTONOSUPPORT;
}

static void
close_all(int fds[DISPLAY_SOCKETS_MAX])
{
	const int error = errno;

	for (size_t i = 0; i < DISPLAY_SOCKETS_MAX; i++)
		fd_close(&fds[i]);
	errno = error;
}

static enum result
try_number(const struct display_question *question, unsigned number, int fds[DISPLAY_SOCKETS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < DISPLAY_SOCKETS_MAX; i++) {
		if (question->family != 0 && question->family != families[i].name)
			continue;
		if (listen_at(families[i].family, question->is_local, DISPLAY_PORT_BASE + number,
			&fds[i]) == RESULT_OK) {
			count++;
			continue;
		}
		if (is_family_missing())
			continue;
		close_all(fds);
		return RESULT_SYSTEM;
	}
	return count > 0 ? RESULT_OK : RESULT_SYSTEM;
}

enum result
display_sockets_make(
    const struct display_question *question, int fds[DISPLAY_SOCKETS_MAX], unsigned *number)
{
	for (size_t i = 0; i < DISPLAY_SOCKETS_MAX; i++)
		fds[i] = -1;
	errno = EADDRINUSE;
	for (uint64_t i = question->offset, end = i + question->count;
	     i < end && i <= PORT_MAX - DISPLAY_PORT_BASE; i++) {
		*number = (unsigned)i;
		if (try_number(question, *number, fds) == RESULT_OK)
			return RESULT_OK;
	}
	return RESULT_SYSTEM;
}
