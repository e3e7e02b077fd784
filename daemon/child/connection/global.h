/* SPDX-License-Identifier: ISC */
/*
 * Global requests. RFC 4254 section 4.
 */
#pragma once

#include "daemon/child/connection/channels.h"

/* GLOBAL_REQUEST, behind the message's number. */
enum result global_receive(
    struct channels *channels, struct reader *reader, struct outlet *outlet) MUST_USE;
