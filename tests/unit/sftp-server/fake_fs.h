/* SPDX-License-Identifier: ISC */
/*
 * A file system that does nothing, writes down what it is asked, and answers what the test says.
 * Edge in name only, for tests.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "common/macros.h"
#include "sftp-server/fs.h"

struct fs_file {
	bool is_folder;
	int entries_left;
};

struct fake_fs {
	enum fs_status next; /* what every call but close yields */
	char asked[4096];    /* the latest call, as text */
	int open_count;      /* files that are not closed */
	int folder_entries;
	struct fs_attrs attrs; /* what stat yields, and what the last call brought */
};

static inline enum fs_status
fake_note(struct fake_fs *fs, const char *what, const char *a, const char *b)
{
	snprintf(fs->asked, sizeof(fs->asked), "%s %.1000s %.1000s", what, a, b);
	return fs->next;
}

static inline enum fs_status
fake_new_file(struct fake_fs *fs, bool is_folder, struct fs_file **out)
{
	if (fs->next != FS_OK)
		return fs->next;
	*out = calloc(1, sizeof(**out));
	if (*out == NULL)
		abort();
	(*out)->is_folder = is_folder;
	(*out)->entries_left = fs->folder_entries;
	fs->open_count++;
	return FS_OK;
}

static inline enum fs_status
fake_open(
    void *fs, const char *path, unsigned flags, const struct fs_attrs *attrs, struct fs_file **out)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", flags);
	fake_note(fs, "open", path, number);
	((struct fake_fs *)fs)->attrs = *attrs;
	return fake_new_file(fs, false, out);
}

static inline enum fs_status
fake_open_folder(void *fs, const char *path, struct fs_file **out)
{
	fake_note(fs, "open_folder", path, "");
	return fake_new_file(fs, true, out);
}

static inline enum fs_status
fake_close(void *fs, struct fs_file *file)
{
	fake_note(fs, "close", "", "");
	((struct fake_fs *)fs)->open_count--;
	free(file);
	return FS_OK;
}

/* Each byte is the low byte of its offset. */
static inline enum fs_status
fake_read(void *fs, struct fs_file *file, uint64_t offset, uint8_t *at, size_t size, size_t *done)
{
	char text[64];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)offset);
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(offset + i);
	*done = size;
	return fake_note(fs, "read", text, "");
}

static inline enum fs_status
fake_write(void *fs, struct fs_file *file, uint64_t offset, struct bytes data)
{
	char text[64], rest[64];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)offset);
	snprintf(rest, sizeof(rest), "%zu:%.*s", data.size, (int)(data.size > 8 ? 8 : data.size),
	    data.size == 0 ? "" : (const char *)data.data);
	return fake_note(fs, "write", text, rest);
}

static inline enum fs_status
fake_copy(void *fs, struct fs_file *from, uint64_t from_offset, uint64_t length, struct fs_file *to,
    uint64_t to_offset)
{
	char text[64], rest[64];

	snprintf(text, sizeof(text), "%llu+%llu", (unsigned long long)from_offset,
	    (unsigned long long)length);
	snprintf(rest, sizeof(rest), "%llu", (unsigned long long)to_offset);
	return fake_note(fs, "copy", text, rest);
}

static inline enum fs_status
fake_sync(void *fs, struct fs_file *file)
{
	return fake_note(fs, "sync", "", "");
}

static inline enum fs_status
fake_read_folder(void *fs, struct fs_file *folder, struct fs_entry *out)
{
	struct fake_fs *fake = fs;

	fake_note(fs, "read_folder", "", "");
	if (fake->next != FS_OK)
		return fake->next;
	if (folder->entries_left == 0)
		return FS_EOF;
	folder->entries_left--;
	memset(out->name, 'n', sizeof(out->name) - 1);
	out->name[sizeof(out->name) - 1] = '\0';
	memset(out->line, 'l', sizeof(out->line) - 1);
	out->line[sizeof(out->line) - 1] = '\0';
	out->attrs = fake->attrs;
	return FS_OK;
}

static inline enum fs_status
fake_stat(void *fs, const char *path, bool follow, struct fs_attrs *out)
{
	*out = ((struct fake_fs *)fs)->attrs;
	return fake_note(fs, follow ? "stat" : "lstat", path, "");
}

static inline enum fs_status
fake_stat_file(void *fs, struct fs_file *file, struct fs_attrs *out)
{
	*out = ((struct fake_fs *)fs)->attrs;
	return fake_note(fs, "stat_file", "", "");
}

static inline enum fs_status
fake_set(void *fs, const char *path, bool follow, const struct fs_attrs *attrs)
{
	((struct fake_fs *)fs)->attrs = *attrs;
	return fake_note(fs, follow ? "set" : "lset", path, "");
}

static inline enum fs_status
fake_set_file(void *fs, struct fs_file *file, const struct fs_attrs *attrs)
{
	((struct fake_fs *)fs)->attrs = *attrs;
	return fake_note(fs, "set_file", "", "");
}

static inline enum fs_status
fake_space(void *fs, const char *path, struct fs_space *out)
{
	*out = (struct fs_space){ .block_size = 4096, .name_max = 255 };
	return fake_note(fs, "space", path, "");
}

static inline enum fs_status
fake_space_file(void *fs, struct fs_file *file, struct fs_space *out)
{
	*out = (struct fs_space){ .block_size = 4096, .name_max = 255 };
	return fake_note(fs, "space_file", "", "");
}

static inline enum fs_status
fake_remove(void *fs, const char *path)
{
	return fake_note(fs, "remove", path, "");
}

static inline enum fs_status
fake_make_folder(void *fs, const char *path, const struct fs_attrs *attrs)
{
	((struct fake_fs *)fs)->attrs = *attrs;
	return fake_note(fs, "make_folder", path, "");
}

static inline enum fs_status
fake_remove_folder(void *fs, const char *path)
{
	return fake_note(fs, "remove_folder", path, "");
}

static inline enum fs_status
fake_rename(void *fs, const char *from, const char *to, bool replace)
{
	return fake_note(fs, replace ? "replace" : "rename", from, to);
}

static inline enum fs_status
fake_link(void *fs, const char *existing, const char *path)
{
	return fake_note(fs, "link", existing, path);
}

static inline enum fs_status
fake_symlink(void *fs, const char *target, const char *path)
{
	return fake_note(fs, "symlink", target, path);
}

static inline enum fs_status
fake_path(void *fs, const char *what, const char *path, char *out)
{
	snprintf(out, FS_PATH_MAX, "/real/%.4000s", path);
	return fake_note(fs, what, path, "");
}

static inline enum fs_status
fake_read_link(void *fs, const char *path, char *out)
{
	return fake_path(fs, "read_link", path, out);
}

static inline enum fs_status
fake_real_path(void *fs, const char *path, char *out)
{
	return fake_path(fs, "real_path", path, out);
}

static inline enum fs_status
fake_expand(void *fs, const char *path, char *out)
{
	return fake_path(fs, "expand", path, out);
}

static inline enum fs_status
fake_home_of(void *fs, const char *user, char *out)
{
	return fake_path(fs, "home_of", user, out);
}

static inline void
fake_name_of(void *fs, uint32_t id, bool is_group, char *out)
{
	snprintf(out, FS_NAME_MAX, "%s%u", is_group ? "group" : "user", id);
}

static const struct fs_operations fake_operations = {
	.open = fake_open,
	.open_folder = fake_open_folder,
	.close = fake_close,
	.read = fake_read,
	.write = fake_write,
	.copy = fake_copy,
	.sync = fake_sync,
	.read_folder = fake_read_folder,
	.stat = fake_stat,
	.stat_file = fake_stat_file,
	.set = fake_set,
	.set_file = fake_set_file,
	.space = fake_space,
	.space_file = fake_space_file,
	.remove = fake_remove,
	.make_folder = fake_make_folder,
	.remove_folder = fake_remove_folder,
	.rename = fake_rename,
	.link = fake_link,
	.symlink = fake_symlink,
	.read_link = fake_read_link,
	.real_path = fake_real_path,
	.expand = fake_expand,
	.home_of = fake_home_of,
	.name_of = fake_name_of,
};
