/* SPDX-License-Identifier: ISC */
/*
 * What the SFTP engine asks of a file system. fs_posix.c is the real one; tests bring their own.
 */
#pragma once

#include "common/buf.h"

/* SSH_FX_*, draft-ietf-secsh-filexfer-02 section 7. */
enum fs_status {
	FS_OK = 0,
	FS_EOF = 1,
	FS_NO_SUCH_FILE = 2,
	FS_PERMISSION_DENIED = 3,
	FS_FAILURE = 4,
	FS_BAD_MESSAGE = 5,
	FS_OP_UNSUPPORTED = 8,
};

/* Which fields of fs_attrs say something: the flags of the wire, section 5. */
enum fs_attr_flag {
	FS_ATTR_SIZE = 0x1,
	FS_ATTR_OWNER = 0x2,
	FS_ATTR_MODE = 0x4,
	FS_ATTR_TIMES = 0x8,
	FS_ATTR_EXTENDED = 0x80000000,
};

struct fs_attrs {
	uint32_t flags;
	uint64_t size;
	uint32_t uid, gid;
	uint32_t mode;         /* with the type's bits */
	uint32_t atime, mtime; /* seconds since 1970 */
};

/* SSH_FXF_*, section 6.3. */
enum fs_open_flag {
	FS_OPEN_READ = 0x1,
	FS_OPEN_WRITE = 0x2,
	FS_OPEN_APPEND = 0x4,
	FS_OPEN_CREATE = 0x8,
	FS_OPEN_TRUNCATE = 0x10,
	FS_OPEN_EXCLUSIVE = 0x20,
};

#define FS_PATH_MAX 4096
#define FS_NAME_MAX 256
#define FS_LINE_MAX 512

/* One entry of a folder, and its line as `ls -l` has it. */
struct fs_entry {
	char name[FS_NAME_MAX];
	char line[FS_LINE_MAX];
	struct fs_attrs attrs;
};

/* statvfs@openssh.com, OpenSSH's PROTOCOL section 4.4. */
struct fs_space {
	uint64_t block_size, fragment_size, blocks, blocks_free, blocks_available;
	uint64_t files, files_free, files_available, id, flags, name_max;
};

struct fs_file; /* an open file or folder; the file system's */

/* Paths are as the client sent them, without NUL. Every operation says how it went. */
struct fs_operations {
	enum fs_status (*open)(void *fs, const char *path, unsigned flags,
	    const struct fs_attrs *attrs, struct fs_file **out);
	enum fs_status (*open_folder)(void *fs, const char *path, struct fs_file **out);
	enum fs_status (*close)(void *fs, struct fs_file *file);
	/* *done is at least 1 with FS_OK, unless `size` is 0. */
	enum fs_status (*read)(void *fs, struct fs_file *file, uint64_t offset, uint8_t *at,
	    size_t size, size_t *done);
	enum fs_status (*write)(void *fs, struct fs_file *file, uint64_t offset, struct bytes data);
	/* `length` 0: up to the end of `from`. */
	enum fs_status (*copy)(void *fs, struct fs_file *from, uint64_t from_offset,
	    uint64_t length, struct fs_file *to, uint64_t to_offset);
	enum fs_status (*sync)(void *fs, struct fs_file *file);
	/* FS_EOF behind the last entry. */
	enum fs_status (*read_folder)(void *fs, struct fs_file *folder, struct fs_entry *out);
	enum fs_status (*stat)(void *fs, const char *path, bool follow, struct fs_attrs *out);
	enum fs_status (*stat_file)(void *fs, struct fs_file *file, struct fs_attrs *out);
	enum fs_status (*set)(
	    void *fs, const char *path, bool follow, const struct fs_attrs *attrs);
	enum fs_status (*set_file)(void *fs, struct fs_file *file, const struct fs_attrs *attrs);
	enum fs_status (*space)(void *fs, const char *path, struct fs_space *out);
	enum fs_status (*space_file)(void *fs, struct fs_file *file, struct fs_space *out);
	enum fs_status (*remove)(void *fs, const char *path);
	enum fs_status (*make_folder)(void *fs, const char *path, const struct fs_attrs *attrs);
	enum fs_status (*remove_folder)(void *fs, const char *path);
	enum fs_status (*rename)(void *fs, const char *from, const char *to, bool replace);
	enum fs_status (*link)(void *fs, const char *existing, const char *path);
	enum fs_status (*symlink)(void *fs, const char *target, const char *path);
	/* These write a path of less than FS_PATH_MAX bytes to `out`. */
	enum fs_status (*read_link)(void *fs, const char *path, char *out);
	enum fs_status (*real_path)(void *fs, const char *path, char *out);
	enum fs_status (*expand)(void *fs, const char *path, char *out);  /* "~" and "~user" */
	enum fs_status (*home_of)(void *fs, const char *user, char *out); /* "": our own */
	/* The name of a user or group; empty if it has none. `out` has FS_NAME_MAX bytes. */
	void (*name_of)(void *fs, uint32_t id, bool is_group, char *out);
};
