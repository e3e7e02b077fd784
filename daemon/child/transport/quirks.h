/* SPDX-License-Identifier: ISC */
/*
 * What some clients cannot bear, or they alone can, known by their identification. Each row names its client; what a
 * client only asks for in an odd way is served to everybody instead.
 */
#pragma once

#include "common/buf.h"

enum quirk {
	QUIRK_NO_HOST_KEYS = 1 << 0, /* takes the announcement of host keys for an error */
	QUIRK_SCANNER = 1 << 1,      /* wants to know the version, and nothing else */
	QUIRK_KNOWS_EOW = 1 << 2,    /* others may be confused by what OpenSSH alone defines */
	QUIRK_NO_DEBUG = 1 << 3,     /* takes SSH_MSG_DEBUG for an error */
};

/* Flags of the client with this identification ("SSH-2.0-..."); 0 for nearly all. Pure. */
unsigned quirks_of(struct bytes identification);
