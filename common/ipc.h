/* SPDX-License-Identifier: ISC */
/*
 * Messages between processes over a SOCK_SEQPACKET socket pair (edge): one message is one packet, a
 * type byte and a body, with descriptors riding along. docs/ipc.md.
 */
#pragma once

#include "common/ipc_table.h"

/* A pair of close-on-exec SOCK_SEQPACKET sockets. RESULT_SYSTEM. */
enum result ipc_pair(int sockets[2]) MUST_USE;

/* For CLEANUP: closes those that are not -1. */
void ipc_pair_close(int (*sockets)[2]);

/*
 * Sends one message. On a non-blocking socket RESULT_AGAIN when the other side does not read. The
 * descriptors are duplicated by the kernel: the caller still owns and closes his own. RESULT_CLOSED
 * when the other process is gone. Asserts that body and descriptors fit the message's row.
 */
enum result ipc_send(
    int socket, enum ipc_type type, struct bytes body, const int *fds, size_t count) MUST_USE;

/*
 * Receives one message into `room` (IPC_PACKET_MAX bytes, the caller's); message->body is a view into
 * it, message->fds are owned by the message until taken: ipc_message_clear closes what is left.
 * RESULT_AGAIN, RESULT_CLOSED, RESULT_SYSTEM, RESULT_MALFORMED (empty, unknown type, truncated, more
 * descriptors than IPC_FDS_MAX: all of them closed).
 */
enum result ipc_receive(int socket, uint8_t *room, struct ipc_message *message) MUST_USE;

/* Moves descriptor `i` out of the message; -1 if there is none. */
int ipc_message_take_fd(struct ipc_message *message, size_t i);
void ipc_message_clear(struct ipc_message *message);
