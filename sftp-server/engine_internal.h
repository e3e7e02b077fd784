/* SPDX-License-Identifier: ISC */
/*
 * The engine from inside, for its own files.
 */
#pragma once

#include "sftp-server/engine.h"
#include "sftp-server/handles.h"
#include "sftp-server/request.h"

#define ENGINE_READ_MAX (255 * 1024) /* bytes of one READ's reply */

struct engine {
	const struct fs_operations *operations; /* borrowed, as is fs */
	void *fs;
	struct handles handles;
	bool read_only;
	bool is_started; /* INIT has come */
};

/* One request that is being served. */
struct call {
	struct engine *engine;
	struct buf *replies;
	uint32_t id;
	struct reader fields; /* behind the id */
};

/* --- engine.c --- */

/* A reply with room for `size` bytes behind its head; nothing is sent before reply_end. */
enum result reply_begin(
    struct call *call, uint8_t type, size_t size, struct writer *writer) MUST_USE;
enum result reply_end(struct call *call, struct writer *writer) MUST_USE;
enum result reply_status(struct call *call, enum fs_status status) MUST_USE;

/* Reads a path, has another made of it, and replies. */
enum result reply_path_of(
    struct call *call, enum fs_status (*operation)(void *fs, const char *path, char *out)) MUST_USE;

/* Reads a handle. NULL: it is none of ours, or not there to be read; reader_end tells which. */
struct handle *call_handle(struct call *call);
/* Reads two paths of FS_PATH_MAX bytes each, the last fields; `status` says whether both can be used. RESULT_TRUNCATED,
 * RESULT_TRAILING: the request is malformed. */
enum result call_two_paths(
    struct call *call, char *first, char *second, enum fs_status *status) MUST_USE;

/* SETSTAT, and the extension that does not follow a symbolic link. */
enum result set_path(struct call *call, bool follow) MUST_USE;

/* --- extensions.c --- */

#define EXTENSIONS_NAMES_MAX 1024
void extensions_put_names(struct writer *writer);
enum result extension_serve(struct call *call) MUST_USE;
