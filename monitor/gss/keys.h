/* SPDX-License-Identifier: ISC */
/*
 * The host's keys: out of the keytab into memory, while it can still be read (edge).
 */
#pragma once

#include "monitor/gss/host.h"

/* What the library calls the copy. */
#define KEYS_NAME "MEMORY:sallyport"

/* Copies the keytab (KRB5_KTNAME, default_keytab_name), or says in host->no_keys why there is none. Where only the
 * host's own name counts, other services' keys are left out. */
void keys_load(struct gss_host *host);
void keys_clear(struct gss_host *host);
