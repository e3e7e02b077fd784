/* SPDX-License-Identifier: ISC */
/*
 * Options of a TCP socket, tcp(7) (edge). Those that are set here the child's filter lets through.
 */
#include "common/dead_peer.h"

#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* The kernel's own, in seconds. */
#define KEEP_IDLE_S     7200
#define KEEP_INTERVAL_S 75

static void
set(int fd, int level, int option, int value)
{
	(void)!setsockopt(fd, level, option, &value, sizeof(value));
}

void
dead_peer_set_timeout(int fd, uint32_t seconds)
{
	const int third = seconds < 3 ? 1 : (int)(seconds / 3);

	if (seconds > 0)
		set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds == 0 ? KEEP_IDLE_S : third);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, seconds == 0 ? KEEP_INTERVAL_S : third);
	set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
	    seconds > INT_MAX / 1000 ? INT_MAX : (int)seconds * 1000);
}
