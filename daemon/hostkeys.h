/* SPDX-License-Identifier: ISC */
/*
 * The host keys, from files (edge).
 */
#pragma once

#include "common/config/settings.h"
#include "common/ipc_bodies.h"
#include "common/key/key.h"

struct hostkeys {
	struct key *keys[IPC_HOST_KEYS_MAX]; /* owned; private parts are wiped */
	size_t count;
};

/*
 * Loads every HostKey, one of each type. Files that are only defaults may be missing; others are logged.
 * RESULT_NOT_FOUND: there is none that can be used; said with the remedy.
 */
enum result hostkeys_load(const struct settings *settings, struct hostkeys *out) MUST_USE;
void hostkeys_clear(struct hostkeys *hostkeys);
