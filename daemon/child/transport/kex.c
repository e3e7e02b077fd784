/* SPDX-License-Identifier: ISC */
/*
 * The key exchange, state by state: KEXINIT both ways, one public value each way, NEWKEYS both ways;
 * the first one and those that replace keys later. Pure. RFC 4253 sections 7 to 9, RFC 5656 section
 * 4; OpenSSH's PROTOCOL section 1.10 for strict key exchange.
 */
#include <assert.h>
#include <inttypes.h>

#include "common/crypto/random.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/child/transport/derive.h"
#include "daemon/child/transport/internal.h"

void
kex_move(struct kex *kex, enum kex_state state)
{
	static const bool legal[KEX_STATE_COUNT][KEX_STATE_COUNT] = {
		[KEX_IDLE] = { [KEX_INIT_SENT] = true },
		[KEX_INIT_SENT] = { [KEX_GUESSED] = true,
		    [KEX_GROUP] = true,
		    [KEX_EXCHANGE] = true },
		[KEX_GUESSED] = { [KEX_GROUP] = true, [KEX_EXCHANGE] = true },
		[KEX_GROUP] = { [KEX_CHOOSING] = true },
		[KEX_CHOOSING] = { [KEX_EXCHANGE] = true },
		[KEX_EXCHANGE] = { [KEX_SIGNING] = true, [KEX_TOKENS] = true },
		[KEX_TOKENS] = { [KEX_CONTINUE] = true, [KEX_SIGNING] = true },
		[KEX_CONTINUE] = { [KEX_TOKENS] = true },
		[KEX_SIGNING] = { [KEX_NEWKEYS] = true },
		[KEX_NEWKEYS] = { [KEX_IDLE] = true },
	};

	assert(legal[kex->state][state]);
	kex->state = state;
}

void
kex_clear(struct kex *kex)
{
	buf_clear(&kex->client_init);
	buf_clear(&kex->server_init);
	kex_group_clear(&kex->group);
	kex_gss_clear(&kex->gss);
	buf_clear(&kex->server_public);
	buf_clear(&kex->shared);
	seal_freep(&kex->next_in);
	seal_freep(&kex->next_out);
}

static bool
is_first(const struct transport *transport)
{
	return transport->phase <= TRANSPORT_PHASE_FIRST_KEX;
}

enum result
kex_start(struct transport *transport)
{
	struct kex *kex = &transport->kex;
	struct kexinit ours = kexinit_ours(&transport->start);
	size_t size = kexinit_size_max(&ours);
	uint8_t cookie[KEXINIT_COOKIE_SIZE];
	struct writer writer;
	uint8_t *at;

	TRY(random_bytes(cookie, sizeof(cookie)));
	TRY(buf_reserve(&kex->server_init, size, &at));
	writer = writer_into(at, size);
	kexinit_put(&writer, &ours, cookie, is_first(transport));
	TRY(writer_end(&writer));
	buf_commit(&kex->server_init, writer.used);
	TRY(packet_write(&transport->out, writer_bytes(&writer)));
	kex_move(kex, KEX_INIT_SENT);
	return RESULT_OK;
}

/* RekeyLimit, which only says when to begin: a peer whose data is still on its way is no fault. */
static bool
is_beyond_settings(const struct transport *transport)
{
	const uint64_t bytes = transport->start.policy.rekey_bytes;
	const uint64_t time_ms = (uint64_t)transport->start.policy.rekey_s * 1000;

	if (bytes > 0 &&
	    (transport->in.usage.bytes >= bytes || transport->out.usage.bytes >= bytes))
		return true;
	return time_ms > 0 && transport->now_ms - transport->keys_ms >= time_ms;
}

enum result
kex_start_if_due(struct transport *transport)
{
	if (transport->phase != TRANSPORT_PHASE_OPEN || transport->kex.state != KEX_IDLE)
		return RESULT_OK;
	if (!rekey_is_due(transport->limit_in, transport->in.usage) &&
	    !rekey_is_due(transport->limit_out, transport->out.usage) &&
	    !is_beyond_settings(transport))
		return RESULT_OK;
	log_debug("rekey", "keys have been used enough: a key exchange starts");
	return kex_start(transport);
}

/* --- their KEXINIT ----------------------------------------------------------------------------- */

/* What is settled by the first KEXINIT for the whole connection. False if they broke the rules that
 * they ask for: with them, nothing may come before KEXINIT. */
static bool
agree_on_extensions(struct transport *transport, const struct kexinit *theirs)
{
	transport->is_strict = kexinit_is_strict(theirs);
	transport->takes_ext_info = kexinit_takes_ext_info(theirs);
	if (!transport->is_strict || transport->in.sequence == 1)
		return true;
	disconnect(transport, SSH_DISCONNECT_PROTOCOL_ERROR,
	    "strict key exchange: KEXINIT was not the first packet");
	return false;
}

/* The blob of the key or certificate that the chosen algorithm shows; empty if there is none. */
static struct bytes
host_key_find(const struct child_start *start, const char *type)
{
	for (uint32_t i = 0; i < start->host_key_count; i++) {
		struct reader reader = reader_of(start->host_keys[i]);

		if (bytes_is(get_string(&reader), type))
			return start->host_keys[i];
	}
	return bytes_of("", 0);
}

static const char *
mac_name(const struct mac_algorithm *mac)
{
	return mac == NULL ? "<implicit>" : mac->name;
}

static bool
choose(struct transport *transport, const struct kexinit *theirs)
{
	struct kexinit ours = kexinit_ours(&transport->start);
	struct kex_choice *choice = &transport->kex.choice;
	enum kexinit_list failed;
	enum result result = kexinit_choose(theirs, &ours, choice, &failed);

	if (result != RESULT_OK) {
		log_info("no-common-algorithm", "no matching %s found; the client offers: %.*s",
		    kexinit_list_text(failed), LOG_BYTES(theirs->lists[failed]));
		disconnect(transport, SSH_DISCONNECT_KEY_EXCHANGE_FAILED, "no matching %s found",
		    kexinit_list_text(failed));
		return false;
	}
	/* With GSS-API no host key is shown, and none enters the hash. */
	transport->kex.host_key = kex_is_gss(&transport->kex) ? bytes_of("", 0)
							      : host_key_find(&transport->start,
								    choice->host_key->blob_type);
	if (transport->kex.host_key.size == 0 && !kex_is_gss(&transport->kex)) {
		disconnect(transport, SSH_DISCONNECT_KEY_EXCHANGE_FAILED,
		    "there is no host key for %s", choice->host_key->name);
		return false;
	}
	log_debug("kex", "%s %s, in %s %s, out %s %s%s", choice->kex->name, choice->host_key->name,
	    choice->cipher_in->name, mac_name(choice->mac_in), choice->cipher_out->name,
	    mac_name(choice->mac_out), transport->is_strict ? ", strict" : "");
	return true;
}

static bool
needs_group(const struct kex *kex)
{
	return kex->choice.kex->agreement == NULL;
}

/* What they send after KEXINIT, and after a guess that was wrong. */
static enum kex_state
first_state(const struct kex *kex)
{
	return needs_group(kex) ? KEX_GROUP : KEX_EXCHANGE;
}

static enum transport_event
on_kexinit(struct transport *transport, struct bytes payload)
{
	struct kex *kex = &transport->kex;
	struct kexinit theirs;
	enum result result = kexinit_parse(payload, &theirs);

	if (result != RESULT_OK) {
		disconnect_for(transport, result, "KEXINIT is malformed");
		return TRANSPORT_IDLE;
	}
	if (is_first(transport) && !agree_on_extensions(transport, &theirs))
		return TRANSPORT_IDLE;
	result = kex->state == KEX_IDLE ? kex_start(transport) : RESULT_OK;
	if (result == RESULT_OK)
		result = buf_append(&kex->client_init, payload);
	if (result != RESULT_OK)
		disconnect_for(transport, result, "the key exchange cannot start");
	else if (choose(transport, &theirs))
		kex_move(kex, kex->choice.is_guess_wrong ? KEX_GUESSED : first_state(kex));
	return TRANSPORT_IDLE;
}

static enum transport_event
on_wrong_guess(struct transport *transport, struct bytes payload)
{
	kex_move(&transport->kex, first_state(&transport->kex));
	return TRANSPORT_IDLE;
}

/* --- their public value ------------------------------------------------------------------------ */

static enum result
compute_hash(struct transport *transport, struct bytes client_public)
{
	struct kex *kex = &transport->kex;
	const struct derive_transcript transcript = {
		.client_version = buf_bytes(&transport->peer_version),
		.server_version = transport->start.version,
		.client_kexinit = buf_bytes(&kex->client_init),
		.server_kexinit = buf_bytes(&kex->server_init),
		.host_key = kex->host_key,
		.group = buf_bytes(&kex->group.transcript),
		.client_public = client_public,
		.server_public = buf_bytes(&kex->server_public),
		.shared = buf_bytes(&kex->shared),
	};

	TRY(derive_exchange_hash(kex->choice.kex->hash, &transcript, kex->hash));
	if (transport->session_id_size > 0)
		return RESULT_OK;
	transport->session_id_size = hash_size(kex->choice.kex->hash);
	memcpy(transport->session_id, kex->hash, transport->session_id_size);
	return RESULT_OK;
}

static enum result
respond(struct kex *kex, struct bytes client_public)
{
	const struct agreement *agreement = kex->choice.kex->agreement;
	const struct agree_group group = { buf_bytes(&kex->group.prime),
		buf_bytes(&kex->group.generator) };

	if (needs_group(kex))
		return agree_in_group(&group, client_public, &kex->server_public, &kex->shared);
	return agreement->respond(client_public, &kex->server_public, &kex->shared);
}

enum result
kex_agree(struct transport *transport, struct bytes client_public)
{
	struct kex *kex = &transport->kex;
	enum result result = respond(kex, client_public);

	if (result == RESULT_OK)
		result = compute_hash(transport, client_public);
	if (result == RESULT_OK) {
		kex_move(kex, KEX_SIGNING);
		return RESULT_OK;
	}
	disconnect(transport, SSH_DISCONNECT_KEY_EXCHANGE_FAILED,
	    "the public value for %s is not acceptable: %s", kex->choice.kex->name,
	    result_text(result));
	return RESULT_CRYPTO;
}

static enum transport_event
on_public_value(struct transport *transport, struct bytes payload)
{
	struct reader reader = reader_of(payload);
	struct bytes client_public;
	enum result result;

	if (kex_is_gss(&transport->kex))
		return on_gss_token(transport, payload);
	get_byte(&reader);
	client_public = get_string(&reader);
	result = reader_end(&reader);
	if (result != RESULT_OK) {
		disconnect_for(transport, result, "the key exchange message is malformed");
		return TRANSPORT_IDLE;
	}
	return kex_agree(transport, client_public) == RESULT_OK ? TRANSPORT_SIGN : TRANSPORT_IDLE;
}

/* --- our reply --------------------------------------------------------------------------------- */

enum result
kex_derive(struct transport *transport)
{
	struct kex *kex = &transport->kex;
	const struct kex_choice *choice = &kex->choice;
	const struct derive_secret secret = {
		.hash = choice->kex->hash,
		.shared = buf_bytes(&kex->shared),
		.exchange_hash = bytes_of(kex->hash, hash_size(choice->kex->hash)),
		.session_id = transport_session_id(transport),
	};

	if (kex->next_in != NULL && kex->next_out != NULL)
		return RESULT_OK;
	TRY(derive_seal(&secret, SEAL_OPENING, choice->cipher_in, choice->mac_in, &kex->next_in));
	TRY(derive_seal(
	    &secret, SEAL_SEALING, choice->cipher_out, choice->mac_out, &kex->next_out));
	buf_clear(&kex->shared);
	return RESULT_OK;
}

static enum result
send_reply(struct transport *transport, struct bytes signature)
{
	struct kex *kex = &transport->kex;
	struct bytes server_public = buf_bytes(&kex->server_public);
	size_t size = 1 + 4 + kex->host_key.size + 4 + server_public.size + 4 + signature.size;
	struct writer writer;
	uint8_t *at;

	TRY(packet_reserve(&transport->out, size, &at));
	writer = writer_into(at, size);
	put_byte(&writer, needs_group(kex) ? SSH_MSG_KEX_DH_GEX_REPLY : SSH_MSG_KEX_ECDH_REPLY);
	put_string(&writer, kex->host_key);
	put_string(&writer, server_public);
	put_string(&writer, signature);
	TRY(writer_end(&writer));
	return packet_commit(&transport->out, writer.used);
}

enum result
kex_finish(struct transport *transport, struct bytes signature)
{
	static const uint8_t newkeys[] = { SSH_MSG_NEWKEYS };
	struct kex *kex = &transport->kex;

	TRY(kex_derive(transport));
	if (kex_is_gss(kex))
		TRY(kex_gss_send_reply(transport, signature));
	else
		TRY(send_reply(transport, signature));
	TRY(packet_write(&transport->out, bytes_of(newkeys, sizeof(newkeys))));
	packet_out_switch(&transport->out, TAKE(kex->next_out), transport->is_strict);
	transport->compression_out = kex->choice.compression_out;
	if (compression_runs(transport, transport->compression_out))
		TRY(packet_out_deflate(&transport->out));
	transport->limit_out = rekey_limit_of(transport->out.seal);
	kex_move(kex, KEX_NEWKEYS);
	if (is_first(transport) && transport->takes_ext_info)
		TRY(extinfo_send(transport, transport->start.policy.user_key_algorithms));
	return held_send(transport);
}

static enum transport_event
on_newkeys(struct transport *transport, struct bytes payload)
{
	struct kex *kex = &transport->kex;

	if (payload.size != 1) {
		disconnect_for(transport, RESULT_TRAILING, "NEWKEYS is malformed");
		return TRANSPORT_IDLE;
	}
	packet_in_switch(&transport->in, TAKE(kex->next_in), transport->is_strict);
	transport->compression_in = kex->choice.compression_in;
	if (compression_runs(transport, transport->compression_in) &&
	    packet_in_inflate(&transport->in) != RESULT_OK) {
		disconnect_for(transport, RESULT_MEMORY, "decompression cannot begin");
		return TRANSPORT_IDLE;
	}
	transport->limit_in = rekey_limit_of(transport->in.seal);
	kex_clear(kex);
	transport->keys_ms = transport->now_ms;
	kex_move(kex, KEX_IDLE);
	if (is_first(transport))
		transport_enter(transport, TRANSPORT_PHASE_SERVICE);
	return TRANSPORT_KEX_DONE;
}

/* --- the table --------------------------------------------------------------------------------- */

enum kex_message {
	MESSAGE_KEXINIT,
	MESSAGE_NEWKEYS,
	MESSAGE_GROUP,  /* the request for a group */
	MESSAGE_PUBLIC, /* their public value */
	MESSAGE_TOKEN,  /* of GSS-API; the first one comes with the public value */
	MESSAGE_OTHER,  /* 30..49: of methods that a client may have guessed */
	MESSAGE_COUNT
};

typedef enum transport_event handler(struct transport *transport, struct bytes payload);

/* Cells that are empty end the connection. While CHOOSING, SIGNING and with TOKENS no packet is read at all. */
/* clang-format off */
static handler *const table[KEX_STATE_COUNT][MESSAGE_COUNT] = {
	/*                   KEXINIT      NEWKEYS      GROUP             PUBLIC           TOKEN            OTHER */
	[KEX_IDLE]      = { on_kexinit,  NULL,        NULL,             NULL,            NULL,            NULL           },
	[KEX_INIT_SENT] = { on_kexinit,  NULL,        NULL,             NULL,            NULL,            NULL           },
	[KEX_GUESSED]   = { NULL,        NULL,        on_wrong_guess,   on_wrong_guess,  on_wrong_guess,  on_wrong_guess },
	[KEX_GROUP]     = { NULL,        NULL,        on_group_request, NULL,            NULL,            NULL           },
	[KEX_CHOOSING]  = { NULL,        NULL,        NULL,             NULL,            NULL,            NULL           },
	[KEX_EXCHANGE]  = { NULL,        NULL,        NULL,             on_public_value, NULL,            NULL           },
	[KEX_TOKENS]    = { NULL,        NULL,        NULL,             NULL,            NULL,            NULL           },
	[KEX_CONTINUE]  = { NULL,        NULL,        NULL,             NULL,            on_gss_token,    NULL           },
	[KEX_SIGNING]   = { NULL,        NULL,        NULL,             NULL,            NULL,            NULL           },
	[KEX_NEWKEYS]   = { NULL,        on_newkeys,  NULL,             NULL,            NULL,            NULL           },
};
/* clang-format on */

static const char *const awaited[KEX_STATE_COUNT] = {
	[KEX_IDLE] = "KEXINIT",
	[KEX_INIT_SENT] = "KEXINIT",
	[KEX_GUESSED] = "the guessed key exchange message",
	[KEX_GROUP] = "KEX_DH_GEX_REQUEST",
	[KEX_CHOOSING] = "nothing",
	[KEX_EXCHANGE] = "the client's public value",
	[KEX_TOKENS] = "nothing",
	[KEX_CONTINUE] = "KEXGSS_CONTINUE",
	[KEX_SIGNING] = "nothing",
	[KEX_NEWKEYS] = "NEWKEYS",
};

/* The numbers from 30 on mean what the key exchange that was chosen says. */
static enum kex_message
method_message_of(const struct kex *kex, uint8_t number)
{
	if (kex->choice.kex == NULL)
		return MESSAGE_OTHER;
	if (kex_is_gss(kex) && number == SSH_MSG_KEXGSS_CONTINUE)
		return MESSAGE_TOKEN;
	if (!needs_group(kex))
		return number == SSH_MSG_KEX_ECDH_INIT ? MESSAGE_PUBLIC : MESSAGE_OTHER;
	if (number == SSH_MSG_KEX_DH_GEX_REQUEST || number == SSH_MSG_KEX_DH_GEX_REQUEST_OLD)
		return MESSAGE_GROUP;
	return number == SSH_MSG_KEX_DH_GEX_INIT ? MESSAGE_PUBLIC : MESSAGE_OTHER;
}

static enum kex_message
message_of(const struct kex *kex, uint8_t number)
{
	switch (number) {
	case SSH_MSG_KEXINIT:
		return MESSAGE_KEXINIT;
	case SSH_MSG_NEWKEYS:
		return MESSAGE_NEWKEYS;
	default:
		return method_message_of(kex, number);
	}
}

enum transport_event
kex_receive(struct transport *transport, struct bytes payload)
{
	enum kex_state state = transport->kex.state;
	handler *on_message = table[state][message_of(&transport->kex, payload.data[0])];

	if (on_message != NULL)
		return on_message(transport, payload);
	disconnect(transport, SSH_DISCONNECT_PROTOCOL_ERROR,
	    "message %u came in a key exchange, awaited was %s", payload.data[0], awaited[state]);
	return TRANSPORT_IDLE;
}
