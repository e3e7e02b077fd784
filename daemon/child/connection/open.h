/* SPDX-License-Identifier: ISC */
/*
 * Opening channels: the client's request, the question to the monitor, the answer. RFC 4254 sections
 * 5.1, 6.1 and 7.2.
 */
#pragma once

#include "daemon/child/connection/channels.h"

/* CHANNEL_OPEN, behind the message's number. */
enum result open_receive(
    struct channels *channels, struct reader *reader, struct outlet *outlet) MUST_USE;

/* What the monitor says of a channel that is being opened, behind its id. Any other message is about
 * an earlier channel of the same number. */
enum result open_answer(struct channels *channels, struct channel *channel, enum ipc_type type,
    struct reader *reader, struct outlet *outlet, struct conn_attach *attach) MUST_USE;
