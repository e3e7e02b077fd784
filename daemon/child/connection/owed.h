/* SPDX-License-Identifier: ISC */
/*
 * The replies that are owed to the client's global requests: they go out in the order of the requests (RFC 4254
 * section 4), while the monitor is asked about some of them, and answers in an order of its own. Pure.
 */
#pragma once

#include <sys/queue.h>

#include "daemon/child/outlet.h"

/* Requests that may wait: every listener of a client that asks for all of them at once, and some others. */
#define OWED_MAX (FORWARD_LISTENERS_MAX + 64)

/* The number of no reply. */
#define OWED_NOTHING 0

struct owed_reply; /* one that waits; opaque */

struct owed {
	TAILQ_HEAD(owed_list, owed_reply) list; /* owned; the oldest first */
	size_t count;
	uint32_t last; /* the number that was given last */
};

void owed_init(struct owed *owed);
void owed_clear(struct owed *owed);

/*
 * A request whose reply is not known yet; *number names it for owed_settle, and is OWED_NOTHING when no reply is
 * wanted. RESULT_PROTOCOL with the outlet's fault: too many.
 */
enum result owed_expect(
    struct owed *owed, bool wanted, struct outlet *outlet, uint32_t *number) MUST_USE;

/*
 * The reply is known: `data` is what stands behind a success. It goes out now, or when those before it have.
 * Nothing for OWED_NOTHING, nor for a number that is not waited for.
 */
enum result owed_settle(struct owed *owed, uint32_t number, bool success, struct bytes data,
    struct outlet *outlet) MUST_USE;

/* A request that is answered here, without data: both of these. */
enum result owed_add(struct owed *owed, bool wanted, bool success, struct outlet *outlet) MUST_USE;
