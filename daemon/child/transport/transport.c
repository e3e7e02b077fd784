/* SPDX-License-Identifier: ISC */
/*
 * The transport: its life from identification to end, bytes in and bytes out. Pure. RFC 4253.
 */
#include "daemon/child/transport/transport.h"

#include <assert.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/mem.h"
#include "daemon/child/transport/dispatch.h"
#include "daemon/child/transport/internal.h"
#include "daemon/child/transport/quirks.h"

/* Messages find room where bulk data does not: behind the last bulk packet. */
#define PENDING_CEILING (OUTBOX_ROOM_MAX - TRANSPORT_LAST_WORDS)
_Static_assert(TRANSPORT_PENDING_MAX + TRANSPORT_PAYLOAD_MAX + TRANSPORT_HELD_MAX < PENDING_CEILING,
    "what was held back fits behind bulk data");

#define KEXINIT_KEPT_MAX  (128 * 1024) /* a payload of ten lists of KEXINIT_LIST_MAX and some */
#define SHARED_SECRET_MAX 2048

/* --- birth and death --------------------------------------------------------------------------- */

/* Appends a copy of `bytes` to memory that has room for it and lets `bytes` view the copy. */
static void
keep(uint8_t **at, struct bytes *bytes)
{
	if (bytes->size > 0)
		memcpy(*at, bytes->data, bytes->size);
	bytes->data = *at;
	*at += bytes->size;
}

static enum result
copy_start(struct transport *transport, const struct child_start *start)
{
	struct child_start *kept = &transport->start;
	struct bytes *views[] = { &kept->version, &kept->kex_algorithms, &kept->host_key_algorithms,
		&kept->ciphers, &kept->macs, &kept->policy.user_key_algorithms };
	size_t size = 1; /* never zero */
	uint8_t *at;

	assert(start->host_key_count <= IPC_HOST_KEYS_MAX);
	*kept = *start;
	kept->policy.banner = bytes_of("", 0); /* not for us */
	for (size_t i = 0; i < COUNT(views); i++)
		size += views[i]->size;
	for (uint32_t i = 0; i < kept->host_key_count; i++)
		size += kept->host_keys[i].size;
	TRY(mem_new(1, size, (void **)&transport->start_memory));
	at = transport->start_memory;
	for (size_t i = 0; i < COUNT(views); i++)
		keep(&at, views[i]);
	for (uint32_t i = 0; i < kept->host_key_count; i++)
		keep(&at, &kept->host_keys[i]);
	return RESULT_OK;
}

static enum result
send_plain(struct transport *transport, struct bytes text)
{
	struct packet_out *out = &transport->out;
	uint8_t *at;

	TRY(outbox_reserve(&out->box, text.size, out->ceiling, &at));
	memcpy(at, text.data, text.size);
	outbox_commit(&out->box, text.size);
	return RESULT_OK;
}

enum result
transport_new(const struct child_start *start, struct transport **out)
{
	CLEANUP(transport_freep) struct transport *transport = NULL;

	TRY(mem_new(1, sizeof(*transport), (void **)&transport));
	buf_init(&transport->peer_version, VERSION_LINE_MAX);
	buf_init(&transport->held, TRANSPORT_HELD_MAX);
	buf_init(&transport->kex.client_init, KEXINIT_KEPT_MAX);
	buf_init(&transport->kex.server_init, KEXINIT_KEPT_MAX);
	buf_init(&transport->kex.server_public, AGREE_PUBLIC_MAX);
	kex_group_init(&transport->kex.group);
	kex_gss_init(&transport->kex.gss);
	buf_init(&transport->kex.shared, SHARED_SECRET_MAX);
	TRY(copy_start(transport, start));
	TRY(packet_in_init(&transport->in));
	TRY(packet_out_init(&transport->out, PENDING_CEILING));
	transport->limit_in = rekey_limit_of(transport->in.seal);
	transport->limit_out = rekey_limit_of(transport->out.seal);
	TRY(send_plain(transport, transport->start.version));
	TRY(send_plain(transport, bytes_of_text("\r\n")));
	TRY(kex_start(transport));
	*out = TAKE(transport);
	return RESULT_OK;
}

void
transport_free(struct transport *transport)
{
	if (transport == NULL)
		return;
	packet_in_clear(&transport->in);
	packet_out_clear(&transport->out);
	kex_clear(&transport->kex);
	buf_clear(&transport->held);
	buf_clear(&transport->peer_version);
	free(transport->start_memory);
	mem_wipe(transport, sizeof(*transport));
	free(transport);
}

void
transport_freep(struct transport **transport)
{
	transport_free(*transport);
	*transport = NULL;
}

/* --- bytes in ---------------------------------------------------------------------------------- */

enum result
transport_room(struct transport *transport, uint8_t **at, size_t *size)
{
	transport_release(transport);
	return inbox_room(&transport->in.box, at, size);
}

void
transport_release(struct transport *transport)
{
	transport->payload = bytes_of("", 0);
	packet_in_release(&transport->in);
}

bool
transport_is_held_up(const struct transport *transport)
{
	return transport->in.is_held_up && transport->phase != TRANSPORT_PHASE_ENDED;
}

void
transport_received(struct transport *transport, size_t size)
{
	inbox_received(&transport->in.box, size);
	if (transport->phase == TRANSPORT_PHASE_ENDED)
		inbox_consume(&transport->in.box, inbox_size(&transport->in.box));
}

void
transport_trim(struct transport *transport)
{
	inbox_trim(&transport->in.box);
	if (transport->in.inflater != NULL) {
		transport_release(transport);
		inflater_trim(transport->in.inflater);
	}
	outbox_trim(&transport->out.box);
}

/* Someone who does not speak SSH is answered in clear. */
static void
refuse_version(struct transport *transport, enum result result)
{
	const char *text = version_refusal(result);

	if (send_plain(transport, bytes_of_text(text)) != RESULT_OK)
		log_debug("bad-identification", "the refusal was not sent");
	disconnect_silently(transport, false,
	    result == RESULT_UNSUPPORTED ? SSH_DISCONNECT_PROTOCOL_VERSION_NOT_SUPPORTED
					 : SSH_DISCONNECT_PROTOCOL_ERROR,
	    result == RESULT_UNSUPPORTED ? "protocol major versions differ"
					 : "invalid SSH identification string");
}

static enum result
read_version(struct transport *transport, enum transport_event *event)
{
	struct inbox *box = &transport->in.box;
	struct version version;
	enum result result = version_parse(bytes_of(inbox_at(box), inbox_size(box)), &version);

	if (result == RESULT_AGAIN)
		return RESULT_AGAIN;
	if (result != RESULT_OK) {
		refuse_version(transport, result);
		return RESULT_OK;
	}
	TRY(buf_append(&transport->peer_version, version.line));
	inbox_consume(box, version.size);
	log_verbose("client-version", "the client is %.*s", LOG_BYTES(version.line));
	if ((quirks_of(version.line) & QUIRK_SCANNER) != 0)
		disconnect_silently(
		    transport, false, SSH_DISCONNECT_NONE, "a scanner, which has what it wanted");
	else
		transport_enter(transport, TRANSPORT_PHASE_FIRST_KEX);
	return RESULT_OK;
}

/* Limits on what one set of keys and the first key exchange may see. False: the connection ended. */
static bool
check_usage(struct transport *transport)
{
	if (transport->phase == TRANSPORT_PHASE_FIRST_KEX &&
	    transport->kex.state < KEX_NEWKEYS && /* when a zero may be a new beginning */
	    (transport->in.sequence == 0 || transport->out.sequence == 0)) {
		disconnect(transport, SSH_DISCONNECT_PROTOCOL_ERROR,
		    "the sequence number wrapped during the first key exchange");
		return false;
	}
	if (rekey_is_overdue(transport->limit_in, transport->in.usage) ||
	    rekey_is_overdue(transport->limit_out, transport->out.usage)) {
		disconnect(transport, SSH_DISCONNECT_PROTOCOL_ERROR,
		    "keys were used for too long without a key exchange");
		return false;
	}
	return true;
}

static const char *
packet_fault(const struct packet_in *in, enum result result)
{
	switch (result) {
	case RESULT_LIMIT:
		return "bad packet length";
	case RESULT_MALFORMED:
		return "bad padding";
	case RESULT_INTEGRITY:
		return "corrupted packet";
	default:
		return "the packet cannot be read";
	}
}

static enum result
read_packet(struct transport *transport, enum transport_event *event)
{
	enum result result;

	if (transport->kex.gss.wants_mic) {
		transport->kex.gss.wants_mic = false;
		*event = TRANSPORT_SIGN;
		return RESULT_OK;
	}
	/* The signer works; the time is good for deriving keys, and nothing may be read before. */
	if (transport->kex.state == KEX_SIGNING) {
		TRY(kex_derive(transport));
		return RESULT_AGAIN;
	}
	if (transport->kex.state == KEX_CHOOSING || transport->kex.state == KEX_TOKENS)
		return RESULT_AGAIN;
	result = packet_read(&transport->in, &transport->payload);
	if (result == RESULT_AGAIN)
		return RESULT_AGAIN;
	if (result != RESULT_OK) {
		disconnect_for(transport, result, packet_fault(&transport->in, result));
		return RESULT_OK;
	}
	if (!check_usage(transport))
		return RESULT_OK;
	*event = dispatch(transport, transport->payload);
	return kex_start_if_due(transport);
}

enum transport_event
transport_next(struct transport *transport, uint64_t now_ms)
{
	enum transport_event event = TRANSPORT_IDLE;

	transport->now_ms = now_ms;
	if (kex_start_if_due(transport) != RESULT_OK)
		disconnect_for(transport, RESULT_MEMORY, "a key exchange cannot begin");

	while (event == TRANSPORT_IDLE) {
		enum result result;

		if (transport->phase == TRANSPORT_PHASE_ENDED)
			return TRANSPORT_ENDED;
		result = transport->phase == TRANSPORT_PHASE_VERSION
			     ? read_version(transport, &event)
			     : read_packet(transport, &event);
		if (result == RESULT_AGAIN)
			return TRANSPORT_IDLE;
		if (result != RESULT_OK)
			disconnect_for(transport, result, "the connection cannot go on");
	}
	return event;
}

uint64_t
transport_deadline_ms(const struct transport *transport)
{
	const uint64_t time_ms = (uint64_t)transport->start.policy.rekey_s * 1000;

	if (time_ms == 0 || transport->phase != TRANSPORT_PHASE_OPEN ||
	    transport->kex.state != KEX_IDLE)
		return 0;
	return transport->keys_ms + time_ms;
}

struct bytes
transport_payload(const struct transport *transport)
{
	return transport->payload;
}

void
transport_forget_payload(struct transport *transport)
{
	/* A view of our own memory, be it the receive buffer's or the inflated packet's. */
	mem_wipe((void *)(uintptr_t)transport->payload.data, transport->payload.size);
	transport->payload = bytes_of("", 0);
}

struct transport_to_sign
transport_to_sign(const struct transport *transport)
{
	const struct kex_choice *choice = &transport->kex.choice;

	assert(transport->kex.state == KEX_SIGNING);
	return (struct transport_to_sign){
		.algorithm =
		    bytes_of_text(kex_is_gss(&transport->kex) ? "null" : choice->host_key->name),
		.exchange_hash = bytes_of(transport->kex.hash, hash_size(choice->kex->hash)),
	};
}

enum result
transport_signed(struct transport *transport, struct bytes signature)
{
	if (transport->phase == TRANSPORT_PHASE_ENDED)
		return RESULT_OK; /* too late, and nobody's fault */
	if (transport->kex.state != KEX_SIGNING)
		return RESULT_PROTOCOL;
	return kex_finish(transport, signature);
}

struct transport_gss_token
transport_gss_token(const struct transport *transport)
{
	assert(transport->kex.state == KEX_TOKENS);
	return (struct transport_gss_token){ transport->kex.gss.is_first,
		buf_bytes(&transport->kex.gss.token) };
}

enum result
transport_gss_taken(struct transport *transport, const struct gss_to_client *say)
{
	if (transport->phase == TRANSPORT_PHASE_ENDED)
		return RESULT_OK; /* too late, and nobody's fault */
	if (transport->kex.state != KEX_TOKENS)
		return RESULT_PROTOCOL;
	return kex_gss_taken(transport, say);
}

struct transport_group_wish
transport_group_wish(const struct transport *transport)
{
	const struct kex_group *group = &transport->kex.group;

	assert(transport->kex.state == KEX_CHOOSING);
	return (struct transport_group_wish){ group->least, group->wanted, group->most };
}

enum result
transport_group_chosen(struct transport *transport, struct bytes prime, struct bytes generator)
{
	if (transport->phase == TRANSPORT_PHASE_ENDED)
		return RESULT_OK; /* too late, and nobody's fault */
	if (transport->kex.state != KEX_CHOOSING)
		return RESULT_PROTOCOL;
	return kex_group_chosen(transport, prime, generator);
}

struct transport_ending
transport_ending(const struct transport *transport)
{
	return transport->ending;
}

/* --- bytes out --------------------------------------------------------------------------------- */

/* Bulk data waits for the network and for key exchanges; so it never piles up. */
static bool
may_reserve(const struct transport *transport, size_t payload_max)
{
	const struct packet_out *out = &transport->out;

	return !kex_holds_back(&transport->kex) && outbox_size(&out->box) < TRANSPORT_PENDING_MAX &&
	       outbox_is_cheap(&out->box, packet_size_max(out, payload_max));
}

bool
transport_is_ready(const struct transport *transport)
{
	return transport->phase == TRANSPORT_PHASE_OPEN &&
	       may_reserve(transport, TRANSPORT_PAYLOAD_MAX);
}

enum result
transport_reserve(struct transport *transport, size_t payload_max, uint8_t **payload)
{
	assert(payload_max <= TRANSPORT_PAYLOAD_MAX);
	if (transport->phase == TRANSPORT_PHASE_ENDED)
		return RESULT_CLOSED;
	if (!may_reserve(transport, payload_max))
		return RESULT_AGAIN;
	return packet_reserve(&transport->out, payload_max, payload);
}

enum result
transport_commit(struct transport *transport, size_t payload_size)
{
	TRY(packet_commit(&transport->out, payload_size));
	return kex_start_if_due(transport);
}

enum result
transport_send(struct transport *transport, struct bytes payload)
{
	assert(payload.size > 0);
	if (transport->phase == TRANSPORT_PHASE_ENDED)
		return RESULT_CLOSED;
	if (payload.size > TRANSPORT_PAYLOAD_MAX)
		return RESULT_LIMIT;
	if (kex_holds_back(&transport->kex))
		return held_put(transport, payload);
	TRY(packet_write(&transport->out, payload));
	return kex_start_if_due(transport);
}

struct bytes
transport_pending(const struct transport *transport)
{
	return outbox_bytes(&transport->out.box);
}

void
transport_sent(struct transport *transport, size_t size)
{
	outbox_sent(&transport->out.box, size);
}

/* --- state ------------------------------------------------------------------------------------- */

void
transport_enter(struct transport *transport, enum transport_phase phase)
{
	assert(phase == transport->phase + 1 ||
	       (phase == TRANSPORT_PHASE_ENDED && transport->phase != TRANSPORT_PHASE_ENDED));
	transport->phase = phase;
}

enum transport_phase
transport_phase(const struct transport *transport)
{
	return transport->phase;
}

void
transport_open(struct transport *transport)
{
	enum result result = RESULT_OK;

	if (transport->phase == TRANSPORT_PHASE_ENDED)
		return;
	transport_enter(transport, TRANSPORT_PHASE_OPEN);
	if (transport->compression_in == COMPRESSION_DELAYED)
		result = packet_in_inflate(&transport->in);
	if (result == RESULT_OK && transport->compression_out == COMPRESSION_DELAYED)
		result = packet_out_deflate(&transport->out);
	if (result != RESULT_OK)
		disconnect_for(transport, result, "compression cannot begin");
}

/* The list of algorithms is only sent on: what was kept of the first one stays. */
enum result
transport_set_policy(struct transport *transport, const struct child_policy *policy)
{
	struct bytes kept = transport->start.policy.user_key_algorithms;

	transport->start.policy = *policy;
	transport->start.policy.user_key_algorithms = kept;
	transport->start.policy.banner =
	    bytes_of("", 0); /* a view of the message, and not for us */
	if (transport->phase != TRANSPORT_PHASE_LOGIN || !transport->takes_ext_info_in_auth ||
	    bytes_equal(kept, policy->user_key_algorithms) || kex_holds_back(&transport->kex))
		return RESULT_OK;
	return extinfo_send(transport, policy->user_key_algorithms);
}

struct bytes
transport_session_id(const struct transport *transport)
{
	return bytes_of(transport->session_id, transport->session_id_size);
}

struct bytes
transport_peer_version(const struct transport *transport)
{
	return buf_bytes(&transport->peer_version);
}
