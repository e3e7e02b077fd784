/* SPDX-License-Identifier: ISC */
/*
 * What may be done after a login that decide.c lets in (pure). Everything starts off.
 */
#pragma once

#include "monitor/rules/decide.h"

/* In options a quote inside of a value has a backslash before it. Appends what is meant. */
enum result grant_unescape(struct bytes escaped, struct buf *out) MUST_USE;

/* What the key limits and what it and its certificate are bound to. `terms` NULL: a plain key. RESULT_MEMORY,
 * RESULT_LIMIT, RESULT_MALFORMED: the login must not be. */
enum result grant_owned(const struct decide_question *question, const struct terms *terms,
    struct permissions *permissions) MUST_USE;

/* Turns on what nobody takes away. A plain key grants by itself what its line leaves; a certificate, what it says. */
void grant_flags(const struct decide_question *question, const struct terms *terms,
    struct permissions *permissions);

/* What UsersFile says of its user holds besides, however they log in. RESULT_DENIED: they are bound to another command
 * than `permissions`; others as above. */
enum result grant_limits_of_user(
    const struct decide_question *question, struct permissions *permissions) MUST_USE;
