/* SPDX-License-Identifier: ISC */
/*
 * The transport from inside: its struct and what its files offer each other. Nobody outside of this
 * room includes it, tests excepted.
 */
#pragma once

#include "common/gss_bodies.h"
#include "daemon/child/transport/kexinit.h"
#include "daemon/child/transport/packet.h"
#include "daemon/child/transport/rekey.h"
#include "daemon/child/transport/transport.h"
#include "daemon/child/transport/version.h"

/* One key exchange, from our side. What is true in each state: */
enum kex_state {
	KEX_IDLE,      /* none runs */
	KEX_INIT_SENT, /* our KEXINIT is out, theirs awaited; they may not know and send on */
	KEX_GUESSED,   /* they guessed wrong: their next kex packet is ignored */
	KEX_GROUP,     /* the group's size that they want is awaited */
	KEX_CHOOSING,  /* the monitor chooses a group; nothing is read */
	KEX_EXCHANGE,  /* algorithms and group are chosen, their public value awaited */
	KEX_TOKENS,    /* the client's GSS-API token is with the monitor; nothing is read */
	KEX_CONTINUE,  /* another one is awaited */
	KEX_SIGNING,   /* the exchange hash is with the signer; nothing is read */
	KEX_NEWKEYS,   /* our reply and NEWKEYS are out, our keys in use; theirs awaited */
	KEX_STATE_COUNT
};

/* What is exchanged before public values where the group is chosen for this exchange. RFC 4419. */
struct kex_group {
	uint32_t least, wanted, most; /* bits */
	struct buf transcript;        /* for the exchange hash */
	struct buf prime, generator;  /* big-endian */
};

/* What there is besides where a GSS-API context stands for a host key. RFC 4462. */
struct kex_gss {
	struct buf client_public;
	struct buf token; /* theirs, then our last one */
	bool is_first;    /* theirs */
	bool wants_mic;   /* the hash is there, and was not given to the edge yet */
};

struct kex {
	enum kex_state state;
	struct buf client_init, server_init; /* KEXINIT payloads, while an exchange runs */
	struct kex_choice choice;
	struct bytes host_key; /* view into transport.start */
	struct kex_group group;
	struct kex_gss gss;
	struct buf server_public, shared;
	uint8_t hash[HASH_SIZE_MAX];
	struct seal *next_in, *next_out; /* owned: the keys to come */
};

#define TRANSPORT_ENDING_TEXT_MAX 256
#define TRANSPORT_HELD_MAX        (128 * 1024) /* messages that wait for a key exchange */
#define TRANSPORT_LAST_WORDS      1024         /* of the outbox: kept free for DISCONNECT */

struct transport {
	enum transport_phase phase;
	struct packet_in in;
	struct packet_out out;
	struct rekey_limit limit_in, limit_out; /* what the ciphers bear */
	uint64_t now_ms, keys_ms;               /* the time of this turn; of the keys' beginning */
	struct bytes payload;                   /* the packet at hand: in the inbox */
	struct kex kex;
	struct buf held; /* strings: payloads to send after the key exchange */

	struct child_start start; /* views into start_memory */
	uint8_t *start_memory;    /* owned */
	struct buf peer_version;
	uint8_t session_id[HASH_SIZE_MAX];
	size_t session_id_size; /* 0 until the first exchange hash is known */
	bool is_strict;         /* strict key exchange was agreed on */
	enum compression compression_in, compression_out;
	bool takes_ext_info; /* the client does */
	bool takes_ext_info_in_auth;

	struct transport_ending ending;
	char ending_text[TRANSPORT_ENDING_TEXT_MAX];
};

/* --- transport.c --- */

/* The only way into a later phase. */
void transport_enter(struct transport *transport, enum transport_phase phase);

/* --- kex.c --- */

/* Sends our KEXINIT; the exchange runs from here on. */
enum result kex_start(struct transport *transport) MUST_USE;

/* The same if the keys have been used enough and it may be done now. */
enum result kex_start_if_due(struct transport *transport) MUST_USE;

/* A message of 20, 21 or 30..49. */
enum transport_event kex_receive(struct transport *transport, struct bytes payload);

/* Our public value, the shared secret and the exchange hash: KEX_SIGNING then. Ends the connection if theirs is not
 * acceptable, which RESULT_CRYPTO says. */
enum result kex_agree(struct transport *transport, struct bytes client_public) MUST_USE;

/* Derives the keys to come, unless it was done: the time to do it is while the signer works. */
enum result kex_derive(struct transport *transport) MUST_USE;

/* Sends the reply, NEWKEYS, EXT_INFO and what was held back. */
enum result kex_finish(struct transport *transport, struct bytes signature) MUST_USE;

/* Does compression of this kind run, once keys are in use? zlib@openssh.com waits for the login. */
static inline bool
compression_runs(const struct transport *transport, enum compression compression)
{
	return compression == COMPRESSION_FROM_KEYS ||
	       (compression == COMPRESSION_DELAYED && transport->phase == TRANSPORT_PHASE_OPEN);
}

/* Must messages of the upper layers wait? */
static inline bool
kex_holds_back(const struct kex *kex)
{
	return kex->state != KEX_IDLE && kex->state != KEX_NEWKEYS;
}

void kex_clear(struct kex *kex);

/* The only way from one state to another. */
void kex_move(struct kex *kex, enum kex_state state);

/* --- kex_group.c --- */

/* The sizes that they want: awaited in KEX_GROUP. */
enum transport_event on_group_request(struct transport *transport, struct bytes payload);
/* Sends the group that the monitor chose; nothing is chosen if `prime` is empty. */
enum result kex_group_chosen(
    struct transport *transport, struct bytes prime, struct bytes generator) MUST_USE;
void kex_group_init(struct kex_group *group);
void kex_group_clear(struct kex_group *group);

/* --- kex_gss.c --- */

static inline bool
kex_is_gss(const struct kex *kex)
{
	return kex->choice.kex != NULL && (kex->choice.kex->flags & ALGORITHM_GSS) != 0;
}

/* Their token: awaited in KEX_EXCHANGE, with their public value, and in KEX_CONTINUE. */
enum transport_event on_gss_token(struct transport *transport, struct bytes payload);
/* What the monitor makes of it: an answer, the MIC to be asked for, or the end. */
enum result kex_gss_taken(struct transport *transport, const struct gss_to_client *say) MUST_USE;
enum result kex_gss_send_reply(struct transport *transport, struct bytes mic) MUST_USE;
void kex_gss_init(struct kex_gss *gss);
void kex_gss_clear(struct kex_gss *gss);

/* --- extinfo.c --- */

/* Sends what we tell clients of ourselves. */
enum result extinfo_send(struct transport *transport, struct bytes server_sig_algs) MUST_USE;

/* --- held.c --- */

/* Keeps a payload until the key exchange is over. RESULT_LIMIT. */
enum result held_put(struct transport *transport, struct bytes payload) MUST_USE;
enum result held_send(struct transport *transport) MUST_USE;

/* --- generic.c: handlers of the messages 1..19, 192 and 193 --- */

/* Each takes the whole payload, its number included; what is malformed ends the connection. */
enum transport_event on_disconnect(struct transport *transport, struct bytes payload);
enum transport_event on_debug(struct transport *transport, struct bytes payload);
enum transport_event on_service_request(struct transport *transport, struct bytes payload);
enum transport_event on_ext_info(struct transport *transport, struct bytes payload);
enum transport_event on_ping(struct transport *transport, struct bytes payload);

/* Answers a message that we do not know. */
enum transport_event on_unknown(struct transport *transport, struct bytes payload);

/* --- disconnect.c --- */

/* Ends the connection for a fault of the peer's: DISCONNECT with this text is pending then. Parts
 * of the text that the peer sent are escaped here. */
void disconnect(struct transport *transport, enum ssh_disconnect reason, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The same with the reason that fits a result code; `what` was being done or read. */
void disconnect_for(struct transport *transport, enum result result, const char *what);

/* Ends it without any message. */
void disconnect_silently(
    struct transport *transport, bool by_peer, enum ssh_disconnect reason, const char *text);
