/* SPDX-License-Identifier: ISC */
/*
 * On which addresses is it listened, when a client asks for one? Pure.
 */
#pragma once

#include "monitor/monitor.h"

/* One or two addresses; or a name, whose addresses the user process finds out. */
struct bind_places {
	struct bytes first,
	    second; /* views of the request or of constants; second empty: there is one */
};

/*
 * By GatewayPorts and AddressFamily. What a client names without being asked is not refused: it gets what it may
 * have, as it does from sshd.
 */
struct bind_places bind_choose(const struct settings *settings, struct bytes host);
