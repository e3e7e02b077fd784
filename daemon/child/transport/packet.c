/* SPDX-License-Identifier: ISC */
/*
 * One packet's framing. Pure. RFC 4253 section 6; strict key exchange for the sequence numbers.
 */
#include "daemon/child/transport/packet.h"

#include <assert.h>

#include "common/wire.h"

#define LENGTH_SIZE 4
#define HEADER_SIZE (LENGTH_SIZE + 1) /* and the padding's length */

/* Bytes of the packet that are not made a multiple of the block. */
static size_t
unpadded_size(const struct seal_shape *shape)
{
	return shape->length_is_aad ? LENGTH_SIZE : 0;
}

enum result
packet_in_init(struct packet_in *in)
{
	*in = (struct packet_in){ 0 };
	return seal_new_none(&in->seal);
}

void
packet_in_clear(struct packet_in *in)
{
	inbox_clear(&in->box);
	inflater_free(TAKE(in->inflater));
	seal_freep(&in->seal);
}

enum result
packet_out_init(struct packet_out *out, size_t ceiling)
{
	*out = (struct packet_out){ .ceiling = ceiling };
	return seal_new_none(&out->seal);
}

void
packet_out_clear(struct packet_out *out)
{
	outbox_clear(&out->box);
	deflater_free(TAKE(out->deflater));
	seal_freep(&out->seal);
}

void
packet_in_switch(struct packet_in *in, struct seal *seal, bool reset_sequence)
{
	assert(
	    !in->has_length); /* a packet is opened with the keys that its length was read with */
	/* Its last payload, NEWKEYS, may still lie there, and nobody needs it. */
	inflater_free(TAKE(in->inflater));
	seal_free(in->seal);
	in->seal = seal;
	in->usage = (struct packet_usage){ 0 };
	if (reset_sequence)
		in->sequence = 0;
}

void
packet_out_switch(struct packet_out *out, struct seal *seal, bool reset_sequence)
{
	deflater_free(TAKE(out->deflater));
	seal_free(out->seal);
	out->seal = seal;
	out->usage = (struct packet_usage){ 0 };
	if (reset_sequence)
		out->sequence = 0;
}

enum result
packet_in_inflate(struct packet_in *in)
{
	assert(in->inflater == NULL);
	return inflater_new(&in->inflater);
}

enum result
packet_out_deflate(struct packet_out *out)
{
	assert(out->deflater == NULL && out->reserved == 0);
	return deflater_new(&out->deflater);
}

void
packet_in_release(struct packet_in *in)
{
	in->is_held_up = false;
	if (in->inflater != NULL)
		inflater_release(in->inflater);
}

static bool
is_length_legal(const struct seal_shape *shape, uint32_t length)
{
	if (length < PACKET_LENGTH_MIN || length > PACKET_LENGTH_MAX)
		return false;
	return (LENGTH_SIZE + length - unpadded_size(shape)) % shape->block == 0;
}

/*
 * Under encryption a length that makes no sense says that the packet was tampered with; the answer
 * is that to a wrong MAC, which for some ciphers it is.
 */
static enum result
read_length(struct packet_in *in, const struct seal_shape *shape)
{
	if (inbox_size(&in->box) < shape->head_size)
		return RESULT_AGAIN;
	TRY(seal_open_length(in->seal, in->sequence, inbox_at(&in->box), &in->length));
	if (!is_length_legal(shape, in->length))
		return shape->tag_size > 0 ? RESULT_INTEGRITY : RESULT_LIMIT;
	in->has_length = true;
	return RESULT_OK;
}

/* The packet is whole and its integrity was checked. */
static enum result
open_packet(struct packet_in *in, const struct seal_shape *shape, uint8_t *packet)
{
	if (!in->has_length)
		TRY(read_length(in, shape));
	if (inbox_size(&in->box) < LENGTH_SIZE + in->length + shape->tag_size)
		return RESULT_AGAIN;
	return seal_open(in->seal, in->sequence, packet, in->length);
}

static enum result
discard(struct packet_in *in)
{
	const size_t held = inbox_size(&in->box);
	const size_t size = held < in->to_discard ? held : in->to_discard;

	inbox_consume(&in->box, size);
	in->to_discard -= size;
	return in->to_discard > 0 ? RESULT_AGAIN : RESULT_INTEGRITY;
}

enum result
packet_read(struct packet_in *in, struct bytes *payload)
{
	const struct seal_shape *shape = seal_shape(in->seal);
	uint8_t *packet = inbox_at(&in->box);
	enum result result;
	size_t total;
	uint8_t padding;

	in->is_held_up = in->inflater != NULL && inflater_is_full(in->inflater);
	if (in->is_held_up)
		return RESULT_AGAIN;
	if (in->is_forged)
		return discard(in);
	result = open_packet(in, shape, packet);
	if (result == RESULT_INTEGRITY && shape->hides_errors) {
		in->is_forged = true;
		in->to_discard = LENGTH_SIZE + PACKET_LENGTH_MAX + shape->tag_size;
		return discard(in);
	}
	TRY(result);

	total = LENGTH_SIZE + in->length + shape->tag_size;
	inbox_consume(&in->box, total);
	in->has_length = false;
	in->sequence++;
	in->usage.packets++;
	in->usage.bytes += total;

	padding = packet[LENGTH_SIZE];
	if (padding < PACKET_PADDING_MIN || padding + 2U > in->length)
		return RESULT_MALFORMED;
	*payload = bytes_of(packet + HEADER_SIZE, in->length - padding - 1);
	return in->inflater == NULL ? RESULT_OK : inflater_take(in->inflater, *payload, payload);
}

size_t
packet_size_max(const struct packet_out *out, size_t payload_size)
{
	const struct seal_shape *shape = seal_shape(out->seal);

	if (out->deflater != NULL)
		payload_size = deflater_bound(payload_size);
	return HEADER_SIZE + payload_size + PACKET_PADDING_MIN + shape->block + shape->tag_size;
}

enum result
packet_reserve(struct packet_out *out, size_t payload_max, uint8_t **payload)
{
	uint8_t *packet;

	assert(out->reserved == 0 && payload_max > 0);
	TRY(outbox_reserve(&out->box, packet_size_max(out, payload_max), out->ceiling, &packet));
	out->reserved = payload_max;
	*payload = packet + HEADER_SIZE;
	return RESULT_OK;
}

/* The smallest legal padding behind so many bytes. */
static size_t
padding_for(const struct seal_shape *shape, size_t payload_size)
{
	size_t used = HEADER_SIZE + payload_size - unpadded_size(shape);
	size_t padding = shape->block - used % shape->block;

	return padding < PACKET_PADDING_MIN ? padding + shape->block : padding;
}

static enum result
frame_and_seal(struct packet_out *out, uint8_t *packet, size_t payload_size)
{
	const struct seal_shape *shape = seal_shape(out->seal);
	size_t padding = padding_for(shape, payload_size);
	size_t length = 1 + payload_size + padding;
	struct writer header = writer_into(packet, HEADER_SIZE);

	put_u32(&header, (uint32_t)length);
	put_byte(&header, (uint8_t)padding);
	TRY(random_pool_take(&out->padding, packet + HEADER_SIZE + payload_size, padding));
	TRY(seal_close(out->seal, out->sequence, packet, (uint32_t)length));

	outbox_commit(&out->box, LENGTH_SIZE + length + shape->tag_size);
	out->sequence++;
	out->usage.packets++;
	out->usage.bytes += LENGTH_SIZE + length + shape->tag_size;
	return RESULT_OK;
}

enum result
packet_commit(struct packet_out *out, size_t payload_size)
{
	uint8_t *packet = out->box.memory + out->box.end;

	assert(payload_size <= out->reserved);
	out->reserved = 0;
	if (payload_size == 0)
		return RESULT_OK;
	if (out->deflater != NULL)
		TRY(deflater_replace(out->deflater, packet + HEADER_SIZE, &payload_size));
	return frame_and_seal(out, packet, payload_size);
}

enum result
packet_write(struct packet_out *out, struct bytes payload)
{
	uint8_t *at;

	TRY(packet_reserve(out, payload.size, &at));
	memcpy(at, payload.data, payload.size);
	return packet_commit(out, payload.size);
}
