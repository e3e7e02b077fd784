/* SPDX-License-Identifier: ISC */
/*
 * A small SSH client for tests of the transport: it makes key exchanges with X25519, seals and opens
 * packets, and keeps what the transport told its owner and its peer. Its hashes and keys are made by
 * code of its own. Nothing but common/crypto's seals is shared with the server.
 */
#pragma once

#include <openssl/evp.h>

#include "common/crypto/seal.h"
#include "daemon/child/transport/internal.h"
#include "tests/unit/support.h"

#define CLIENT_VERSION   "SSH-2.0-TestClient_1.0"
#define CLIENT_SIGNATURE "a signature by the monitor"
#define CLIENT_STRICT    "curve25519-sha256,ext-info-c,kex-strict-c-v00@openssh.com"
#define CLIENT_PLAIN     "curve25519-sha256"

/* What a client offers; NULL stands for CLIENT_STRICT and the first of what the server has. */
struct client_offer {
	const char *lists[KEXINIT_LIST_COUNT];
	bool guess_follows;
};

/* A list of byte strings, in the order in which they came. */
struct client_list {
	struct buf bytes; /* all of them */
	size_t count;
	size_t ends[4096];
};

struct client {
	struct transport *transport; /* the server under test, owned but when somebody drains it */

	/* Handles the server's events instead of the client; NULL: the client does, and keeps them. */
	void (*drain)(void *context);
	void *context;

	struct client_offer offer;
	bool is_strict;

	struct seal *seal_in, *seal_out; /* NULL: plain */
	struct seal *next_in, *next_out;
	uint32_t sequence_in, sequence_out;
	EVP_PKEY *key;
	uint8_t public[32];
	struct buf our_kexinit, their_kexinit;
	uint8_t hash[EVP_MAX_MD_SIZE], session_id[EVP_MAX_MD_SIZE];
	size_t hash_size;

	struct buf wire;     /* bytes for the server, not delivered yet */
	struct buf incoming; /* bytes of the server, not opened yet */
	size_t chunk;        /* bytes given to the server at a time; 0: all */
	bool delays_signature;
	bool exchanges_otherwise; /* what the replies mean is the test's business */

	struct client_list messages; /* payloads from the server */
	struct client_list payloads; /* what the server's upper layer got */
	enum transport_event events[4096];
	size_t event_count;
};

/* What the server of these tests is started with. */
struct child_start client_server_start(void);

/* A client before its first byte; the server's identification and KEXINIT have come. */
struct client *client_new(const struct client_offer *offer);
void client_freep(struct client **client);

/* The same for a server that somebody else owns and drains. */
struct client *client_of(struct transport *transport, const struct client_offer *offer,
    void (*drain)(void *context), void *context);
#define CLIENT CLEANUP(client_freep) struct client

/* Puts bytes, or a packet under the keys in use, on the wire. */
void client_put_bytes(struct client *client, struct bytes bytes);
void client_put(struct client *client, struct bytes payload);

/* Delivers what is on the wire, handles events, takes and opens what the server has to say. */
void client_flush(struct client *client);

/* client_put and client_flush. */
void client_send(struct client *client, struct bytes payload);

/* The steps of a key exchange; each puts its message on the wire. NEWKEYS also switches keys. */
void client_put_version(struct client *client);
void client_put_kexinit(struct client *client);
void client_put_public(struct client *client);
void client_put_newkeys(struct client *client);

/* From nothing into a phase. */
void client_exchange_keys(struct client *client);
void client_log_in(struct client *client, enum transport_phase phase);
struct client *client_in(enum transport_phase phase, const struct client_offer *offer);

/* One of the server's messages; a negative index counts from the last. */
struct bytes client_message(const struct client *client, int index);
struct bytes client_payload(const struct client *client, int index);

/* How often the server said `event`. */
size_t client_count(const struct client *client, enum transport_event event);

/* Has the server ended the connection for this reason, and told us so? */
void client_assert_ended(
    struct client *client, const char *row, enum ssh_disconnect reason, const char *text);
