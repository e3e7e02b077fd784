/* SPDX-License-Identifier: ISC */
/*
 * SSH_MSG_EXT_INFO in both directions. RFC 8308.
 */
#pragma once

#include "common/wire.h"

#define EXTINFO_ENTRIES_MAX 1024

/* Checks the client's. RESULT_TRUNCATED, RESULT_TRAILING,
 * RESULT_LIMIT (entries). */
struct extinfo {
	uint32_t entries;
	bool takes_more_in_auth; /* EXT_INFO may come again during login */
};
enum result extinfo_parse(struct bytes payload, struct extinfo *out) MUST_USE;
