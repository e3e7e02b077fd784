/* SPDX-License-Identifier: ISC */
/*
 * One packet's framing in place, its padding and its sequence number, in both directions. RFC 4253
 * section 6.
 */
#pragma once

#include "common/crypto/random.h"
#include "common/crypto/seal.h"
#include "daemon/child/transport/compress.h"
#include "daemon/child/transport/inbox.h"
#include "daemon/child/transport/outbox.h"

#define PACKET_LENGTH_MIN  5 /* the padding's length and four bytes of it */
#define PACKET_LENGTH_MAX  (256 * 1024)
#define PACKET_PADDING_MIN 4

/* What went through one direction under the keys in use. */
struct packet_usage {
	uint64_t packets, bytes;
};

/* The direction from the client to us. */
struct packet_in {
	struct inbox box;
	struct seal *seal; /* owned */
	struct packet_usage usage;
	uint32_t sequence; /* of the next packet */
	uint32_t length;   /* packet_length of the packet at the front, if has_length */
	bool has_length;
	bool is_forged; /* a packet of a CBC cipher was: `to_discard` more bytes hide where */
	size_t to_discard;
	struct inflater *inflater; /* owned; NULL: payloads are as they came */
	bool is_held_up;           /* a packet waits until inflated payloads are released */
};

/* The direction from us to the client. */
struct packet_out {
	struct outbox box;
	struct seal *seal; /* owned */
	struct packet_usage usage;
	size_t ceiling;            /* bytes that may be pending */
	uint32_t sequence;         /* of the next packet */
	size_t reserved;           /* payload bytes of the reservation that is open */
	struct deflater *deflater; /* owned; NULL: payloads go as they are */
	struct random_pool padding;
};

enum result packet_in_init(struct packet_in *in) MUST_USE;
void packet_in_clear(struct packet_in *in);
enum result packet_out_init(struct packet_out *out, size_t ceiling) MUST_USE;
void packet_out_clear(struct packet_out *out);

/* Payloads are compressed from the next packet on. */
enum result packet_in_inflate(struct packet_in *in) MUST_USE;
enum result packet_out_deflate(struct packet_out *out) MUST_USE;

/* Nobody looks at earlier payloads any more. */
void packet_in_release(struct packet_in *in);

/* New keys from the next packet on; takes ownership of `seal`. Strict key exchange resets the
 * sequence number. A compressed direction is plain again: its next stream is begun by the caller. */
void packet_in_switch(struct packet_in *in, struct seal *seal, bool reset_sequence);
void packet_out_switch(struct packet_out *out, struct seal *seal, bool reset_sequence);

/*
 * Takes the packet at the front of the inbox. *payload is at least one byte and lies in the inbox, or
 * when it was inflated, in the inflater until packet_in_release. RESULT_AGAIN: not all of the packet is
 * there, or is_held_up. RESULT_INTEGRITY: its MAC, or under encryption its length, is wrong.
 * RESULT_LIMIT: the length of a plain packet is (see `length`), or of an inflated payload.
 * RESULT_MALFORMED: padding, or what was compressed. In CBC mode with the MAC of the plain packet, what is
 * wrong is said only when as many bytes came as the largest packet has: how many an attacker can send tells
 * nothing about what his bytes became as a length (CVE-2008-5161).
 */
enum result packet_read(struct packet_in *in, struct bytes *payload) MUST_USE;

/* Room for a payload inside the outbox; nothing else is sent before packet_commit. RESULT_LIMIT. */
enum result packet_reserve(struct packet_out *out, size_t payload_max, uint8_t **payload) MUST_USE;

/* Frames and seals the payload that was written there; a size of 0 gives the room back. */
enum result packet_commit(struct packet_out *out, size_t payload_size) MUST_USE;

/* Reserve, copy and commit. */
enum result packet_write(struct packet_out *out, struct bytes payload) MUST_USE;

/* The most bytes that a packet of this payload takes in the outbox. */
size_t packet_size_max(const struct packet_out *out, size_t payload_size);
