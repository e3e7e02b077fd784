/* SPDX-License-Identifier: ISC */
/*
 * From an address to the name of its host, and back (edge: asks the system's resolver).
 */
#pragma once

#include <netdb.h>

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
