/* SPDX-License-Identifier: ISC */
/*
 * From a host's name to its addresses, without waiting (edge).
 */
#pragma once

#include <netinet/in.h>
#include <sys/types.h>

#include "common/buf.h"

/* More addresses of one name are not tried. */
#define RESOLVE_ADDRESSES_MAX 16

#define RESOLVE_TEXT_MAX      128

union address {
	struct sockaddr any;
	struct sockaddr_in inet;
	struct sockaddr_in6 inet6;
};

struct addresses {
	union address list[RESOLVE_ADDRESSES_MAX];
	size_t count;
};

struct resolve_question {
	const char *host;
	unsigned port;
	uint32_t family; /* 0 any, 4, 6 */
};

/* A name that is an address already. RESULT_NOT_FOUND if it is not one. */
enum result resolve_literal(
    const struct resolve_question *question, struct addresses *out) MUST_USE;

/* A process of its own that looks a name up: the C library's way to do it blocks. */
struct resolver {
	pid_t pid; /* 0: none */
	int fd;    /* owned; readable when there is an answer; -1: none */
};

/* Starts it; resolve_finish or resolve_stop ends it. RESULT_SYSTEM: there is no pipe or process to be had, and nothing to
 * end. */
enum result resolve_begin(const struct resolve_question *question, struct resolver *out) MUST_USE;

/*
 * Takes the answer and ends the process. On RESULT_NOT_FOUND `text` (RESOLVE_TEXT_MAX) says why in the
 * C library's words.
 */
enum result resolve_finish(struct resolver *resolver, struct addresses *out, char *text) MUST_USE;

/* Ends the process, answer or not. */
void resolve_stop(struct resolver *resolver);

socklen_t resolve_address_size(const union address *address);
