/* SPDX-License-Identifier: ISC */
/*
 * Channels that we open: somebody has connected to what the client has listened on. RFC 4254 sections 5.1 and 7.2.
 * Pure.
 */
#pragma once

#include "daemon/child/connection/channels.h"

/* Offers the client a channel for a connection, whose socket is to be attached. */
enum result offer_channel(struct channels *channels, const struct listener *listener,
    const struct accepted_notice *notice, struct outlet *outlet,
    struct conn_attach *attach) MUST_USE;

/* CHANNEL_OPEN_CONFIRMATION and CHANNEL_OPEN_FAILURE, behind the message's number. */
enum result offer_confirmed(
    struct channels *channels, struct reader *reader, struct outlet *outlet) MUST_USE;
enum result offer_refused(
    struct channels *channels, struct reader *reader, struct outlet *outlet) MUST_USE;
