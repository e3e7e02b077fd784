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

/* Bytes. A window begins with the first of these that the budget has room for, or with the last. */
#define WINDOW_BEGIN   (2U * 1024 * 1024)
#define WINDOW_CROWDED (256U * 1024)
#define WINDOW_LEAST   (64U * 1024)

/* Shared by the windows of one connection. */
struct window_budget {
	uint32_t window_max; /* of one window */
	uint32_t total;      /* sizes of all windows */
	uint64_t now_ms;     /* the time of this turn */
	uint32_t rtt_us;     /* round trip to the client, the shortest seen; 0: not measured */
};

/* Above this no window grows, and above its half new ones begin small. */
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

void window_open(struct window *window, struct window_budget *budget);
void window_close(struct window *window);

/* So many bytes came. False: more than there was room for, and nothing is counted. */
bool window_receive(struct window *window, size_t size);

/* The consumer took so many of them. How many more the client may be allowed now: 0 until it is worth a
 * message; the caller tells the client. */
uint32_t window_take(struct window *window, size_t size);

/* Nothing has come for a while: a window that has grown is as at its beginning, once it is used up. */
void window_rest(struct window *window);
