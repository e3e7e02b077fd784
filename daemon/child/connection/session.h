/* SPDX-License-Identifier: ISC */
/*
 * Sessions: requests of the client and answers of the monitor. RFC 4254 section 6.
 */
#pragma once

#include "daemon/child/connection/channel.h"

/* CHANNEL_REQUEST, behind the channel's number; for channels of every kind. */
enum result session_request_receive(
    struct channel *channel, struct reader *reader, struct outlet *outlet) MUST_USE;

/* OpenSSH's PROTOCOL section 2.1: the program does not read any more. Only where the client knows the message. */
enum result session_send_eow(const struct channel *channel, struct outlet *outlet) MUST_USE;

/* xon-xoff, RFC 4254 section 6.8. */
enum result session_send_flow_control(
    const struct channel *channel, bool client_can_do, struct outlet *outlet) MUST_USE;

/* An answer about an open channel, behind its id. RESULT_MALFORMED if nothing asked for it. */
enum result session_answer(struct channel *channel, const struct ipc_message *message,
    struct reader *reader, struct outlet *outlet, struct conn_attach *attach) MUST_USE;
