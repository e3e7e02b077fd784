/* SPDX-License-Identifier: ISC */
/*
 * Frames of tunnels (pure). A device is opened so that nothing stands in front of its packets; which family they are
 * of is seen from the version in their first byte, so no byte of a packet moves on its way.
 */
#include "daemon/child/connection/frame.h"

#include <assert.h>

#define HEADER_BYTES_V4 20 /* RFC 791 section 3.1, without options */
#define HEADER_BYTES_V6 40 /* RFC 8200 section 3 */
#define ETHERNET_BYTES  14 /* two addresses and a type */

/* The numbers of OpenBSD, where they come from. */
#define FAMILY_INET  2
#define FAMILY_INET6 24

size_t
frame_head_size(enum frame_kind kind)
{
	return kind == FRAME_IP ? FRAME_HEAD_MAX : 0;
}

/* 0: no packet of IP. */
static uint32_t
family_of(struct bytes packet)
{
	const unsigned version = packet.size == 0 ? 0 : packet.data[0] >> 4;

	if (version == 4 && packet.size >= HEADER_BYTES_V4)
		return FAMILY_INET;
	if (version == 6 && packet.size >= HEADER_BYTES_V6)
		return FAMILY_INET6;
	return 0;
}

bool
frame_put_head(enum frame_kind kind, struct bytes frame, uint8_t *at)
{
	struct writer writer = writer_into(at, FRAME_HEAD_MAX);
	uint32_t family;

	if (kind != FRAME_IP)
		return frame.size >= ETHERNET_BYTES;
	family = family_of(frame);
	put_u32(&writer, family);
	assert(writer_end(&writer) == RESULT_OK);
	return family != 0;
}

bool
frame_take(enum frame_kind kind, struct bytes data, struct bytes *frame)
{
	struct reader reader = reader_of(data);
	uint32_t family;

	*frame = data;
	if (kind != FRAME_IP)
		return data.size >= ETHERNET_BYTES;
	family = get_u32(&reader);
	*frame = get_rest(&reader);
	return reader_end(&reader) == RESULT_OK && family != 0 && family == family_of(*frame);
}
