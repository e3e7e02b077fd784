/* SPDX-License-Identifier: ISC */
/*
 * The host keys, from files and from HostKeyAgent (edge).
 */
#pragma once

#include "common/config/settings.h"
#include "common/ipc_bodies.h"
#include "common/key/key.h"
#include "monitor/monitor.h"

#define HOSTKEYS_MAX (IPC_HOST_KEYS_MAX / 2) /* each may have a certificate */

struct hostkeys {
	struct host_key keys[HOSTKEYS_MAX]; /* owned; private parts are wiped */
	const char *files[HOSTKEYS_MAX];    /* HostKey of each, borrowed from settings */
	size_t count;
	const char *agent_path; /* borrowed from settings or the environment; NULL: none */
};

/*
 * Loads every HostKey, one of each type, from its file or with HostKeyAgent in the place of its private half, and
 * the HostCertificate that fits each. Files that are only defaults may be missing; others are logged.
 * RESULT_NOT_FOUND: there is none that can be used; said with the remedy.
 */
enum result hostkeys_load(const struct settings *settings, struct hostkeys *out) MUST_USE;
void hostkeys_clear(struct hostkeys *hostkeys);
