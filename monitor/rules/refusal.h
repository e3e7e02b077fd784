/* SPDX-License-Identifier: ISC */
/*
 * Why somebody is not logged in: the codes by which the log and explanations name the rule (pure).
 */
#pragma once

/* The rules that refuse. REFUSAL_NONE is none. */
enum refusal {
	REFUSAL_NONE,
#define ROW(name, code) REFUSAL_##name,
#include "monitor/rules/refusal.def"
#undef ROW
	REFUSAL_COUNT
};

/* Its code in the log and in explanations. REFUSAL_NONE: "auth-refused". */
const char *refusal_code(enum refusal refusal);
