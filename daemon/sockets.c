/* SPDX-License-Identifier: ISC */
/*
 * Binding to what the configuration names (edge).
 */
#include "daemon/sockets.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"

/* Those who connect while the listener executes itself wait here; the kernel takes less where it is told so. */
#define BACKLOG 1024

/* Connections that have sent data with their first packet and are not acknowledged yet: beyond these they wait for the
 * handshake like all others, so that forged addresses cost us little. */
#define FAST_OPEN_WAITING_MAX 256
#define FAST_OPEN_SYSCTL      "/proc/sys/net/ipv4/tcp_fastopen"
#define FAST_OPEN_SYSCTL_MAX  32
#define FAST_OPEN_SERVER      2U

int
sockets_family(const struct settings *settings)
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
listen_at(const struct addrinfo *info, int protocol, int *out)
{
	CLEANUP(fd_close)
	int fd =
	    socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
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
	int error;            /* why not */
};

struct plan {
	const struct settings *settings;
	int protocol; /* IPPROTO_TCP or IPPROTO_MPTCP */
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
		.ai_family = sockets_family(plan->settings),
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

static int
option_of(int fd, int name)
{
	int value = 0;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &size) < 0 ? -1 : value;
}

static bool
is_bound_to(int fd, const struct addrinfo *info, int protocol)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);

	if (fd < 0 || getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		return false;
	if (option_of(fd, SO_ACCEPTCONN) != 1 || option_of(fd, SO_PROTOCOL) != protocol ||
	    size != info->ai_addrlen)
		return false;
	return memcmp(&address, info->ai_addr, size) == 0;
}

static void
adopt(struct plan *plan, struct inherited *inherited)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct wanted *wanted = &plan->list[i];

		for (size_t j = 0; j < inherited->count && wanted->fd < 0; j++) {
			if (!is_bound_to(inherited->fds[j], &wanted->info, plan->protocol))
				continue;
			wanted->fd = inherited->fds[j];
			inherited->fds[j] = -1;
		}
	}
}

/* More than the backlog had room for cannot wait there. */
#define ACCEPTED_MAX (BACKLOG * 4)

/* There must be descriptors left to serve them with. */
static size_t
accepted_max(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur / 2 > ACCEPTED_MAX)
		return ACCEPTED_MAX;
	return files.rlim_cur / 2;
}

static enum result
let_in(struct sockets *sockets, int listening_fd)
{
	const size_t most = accepted_max();

	if (sockets->accepted == NULL)
		TRY(mem_new(ACCEPTED_MAX, sizeof(int), (void **)&sockets->accepted));
	while (sockets->accepted_count < most) {
		int fd = accept4(listening_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0)
			break;
		sockets->accepted[sockets->accepted_count++] = fd;
	}
	return RESULT_OK;
}

/* A new address may be part of an old one, which keeps the port but does not listen meanwhile. */
static enum result
suspend_unwanted(struct inherited *inherited, struct sockets *sockets)
{
	for (size_t i = 0; i < inherited->count; i++) {
		if (inherited->fds[i] < 0)
			continue;
		TRY(let_in(sockets, inherited->fds[i]));
		(void)shutdown(inherited->fds[i], SHUT_RD);
	}
	return RESULT_OK;
}

static enum result
close_unwanted(struct inherited *inherited, struct sockets *sockets)
{
	for (size_t i = 0; i < inherited->count; i++) {
		if (inherited->fds[i] < 0)
			continue;
		TRY(let_in(sockets, inherited->fds[i]));
		fd_close(&inherited->fds[i]);
	}
	return RESULT_OK;
}

/* Better the old addresses than none: whoever would put it right may have no other way in. */
static void
keep_unwanted(struct inherited *inherited, struct sockets *sockets)
{
	for (size_t i = 0; i < inherited->count; i++) {
		if (inherited->fds[i] < 0 || listen(inherited->fds[i], BACKLOG) < 0)
			continue;
		sockets->fds[sockets->count++] = inherited->fds[i];
		inherited->fds[i] = -1;
	}
	if (sockets->count > 0)
		log_error("listen", "None of the addresses can be bound: the server goes on "
				    "listening where it did.");
}

/* --- Kinds of TCP -------------------------------------------------------------------------------- */

/* Multipath TCP where it is wanted and the kernel has it, and speaks it (net.mptcp.enabled). */
static int
choose_protocol(const struct settings *settings)
{
	CLEANUP(fd_close) int probe = -1;

	if (!settings_flag(settings, KEYWORD_UseMPTCP))
		return IPPROTO_TCP;
	probe = socket(sockets_family(settings) == AF_INET6 ? AF_INET6 : AF_INET,
	    SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
	if (probe >= 0)
		return IPPROTO_MPTCP;
	log_error("listen", "UseMPTCP: the kernel has no multipath TCP (%s), so it is plain TCP.",
	    strerror(errno));
	return IPPROTO_TCP;
}

/* The kernel would say nothing: a server's part is the second bit. */
static void
say_whether_kernel_opens_fast(void)
{
	uint64_t value;
	struct bytes line, text;
	OWNED_BUF file;

	buf_init(&file, FAST_OPEN_SYSCTL_MAX);
	if (fd_read_path(FAST_OPEN_SYSCTL, FAST_OPEN_SYSCTL_MAX, &file) != RESULT_OK)
		return;
	text = buf_bytes(&file);
	if (!text_next_line(&text, &line) || text_number(line, INT_MAX, &value) != RESULT_OK)
		return;
	if ((value & FAST_OPEN_SERVER) == 0)
		log_error("listen",
		    "TCPFastOpen: net.ipv4.tcp_fastopen is %u: servers take no part in it; %u lets "
		    "them.",
		    (unsigned)value, (unsigned)value | FAST_OPEN_SERVER);
}

/* What the kernel takes of a client's data with its first packet. `sockets` may be adopted, from when the setting was
 * another. */
static void
set_fast_open(const struct settings *settings, const struct sockets *sockets)
{
	const int waiting =
	    settings_flag(settings, KEYWORD_TCPFastOpen) ? FAST_OPEN_WAITING_MAX : 0;

	if (waiting > 0)
		say_whether_kernel_opens_fast();
	for (size_t i = 0; i < sockets->count; i++)
		if (setsockopt(sockets->fds[i], IPPROTO_TCP, TCP_FASTOPEN, &waiting,
			sizeof(waiting)) < 0 &&
		    waiting > 0)
			log_error("listen", "TCPFastOpen: %s", strerror(errno));
}

/* --- Opening ------------------------------------------------------------------------------------ */

/* False: somebody has the address. That somebody may be ourselves. */
static bool
try_wanted(struct wanted *wanted, int protocol)
{
	if (wanted->fd < 0 && listen_at(&wanted->info, protocol, &wanted->fd) != RESULT_OK)
		wanted->error = errno;
	return wanted->fd >= 0 || wanted->error != EADDRINUSE;
}

static bool
try_all(struct plan *plan)
{
	bool is_free = true;

	for (size_t i = 0; i < plan->count; i++)
		is_free &= try_wanted(&plan->list[i], plan->protocol);
	return is_free;
}

static void
take_socket(struct sockets *sockets, const struct wanted *wanted)
{
	struct monitor_endpoint at;

	if (name_endpoint(wanted->info.ai_addr, wanted->info.ai_addrlen, &at) != RESULT_OK)
		return;
	if (wanted->fd < 0) {
		log_error("listen", "Bind to port %u on %s failed: %s.%s", at.port, at.address,
		    strerror(wanted->error),
		    wanted->error == EACCES && at.port < IPPORT_RESERVED
			? " Ports below 1024 need root or CAP_NET_BIND_SERVICE; choose another "
			  "with Port."
			: "");
		return;
	}
	sockets->fds[sockets->count++] = wanted->fd;
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
sockets_print(const struct settings *settings, struct buf *out)
{
	struct plan plan = { .settings = settings };

	make_plan(&plan);
	for (size_t i = 0; i < plan.count; i++) {
		const struct addrinfo *info = &plan.list[i].info;
		struct monitor_endpoint at;
		char line[sizeof(at.address) + 64];

		if (name_endpoint(info->ai_addr, info->ai_addrlen, &at) != RESULT_OK)
			continue;
		snprintf(line, sizeof(line),
		    info->ai_family == AF_INET6 ? "listenaddress [%s]:%u\n"
						: "listenaddress %s:%u\n",
		    at.address, at.port);
		TRY(buf_append(out, bytes_of_text(line)));
	}
	return RESULT_OK;
}

enum result
sockets_open(const struct settings *settings, struct inherited *inherited, struct sockets *out)
{
	CLEANUP(mem_freep) struct plan *plan = NULL;

	*out = (struct sockets){ 0 };
	TRY(mem_new(1, sizeof(*plan), (void **)&plan));
	plan->settings = settings;
	plan->protocol = choose_protocol(settings);
	make_plan(plan);
	adopt(plan, inherited);
	if (!try_all(plan)) {
		TRY(suspend_unwanted(inherited, out));
		(void)try_all(plan);
	}
	for (size_t i = 0; i < plan->count; i++)
		take_socket(out, &plan->list[i]);
	set_fast_open(settings, out);
	if (out->count > 0)
		return close_unwanted(inherited, out);
	keep_unwanted(inherited, out);
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

void
sockets_rdomain(int fd, char *out)
{
	socklen_t size = MONITOR_RDOMAIN_MAX;

	_Static_assert(MONITOR_RDOMAIN_MAX == IF_NAMESIZE, "as the kernel has it");
	/* A socket of a VRF is bound to its device, also one that it accepted. */
	memset(out, 0, size);
	if (getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, out, &size) < 0)
		out[0] = '\0';
	out[MONITOR_RDOMAIN_MAX - 1] = '\0';
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
