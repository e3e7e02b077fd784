/* SPDX-License-Identifier: ISC */
/*
 * Who comes in (edge: says why to those who do not, and logs it): MaxStartups, PerSourceMaxStartups and
 * PerSourcePenalties over what is going on now and what went on lately.
 */
#pragma once

#include "common/ration.h"
#include "daemon/connections.h"
#include "daemon/penalties.h"
#include "daemon/startups.h"
#include "monitor/monitor.h"

struct door {
	struct settings_startups limit;
	struct settings_net_block blocks;
	size_t per_source_max; /* 0: no limit */
	const char *reserved;  /* borrowed: ReservedSources; NULL: none */
	size_t reserved_max;   /* ReservedStartups */
	struct penalties penalties;
	struct startups startups;
	size_t leaving;         /* connections that were told to make room, and are still there */
	struct ration refusals; /* lines of the log */
};

/* `settings` outlive the door. RESULT_CRYPTO: there are no random numbers. */
enum result door_init(struct door *door, const struct settings *settings) MUST_USE;
void door_clear(struct door *door);

/*
 * May the connection `fd` start? If not, its peer is told, and the log. If somebody else must go for it, *victim is
 * the pid of their monitor, otherwise 0.
 */
bool door_opens(struct door *door, int fd, const struct monitor_endpoint *peer,
    const struct monitor_endpoint *local, pid_t *victim);

/* A monitor was started for somebody who came in. RESULT_MEMORY. */
enum result door_entered(struct door *door, pid_t pid, const char *address) MUST_USE;

/* A connection that was there before the listener executed itself, with what was known of its start. RESULT_MEMORY. */
enum result door_restore(
    struct door *door, const struct connection *connection, const struct startup *startup) MUST_USE;

/* Says in the log how many there are, and whom it refuses. */
void door_log_state(const struct door *door, size_t connection_count);

/* This one was told to make room. */
void door_leaves(struct door *door, struct connection *connection);

/* Its monitor says MONITOR_STATUS_*. Whom we called is punished for nothing. */
void door_hear(struct door *door, struct connection *connection, uint8_t status);

/* Its monitor ended, by waitpid's status. */
void door_ended(struct door *door, struct connection *connection, int status);

/* When door_meet_deadline has something to do; 0: never. */
uint64_t door_deadline_ms(const struct door *door);
void door_meet_deadline(struct door *door, uint64_t now_ms);
