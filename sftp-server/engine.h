/* SPDX-License-Identifier: ISC */
/*
 * The SFTP server as pure code: requests in, replies out, files by way of fs.h. Protocol version 3.
 */
#pragma once

#include "common/buf.h"
#include "sftp-server/fs.h"

struct engine; /* opaque */

struct engine_options {
	bool read_only; /* refuse what changes anything */
	size_t handles_max;
};

/* `operations` and `fs` are borrowed. */
enum result engine_new(const struct fs_operations *operations, void *fs,
    const struct engine_options *options, struct engine **out) MUST_USE;
void engine_free(struct engine *engine); /* closes what is open */
void engine_freep(struct engine **engine);

/* Replies pending above which no further request is served. */
#define ENGINE_REPLIES_HIGH (512 * 1024)

/* What the replies' buffer must be able to hold. */
#define ENGINE_REPLIES_MAX (ENGINE_REPLIES_HIGH + 384 * 1024)

/*
 * Serves the whole requests at the front of `input`, as long as `replies` holds less than
 * ENGINE_REPLIES_HIGH bytes. *consumed: bytes of `input` that are done. RESULT_MALFORMED: the framing is
 * broken, nothing that follows can be read.
 */
enum result engine_serve(
    struct engine *engine, struct bytes input, struct buf *replies, size_t *consumed) MUST_USE;
