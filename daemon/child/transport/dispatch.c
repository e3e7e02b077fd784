/* SPDX-License-Identifier: ISC */
/*
 * The table: message x state -> what becomes of it. Pure. RFC 4253 sections 7.1 and 11, RFC 4250
 * section 4.1 for the ranges; OpenSSH's PROTOCOL section 1.10 for strict key exchange.
 */
#include "daemon/child/transport/dispatch.h"

#include <assert.h>

#include "daemon/child/transport/internal.h"

/* clang-format off */
enum {
	___ = DISPATCH_REFUSE,
	IGN = DISPATCH_IGNORE,
	UNK = DISPATCH_UNKNOWN,
	UP_ = DISPATCH_UP,
	DIS = DISPATCH_DISCONNECT,
	DEB = DISPATCH_DEBUG,
	SRV = DISPATCH_SERVICE_REQUEST,
	EXT = DISPATCH_EXT_INFO,
	KEX = DISPATCH_KEX,
	PIN = DISPATCH_PING,
};

/*
 * Nothing of the layers above is let through before its time: that, and that alone, is what keeps a
 * channel from being opened before login. A message whose number has a meaning but that a client may
 * not send now ends the connection; one that has none is answered. After login requests to log in
 * are ignored (RFC 4252 section 5.3), late answers of a method as well.
 */
static const uint8_t table[256][DISPATCH_STATE_COUNT] = {
	/*                                   first strict new  serv login open rekey */
	[0]                              = { ___,  ___,  ___,  ___,  ___,  ___,  ___ },
	[SSH_MSG_DISCONNECT]             = { DIS,  DIS,  DIS,  DIS,  DIS,  DIS,  DIS },
	[SSH_MSG_IGNORE]                 = { IGN,  ___,  IGN,  IGN,  IGN,  IGN,  IGN },
	[SSH_MSG_UNIMPLEMENTED]          = { IGN,  ___,  IGN,  IGN,  IGN,  IGN,  IGN },
	[SSH_MSG_DEBUG]                  = { DEB,  ___,  DEB,  DEB,  DEB,  DEB,  DEB },
	[SSH_MSG_SERVICE_REQUEST]        = { ___,  ___,  SRV,  SRV,  SRV,  SRV,  ___ },
	[SSH_MSG_SERVICE_ACCEPT]         = { ___,  ___,  ___,  ___,  ___,  ___,  ___ },
	[SSH_MSG_EXT_INFO]               = { ___,  ___,  EXT,  ___,  ___,  ___,  ___ },
	[8 ... 19] /* transport */       = { UNK,  ___,  UNK,  UNK,  UNK,  UNK,  UNK },
	[SSH_MSG_KEXINIT]                = { KEX,  KEX,  ___,  ___,  ___,  KEX,  ___ },
	[SSH_MSG_NEWKEYS]                = { KEX,  KEX,  ___,  ___,  ___,  ___,  KEX },
	[22 ... 29] /* negotiation */    = { UNK,  ___,  UNK,  UNK,  UNK,  UNK,  UNK },
	[30 ... 49] /* key exchange */   = { KEX,  KEX,  ___,  ___,  ___,  ___,  KEX },
	[SSH_MSG_USERAUTH_REQUEST]       = { ___,  ___,  ___,  ___,  UP_,  IGN,  ___ },
	[51 ... 59] /* login */          = { ___,  ___,  ___,  ___,  UP_,  ___,  ___ },
	[60 ... 79] /* its methods */    = { ___,  ___,  ___,  ___,  UP_,  IGN,  ___ },
	[80 ... 127] /* connection */    = { ___,  ___,  ___,  ___,  ___,  UP_,  ___ },
	[128 ... 191] /* reserved */     = { ___,  ___,  UNK,  UNK,  UNK,  UNK,  ___ },
	[SSH_MSG_PING]                   = { ___,  ___,  UNK,  UNK,  UNK,  PIN,  ___ },
	[SSH_MSG_PONG]                   = { ___,  ___,  UNK,  UNK,  UNK,  IGN,  ___ },
	[194 ... 255] /* local */        = { ___,  ___,  UNK,  UNK,  UNK,  UNK,  ___ },
};
/* clang-format on */

static const char *const state_texts[DISPATCH_STATE_COUNT] = {
	[DISPATCH_FIRST_KEX] = "during the first key exchange",
	[DISPATCH_STRICT_KEX] = "during the first, strict, key exchange",
	[DISPATCH_NEW_KEYS] = "before a service was requested",
	[DISPATCH_SERVICE] = "before a service was requested",
	[DISPATCH_LOGIN] = "before login",
	[DISPATCH_OPEN] = "after login",
	[DISPATCH_REKEY] = "during a key exchange",
};

enum dispatch_action
dispatch_find(uint8_t message, enum dispatch_state state)
{
	assert(state < DISPATCH_STATE_COUNT);
	return table[message][state];
}

static enum dispatch_state
state_of(const struct transport *transport)
{
	switch (transport->phase) {
	case TRANSPORT_PHASE_FIRST_KEX:
		return transport->is_strict ? DISPATCH_STRICT_KEX : DISPATCH_FIRST_KEX;
	case TRANSPORT_PHASE_SERVICE:
		return transport->in.usage.packets == 1 ? DISPATCH_NEW_KEYS : DISPATCH_SERVICE;
	case TRANSPORT_PHASE_LOGIN:
		return DISPATCH_LOGIN;
	case TRANSPORT_PHASE_OPEN:
		return transport->kex.state > KEX_INIT_SENT ? DISPATCH_REKEY : DISPATCH_OPEN;
	default:
		assert(!"a packet in a phase without packets");
		return DISPATCH_STRICT_KEX;
	}
}

static enum transport_event
on_refused(struct transport *transport, struct bytes payload)
{
	disconnect(transport, SSH_DISCONNECT_PROTOCOL_ERROR, "message %u is not allowed %s",
	    payload.data[0], state_texts[state_of(transport)]);
	return TRANSPORT_IDLE;
}

static enum transport_event
on_ignored(struct transport *transport, struct bytes payload)
{
	return TRANSPORT_IDLE;
}

static enum transport_event
on_upper(struct transport *transport, struct bytes payload)
{
	return TRANSPORT_PAYLOAD;
}

typedef enum transport_event handler(struct transport *transport, struct bytes payload);

static handler *const handlers[DISPATCH_ACTION_COUNT] = {
	[DISPATCH_REFUSE] = on_refused,
	[DISPATCH_IGNORE] = on_ignored,
	[DISPATCH_UNKNOWN] = on_unknown,
	[DISPATCH_UP] = on_upper,
	[DISPATCH_DISCONNECT] = on_disconnect,
	[DISPATCH_DEBUG] = on_debug,
	[DISPATCH_SERVICE_REQUEST] = on_service_request,
	[DISPATCH_EXT_INFO] = on_ext_info,
	[DISPATCH_KEX] = kex_receive,
	[DISPATCH_PING] = on_ping,
};

enum transport_event
dispatch(struct transport *transport, struct bytes payload)
{
	enum dispatch_state state = state_of(transport);

	return handlers[dispatch_find(payload.data[0], state)](transport, payload);
}
