/* SPDX-License-Identifier: ISC */
/*
 * The SFTP server: one row and one function for each request (pure). draft-ietf-secsh-filexfer-02, with
 * the order of SYMLINK's arguments that OpenSSH made the rule.
 */
#include "sftp-server/engine.h"

#include <assert.h>
#include <stdlib.h>

#include "common/mem.h"
#include "sftp-server/engine_internal.h"

#define LENGTH_SIZE    4
#define HEAD_MIN       5 /* type and id, or type and version */

#define FOLDER_ENTRIES 64 /* in one READDIR's reply */

enum result
engine_new(const struct fs_operations *operations, void *fs, const struct engine_options *options,
    struct engine **out)
{
	TRY(mem_new(1, sizeof(**out), (void **)out));
	(*out)->operations = operations;
	(*out)->fs = fs;
	(*out)->read_only = options->read_only;
	handles_init(&(*out)->handles, options->handles_max);
	return RESULT_OK;
}

void
engine_free(struct engine *engine)
{
	if (engine == NULL)
		return;
	for (size_t i = 0; i < engine->handles.count; i++) {
		if (engine->handles.slots[i].file != NULL)
			(void)engine->operations->close(engine->fs, engine->handles.slots[i].file);
	}
	free(engine->handles.slots);
	free(engine);
}

void
engine_freep(struct engine **engine)
{
	engine_free(*engine);
}

/* --- Replies ------------------------------------------------------------------------------------ */

enum result
reply_begin(struct call *call, uint8_t type, size_t size, struct writer *writer)
{
	uint8_t *at;

	TRY(buf_reserve(call->replies, LENGTH_SIZE + HEAD_MIN + size, &at));
	*writer = writer_into(at, LENGTH_SIZE + HEAD_MIN + size);
	put_u32(writer, 0);
	put_byte(writer, type);
	put_u32(writer, call->id);
	return RESULT_OK;
}

enum result
reply_end(struct call *call, struct writer *writer)
{
	struct writer length = writer_into(writer->start, LENGTH_SIZE);

	TRY(writer_end(writer));
	put_u32(&length, (uint32_t)(writer->used - LENGTH_SIZE));
	buf_commit(call->replies, writer->used);
	return RESULT_OK;
}

static const char *
status_text(enum fs_status status)
{
	switch (status) {
	case FS_OK:
		return "Success";
	case FS_EOF:
		return "End of file";
	case FS_NO_SUCH_FILE:
		return "No such file";
	case FS_PERMISSION_DENIED:
		return "Permission denied";
	case FS_FAILURE:
		return "Failure";
	case FS_BAD_MESSAGE:
		return "Bad message";
	case FS_OP_UNSUPPORTED:
		return "Operation unsupported";
	}
	return "Failure";
}

enum result
reply_status(struct call *call, enum fs_status status)
{
	struct writer writer;

	TRY(reply_begin(call, REPLY_STATUS, 64, &writer));
	put_u32(&writer, status);
	put_text(&writer, status_text(status));
	put_text(&writer, "");
	return reply_end(call, &writer);
}

static enum result
reply_attrs(struct call *call, enum fs_status status, const struct fs_attrs *attrs)
{
	struct writer writer;

	if (status != FS_OK)
		return reply_status(call, status);
	TRY(reply_begin(call, REPLY_ATTRS, REPLY_ATTRS_MAX, &writer));
	reply_put_attrs(&writer, attrs);
	return reply_end(call, &writer);
}

/* NAME with one path, or the status if it is not FS_OK. */
static enum result
reply_path(struct call *call, enum fs_status status, const char *path)
{
	const struct fs_attrs none = { 0 };
	struct writer writer;

	if (status != FS_OK)
		return reply_status(call, status);
	TRY(reply_begin(call, REPLY_NAME, 16 + 2 * FS_PATH_MAX, &writer));
	put_u32(&writer, 1);
	put_text(&writer, path);
	put_text(&writer, path);
	reply_put_attrs(&writer, &none);
	return reply_end(call, &writer);
}

/* --- Files -------------------------------------------------------------------------------------- */

/* Gives the client a handle for what was opened; closes it if there are too many. */
static enum result
reply_handle(struct call *call, enum fs_status status, const struct handle *handle)
{
	struct engine *engine = call->engine;
	uint8_t name[HANDLE_SIZE];
	struct writer writer;

	if (status != FS_OK)
		return reply_status(call, status);
	if (handles_add(&engine->handles, handle, name) != RESULT_OK) {
		(void)engine->operations->close(engine->fs, handle->file);
		return reply_status(call, FS_FAILURE);
	}
	TRY(reply_begin(call, REPLY_HANDLE, 4 + HANDLE_SIZE, &writer));
	put_string(&writer, bytes_of(name, sizeof(name)));
	return reply_end(call, &writer);
}

static enum result
on_open(struct call *call)
{
	struct engine *engine = call->engine;
	const unsigned changing =
	    FS_OPEN_WRITE | FS_OPEN_APPEND | FS_OPEN_CREATE | FS_OPEN_TRUNCATE;
	char path[FS_PATH_MAX];
	enum fs_status status = request_path(&call->fields, path);
	uint32_t flags = get_u32(&call->fields);
	struct handle handle = { 0 };
	struct fs_attrs attrs;

	request_attrs(&call->fields, &attrs);
	TRY(reader_end(&call->fields));
	if (status == FS_OK && engine->read_only && (flags & changing) != 0)
		status = FS_PERMISSION_DENIED;
	if (status == FS_OK)
		status = engine->operations->open(engine->fs, path, flags, &attrs, &handle.file);
	handle.may_read = (flags & FS_OPEN_READ) != 0;
	handle.may_write = (flags & FS_OPEN_WRITE) != 0;
	return reply_handle(call, status, &handle);
}

/* The handle that is the request's next field. */
struct handle *
call_handle(struct call *call)
{
	return handles_find(&call->engine->handles, get_string(&call->fields));
}

static enum result
on_close(struct call *call)
{
	struct handle *handle = call_handle(call);
	enum fs_status status;

	TRY(reader_end(&call->fields));
	if (handle == NULL)
		return reply_status(call, FS_FAILURE);
	status = call->engine->operations->close(call->engine->fs, handle->file);
	handles_remove(handle);
	return reply_status(call, status);
}

/* The file is read straight into the reply. */
static enum result
on_read(struct call *call)
{
	struct handle *handle = call_handle(call);
	uint64_t offset = get_u64(&call->fields);
	uint32_t size = get_u32(&call->fields);
	struct writer writer;
	enum fs_status status;
	size_t done = 0;

	TRY(reader_end(&call->fields));
	if (handle == NULL || handle->is_folder || !handle->may_read)
		return reply_status(call, FS_FAILURE);
	if (size > ENGINE_READ_MAX)
		size = ENGINE_READ_MAX;
	TRY(reply_begin(call, REPLY_DATA, 4 + size, &writer));
	status = call->engine->operations->read(
	    call->engine->fs, handle->file, offset, writer.start + writer.used + 4, size, &done);
	if (status != FS_OK)
		return reply_status(call, status);
	put_u32(&writer, (uint32_t)done);
	writer.used += done;
	return reply_end(call, &writer);
}

static enum result
on_write(struct call *call)
{
	struct handle *handle = call_handle(call);
	uint64_t offset = get_u64(&call->fields);
	struct bytes data = get_string(&call->fields);

	TRY(reader_end(&call->fields));
	if (handle == NULL || handle->is_folder || !handle->may_write)
		return reply_status(call, FS_FAILURE);
	return reply_status(
	    call, call->engine->operations->write(call->engine->fs, handle->file, offset, data));
}

/* --- Attributes --------------------------------------------------------------------------------- */

static enum result
stat_path(struct call *call, bool follow)
{
	char path[FS_PATH_MAX];
	enum fs_status status = request_path(&call->fields, path);
	struct fs_attrs attrs = { 0 };

	TRY(reader_end(&call->fields));
	if (status == FS_OK)
		status = call->engine->operations->stat(call->engine->fs, path, follow, &attrs);
	return reply_attrs(call, status, &attrs);
}

static enum result
on_stat(struct call *call)
{
	return stat_path(call, true);
}

static enum result
on_lstat(struct call *call)
{
	return stat_path(call, false);
}

static enum result
on_fstat(struct call *call)
{
	struct handle *handle = call_handle(call);
	struct fs_attrs attrs = { 0 };
	enum fs_status status = FS_FAILURE;

	TRY(reader_end(&call->fields));
	if (handle != NULL)
		status =
		    call->engine->operations->stat_file(call->engine->fs, handle->file, &attrs);
	return reply_attrs(call, status, &attrs);
}

enum result
set_path(struct call *call, bool follow)
{
	char path[FS_PATH_MAX];
	enum fs_status status = request_path(&call->fields, path);
	struct fs_attrs attrs;

	request_attrs(&call->fields, &attrs);
	TRY(reader_end(&call->fields));
	if (status == FS_OK)
		status = call->engine->operations->set(call->engine->fs, path, follow, &attrs);
	return reply_status(call, status);
}

static enum result
on_setstat(struct call *call)
{
	return set_path(call, true);
}

static enum result
on_fsetstat(struct call *call)
{
	struct handle *handle = call_handle(call);
	struct fs_attrs attrs;

	request_attrs(&call->fields, &attrs);
	TRY(reader_end(&call->fields));
	if (handle == NULL)
		return reply_status(call, FS_FAILURE);
	return reply_status(
	    call, call->engine->operations->set_file(call->engine->fs, handle->file, &attrs));
}

/* --- Folders ------------------------------------------------------------------------------------ */

static enum result
on_opendir(struct call *call)
{
	char path[FS_PATH_MAX];
	enum fs_status status = request_path(&call->fields, path);
	struct handle handle = { .is_folder = true };

	TRY(reader_end(&call->fields));
	if (status == FS_OK)
		status =
		    call->engine->operations->open_folder(call->engine->fs, path, &handle.file);
	return reply_handle(call, status, &handle);
}

static enum result
on_readdir(struct call *call)
{
	struct engine *engine = call->engine;
	struct handle *handle = call_handle(call);
	const size_t entry_max = 8 + FS_NAME_MAX + FS_LINE_MAX + REPLY_ATTRS_MAX;
	struct writer writer, count_at;
	enum fs_status status = FS_OK;
	struct fs_entry entry;
	uint32_t count;

	TRY(reader_end(&call->fields));
	if (handle == NULL || !handle->is_folder)
		return reply_status(call, FS_FAILURE);
	TRY(reply_begin(call, REPLY_NAME, 4 + FOLDER_ENTRIES * entry_max, &writer));
	count_at = writer_into(writer.start + writer.used, 4);
	put_u32(&writer, 0);
	for (count = 0; count < FOLDER_ENTRIES; count++) {
		status = engine->operations->read_folder(engine->fs, handle->file, &entry);
		if (status != FS_OK)
			break;
		put_text(&writer, entry.name);
		put_text(&writer, entry.line);
		reply_put_attrs(&writer, &entry.attrs);
	}
	if (count == 0)
		return reply_status(call, status);
	put_u32(&count_at, count);
	return reply_end(call, &writer);
}

/* --- Names -------------------------------------------------------------------------------------- */

typedef enum fs_status one_path(void *fs, const char *path);

static enum result
with_one_path(struct call *call, one_path *operation)
{
	char path[FS_PATH_MAX];
	enum fs_status status = request_path(&call->fields, path);

	TRY(reader_end(&call->fields));
	if (status == FS_OK)
		status = operation(call->engine->fs, path);
	return reply_status(call, status);
}

static enum result
on_remove(struct call *call)
{
	return with_one_path(call, call->engine->operations->remove);
}

static enum result
on_rmdir(struct call *call)
{
	return with_one_path(call, call->engine->operations->remove_folder);
}

static enum result
on_mkdir(struct call *call)
{
	char path[FS_PATH_MAX];
	enum fs_status status = request_path(&call->fields, path);
	struct fs_attrs attrs;

	request_attrs(&call->fields, &attrs);
	TRY(reader_end(&call->fields));
	if (status == FS_OK)
		status = call->engine->operations->make_folder(call->engine->fs, path, &attrs);
	return reply_status(call, status);
}

typedef enum fs_status path_of_path(void *fs, const char *path, char *out);

enum result
reply_path_of(struct call *call, path_of_path *operation)
{
	char path[FS_PATH_MAX], out[FS_PATH_MAX];
	enum fs_status status = request_path(&call->fields, path);

	TRY(reader_end(&call->fields));
	if (status == FS_OK)
		status = operation(call->engine->fs, path, out);
	return reply_path(call, status, out);
}

static enum result
on_realpath(struct call *call)
{
	return reply_path_of(call, call->engine->operations->real_path);
}

static enum result
on_readlink(struct call *call)
{
	return reply_path_of(call, call->engine->operations->read_link);
}

enum result
call_two_paths(struct call *call, char *first, char *second, enum fs_status *status)
{
	enum fs_status second_status;

	*status = request_path(&call->fields, first);
	second_status = request_path(&call->fields, second);
	if (*status == FS_OK)
		*status = second_status;
	return reader_end(&call->fields);
}

static enum result
on_rename(struct call *call)
{
	char from[FS_PATH_MAX], to[FS_PATH_MAX];
	enum fs_status status;

	TRY(call_two_paths(call, from, to, &status));
	if (status == FS_OK)
		status = call->engine->operations->rename(call->engine->fs, from, to, false);
	return reply_status(call, status);
}

static enum result
on_symlink(struct call *call)
{
	char target[FS_PATH_MAX], path[FS_PATH_MAX];
	enum fs_status status;

	TRY(call_two_paths(call, target, path, &status));
	if (status == FS_OK)
		status = call->engine->operations->symlink(call->engine->fs, target, path);
	return reply_status(call, status);
}

/* --- The table ---------------------------------------------------------------------------------- */

struct row {
	enum result (*serve)(struct call *call);
	bool changes; /* refused when the server is read-only */
};

static const struct row rows[256] = {
	[REQUEST_OPEN] = { on_open, false }, /* its flags say */
	[REQUEST_CLOSE] = { on_close, false },
	[REQUEST_READ] = { on_read, false },
	[REQUEST_WRITE] = { on_write, true },
	[REQUEST_LSTAT] = { on_lstat, false },
	[REQUEST_FSTAT] = { on_fstat, false },
	[REQUEST_SETSTAT] = { on_setstat, true },
	[REQUEST_FSETSTAT] = { on_fsetstat, true },
	[REQUEST_OPENDIR] = { on_opendir, false },
	[REQUEST_READDIR] = { on_readdir, false },
	[REQUEST_REMOVE] = { on_remove, true },
	[REQUEST_MKDIR] = { on_mkdir, true },
	[REQUEST_RMDIR] = { on_rmdir, true },
	[REQUEST_REALPATH] = { on_realpath, false },
	[REQUEST_STAT] = { on_stat, false },
	[REQUEST_RENAME] = { on_rename, true },
	[REQUEST_READLINK] = { on_readlink, false },
	[REQUEST_SYMLINK] = { on_symlink, true },
	[REQUEST_EXTENDED] = { extension_serve, false }, /* its own table says */
};

static enum result
serve_call(struct call *call, uint8_t type)
{
	const struct row *row = &rows[type];
	enum result result;

	if (row->serve == NULL)
		return reply_status(call, FS_OP_UNSUPPORTED);
	if (row->changes && call->engine->read_only)
		return reply_status(call, FS_PERMISSION_DENIED);
	result = row->serve(call);
	if (result == RESULT_TRUNCATED || result == RESULT_TRAILING || result == RESULT_MALFORMED)
		return reply_status(call, FS_BAD_MESSAGE);
	return result;
}

/* Section 4: the first request, and only the first. Our version is 3 whatever the client has. */
static enum result
serve_init(struct engine *engine, struct bytes request, struct buf *replies)
{
	struct reader reader = reader_of(request);
	struct call call = { .engine = engine, .replies = replies, .id = 3 };
	struct writer writer;

	if (get_byte(&reader) != REQUEST_INIT)
		return RESULT_MALFORMED;
	if (get_u32(&reader) < 3 || reader.result != RESULT_OK)
		return RESULT_MALFORMED;
	engine->is_started = true;
	TRY(reply_begin(&call, REPLY_VERSION, EXTENSIONS_NAMES_MAX, &writer));
	extensions_put_names(&writer);
	return reply_end(&call, &writer);
}

static enum result
serve_one(struct engine *engine, struct bytes request, struct buf *replies)
{
	struct call call = { .engine = engine, .replies = replies };
	uint8_t type;

	if (!engine->is_started)
		return serve_init(engine, request, replies);
	call.fields = reader_of(request);
	type = get_byte(&call.fields);
	call.id = get_u32(&call.fields);
	if (call.fields.result != RESULT_OK || type == REQUEST_INIT)
		return RESULT_MALFORMED;
	return serve_call(&call, type);
}

enum result
engine_serve(struct engine *engine, struct bytes input, struct buf *replies, size_t *consumed)
{
	*consumed = 0;
	while (*consumed < input.size && buf_size(replies) < ENGINE_REPLIES_HIGH) {
		struct reader reader =
		    reader_of(bytes_of(input.data + *consumed, input.size - *consumed));
		uint32_t size = get_u32(&reader);

		if (reader.result != RESULT_OK)
			return RESULT_OK; /* not even the length is there */
		if (size < HEAD_MIN || size > REQUEST_MAX)
			return RESULT_MALFORMED;
		if (reader.left < size)
			return RESULT_OK;
		TRY(serve_one(engine, get_raw(&reader, size), replies));
		*consumed += LENGTH_SIZE + size;
	}
	return RESULT_OK;
}
