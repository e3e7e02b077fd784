/* SPDX-License-Identifier: ISC */
/*
 * PAM's conversation function: what modules ask and say, pam_conv(3) (edge).
 */
#pragma once

#include "monitor/pam/host.h"

/*
 * What libpam calls, with `host` a struct host. PAM_SUCCESS: `*out` has `count` answers, which libpam frees.
 * PAM_CONV_ERR and PAM_BUF_ERR: it is NULL, and what was made so far is wiped and freed here.
 */
int converse(int count, const struct pam_message **messages, struct pam_response **out, void *host);

/* Begins to answer in this way; the views are lent until converse_end. */
void converse_begin(
    struct host *host, enum converse_mode mode, struct bytes password, struct bytes new_password);
void converse_end(struct host *host);
