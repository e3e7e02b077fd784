/* SPDX-License-Identifier: ISC */
/*
 * When a connection on which somebody is logged in, or one of its channels, was idle for too long: ChannelTimeout,
 * UnusedConnectionTimeout and IdleUserTimeout. What is used says so with a store; channels are gone through only
 * when one of them may be due. Pure.
 */
#pragma once

#include "common/ipc_bodies.h"
#include "daemon/child/outlet.h"

struct channel;
struct channels;

enum timers_verdict {
	TIMERS_GO_ON,
	TIMERS_UNUSED,    /* nothing was open for as long as UnusedConnectionTimeout */
	TIMERS_USER_IDLE, /* the user sent nothing for as long as IdleUserTimeout */
};

/* Times are those of the turn that it was in (now_ms), timeouts of 0 are off. */
struct timers {
	struct buf rules;           /* of ChannelTimeout: see child_policy */
	uint64_t all_timeout_ms;    /* of all channels together */
	uint64_t unused_timeout_ms; /* without a channel */
	uint64_t user_timeout_ms;   /* without data from the user */
	bool has_begun;             /* somebody is logged in */
	size_t live_count;          /* channels that we have not closed */
	uint64_t unused_since_ms;   /* while there are none */
	uint64_t used_ms, user_ms;  /* a channel was used last; the user sent data last */
	uint64_t channels_due_ms;   /* no channel's own timeout is over before; 0: none has one */
};

void timers_init(struct timers *timers);
void timers_clear(struct timers *timers);

/* What the settings say; before the login. RESULT_LIMIT, RESULT_MEMORY. */
enum result timers_set(struct timers *timers, const struct child_policy *policy) MUST_USE;

/* Somebody is logged in. */
void timers_begin(struct timers *timers, uint64_t now_ms);

/* A channel is being opened; nobody could use it, as it was refused; it is not live any more. */
void timers_count(struct timers *timers);
void timers_discount_refused(struct timers *timers);
void timers_discount(struct timers *timers, uint64_t now_ms);

/*
 * The timeout of a channel of this type, in milliseconds; 0: none. The first rule whose pattern fits counts.
 * What fits "session" fits "session:shell" and its like, too, and "global" fits nothing.
 */
uint64_t timers_find(const struct timers *timers, struct bytes type);

/* The channel has this timeout from now on. It is closed by it only when it is open. */
void timers_watch(struct channel *channel, uint64_t timeout_ms);

/* Data went over the channel, from the user or to them. */
void timers_note(struct channel *channel, bool by_user);

/* Closes what was idle for too long. RESULT_LIMIT, RESULT_MEMORY: of the outlet. */
enum result timers_check(
    struct channels *channels, struct outlet *outlet, enum timers_verdict *verdict) MUST_USE;

/* When timers_check is to be asked although nothing happens; 0: never. */
uint64_t timers_deadline_ms(const struct timers *timers);
