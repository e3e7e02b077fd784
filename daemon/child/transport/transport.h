/* SPDX-License-Identifier: ISC */
/*
 * The transport layer, RFC 4253 and RFC 8308, as pure code: bytes in, payloads out; payloads in,
 * bytes out. It does version exchange, framing, key exchange (rekeys included) and the messages 1
 * to 49 by itself, and passes up the payloads of the layers above when their phase has come.
 */
#pragma once

#include "common/buf.h"
#include "common/ipc_bodies.h"
#include "common/ssh.h"

/* What is true of a connection; conn.c moves from SERVICE on, transport before. */
enum transport_phase {
	TRANSPORT_PHASE_VERSION,   /* the client's identification is awaited */
	TRANSPORT_PHASE_FIRST_KEX, /* the first key exchange runs */
	TRANSPORT_PHASE_SERVICE,   /* keys are in use; only ssh-userauth may be asked for */
	TRANSPORT_PHASE_LOGIN,     /* messages 50..79 go up */
	TRANSPORT_PHASE_OPEN,      /* messages 80..127 go up */
	TRANSPORT_PHASE_ENDED,     /* nothing is read any more */
};

enum transport_event {
	TRANSPORT_IDLE, /* more bytes must come first */
	TRANSPORT_SIGN, /* transport_to_sign() wants a host signature: answer by transport_signed */
	TRANSPORT_CHOOSE_GROUP, /* transport_group_wish() is for the monitor: then transport_group_chosen */
	TRANSPORT_GSS_TOKEN, /* transport_gss_token is to be taken, and what becomes of it to be told */
	TRANSPORT_KEX_DONE, /* a key exchange is complete in both directions */
	TRANSPORT_SERVICE,  /* ssh-userauth was accepted: phase is LOGIN now */
	TRANSPORT_PAYLOAD,  /* transport_payload() is for the layer above */
	TRANSPORT_ENDED,    /* transport_ending() says why; flush what is pending and close */
};

struct transport; /* opaque */

/* `start` is copied as far as needed. The identification and our KEXINIT are pending at once. */
enum result transport_new(const struct child_start *start, struct transport **out) MUST_USE;
void transport_free(struct transport *transport);
void transport_freep(struct transport **transport);

/* --- bytes in ---------------------------------------------------------------------------------- */

/* Where the edge reads network bytes to, at least one byte of room; invalidates earlier views. The
 * room starts small and grows to 256 KiB and more while the peer fills it; transport_trim gives
 * memory back when the connection is idle. */
enum result transport_room(struct transport *transport, uint8_t **at, size_t *size) MUST_USE;
void transport_received(struct transport *transport, size_t size);
void transport_trim(struct transport *transport);

/* The payloads so far were used. When the client compresses, transport_next may have stopped for their
 * memory's sake (is_held_up): then it goes on after this. */
void transport_release(struct transport *transport);
bool transport_is_held_up(const struct transport *transport);

/*
 * Processes buffered bytes up to the next event. Never fails: an error of the peer is ENDED, with the
 * DISCONNECT already pending. After SIGN and CHOOSE_GROUP it yields IDLE until the answer was given. The view
 * of transport_payload (message number first) points into the receive buffer; it stays valid and in
 * place, together with those of earlier payloads, until transport_room is called.
 */
enum transport_event transport_next(struct transport *transport, uint64_t now_ms);
struct bytes transport_payload(const struct transport *transport);
/* Wipes the payload where it lies, when it may have held a password. */
void transport_forget_payload(struct transport *transport);

/* When transport_next is to be called although nothing came: keys grow old. 0: never. */
uint64_t transport_deadline_ms(const struct transport *transport);

struct transport_to_sign {
	struct bytes algorithm, exchange_hash;
};
struct transport_to_sign transport_to_sign(const struct transport *transport);
/* Gives the signature (wire form). The reply and NEWKEYS are pending then. */
enum result transport_signed(struct transport *transport, struct bytes signature) MUST_USE;

/* The sizes that the client asks for, in bits; least <= wanted <= most. RFC 4419. */
/* GSS-API's, of the client: for the monitor, which says what becomes of it. RFC 4462. */
struct transport_gss_token {
	bool is_first; /* of this key exchange */
	struct bytes token;
};
struct transport_gss_token transport_gss_token(const struct transport *transport);
struct gss_to_client; /* common/gss_bodies.h */
/* Afterwards transport_next may yield SIGN. RESULT_PROTOCOL, RESULT_MALFORMED: nothing asked for that. */
enum result transport_gss_taken(
    struct transport *transport, const struct gss_to_client *say) MUST_USE;

struct transport_group_wish {
	uint32_t least, wanted, most;
};
struct transport_group_wish transport_group_wish(const struct transport *transport);
/* Big-endian magnitudes; an empty prime: there is no such group, and the connection ends. */
enum result transport_group_chosen(
    struct transport *transport, struct bytes prime, struct bytes generator) MUST_USE;

struct transport_ending {
	bool by_peer;
	enum ssh_disconnect reason;
	const char *text; /* quoted already */
};
struct transport_ending transport_ending(const struct transport *transport);

/* --- bytes out --------------------------------------------------------------------------------- */

/*
 * Room for the payload of one packet inside the output buffer: for bulk data. RESULT_AGAIN while a
 * key exchange runs or when transport_pending holds TRANSPORT_PENDING_MAX or more: write first.
 * Nothing else may be called between this and transport_commit.
 */
#define TRANSPORT_PAYLOAD_MAX (64 * 1024)
#define TRANSPORT_PENDING_MAX (256 * 1024)
enum result transport_reserve(
    struct transport *transport, size_t payload_max, uint8_t **payload) MUST_USE;
enum result transport_commit(
    struct transport *transport, size_t payload_size) MUST_USE; /* 0: give the room back */

/* Sends a small message of an upper layer: at once, or after the key exchange that is running. The
 * queue has a ceiling (RESULT_LIMIT: the caller ends the connection). */
enum result transport_send(struct transport *transport, struct bytes payload) MUST_USE;

/* Sends text that a client shows when it is asked for more than usual; nothing to one that cannot bear it, nor text of
 * more than TRANSPORT_DEBUG_MAX bytes. As transport_send. */
#define TRANSPORT_DEBUG_MAX 1024
enum result transport_debug(struct transport *transport, struct bytes text) MUST_USE;

/* May bulk data be reserved now? */
bool transport_is_ready(const struct transport *transport);

/* Sends SSH_MSG_DISCONNECT (unless reason is NONE) and moves to ENDED; the first call counts. */
void transport_end(
    struct transport *transport, bool by_peer, enum ssh_disconnect reason, const char *text);

/* Bytes for the network, contiguous, valid until the next call that sends. */
struct bytes transport_pending(const struct transport *transport);
void transport_sent(struct transport *transport, size_t size);

/* --- state ------------------------------------------------------------------------------------- */

enum transport_phase transport_phase(const struct transport *transport);
void transport_open(struct transport *transport); /* login succeeded: LOGIN -> OPEN */

/* Settings of the user who logs in take the place of those that came with the start. A client that takes EXT_INFO
 * during login is told which algorithms this user may sign with, if they are others; before the next answer. */
enum result transport_set_policy(
    struct transport *transport, const struct child_policy *policy) MUST_USE;
struct bytes transport_session_id(const struct transport *transport);
struct bytes transport_peer_version(const struct transport *transport); /* "SSH-2.0-..." */
