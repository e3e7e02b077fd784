/* SPDX-License-Identifier: ISC */
/*
 * From an address to the name of its host, and back (edge: asks the system's resolver).
 */
#pragma once

#include <netdb.h>
#include <stddef.h>

enum name_verdict {
	NAME_NONE,   /* the address has no name */
	NAME_GOOD,   /* it has one, which has the address among its own */
	NAME_FORGED, /* it has one that is somebody else's, or looks like an address */
};

/*
 * The name of a numeric address, in `name` (NI_MAXHOST bytes) as the resolver writes it; "" with NAME_NONE. Whoever
 * owns an address may give it any name, so only a name with NAME_GOOD says who is there. Waits for name servers.
 */
enum name_verdict name_find(const char *address, char *name);

/* The numeric addresses of a host, a line each, as many as fit into `size` bytes; how many bytes they are. Waits. */
size_t name_addresses(const char *host, char *out, size_t size);
