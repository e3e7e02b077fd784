/* SPDX-License-Identifier: ISC */
/*
 * Global requests. RFC 4254 section 4.
 */
#pragma once

#include "daemon/child/connection/channels.h"

/* Tells the client all our host keys: strings of public keys, one behind the other. */
enum result global_announce_keys(struct bytes keys, struct outlet *outlet) MUST_USE;

/* The monitor's answer: strings of signatures, or nothing. */
enum result global_proved(
    struct channels *channels, struct bytes signatures, struct outlet *outlet) MUST_USE;

/* Asks the client for any answer at all. */
enum result global_ask_alive(struct channels *channels, struct outlet *outlet) MUST_USE;

/* REQUEST_SUCCESS or REQUEST_FAILURE: what it says does not matter. */
enum result global_reply(struct channels *channels, struct outlet *outlet) MUST_USE;

/* GLOBAL_REQUEST, behind the message's number. */
enum result global_receive(
    struct channels *channels, struct reader *reader, struct outlet *outlet) MUST_USE;
