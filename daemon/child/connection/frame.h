/* SPDX-License-Identifier: ISC */
/*
 * Frames of tunnels: each is the data of one message, and never part of one or two in one. OpenSSH's PROTOCOL,
 * section 2.3, whose "packet length" is the length of the message's data. Pure.
 */
#pragma once

#include "common/ssh.h"
#include "common/wire.h"

/* The numbers are those of the request for a channel. */
enum frame_kind {
	FRAME_NONE = 0, /* the channel is a stream of bytes */
	FRAME_IP =
	    SSH_TUNNEL_POINT_TO_POINT, /* in front of a packet is the family of its addresses */
	FRAME_ETHERNET = SSH_TUNNEL_ETHERNET,
};

/* What most devices send at most, with its head; larger ones are seen when they come. */
#define FRAME_USUAL_BYTES 1526

/* Most bytes in front of a frame. */
#define FRAME_HEAD_MAX 4

/* Bytes in front of a frame of this kind. */
size_t frame_head_size(enum frame_kind kind);

/* Writes the head of `frame`, frame_head_size bytes, to `at`. False: it is none that the client could take. */
bool frame_put_head(enum frame_kind kind, struct bytes frame, uint8_t *at);

/* The frame in the data of a message, a view. False: it is none that a device could take. */
bool frame_take(enum frame_kind kind, struct bytes data, struct bytes *frame);
