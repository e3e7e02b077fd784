/* SPDX-License-Identifier: ISC */
/*
 * What a security key must have seen before its signature lets anybody in: a touch, which only agreement of all
 * who have a say waives, and proof of who touched it, which any of them demands (pure).
 */
#pragma once

#include "monitor/rules/decide.h"
#include "monitor/rules/verdict.h"

#define PRESENCE_TEXT_MAX 64

/* Who demands what; `terms` NULL: a plain key. */
void presence_demand(const struct decide_question *question, const struct terms *terms,
    struct permissions *permissions);

/* Was it there? Of keys that are no security keys nothing is demanded. */
void presence_judge(const struct permissions *permissions, const struct key_assertion *assertion,
    struct evidence *evidence);

/* Why not, who demands it, and what helps, for the log: `permissions` say who does, `line` where the key's options
 * stand. */
struct presence_refusal {
	const struct settings *settings;
	const struct permissions *permissions;
	struct setting_origin line;
	enum verdict_against against; /* VERDICT_AGAINST_TOUCH or VERDICT_AGAINST_VERIFICATION */
};
void presence_explain(const struct presence_refusal *refusal, char *reason, size_t size);

/* What the key said, for the log; "" of keys that are no security keys. `out` has PRESENCE_TEXT_MAX bytes. */
void presence_describe(const struct key_assertion *assertion, char *out);
