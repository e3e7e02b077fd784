/* SPDX-License-Identifier: ISC */
/*
 * What a rule refuses somebody who is logged in, for the log and for the client (edge).
 */
#pragma once

#include "monitor/monitor.h"

/* What was refused, and why. */
#define REFUSED_TEXT_MAX 768

/*
 * One line at INFO: who it is, the text, and where the rule stands; `rule` may be KEYWORD_COUNT: it is of no file. Of a
 * flood a few lines only, and how many there were besides.
 */
void refused_log(struct monitor *monitor, const char *code, enum keyword rule, const char *text);

/* The same, and the text to the client's debug output: where the protocol has no place for a reason. */
void refused_tell(struct monitor *monitor, const char *code, enum keyword rule, const char *text);

/* The same for a line in other words: may it be said now? */
bool refused_is_due(struct monitor *monitor);

/* The connection ends: says what was kept back until now. */
void refused_end(struct monitor *monitor);
