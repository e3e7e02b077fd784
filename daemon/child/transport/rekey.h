/* SPDX-License-Identifier: ISC */
/*
 * When keys have been used enough. RFC 4253 section 9, RFC 4344 section 3.
 */
#pragma once

#include "daemon/child/transport/packet.h"

struct rekey_limit {
	uint64_t packets, bytes;
};

/* What one direction's keys may protect, by the block size of its cipher. */
struct rekey_limit rekey_limit_of(const struct seal *seal);

/* Is it time to exchange keys? */
bool rekey_is_due(struct rekey_limit limit, struct packet_usage usage);

/* Has the peer gone on for so long without exchanging keys that the connection must end? */
bool rekey_is_overdue(struct rekey_limit limit, struct packet_usage usage);
