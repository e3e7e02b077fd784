/* SPDX-License-Identifier: ISC */
/*
 * What is wrong with a key whoever shows it: it is revoked, too short, or none (edge: reads RevokedKeys).
 */
#pragma once

#include "common/config/settings.h"
#include "common/key/certificate.h"
#include "monitor/rules/refusal.h"

/* A text for the log, with the rule in *refusal, or NULL: nothing. `blob` as the client sent it, of any form; `certificate`: what it is, of which
 * its own key and its authority's are looked at; NULL: a plain key. */
const char *keyfault_find(const struct settings *settings, struct bytes blob,
    const struct certificate *certificate, enum refusal *refusal);
