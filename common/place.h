/* SPDX-License-Identifier: ISC */
/*
 * Places that connections may go to, as PermitOpen and permitopen have them: "host:port", "[v6]:port"; "*" for any
 * of either (pure).
 */
#pragma once

#include <stdbool.h>

#include "common/buf.h"

bool place_is_valid(struct bytes text);

/* Is it this host, letter by letter, and this port? Nothing is looked up. */
bool place_is(struct bytes text, struct bytes host, unsigned port);
