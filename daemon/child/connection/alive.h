/* SPDX-License-Identifier: ISC */
/*
 * Is the client still there? After so much silence it is asked, and after so many questions without an
 * answer the connection ends: ClientAliveInterval and ClientAliveCountMax. Pure.
 */
#pragma once

#include <stdint.h>

enum alive_action {
	ALIVE_NOTHING,
	ALIVE_ASK, /* send a request that wants a reply, whichever it is */
	ALIVE_GIVE_UP,
};

struct alive {
	uint32_t interval_ms; /* 0: nobody is ever asked */
	uint32_t count_max;   /* 0: asked for ever */
	uint32_t unanswered;
	uint64_t next_ms; /* when the silence is too long; 0: not begun */
};

/* `now_ms` is when the client was heard last. */
void alive_begin(struct alive *alive, uint32_t interval_s, uint32_t count_max, uint64_t now_ms);

/* Any packet of the client's shows that it is there. */
void alive_heard(struct alive *alive, uint64_t now_ms);

/* What is to be done now. */
enum alive_action alive_check(struct alive *alive, uint64_t now_ms);

/* When alive_check should be called next; 0: never. */
static inline uint64_t
alive_deadline_ms(const struct alive *alive)
{
	return alive->next_ms;
}
