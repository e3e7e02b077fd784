/* SPDX-License-Identifier: ISC */
/*
 * Paths of sockets.
 */
#pragma once

#include "monitor/monitor.h"

/* A client's path from the user's home on, if it is not absolute; appended to `out`. RESULT_LIMIT: no socket can have
 * such a long one. */
enum result path_complete(
    const struct account *account, struct bytes path, struct buf *out) MUST_USE;

/* What tells a file from another one with the same name. */
struct path_identity {
	uint64_t device, inode;
};
