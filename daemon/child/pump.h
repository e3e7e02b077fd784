/* SPDX-License-Identifier: ISC */
/*
 * Moves data between channels and the descriptors that the monitor handed over (edge).
 *
 * To a descriptor: views into the receive buffer are gathered and written with one call; only what
 * the descriptor does not take is copied, and the window bounds that. From a descriptor: read straight
 * into the outgoing packet. What is not drained is not read.
 */
#pragma once

#include <poll.h>

#include "common/ipc_table.h"
#include "daemon/child/conn.h"

struct pump; /* opaque; owns the channels' descriptors and backlogs */

enum result pump_new(struct conn *conn, struct pump **out) MUST_USE;
void pump_free(struct pump *pump);

/* Takes the descriptors of `message` that `attach` speaks of. */
enum result pump_attach(
    struct pump *pump, const struct conn_attach *attach, struct ipc_message *message) MUST_USE;

/* Has a channel a terminal, or is there none at all? */
bool pump_is_interactive(const struct pump *pump);

/* Events of the connection. The views of pump_data are used until pump_flush. */
enum result pump_data(struct pump *pump, uint32_t channel, struct bytes data) MUST_USE;
enum result pump_eof(struct pump *pump, uint32_t channel) MUST_USE;
/* The source is closed, or only read no more where it is the sink, too. */
void pump_unread(struct pump *pump, uint32_t channel);
/* The program on the terminal reads a NUL; not where it has not read what came before. */
void pump_break(struct pump *pump, uint32_t channel);
void pump_gone(struct pump *pump, uint32_t channel);

/* Writes what was gathered. Call before the receive buffer is used again. */
enum result pump_flush(struct pump *pump) MUST_USE;

/* Appends what to wait for; remembers which entry is whose until pump_ready. */
enum result pump_polls(struct pump *pump, struct pollfd **polls, size_t *count) MUST_USE;

/* Is one of them a terminal whose program has ended? It is at its end as soon as it has nothing more to say, which is
 * no event where a process in the background holds it: nothing is to be waited for then. */
bool pump_has_ended_terminal(const struct pump *pump);

/* Serves the entries that pump_polls appended at `polls`, interactive channels first. */
enum result pump_ready(struct pump *pump, const struct pollfd *polls) MUST_USE;
