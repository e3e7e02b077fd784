/* SPDX-License-Identifier: ISC */
/*
 * Binding to what the configuration names (edge).
 */
#include "daemon/sockets.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"

#define BACKLOG 128

static int
family_of(const struct settings *settings)
{
	switch ((enum address_family)settings_number(settings, KEYWORD_AddressFamily)) {
	case ADDRESS_FAMILY_INET:
		return AF_INET;
	case ADDRESS_FAMILY_INET6:
		return AF_INET6;
	case ADDRESS_FAMILY_ANY:
		break;
	}
	return AF_UNSPEC;
}

static enum result
name_endpoint(const struct sockaddr *address, socklen_t size, struct monitor_endpoint *out)
{
	char port[16];

	if (getnameinfo(address, size, out->address, sizeof(out->address), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return RESULT_UNSUPPORTED;
	out->port = (unsigned)strtoul(port, NULL, 10);
	return RESULT_OK;
}

/* A socket of its own for each family, so that an address is never a mapped one. */
static enum result
listen_at(const struct addrinfo *info, int *out)
{
	CLEANUP(fd_close)
	int fd = socket(
	    info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, info->ai_protocol);
	const int on = 1;

	if (fd < 0)
		return RESULT_SYSTEM;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return RESULT_SYSTEM;
	if (info->ai_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		return RESULT_SYSTEM;
	if (bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0)
		return RESULT_SYSTEM;
	*out = fd;
	fd = -1;
	return RESULT_OK;
}

static void
add_socket(struct sockets *sockets, const struct addrinfo *info)
{
	struct monitor_endpoint at;
	int fd;

	if (name_endpoint(info->ai_addr, info->ai_addrlen, &at) != RESULT_OK)
		return;
	if (sockets->count == SOCKETS_MAX) {
		log_error("listen", "more than %d addresses: %s port %u is left out", SOCKETS_MAX,
		    at.address, at.port);
		return;
	}
	if (listen_at(info, &fd) != RESULT_OK) {
		log_error("listen", "Bind to port %u on %s failed: %s.", at.port, at.address,
		    strerror(errno));
		return;
	}
	sockets->fds[sockets->count++] = fd;
	log_info("listen", "Server listening on %s port %u.", at.address, at.port);
}

static void
listen_on(struct sockets *sockets, int family, const char *host, const char *port)
{
	const struct addrinfo hints = {
		.ai_family = family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	struct addrinfo *list, *info;
	int error = getaddrinfo(host, port, &hints, &list);

	if (error != 0) {
		log_error("listen", "ListenAddress %s: %s", host == NULL ? "*" : host,
		    gai_strerror(error));
		return;
	}
	for (info = list; info != NULL; info = info->ai_next)
		add_socket(sockets, info);
	freeaddrinfo(list);
}

static void
listen_on_ports(struct sockets *sockets, const struct settings *settings, const char *host)
{
	for (size_t i = 0; i < settings_count(settings, KEYWORD_Port); i++)
		listen_on(
		    sockets, family_of(settings), host, settings_word(settings, KEYWORD_Port, i));
}

/* "host", "host:port", "[host]", "[host]:port", "v6": the value's form was checked when it was read. */
static void
listen_on_word(struct sockets *sockets, const struct settings *settings, const char *word)
{
	char host[256];
	const char *port = strrchr(word, ':');

	if (word[0] == '[') {
		snprintf(host, sizeof(host), "%.*s", (int)strcspn(word + 1, "]"), word + 1);
		port = strchr(word, ']')[1] == ':' ? strchr(word, ']') + 2 : NULL;
	} else if (port != NULL && strchr(word, ':') == port) {
		snprintf(host, sizeof(host), "%.*s", (int)(port - word), word);
		port++;
	} else {
		snprintf(host, sizeof(host), "%s", word);
		port = NULL;
	}
	if (port == NULL)
		listen_on_ports(sockets, settings, host);
	else
		listen_on(sockets, family_of(settings), host, port);
}

enum result
sockets_open(const struct settings *settings, struct sockets *out)
{
	size_t count = settings_count(settings, KEYWORD_ListenAddress);

	*out = (struct sockets){ 0 };
	if (count == 0)
		listen_on_ports(out, settings, NULL);
	for (size_t i = 0; i < count; i++)
		listen_on_word(out, settings, settings_word(settings, KEYWORD_ListenAddress, i));
	if (out->count > 0)
		return RESULT_OK;
	log_fatal("listen", "Cannot bind any address.");
	return RESULT_SYSTEM;
}

void
sockets_close(struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->count; i++)
		fd_close(&sockets->fds[i]);
	sockets->count = 0;
}

enum result
sockets_endpoints(int fd, struct monitor_endpoint *peer, struct monitor_endpoint *local)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);

	if (getpeername(fd, (struct sockaddr *)&address, &size) < 0)
		return RESULT_CLOSED;
	if (name_endpoint((struct sockaddr *)&address, size, peer) != RESULT_OK)
		snprintf(peer->address, sizeof(peer->address), "UNKNOWN");
	size = sizeof(address);
	if (getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		return RESULT_CLOSED;
	if (name_endpoint((struct sockaddr *)&address, size, local) != RESULT_OK)
		snprintf(local->address, sizeof(local->address), "UNKNOWN");
	return RESULT_OK;
}
