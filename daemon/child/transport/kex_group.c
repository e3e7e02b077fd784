/* SPDX-License-Identifier: ISC */
/*
 * The group of one key exchange: which sizes the client wants, and what the monitor chose. Pure. RFC 4419.
 */
#include "common/log.h"
#include "common/mem.h"
#include "daemon/child/transport/internal.h"

/* The old request names one size alone; these are the limits around it. RFC 4419 section 5. */
#define OLD_LEAST_BITS 1024
#define OLD_MOST_BITS  8192

void
kex_group_init(struct kex_group *group)
{
	buf_init(&group->transcript, 3 * sizeof(uint32_t) + 2 * (4 + 1 + AGREE_PRIME_MAX));
	buf_init(&group->prime, AGREE_PRIME_MAX);
	buf_init(&group->generator, AGREE_PRIME_MAX);
}

void
kex_group_clear(struct kex_group *group)
{
	buf_clear(&group->transcript);
	buf_clear(&group->prime);
	buf_clear(&group->generator);
}

static enum result
parse(struct bytes payload, struct kex_group *group)
{
	struct reader reader = reader_of(payload);
	const bool is_old = get_byte(&reader) == SSH_MSG_KEX_DH_GEX_REQUEST_OLD;

	group->least = is_old ? OLD_LEAST_BITS : get_u32(&reader);
	group->wanted = get_u32(&reader);
	group->most = is_old ? OLD_MOST_BITS : get_u32(&reader);
	TRY(reader_end(&reader));
	/* Both forms enter the exchange hash as they came. */
	return buf_append(&group->transcript, bytes_of(payload.data + 1, payload.size - 1));
}

enum transport_event
on_group_request(struct transport *transport, struct bytes payload)
{
	struct kex_group *group = &transport->kex.group;
	enum result result = parse(payload, group);

	if (result != RESULT_OK) {
		disconnect_for(transport, result, "KEX_DH_GEX_REQUEST is malformed");
		return TRANSPORT_IDLE;
	}
	if (group->least > group->wanted || group->wanted > group->most) {
		disconnect(transport, SSH_DISCONNECT_KEY_EXCHANGE_FAILED,
		    "no group has %u bits, at least %u and at most %u", group->wanted, group->least,
		    group->most);
		return TRANSPORT_IDLE;
	}
	kex_move(&transport->kex, KEX_CHOOSING);
	return TRANSPORT_CHOOSE_GROUP;
}

/* KEX_DH_GEX_GROUP, whose body the exchange hash covers, too. */
static enum result
send_group(struct transport *transport)
{
	struct kex_group *group = &transport->kex.group;
	const struct bytes prime = buf_bytes(&group->prime);
	const struct bytes generator = buf_bytes(&group->generator);
	const size_t size = 1 + 2 * (4 + 1) + prime.size + generator.size;
	struct writer writer;
	uint8_t *at;

	TRY(packet_reserve(&transport->out, size, &at));
	writer = writer_into(at, size);
	put_byte(&writer, SSH_MSG_KEX_DH_GEX_GROUP);
	put_mpint(&writer, prime);
	put_mpint(&writer, generator);
	TRY(writer_end(&writer));
	TRY(buf_append(&group->transcript, bytes_of(at + 1, writer.used - 1)));
	return packet_commit(&transport->out, writer.used);
}

enum result
kex_group_chosen(struct transport *transport, struct bytes prime, struct bytes generator)
{
	struct kex_group *group = &transport->kex.group;

	if (prime.size == 0) {
		disconnect(transport, SSH_DISCONNECT_KEY_EXCHANGE_FAILED,
		    "there is no group of %u to %u bits", group->least, group->most);
		return RESULT_OK;
	}
	log_debug("kex", "group of %zu bits", prime.size * 8);
	TRY(buf_append(&group->prime, prime));
	TRY(buf_append(&group->generator, generator));
	TRY(send_group(transport));
	kex_move(&transport->kex, KEX_EXCHANGE);
	return RESULT_OK;
}
