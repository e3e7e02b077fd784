/* SPDX-License-Identifier: ISC */
/*
 * What -t says of a configuration besides what is wrong in it: what would be found out only when somebody connects (edge).
 */
#pragma once

#include "common/buf.h"
#include "common/config/config.h"

/*
 * A line in `errors` for each thing; those that begin with "warning: " behind their place leave RESULT_OK. RESULT_CONFIG:
 * no key could log in. Reads files and looks names up. `is_root`: the server can become anybody.
 */
enum result advice_give(const struct config *config, const struct settings *settings, bool is_root,
    struct buf *errors) MUST_USE;
