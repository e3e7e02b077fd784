/* SPDX-License-Identifier: ISC */
/*
 * The resolver's answers, compared with each other (edge).
 */
#include "monitor/name/find.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/macros.h"

static void
addresses_freep(struct addrinfo **list)
{
	if (*list != NULL)
		freeaddrinfo(*list);
}

static struct addrinfo *
look_up(const char *host, int family, int flags)
{
	const struct addrinfo hints = {
		.ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = flags
	};
	struct addrinfo *found = NULL;

	return getaddrinfo(host, NULL, &hints, &found) == 0 ? found : NULL;
}

static bool
is_number(const char *name)
{
	CLEANUP(addresses_freep) struct addrinfo *found = look_up(name, AF_UNSPEC, AI_NUMERICHOST);

	return found != NULL;
}

/* Ports and scopes say nothing of who it is. */
static bool
is_same_address(const struct sockaddr *a, const struct sockaddr *b)
{
	if (a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET)
		return memcmp(&((const struct sockaddr_in *)a)->sin_addr,
			   &((const struct sockaddr_in *)b)->sin_addr, sizeof(struct in_addr)) == 0;
	return a->sa_family == AF_INET6 &&
	       memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
		   &((const struct sockaddr_in6 *)b)->sin6_addr, sizeof(struct in6_addr)) == 0;
}

static bool
leads_back(const char *name, const struct sockaddr *address)
{
	CLEANUP(addresses_freep)
	struct addrinfo *found = look_up(name, address->sa_family, 0);

	for (const struct addrinfo *at = found; at != NULL; at = at->ai_next) {
		if (is_same_address(at->ai_addr, address))
			return true;
	}
	return false;
}

enum name_verdict
name_find(const char *address, char *name)
{
	CLEANUP(addresses_freep)
	struct addrinfo *of_client = look_up(address, AF_UNSPEC, AI_NUMERICHOST);

	name[0] = '\0';
	if (of_client == NULL || getnameinfo(of_client->ai_addr, of_client->ai_addrlen, name,
				     NI_MAXHOST, NULL, 0, NI_NAMEREQD) != 0) {
		name[0] = '\0';
		return NAME_NONE;
	}
	if (is_number(name) || !leads_back(name, of_client->ai_addr))
		return NAME_FORGED;
	return NAME_GOOD;
}

size_t
name_addresses(const char *host, char *out, size_t size)
{
	CLEANUP(addresses_freep) struct addrinfo *found = look_up(host, AF_UNSPEC, 0);
	char address[NI_MAXHOST];
	size_t used = 0;

	for (const struct addrinfo *at = found; at != NULL; at = at->ai_next) {
		if (getnameinfo(at->ai_addr, at->ai_addrlen, address, sizeof(address), NULL, 0,
			NI_NUMERICHOST) != 0 ||
		    used + strlen(address) + 2 > size)
			continue;
		used += (size_t)snprintf(out + used, size - used, "%s\n", address);
	}
	return used;
}
