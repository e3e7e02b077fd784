/* SPDX-License-Identifier: ISC */
/*
 * The machine's own file system (edge).
 */
#include "sftp-server/fs_posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sftp-server/listing.h"

struct fs_file {
	int fd;      /* a file's; owned; -1 for a folder */
	DIR *folder; /* owned */
	bool appends;
};

static enum fs_status
status_of(int error)
{
	switch (error) {
	case 0:
		return FS_OK;
	case ENOENT:
	case ENOTDIR:
	case EBADF:
	case ELOOP:
		return FS_NO_SUCH_FILE;
	case EPERM:
	case EACCES:
	case EFAULT:
		return FS_PERMISSION_DENIED;
	case ENAMETOOLONG:
	case EINVAL:
		return FS_BAD_MESSAGE;
	case ENOSYS:
		return FS_OP_UNSUPPORTED;
	default:
		return FS_FAILURE;
	}
}

static enum fs_status
status_of_call(int returned)
{
	return returned < 0 ? status_of(errno) : FS_OK;
}

/* The empty path is the folder where the server is. */
static const char *
or_here(const char *path)
{
	return path[0] == '\0' ? "." : path;
}

/* --- Files -------------------------------------------------------------------------------------- */

static int
open_flags(unsigned flags)
{
	int out = O_CLOEXEC | O_NOCTTY;

	if ((flags & (FS_OPEN_READ | FS_OPEN_WRITE)) == (FS_OPEN_READ | FS_OPEN_WRITE))
		out |= O_RDWR;
	else if ((flags & FS_OPEN_WRITE) != 0)
		out |= O_WRONLY;
	else
		out |= O_RDONLY;
	if ((flags & FS_OPEN_APPEND) != 0)
		out |= O_APPEND;
	if ((flags & FS_OPEN_CREATE) != 0)
		out |= O_CREAT;
	if ((flags & FS_OPEN_TRUNCATE) != 0)
		out |= O_TRUNC;
	if ((flags & FS_OPEN_EXCLUSIVE) != 0)
		out |= O_EXCL;
	return out;
}

static enum fs_status
new_file(int fd, DIR *folder, bool appends, struct fs_file **out)
{
	*out = calloc(1, sizeof(**out));
	if (*out == NULL) {
		if (fd >= 0)
			close(fd);
		if (folder != NULL)
			closedir(folder);
		return FS_FAILURE;
	}
	**out = (struct fs_file){ fd, folder, appends };
	return FS_OK;
}

static enum fs_status
posix_open(
    void *fs, const char *path, unsigned flags, const struct fs_attrs *attrs, struct fs_file **out)
{
	mode_t mode = (attrs->flags & FS_ATTR_MODE) != 0 ? attrs->mode & 0777 : 0666;
	int fd = open(path, open_flags(flags), mode);
	struct stat info;

	if (fd < 0)
		return status_of(errno);
	/* A folder can be opened for reading, but what follows would only confuse. */
	if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
		close(fd);
		return FS_FAILURE;
	}
	return new_file(fd, NULL, (flags & FS_OPEN_APPEND) != 0, out);
}

static enum fs_status
posix_open_folder(void *fs, const char *path, struct fs_file **out)
{
	DIR *folder = opendir(or_here(path));

	return folder == NULL ? status_of(errno) : new_file(-1, folder, false, out);
}

static enum fs_status
posix_close(void *fs, struct fs_file *file)
{
	int returned = file->folder != NULL ? closedir(file->folder) : close(file->fd);
	enum fs_status status = status_of_call(returned);

	free(file);
	return status;
}

static enum fs_status
posix_read(void *fs, struct fs_file *file, uint64_t offset, uint8_t *at, size_t size, size_t *done)
{
	ssize_t got;

	if (offset > INT64_MAX)
		return FS_BAD_MESSAGE;
	do
		got = pread(file->fd, at, size, (off_t)offset);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return status_of(errno);
	*done = (size_t)got;
	return got == 0 && size > 0 ? FS_EOF : FS_OK;
}

static enum fs_status
posix_write(void *fs, struct fs_file *file, uint64_t offset, struct bytes data)
{
	if (offset > INT64_MAX)
		return FS_BAD_MESSAGE;
	while (data.size > 0) {
		ssize_t put = file->appends ? write(file->fd, data.data, data.size)
					    : pwrite(file->fd, data.data, data.size, (off_t)offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return status_of(errno);
		data = bytes_of(data.data + put, data.size - (size_t)put);
		offset += (uint64_t)put;
	}
	return FS_OK;
}

/* In the kernel where it can, by hand where it cannot. */
static enum fs_status
copy_some(struct fs_file *from, off_t *from_offset, size_t size, struct fs_file *to,
    off_t *to_offset, ssize_t *done)
{
	uint8_t room[64 * 1024];
	enum fs_status status;

	*done = copy_file_range(from->fd, from_offset, to->fd, to_offset, size, 0);
	if (*done >= 0)
		return FS_OK;
	if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return status_of(errno);
	*done = pread(from->fd, room, size < sizeof(room) ? size : sizeof(room), *from_offset);
	if (*done <= 0)
		return status_of_call((int)*done);
	status = posix_write(NULL, to, (uint64_t)*to_offset, bytes_of(room, (size_t)*done));
	*from_offset += *done;
	*to_offset += *done;
	return status;
}

/* What is copied into the file that it comes from might never end. */
static bool
are_same_file(const struct fs_file *a, const struct fs_file *b)
{
	struct stat info_a, info_b;

	return fstat(a->fd, &info_a) < 0 || fstat(b->fd, &info_b) < 0 ||
	       (info_a.st_dev == info_b.st_dev && info_a.st_ino == info_b.st_ino);
}

static enum fs_status
posix_copy(void *fs, struct fs_file *from, uint64_t from_offset, uint64_t length,
    struct fs_file *to, uint64_t to_offset)
{
	off_t from_at = (off_t)from_offset, to_at = (off_t)to_offset;
	bool to_the_end = length == 0;

	if (from_offset > INT64_MAX || to_offset > INT64_MAX || to->appends)
		return FS_BAD_MESSAGE;
	if (are_same_file(from, to))
		return FS_FAILURE;
	while (to_the_end || length > 0) {
		size_t size = to_the_end || length > (1 << 30) ? 1 << 30 : (size_t)length;
		ssize_t done;
		enum fs_status status = copy_some(from, &from_at, size, to, &to_at, &done);

		if (status != FS_OK)
			return status;
		if (done == 0)
			return to_the_end ? FS_OK : FS_EOF;
		if (!to_the_end)
			length -= (uint64_t)done;
	}
	return FS_OK;
}

static enum fs_status
posix_sync(void *fs, struct fs_file *file)
{
	return status_of_call(fsync(file->fd));
}

/* --- Attributes --------------------------------------------------------------------------------- */

static void
take_attrs(const struct stat *info, struct fs_attrs *out)
{
	*out = (struct fs_attrs){
		.flags = FS_ATTR_SIZE | FS_ATTR_OWNER | FS_ATTR_MODE | FS_ATTR_TIMES,
		.size = (uint64_t)info->st_size,
		.uid = info->st_uid,
		.gid = info->st_gid,
		.mode = info->st_mode,
		.atime = (uint32_t)info->st_atime,
		.mtime = (uint32_t)info->st_mtime,
	};
}

static enum fs_status
posix_stat(void *fs, const char *path, bool follow, struct fs_attrs *out)
{
	struct stat info;

	if (fstatat(AT_FDCWD, or_here(path), &info, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
		return status_of(errno);
	take_attrs(&info, out);
	return FS_OK;
}

static int
fd_of(const struct fs_file *file)
{
	return file->folder != NULL ? dirfd(file->folder) : file->fd;
}

static enum fs_status
posix_stat_file(void *fs, struct fs_file *file, struct fs_attrs *out)
{
	struct stat info;

	if (fstat(fd_of(file), &info) < 0)
		return status_of(errno);
	take_attrs(&info, out);
	return FS_OK;
}

static void
times_of(const struct fs_attrs *attrs, struct timespec out[2])
{
	out[0] = (struct timespec){ .tv_sec = attrs->atime };
	out[1] = (struct timespec){ .tv_sec = attrs->mtime };
}

/* Everything is tried; the first failure is what is told. */
static enum fs_status
posix_set(void *fs, const char *path, bool follow, const struct fs_attrs *attrs)
{
	const int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
	enum fs_status status = FS_OK;
	struct timespec times[2];

	path = or_here(path);
	if ((attrs->flags & FS_ATTR_SIZE) != 0)
		status =
		    follow ? status_of_call(truncate(path, (off_t)attrs->size)) : FS_BAD_MESSAGE;
	if (status == FS_OK && (attrs->flags & FS_ATTR_MODE) != 0)
		status = status_of_call(fchmodat(AT_FDCWD, path, attrs->mode & 07777, flags));
	if (status == FS_OK && (attrs->flags & FS_ATTR_TIMES) != 0) {
		times_of(attrs, times);
		status = status_of_call(utimensat(AT_FDCWD, path, times, flags));
	}
	if (status == FS_OK && (attrs->flags & FS_ATTR_OWNER) != 0)
		status = status_of_call(fchownat(AT_FDCWD, path, attrs->uid, attrs->gid, flags));
	return status;
}

static enum fs_status
posix_set_file(void *fs, struct fs_file *file, const struct fs_attrs *attrs)
{
	enum fs_status status = FS_OK;
	int fd = fd_of(file);
	struct timespec times[2];

	if ((attrs->flags & FS_ATTR_SIZE) != 0)
		status = status_of_call(ftruncate(fd, (off_t)attrs->size));
	if (status == FS_OK && (attrs->flags & FS_ATTR_MODE) != 0)
		status = status_of_call(fchmod(fd, attrs->mode & 07777));
	if (status == FS_OK && (attrs->flags & FS_ATTR_TIMES) != 0) {
		times_of(attrs, times);
		status = status_of_call(futimens(fd, times));
	}
	if (status == FS_OK && (attrs->flags & FS_ATTR_OWNER) != 0)
		status = status_of_call(fchown(fd, attrs->uid, attrs->gid));
	return status;
}

static void
take_space(const struct statvfs *info, struct fs_space *out)
{
	*out = (struct fs_space){
		.block_size = info->f_bsize,
		.fragment_size = info->f_frsize,
		.blocks = info->f_blocks,
		.blocks_free = info->f_bfree,
		.blocks_available = info->f_bavail,
		.files = info->f_files,
		.files_free = info->f_ffree,
		.files_available = info->f_favail,
		.id = info->f_fsid,
		/* The extension has its own bits: 1 read-only, 2 no set-uid. */
		.flags = ((info->f_flag & ST_RDONLY) != 0 ? 1 : 0) |
			 ((info->f_flag & ST_NOSUID) != 0 ? 2 : 0),
		.name_max = info->f_namemax,
	};
}

static enum fs_status
posix_space(void *fs, const char *path, struct fs_space *out)
{
	struct statvfs info;

	if (statvfs(or_here(path), &info) < 0)
		return status_of(errno);
	take_space(&info, out);
	return FS_OK;
}

static enum fs_status
posix_space_file(void *fs, struct fs_file *file, struct fs_space *out)
{
	struct statvfs info;

	if (fstatvfs(fd_of(file), &info) < 0)
		return status_of(errno);
	take_space(&info, out);
	return FS_OK;
}

/* --- Folders and names -------------------------------------------------------------------------- */

static enum fs_status
posix_read_folder(void *fs, struct fs_file *file, struct fs_entry *out)
{
	const struct dirent *entry;
	struct stat info;

	errno = 0;
	entry = readdir(file->folder);
	if (entry == NULL)
		return errno == 0 ? FS_EOF : status_of(errno);
	snprintf(out->name, sizeof(out->name), "%s", entry->d_name);
	/* It may be gone already: then it is listed without attributes. */
	if (fstatat(dirfd(file->folder), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) < 0) {
		out->attrs = (struct fs_attrs){ 0 };
		snprintf(out->line, sizeof(out->line), "%s", entry->d_name);
		return FS_OK;
	}
	take_attrs(&info, &out->attrs);
	listing_format(out->name, &info, out->line, sizeof(out->line));
	return FS_OK;
}

static enum fs_status
posix_remove(void *fs, const char *path)
{
	return status_of_call(unlink(path));
}

static enum fs_status
posix_make_folder(void *fs, const char *path, const struct fs_attrs *attrs)
{
	mode_t mode = (attrs->flags & FS_ATTR_MODE) != 0 ? attrs->mode & 07777 : 0777;

	return status_of_call(mkdir(path, mode));
}

static enum fs_status
posix_remove_folder(void *fs, const char *path)
{
	return status_of_call(rmdir(path));
}

/* Version 3 never replaces. Some file systems cannot promise that: there we look first. */
static enum fs_status
posix_rename(void *fs, const char *from, const char *to, bool replace)
{
	struct stat info;

	if (replace)
		return status_of_call(rename(from, to));
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return FS_OK;
	if (errno != EINVAL && errno != ENOSYS)
		return status_of(errno);
	if (lstat(to, &info) == 0)
		return FS_FAILURE;
	return status_of_call(rename(from, to));
}

static enum fs_status
posix_link(void *fs, const char *existing, const char *path)
{
	return status_of_call(linkat(AT_FDCWD, existing, AT_FDCWD, path, 0));
}

static enum fs_status
posix_symlink(void *fs, const char *target, const char *path)
{
	return status_of_call(symlink(target, path));
}

static enum fs_status
posix_read_link(void *fs, const char *path, char *out)
{
	ssize_t size = readlink(path, out, FS_PATH_MAX - 1);

	if (size < 0)
		return status_of(errno);
	out[size] = '\0';
	return FS_OK;
}

/* The last name of a path need not exist: a client asks before it creates. */
static enum fs_status
real_path_of_new(const char *path, char *out)
{
	char folder[FS_PATH_MAX], real[FS_PATH_MAX * 2];
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;

	snprintf(folder, sizeof(folder), "%.*s", slash == NULL ? 1 : (int)(slash - path + 1),
	    slash == NULL ? "." : path);
	if (name[0] == '\0' || strcmp(name, "..") == 0 || realpath(folder, real) == NULL)
		return FS_NO_SUCH_FILE;
	if (snprintf(out, FS_PATH_MAX, "%s%s%s", real, strcmp(real, "/") == 0 ? "" : "/", name) >=
	    FS_PATH_MAX)
		return FS_FAILURE;
	return FS_OK;
}

static enum fs_status
posix_real_path(void *fs, const char *path, char *out)
{
	char *real = realpath(or_here(path), NULL);

	if (real == NULL)
		return errno == ENOENT ? real_path_of_new(path, out) : status_of(errno);
	snprintf(out, FS_PATH_MAX, "%s", real);
	free(real);
	return FS_OK;
}

/* --- Users -------------------------------------------------------------------------------------- */

static enum fs_status
posix_home_of(void *fs, const char *user, char *out)
{
	const struct passwd *entry = user[0] == '\0' ? getpwuid(getuid()) : getpwnam(user);

	if (entry == NULL || strlen(entry->pw_dir) >= FS_PATH_MAX)
		return FS_NO_SUCH_FILE;
	snprintf(out, FS_PATH_MAX, "%s", entry->pw_dir);
	return FS_OK;
}

/* "~", "~/x", "~user", "~user/x"; anything else is a path as it is. */
static enum fs_status
posix_expand(void *fs, const char *path, char *out)
{
	char user[256], home[FS_PATH_MAX], whole[2 * FS_PATH_MAX];
	size_t size;
	enum fs_status status;

	if (path[0] != '~')
		return posix_real_path(fs, path, out);
	size = strcspn(path + 1, "/");
	if (size >= sizeof(user))
		return FS_NO_SUCH_FILE;
	snprintf(user, sizeof(user), "%.*s", (int)size, path + 1);
	status = posix_home_of(fs, user, home);
	if (status != FS_OK)
		return status;
	snprintf(whole, sizeof(whole), "%s%s", home, path + 1 + size);
	if (strlen(whole) >= FS_PATH_MAX)
		return FS_FAILURE;
	return posix_real_path(fs, whole, out);
}

static void
posix_name_of(void *fs, uint32_t id, bool is_group, char *out)
{
	if (is_group)
		listing_group_name(id, out, FS_NAME_MAX);
	else
		listing_user_name(id, out, FS_NAME_MAX);
}

const struct fs_operations fs_posix = {
	.open = posix_open,
	.open_folder = posix_open_folder,
	.close = posix_close,
	.read = posix_read,
	.write = posix_write,
	.copy = posix_copy,
	.sync = posix_sync,
	.read_folder = posix_read_folder,
	.stat = posix_stat,
	.stat_file = posix_stat_file,
	.set = posix_set,
	.set_file = posix_set_file,
	.space = posix_space,
	.space_file = posix_space_file,
	.remove = posix_remove,
	.make_folder = posix_make_folder,
	.remove_folder = posix_remove_folder,
	.rename = posix_rename,
	.link = posix_link,
	.symlink = posix_symlink,
	.read_link = posix_read_link,
	.real_path = posix_real_path,
	.expand = posix_expand,
	.home_of = posix_home_of,
	.name_of = posix_name_of,
};
