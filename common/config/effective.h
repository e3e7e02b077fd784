/* SPDX-License-Identifier: ISC */
/*
 * Settings from inside, for this room's other files.
 */
#pragma once

#include "common/config/value.h"

struct settings {
	struct value values[KEYWORD_COUNT];
	char *files[KEYWORD_COUNT]; /* owned: the origins' files */
};
