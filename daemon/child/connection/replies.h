/* SPDX-License-Identifier: ISC */
/*
 * The replies that a channel owes its client, in the order of the requests (RFC 4254 section 4), while
 * the monitor is asked for some of them.
 */
#pragma once

#include "daemon/child/outlet.h"

/* Requests of one channel that may wait for the monitor: a burst of variables fits, a flood does not. */
#define REPLIES_MAX 4096

struct replies {
	struct buf waiting; /* see replies.c: what each waits for */
};

void replies_init(struct replies *replies);
void replies_clear(struct replies *replies);

/* A request that the monitor was asked for, and answers by `answer`. RESULT_PROTOCOL with the outlet's
 * fault: too many. */
enum result replies_expect(
    struct replies *replies, enum ipc_type answer, bool wanted, struct outlet *outlet) MUST_USE;

/* A request that is answered here; sent when those before it are. */
enum result replies_add(struct replies *replies, uint32_t their_id, bool wanted, bool success,
    struct outlet *outlet) MUST_USE;

/* The monitor answered the oldest of its requests. RESULT_MALFORMED: it was not asked for that. */
enum result replies_answer(struct replies *replies, uint32_t their_id, enum ipc_type answer,
    bool success, struct outlet *outlet) MUST_USE;
