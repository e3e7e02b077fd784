/* SPDX-License-Identifier: ISC */
/*
 * Receive windows, RFC 4254 section 5.2: how much a client may send before somebody has taken it. A window
 * grows while its consumer takes more than it holds in a second, so that a long way to the client does not
 * slow it down, and shrinks when it idles; all windows of a connection share a budget, which bounds what
 * consumers that stop can make us keep. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes. A window begins with the first of these while all are together below the half of the budget, then with the
 * second below three quarters, and then with the last. None grows above that either, so the last quarter is for new
 * ones, which by default are as many as there may be channels. */
#define WINDOW_BEGIN   (2U * 1024 * 1024)
#define WINDOW_CROWDED (256U * 1024)
#define WINDOW_LEAST   (32U * 1024)

/* Shared by the windows of one connection. */
struct window_budget {
	uint32_t window_max; /* of one window */
	uint32_t total_max;  /* above this no window grows and none is opened */
	uint32_t packet_max; /* bytes of data in one message to us */
	uint32_t total;      /* sizes of all windows */
	uint64_t now_ms;     /* the time of this turn */
	uint32_t rtt_us;     /* round trip to the client, the shortest seen; 0: not measured */
};

/* What the budget is unless somebody says something else. */
#define WINDOW_BUDGET (128U * 1024 * 1024)

struct window {
	struct window_budget *budget; /* borrowed */
	uint32_t begin;               /* what it began with */
	uint32_t size;                /* what `left` and `held` are filled up to */
	uint32_t left;                /* bytes that they may still send */
	uint32_t held;                /* bytes that came and were not taken yet */
	uint32_t taken;               /* since `since_ms` */
	uint64_t since_ms;
};

/* Is there room for another window? */
bool window_fits(const struct window_budget *budget);

void window_open(struct window *window, struct window_budget *budget);
void window_close(struct window *window);

/* So many bytes came. False: more than there was room for, and nothing is counted. */
bool window_receive(struct window *window, size_t size);

/* The consumer took so many of them. How many more the client may be allowed now: 0 until it is worth a
 * message; the caller tells the client. */
uint32_t window_take(struct window *window, size_t size);

/* Nothing has come for a while: a window that has grown is as at its beginning, once it is used up. */
void window_rest(struct window *window);
