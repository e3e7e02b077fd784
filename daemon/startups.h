/* SPDX-License-Identifier: ISC */
/*
 * The connections that nobody has logged in on yet, by where they come from: MaxStartups, PerSourceMaxStartups.
 * Sorted by address, so that each network is one run of neighbours and no choice of addresses makes it slow. Pure.
 */
#pragma once

#include <sys/types.h>

#include "common/addr.h"
#include "common/config/settings.h"

struct startup {
	pid_t pid;        /* its monitor's */
	struct addr addr; /* all zero: not known */
};

struct startups {
	struct startup *list; /* owned; sorted by address */
	size_t count, room;
};

/* RESULT_MEMORY. */
enum result startups_add(struct startups *startups, const struct startup *startup) MUST_USE;

/* Somebody logged in, or it ended. No such process: nothing. */
void startups_remove(struct startups *startups, pid_t pid);

/* How many come from the network that the address is in. */
size_t startups_near(const struct startups *startups, const struct addr *addr, unsigned prefix);

/* Leading bits that count of this address. */
unsigned startups_prefix(const struct settings_net_block *block, const struct addr *addr);

void startups_clear(struct startups *startups);
