/* SPDX-License-Identifier: ISC */
/*
 * Which message may come when, and what becomes of it: one table.
 */
#pragma once

#include <stdint.h>

#include "daemon/child/transport/transport.h"

/* The columns: the phase, and what the key exchange makes of it. */
enum dispatch_state {
	DISPATCH_FIRST_KEX,  /* before the first keys; strict key exchange not agreed on (yet) */
	DISPATCH_STRICT_KEX, /* the same, agreed on: nothing but the exact messages */
	DISPATCH_NEW_KEYS,   /* the first packet under the first keys */
	DISPATCH_SERVICE,
	DISPATCH_LOGIN,
	DISPATCH_OPEN,
	DISPATCH_REKEY, /* open, and the client's KEXINIT has come */
	DISPATCH_STATE_COUNT
};

enum dispatch_action {
	DISPATCH_REFUSE, /* disconnect: protocol error */
	DISPATCH_IGNORE,
	DISPATCH_UNKNOWN, /* answer UNIMPLEMENTED */
	DISPATCH_UP,      /* for the layer above */
	DISPATCH_DISCONNECT,
	DISPATCH_DEBUG,
	DISPATCH_SERVICE_REQUEST,
	DISPATCH_EXT_INFO,
	DISPATCH_KEX,
	DISPATCH_PING,
	DISPATCH_ACTION_COUNT
};

enum dispatch_action dispatch_find(uint8_t message, enum dispatch_state state);

/* Handles one payload. TRANSPORT_IDLE: nothing to tell, go on. */
enum transport_event dispatch(struct transport *transport, struct bytes payload);
