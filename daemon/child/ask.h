/* SPDX-License-Identifier: ISC */
/*
 * Requests to the monitor and its answers (edge).
 */
#pragma once

#include "common/ipc_table.h"

struct ask; /* opaque; the socket is borrowed */

enum result ask_new(int ipc_fd, struct ask **out) MUST_USE;
void ask_free(struct ask *ask);

/* Sends a request, or keeps it while the monitor does not read. RESULT_LIMIT when too much is kept,
 * RESULT_CLOSED when the monitor is gone. */
enum result ask_send(struct ask *ask, enum ipc_type type, struct bytes body) MUST_USE;

/* Are requests kept? Then wait for POLLOUT and call ask_flush; the network is not read meanwhile. */
bool ask_is_waiting(const struct ask *ask);
enum result ask_flush(struct ask *ask) MUST_USE;

/* The next message, its body a view valid until the next call. RESULT_AGAIN, RESULT_CLOSED. */
enum result ask_receive(struct ask *ask, struct ipc_message *message) MUST_USE;
