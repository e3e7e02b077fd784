/* SPDX-License-Identifier: ISC */
/*
 * What the hostile child (hostile_child.c) says: packets of any shape to the monitor, the monitor's
 * answers to the client.
 */
#pragma once

#include "common/ipc.h"
#include "common/ipc_bodies.h"
#include "common/key/key.h"

/* Room for the largest packet that the monitor would take, and some more. */
#define HOSTILE_BODY_MAX (IPC_PACKET_MAX + 16)

/* Where a message differs from what an honest child would send. What is zero is honest. */
struct lie {
	const char *algorithm; /* sign */
	size_t hash_size;
	const char *user, *service, *user_algorithm; /* authenticate */
	uint32_t method;
	bool leaves_signature_out, leaves_signature_empty, spoils_signature, signs_with_other_key;
	const char *signed_user, *signed_service; /* in what is signed, not in the request */
	bool signs_for_other_session, signs_without_type;
	uint32_t id; /* sessions and connections */
	uint32_t kind;
	uint32_t unit; /* of tunnels */
	const char *command, *variable, *signal_name;
	uint32_t level; /* log */
	const char *text;
	uint32_t cause; /* ending */
};

struct hostile {
	int network;             /* to the client */
	uint8_t *room;           /* IPC_PACKET_MAX bytes: what was received last */
	uint8_t *body;           /* HOSTILE_BODY_MAX bytes, and one in front of them for the type */
	const char *user;        /* whom to log in as */
	struct key *key, *other; /* owned; authorized, and not; NULL: none was given */
	enum ipc_type message;   /* that the scenario is about, where the client chose it */
	struct lie lie;
};

/* A line to the client. */
void hostile_say(struct hostile *h, const char *format, ...) PRINTF_LIKE(2, 3);

/* Any packet at all to the monitor, which ipc_send would refuse to build. */
void hostile_tell_packet(struct bytes packet, const int *fds, size_t count);

/* The first `size` bytes of h->body as a message of this type. */
void hostile_tell_body(
    struct hostile *h, enum ipc_type type, size_t size, const int *fds, size_t count);

/* Writes the message's body as h->lie has it into h->body and returns its size. */
size_t hostile_write_body(struct hostile *h, enum ipc_type type);

/* Both of these: a message that is well formed, whatever it says. */
void hostile_tell(struct hostile *h, enum ipc_type type);

/* Does the monitor answer this one? */
bool hostile_is_answered(enum ipc_type type);

/* Waits for a message of the monitor and passes on its name and its first two numbers; false if there
 * was none. */
bool hostile_hear(struct hostile *h);
