/* SPDX-License-Identifier: ISC */
/*
 * What a security key must have seen before its signature lets anybody in: a touch, which only agreement of all
 * who have a say waives, and proof of who touched it, which any of them demands (pure).
 */
#pragma once

#include "monitor/login/decide.h"
#include "monitor/login/publickey.h"
#include "monitor/login/verdict.h"

#define PRESENCE_TEXT_MAX 64

/* Who demands what; `terms` NULL: a plain key. */
void presence_demand(const struct decide_question *question, const struct terms *terms,
    struct permissions *permissions);

/* Was it there? Of keys that are no security keys nothing is demanded. */
void presence_judge(const struct permissions *permissions, const struct key_assertion *assertion,
    struct evidence *evidence);

/* Why not, who demands it, and what helps, as the answer's reason. */
void presence_explain(
    const struct settings *settings, struct publickey_answer *answer, enum verdict_against against);

/* What the key said, for the log; "" of keys that are no security keys. `out` has PRESENCE_TEXT_MAX bytes. */
void presence_describe(const struct key_assertion *assertion, char *out);
