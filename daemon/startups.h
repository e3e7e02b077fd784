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
	pid_t pid;         /* its monitor's */
	struct addr addr;  /* all zero: not known */
	uint64_t heard_ms; /* when its client last got something done; at first, when it came */
	bool has_spoken;   /* its client got as far as to a key exchange */
	bool
	    is_reserved; /* has a place of ReservedStartups: neither counted with the others nor dropped */
};

struct startups {
	struct startup *list; /* owned; sorted by address */
	size_t count, room;
	size_t reserved; /* of `count` */
};

/* RESULT_MEMORY. */
enum result startups_add(struct startups *startups, const struct startup *startup) MUST_USE;

/* Somebody logged in, or it ended. No such process: nothing. */
void startups_remove(struct startups *startups, pid_t pid);

/* NULL: there is none. */
struct startup *startups_find(const struct startups *startups, pid_t pid);

/* Its client did something just now. No such process: nothing. */
void startups_spoke(struct startups *startups, pid_t pid, uint64_t now_ms);

/*
 * Whom to drop to make room for a newcomer from `addr`: of the network that has the most connections, the one whose
 * client has been silent for longest, and rather one that never spoke. Nobody goes for a newcomer whose own network
 * has more, and for one whose network has as many only who has been silent for a while. NULL: the newcomer must go
 * himself. Valid until the next change.
 */
const struct startup *startups_victim(
    const struct startups *startups, const struct addr *addr, uint64_t now_ms);

/* How many come from the network that the address is in. */
size_t startups_near(const struct startups *startups, const struct addr *addr, unsigned prefix);

/* Leading bits that count of this address. */
unsigned startups_prefix(const struct settings_net_block *block, const struct addr *addr);

void startups_clear(struct startups *startups);
