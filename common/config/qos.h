/* SPDX-License-Identifier: ISC */
/*
 * The words of IPQoS: classes of service by their names, RFC 2474, 2597, 3246, 5865 and 8622. Pure.
 */
#pragma once

#include <stddef.h>

#include "common/config/lex.h"
#include "common/config/settings.h"

/* One class for all, or two. RESULT_MALFORMED, with the reason in `why` (VALUE_WHY_MAX bytes). */
enum result qos_parse(const struct lex_line *line, struct settings_qos *out, char *why) MUST_USE;

/* Both classes, as qos_parse reads them. */
#define QOS_TEXT_MAX 32
void qos_format(struct settings_qos qos, char *out, size_t size);
