/* SPDX-License-Identifier: ISC */
/*
 * Names of signals on the wire, without SIG. RFC 4254 sections 6.9 and 6.10. Pure.
 */
#pragma once

#include "common/buf.h"

#define SIGNAL_NAME_MAX 48

/* Is there a signal that a client may send to a session by this name? *number is 0 for one that Linux does not
 * have (INFO@openssh.com): it may be sent, and does nothing. */
bool signals_find(struct bytes name, int *number);

/* How the end by this signal is told: the RFC's name, or NAME@openssh.com for those it lacks.
 * Always terminated; `out` has room for SIGNAL_NAME_MAX. */
void signals_name(int number, char out[SIGNAL_NAME_MAX]);
