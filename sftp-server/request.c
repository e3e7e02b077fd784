/* SPDX-License-Identifier: ISC */
/*
 * Fields of SFTP's own: paths and attributes (pure). draft-ietf-secsh-filexfer-02 section 5.
 */
#include "sftp-server/request.h"

enum fs_status
request_path(struct reader *reader, char *out)
{
	struct bytes path = get_string(reader);

	if (path.size >= FS_PATH_MAX || (path.size > 0 && memchr(path.data, 0, path.size) != NULL))
		return FS_NO_SUCH_FILE;
	if (path.size > 0)
		memcpy(out, path.data, path.size);
	out[path.size] = '\0';
	return FS_OK;
}

void
request_attrs(struct reader *reader, struct fs_attrs *out)
{
	uint32_t count;

	*out = (struct fs_attrs){ .flags = get_u32(reader) };
	if ((out->flags & FS_ATTR_SIZE) != 0)
		out->size = get_u64(reader);
	if ((out->flags & FS_ATTR_OWNER) != 0) {
		out->uid = get_u32(reader);
		out->gid = get_u32(reader);
	}
	if ((out->flags & FS_ATTR_MODE) != 0)
		out->mode = get_u32(reader);
	if ((out->flags & FS_ATTR_TIMES) != 0) {
		out->atime = get_u32(reader);
		out->mtime = get_u32(reader);
	}
	count = (out->flags & FS_ATTR_EXTENDED) != 0 ? get_u32(reader) : 0;
	while (count-- > 0 && reader->result == RESULT_OK) {
		(void)get_string(reader);
		(void)get_string(reader);
	}
}

void
reply_put_attrs(struct writer *writer, const struct fs_attrs *attrs)
{
	put_u32(writer, attrs->flags & ~(uint32_t)FS_ATTR_EXTENDED);
	if ((attrs->flags & FS_ATTR_SIZE) != 0)
		put_u64(writer, attrs->size);
	if ((attrs->flags & FS_ATTR_OWNER) != 0) {
		put_u32(writer, attrs->uid);
		put_u32(writer, attrs->gid);
	}
	if ((attrs->flags & FS_ATTR_MODE) != 0)
		put_u32(writer, attrs->mode);
	if ((attrs->flags & FS_ATTR_TIMES) != 0) {
		put_u32(writer, attrs->atime);
		put_u32(writer, attrs->mtime);
	}
}
