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
#include "common/mem.h"

/* Those who connect while the listener executes itself wait here; the kernel takes less where it is told so. */
#define BACKLOG 1024

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

/* An address that is to be listened on. */
struct wanted {
	struct sockaddr_storage address;
	struct addrinfo info; /* points at `address` */
	int fd;               /* -1: not yet */
};

struct plan {
	const struct settings *settings;
	struct wanted list[SOCKETS_MAX];
	size_t count;
};

static void
want(struct plan *plan, const struct addrinfo *info)
{
	struct monitor_endpoint at;
	struct wanted *wanted;

	if (name_endpoint(info->ai_addr, info->ai_addrlen, &at) != RESULT_OK ||
	    info->ai_addrlen > sizeof(wanted->address))
		return;
	if (plan->count == SOCKETS_MAX) {
		log_error("listen", "more than %d addresses: %s port %u is left out", SOCKETS_MAX,
		    at.address, at.port);
		return;
	}
	wanted = &plan->list[plan->count++];
	memcpy(&wanted->address, info->ai_addr, info->ai_addrlen);
	wanted->info = *info;
	wanted->info.ai_addr = (struct sockaddr *)&wanted->address;
	wanted->fd = -1;
}

static void
listen_on(struct plan *plan, const char *host, const char *port)
{
	const struct addrinfo hints = {
		.ai_family = family_of(plan->settings),
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
		want(plan, info);
	freeaddrinfo(list);
}

static void
listen_on_ports(struct plan *plan, const char *host)
{
	for (size_t i = 0; i < settings_count(plan->settings, KEYWORD_Port); i++)
		listen_on(plan, host, settings_word(plan->settings, KEYWORD_Port, i));
}

/* "host", "host:port", "[host]", "[host]:port", "v6": the value's form was checked when it was read. */
static void
listen_on_word(struct plan *plan, const char *word)
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
		listen_on_ports(plan, host);
	else
		listen_on(plan, host, port);
}

/* --- What a predecessor left -------------------------------------------------------------------- */

static bool
is_bound_to(int fd, const struct addrinfo *info)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	socklen_t flag_size = sizeof(int);
	int is_listening = 0;

	if (fd < 0 || getsockname(fd, (struct sockaddr *)&address, &size) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &flag_size) < 0)
		return false;
	if (is_listening == 0 || size != info->ai_addrlen)
		return false;
	return memcmp(&address, info->ai_addr, size) == 0;
}

static void
adopt(struct plan *plan, struct inherited *inherited)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct wanted *wanted = &plan->list[i];

		for (size_t j = 0; j < inherited->count && wanted->fd < 0; j++) {
			if (!is_bound_to(inherited->fds[j], &wanted->info))
				continue;
			wanted->fd = inherited->fds[j];
			inherited->fds[j] = -1;
		}
	}
}

/* More than the backlog had room for cannot wait there. */
#define ACCEPTED_MAX (BACKLOG * 4)

static void
let_in(struct sockets *sockets, int listening_fd)
{
	while (sockets->accepted_count < ACCEPTED_MAX) {
		int fd = accept4(listening_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0)
			return;
		sockets->accepted[sockets->accepted_count++] = fd;
	}
}

/* Before anything is bound: a new address may be part of an old one. */
static enum result
close_unwanted(struct inherited *inherited, struct sockets *sockets)
{
	for (size_t i = 0; i < inherited->count; i++) {
		if (inherited->fds[i] < 0)
			continue;
		if (sockets->accepted == NULL)
			TRY(mem_new(ACCEPTED_MAX, sizeof(int), (void **)&sockets->accepted));
		let_in(sockets, inherited->fds[i]);
		fd_close(&inherited->fds[i]);
	}
	return RESULT_OK;
}

/* --- Opening ------------------------------------------------------------------------------------ */

static void
add_socket(struct sockets *sockets, const struct wanted *wanted)
{
	struct monitor_endpoint at;
	int fd = wanted->fd;

	if (name_endpoint(wanted->info.ai_addr, wanted->info.ai_addrlen, &at) != RESULT_OK)
		return;
	if (fd < 0 && listen_at(&wanted->info, &fd) != RESULT_OK) {
		log_error("listen", "Bind to port %u on %s failed: %s.%s", at.port, at.address,
		    strerror(errno),
		    errno == EACCES && at.port < IPPORT_RESERVED
			? " Ports below 1024 need root or CAP_NET_BIND_SERVICE; choose another "
			  "with Port."
			: "");
		return;
	}
	sockets->fds[sockets->count++] = fd;
	log_info("listen", "Server listening on %s port %u.", at.address, at.port);
}

static void
make_plan(struct plan *plan)
{
	const size_t count = settings_count(plan->settings, KEYWORD_ListenAddress);

	if (count == 0)
		listen_on_ports(plan, NULL);
	for (size_t i = 0; i < count; i++)
		listen_on_word(plan, settings_word(plan->settings, KEYWORD_ListenAddress, i));
}

enum result
sockets_open(const struct settings *settings, struct inherited *inherited, struct sockets *out)
{
	CLEANUP(mem_freep) struct plan *plan = NULL;

	*out = (struct sockets){ 0 };
	TRY(mem_new(1, sizeof(*plan), (void **)&plan));
	plan->settings = settings;
	make_plan(plan);
	adopt(plan, inherited);
	TRY(close_unwanted(inherited, out));
	for (size_t i = 0; i < plan->count; i++)
		add_socket(out, &plan->list[i]);
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
	for (size_t i = 0; i < sockets->accepted_count; i++)
		fd_close(&sockets->accepted[i]);
	free(TAKE(sockets->accepted));
	sockets->count = sockets->accepted_count = 0;
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
