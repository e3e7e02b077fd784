/* SPDX-License-Identifier: ISC */
/*
 * Part of the decision: a host that speaks for its user. For decision.c alone.
 */
#pragma once

#include "monitor/login/decision.h"

/* Everything that speaks for or against it; an unknown user's request takes the same way. Fills in what `decision` says
 * of hosts, and its answer. `trace` is the question's, or one that keeps nothing. */
struct verdict decision_judge_host(
    const struct decision_question *question, struct trace *trace, struct decision *decision);
