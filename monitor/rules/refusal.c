/* SPDX-License-Identifier: ISC */
/*
 * Codes of refusals (pure).
 */
#include "monitor/rules/refusal.h"

const char *
refusal_code(enum refusal refusal)
{
	static const char *const codes[REFUSAL_COUNT] = {
		[REFUSAL_NONE] = "auth-refused",
#define ROW(name, code) [REFUSAL_##name] = (code),
#include "monitor/rules/refusal.def"
#undef ROW
	};

	return (unsigned)refusal < REFUSAL_COUNT ? codes[refusal] : codes[REFUSAL_NONE];
}
