/* SPDX-License-Identifier: ISC */
/*
 * When keys have been used enough. Pure. RFC 4253 section 9; RFC 4344 section 3.2 for the block
 * counts: 2^32 blocks of 16 bytes, less for smaller blocks, where collisions come earlier.
 */
#include "daemon/child/transport/rekey.h"

#define PACKETS_MAX      (UINT64_C(1) << 31)
#define BYTES_SMALL_MAX  (UINT64_C(1) << 30) /* blocks of 8 bytes; ChaCha20-Poly1305 by custom */
#define BYTES_LARGE_MAX  (UINT64_C(1) << 36)
#define LARGE_BLOCK_SIZE 16

struct rekey_limit
rekey_limit_of(const struct seal *seal)
{
	bool is_large = seal_shape(seal)->block >= LARGE_BLOCK_SIZE;

	return (struct rekey_limit){ .packets = PACKETS_MAX,
		.bytes = is_large ? BYTES_LARGE_MAX : BYTES_SMALL_MAX };
}

bool
rekey_is_due(struct rekey_limit limit, struct packet_usage usage)
{
	return usage.packets >= limit.packets || usage.bytes >= limit.bytes;
}

/* Half as much again: what is in flight fits in, and packets stay below 2^32, where sequence
 * numbers, and with them nonces, would come back. */
bool
rekey_is_overdue(struct rekey_limit limit, struct packet_usage usage)
{
	limit.packets += limit.packets / 2;
	limit.bytes += limit.bytes / 2;
	return rekey_is_due(limit, usage);
}
