/* SPDX-License-Identifier: ISC */
/*
 * Extensions of SFTP: one row each (pure). OpenSSH's PROTOCOL section 4, draft-ietf-secsh-filexfer-extensions-00.
 */
#include "sftp-server/engine_internal.h"

/* --- Files -------------------------------------------------------------------------------------- */

static enum result
on_fsync(struct call *call)
{
	struct handle *handle = call_handle(call);

	TRY(reader_end(&call->fields));
	if (handle == NULL || handle->is_folder)
		return reply_status(call, FS_NO_SUCH_FILE);
	return reply_status(call, call->engine->operations->sync(call->engine->fs, handle->file));
}

static enum result
on_copy_data(struct call *call)
{
	struct handle *from = call_handle(call);
	uint64_t from_offset = get_u64(&call->fields);
	uint64_t length = get_u64(&call->fields);
	struct handle *to = call_handle(call);
	uint64_t to_offset = get_u64(&call->fields);

	TRY(reader_end(&call->fields));
	if (from == NULL || to == NULL || from->is_folder || to->is_folder || !from->may_read ||
	    !to->may_write || from == to)
		return reply_status(call, FS_FAILURE);
	return reply_status(call, call->engine->operations->copy(call->engine->fs, from->file,
				      from_offset, length, to->file, to_offset));
}

/* --- Names -------------------------------------------------------------------------------------- */

static enum result
on_posix_rename(struct call *call)
{
	char from[FS_PATH_MAX], to[FS_PATH_MAX];
	enum fs_status status;

	TRY(call_two_paths(call, from, to, &status));
	if (status == FS_OK)
		status = call->engine->operations->rename(call->engine->fs, from, to, true);
	return reply_status(call, status);
}

static enum result
on_hardlink(struct call *call)
{
	char existing[FS_PATH_MAX], path[FS_PATH_MAX];
	enum fs_status status;

	TRY(call_two_paths(call, existing, path, &status));
	if (status == FS_OK)
		status = call->engine->operations->link(call->engine->fs, existing, path);
	return reply_status(call, status);
}

static enum result
on_lsetstat(struct call *call)
{
	return set_path(call, false);
}

static enum result
on_expand_path(struct call *call)
{
	return reply_path_of(call, call->engine->operations->expand);
}

static enum result
on_home_directory(struct call *call)
{
	return reply_path_of(call, call->engine->operations->home_of);
}

/* --- Space and limits --------------------------------------------------------------------------- */

static enum result
reply_space(struct call *call, enum fs_status status, const struct fs_space *space)
{
	struct writer writer;

	if (status != FS_OK)
		return reply_status(call, status);
	TRY(reply_begin(call, REPLY_EXTENDED, 11 * 8, &writer));
	put_u64(&writer, space->block_size);
	put_u64(&writer, space->fragment_size);
	put_u64(&writer, space->blocks);
	put_u64(&writer, space->blocks_free);
	put_u64(&writer, space->blocks_available);
	put_u64(&writer, space->files);
	put_u64(&writer, space->files_free);
	put_u64(&writer, space->files_available);
	put_u64(&writer, space->id);
	put_u64(&writer, space->flags);
	put_u64(&writer, space->name_max);
	return reply_end(call, &writer);
}

static enum result
on_statvfs(struct call *call)
{
	char path[FS_PATH_MAX];
	enum fs_status status = request_path(&call->fields, path);
	struct fs_space space;

	TRY(reader_end(&call->fields));
	if (status == FS_OK)
		status = call->engine->operations->space(call->engine->fs, path, &space);
	return reply_space(call, status, &space);
}

static enum result
on_fstatvfs(struct call *call)
{
	struct handle *handle = call_handle(call);
	enum fs_status status = FS_FAILURE;
	struct fs_space space;

	TRY(reader_end(&call->fields));
	if (handle != NULL)
		status =
		    call->engine->operations->space_file(call->engine->fs, handle->file, &space);
	return reply_space(call, status, &space);
}

/* The largest packet, read and write, and the number of handles. */
static enum result
on_limits(struct call *call)
{
	struct writer writer;

	TRY(reader_end(&call->fields));
	TRY(reply_begin(call, REPLY_EXTENDED, 4 * 8, &writer));
	put_u64(&writer, REQUEST_MAX);
	put_u64(&writer, ENGINE_READ_MAX);
	put_u64(&writer, REQUEST_MAX - 1024);
	put_u64(&writer, call->engine->handles.most);
	return reply_end(call, &writer);
}

/* --- Users -------------------------------------------------------------------------------------- */

#define IDS_MAX 256 /* in one request */

static void
put_names(struct call *call, struct writer *writer, struct bytes ids, bool is_group)
{
	struct reader reader = reader_of(ids);
	size_t begin = put_string_begin(writer);

	while (reader.left >= 4) {
		char name[FS_NAME_MAX];

		call->engine->operations->name_of(
		    call->engine->fs, get_u32(&reader), is_group, name);
		put_text(writer, name);
	}
	put_string_end(writer, begin);
}

static enum result
on_users_groups_by_id(struct call *call)
{
	struct bytes users = get_string(&call->fields);
	struct bytes groups = get_string(&call->fields);
	struct writer writer;

	TRY(reader_end(&call->fields));
	if (users.size % 4 != 0 || groups.size % 4 != 0 ||
	    users.size + groups.size > 4 * (size_t)IDS_MAX)
		return RESULT_MALFORMED;
	TRY(reply_begin(call, REPLY_EXTENDED, 8 + (size_t)IDS_MAX * (4 + FS_NAME_MAX), &writer));
	put_names(call, &writer, users, false);
	put_names(call, &writer, groups, true);
	return reply_end(call, &writer);
}

/* --- The table ---------------------------------------------------------------------------------- */

static const struct extension {
	const char *name, *version;
	enum result (*serve)(struct call *call);
	bool changes; /* refused when the server is read-only */
} extensions[] = {
	{ "posix-rename@openssh.com", "1", on_posix_rename, true },
	{ "statvfs@openssh.com", "2", on_statvfs, false },
	{ "fstatvfs@openssh.com", "2", on_fstatvfs, false },
	{ "hardlink@openssh.com", "1", on_hardlink, true },
	{ "fsync@openssh.com", "1", on_fsync, true },
	{ "lsetstat@openssh.com", "1", on_lsetstat, true },
	{ "limits@openssh.com", "1", on_limits, false },
	{ "expand-path@openssh.com", "1", on_expand_path, false },
	{ "copy-data", "1", on_copy_data, true },
	{ "home-directory", "1", on_home_directory, false },
	{ "users-groups-by-id@openssh.com", "1", on_users_groups_by_id, false },
};

void
extensions_put_names(struct writer *writer)
{
	for (size_t i = 0; i < COUNT(extensions); i++) {
		put_text(writer, extensions[i].name);
		put_text(writer, extensions[i].version);
	}
}

enum result
extension_serve(struct call *call)
{
	struct bytes name = get_string(&call->fields);

	TRY(call->fields.result);
	for (size_t i = 0; i < COUNT(extensions); i++) {
		if (!bytes_is(name, extensions[i].name))
			continue;
		if (extensions[i].changes && call->engine->read_only)
			return reply_status(call, FS_PERMISSION_DENIED);
		return extensions[i].serve(call);
	}
	return reply_status(call, FS_OP_UNSUPPORTED);
}
