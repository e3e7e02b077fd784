/* SPDX-License-Identifier: ISC */
/*
 * Whose word of a host is taken for a user, from the bytes of .rhosts, .shosts, hosts.equiv or shosts.equiv (pure).
 * hosts.equiv(5).
 */
#pragma once

#include "common/buf.h"

/* Longer lines cannot be read. */
#define RHOSTS_LINE_MAX 2048

enum rhosts_membership { RHOSTS_NO_MEMBER, RHOSTS_MEMBER, RHOSTS_NO_GROUP };

/* Is a host, or a user, in this netgroup? The other is empty. */
typedef enum rhosts_membership rhosts_netgroup(
    struct bytes group, struct bytes host, struct bytes user);

struct rhosts_question {
	struct bytes host;        /* the client's */
	struct bytes address;     /* its text, or the name again where that is all that counts */
	struct bytes client_user; /* who it is there */
	struct bytes server_user; /* who they want to be here */
	rhosts_netgroup *netgroup;
};

enum rhosts_verdict {
	RHOSTS_SILENT,    /* no line is about them */
	RHOSTS_TRUSTED,   /* the first line that is lets them in */
	RHOSTS_DISTRUSTED /* or keeps them out */
};

/*
 * The first line that is about host and user decides; `line` is its number. "+" for host and user in one line, which
 * would trust everybody, is left out, as are lines with more words; but one with a "-" counts for all that. A line that
 * cannot be read might keep anybody out, and does.
 */
enum rhosts_verdict rhosts_find(
    struct bytes file, const struct rhosts_question *question, unsigned *line);
