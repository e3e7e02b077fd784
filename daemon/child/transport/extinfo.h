/* SPDX-License-Identifier: ISC */
/*
 * SSH_MSG_EXT_INFO in both directions. RFC 8308.
 */
#pragma once

#include "common/wire.h"

#define EXTINFO_ENTRIES_MAX 1024

/* Ours: the signature algorithms that users may log in with, and that we answer PING. */
void extinfo_put(struct writer *writer, struct bytes server_sig_algs);
size_t extinfo_size_max(struct bytes server_sig_algs);

/* Checks the client's; nothing in it concerns us yet. RESULT_TRUNCATED, RESULT_TRAILING,
 * RESULT_LIMIT (entries). */
enum result extinfo_parse(struct bytes payload, uint32_t *entries) MUST_USE;
