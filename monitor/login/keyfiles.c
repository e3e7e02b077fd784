/* SPDX-License-Identifier: ISC */
/*
 * Key files, opened as the user (edge). What is checked is what was opened: the descriptor, and the
 * resolved path that leads to the same file.
 */
#include "monitor/login/keyfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/process.h"
#include "common/text.h"
#include "common/wire.h"

/* --- Names -------------------------------------------------------------------------------------- */

static void
put_token(struct writer *writer, char token, const struct account *account)
{
	char number[24];

	switch (token) {
	case '%':
		put_byte(writer, '%');
		return;
	case 'h':
		put_raw(writer, bytes_of_text(account->home));
		return;
	case 'u':
		put_raw(writer, bytes_of_text(account->name));
		return;
	case 'U':
		snprintf(number, sizeof(number), "%lu", (unsigned long)account->uid);
		put_raw(writer, bytes_of_text(number));
		return;
	default:
		writer->result = RESULT_MALFORMED;
	}
}

enum result
keyfiles_path(const char *pattern, const struct account *account, char *out)
{
	struct writer writer = writer_into(out, KEYFILES_PATH_MAX);

	/* Absolute is what is so after expansion: "%h/keys". */
	if (pattern[0] != '/' && strncmp(pattern, "%h", 2) != 0) {
		put_raw(&writer, bytes_of_text(account->home));
		put_byte(&writer, '/');
	}
	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '%')
			put_byte(&writer, (uint8_t)*pattern);
		else
			put_token(&writer, *++pattern, account);
		if (writer.result == RESULT_MALFORMED)
			return RESULT_MALFORMED; /* also when the pattern ended behind a % */
	}
	put_byte(&writer, '\0');
	TRY(writer_end(&writer));
	return out[0] == '/' ? RESULT_OK : RESULT_MALFORMED; /* a home folder that is none */
}

/* --- Being the user ----------------------------------------------------------------------------- */

struct identity {
	bool is_changed;
	gid_t group;
	gid_t *groups; /* owned */
	int group_count;
};

static enum result
remember_groups(struct identity *before)
{
	const int count = getgroups(0, NULL);

	before->group = getegid();
	if (count < 0)
		return RESULT_SYSTEM;
	TRY(mem_new((size_t)count, sizeof(gid_t), (void **)&before->groups));
	before->group_count = getgroups(count, before->groups);
	return before->group_count == count ? RESULT_OK : RESULT_SYSTEM;
}

/* Back to root, or to nowhere: a monitor that is half a user must not decide anything. */
static void
come_back(struct identity *before)
{
	uid_t real_user, user, saved_user;
	gid_t real_group, group, saved_group;

	if (before->is_changed &&
	    (setresuid((uid_t)-1, 0, (uid_t)-1) != 0 ||
		setresgid((gid_t)-1, before->group, (gid_t)-1) != 0 ||
		setgroups((size_t)before->group_count, before->groups) != 0 ||
		getresuid(&real_user, &user, &saved_user) != 0 || user != 0 || saved_user != 0 ||
		getresgid(&real_group, &group, &saved_group) != 0 || group != before->group)) {
		log_fatal("system", "cannot become root again after reading a key file");
		abort();
	}
	process_hide();
	before->is_changed = false;
	free(before->groups);
	before->groups = NULL;
}

/* Only the effective ids, and with them those of the file system: the real and saved ones stay root's,
 * so that the user can neither signal nor trace this process meanwhile. */
static enum result
become(const struct account *account, struct identity *before)
{
	if (account->uid == 0)
		return RESULT_OK;
	TRY(remember_groups(before));
	if (setgroups(account->group_count, account->groups) != 0)
		return RESULT_SYSTEM;
	before->is_changed = true;
	if (setresgid((gid_t)-1, account->gid, (gid_t)-1) != 0 ||
	    setresuid((uid_t)-1, account->uid, (uid_t)-1) != 0)
		return RESULT_SYSTEM;
	if (geteuid() != account->uid || getegid() != account->gid)
		return RESULT_SYSTEM;
	return RESULT_OK;
}

/* --- StrictModes -------------------------------------------------------------------------------- */

static enum result say(char *reason, enum result result, const char *format, ...) PRINTF_LIKE(3, 4);

static enum result
say(char *reason, enum result result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, KEYFILES_REASON_MAX, format, arguments);
	va_end(arguments);
	return result;
}

static enum result
check_modes(const struct keyfiles_question *question, const char *path, const struct stat *info,
    char *reason)
{
	char quoted[KEYFILES_REASON_MAX / 2];

	if ((info->st_uid == 0 || info->st_uid == question->account->uid) &&
	    (info->st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return RESULT_OK;
	text_quote(bytes_of_text(path), quoted, sizeof(quoted));
	return say(reason, RESULT_DENIED,
	    "StrictModes: bad ownership or modes for %s %s: owner %lu, mode %04o; must be the "
	    "user's or root's and writable by nobody else",
	    S_ISDIR(info->st_mode) ? "directory" : "file", quoted, (unsigned long)info->st_uid,
	    (unsigned)(info->st_mode & 07777));
}

/* Cuts the last component off an absolute path; "/" stays. */
static void
path_go_up(char *path)
{
	char *slash = strrchr(path, '/');

	slash[slash == path ? 1 : 0] = '\0';
}

/* Every folder from the file's up to the home folder, or to the root when that is not on the way. */
static enum result
check_folders(const struct keyfiles_question *question, char *path, char *reason)
{
	char home[PATH_MAX];
	const bool has_home = realpath(question->account->home, home) != NULL;
	struct stat info;

	do {
		path_go_up(path);
		if (stat(path, &info) != 0)
			return say(reason, RESULT_SYSTEM, "stat of a folder of the key file: %s",
			    strerror(errno));
		TRY(check_modes(question, path, &info, reason));
	} while (strcmp(path, "/") != 0 && (!has_home || strcmp(path, home) != 0));
	return RESULT_OK;
}

static enum result
check_strict(const struct keyfiles_question *question, const struct stat *opened, char *reason)
{
	char resolved[PATH_MAX];
	struct stat named;

	if (realpath(question->path, resolved) == NULL || stat(resolved, &named) != 0)
		return say(reason, RESULT_SYSTEM, "StrictModes: %s", strerror(errno));
	if (named.st_dev != opened->st_dev || named.st_ino != opened->st_ino)
		return say(
		    reason, RESULT_DENIED, "StrictModes: the file changed while it was opened");
	TRY(check_modes(question, resolved, opened, reason));
	return check_folders(question, resolved, reason);
}

/* --- Reading ------------------------------------------------------------------------------------ */

static enum result
open_file(const char *path, int *fd, char *reason)
{
	/* O_NONBLOCK: opening a FIFO must not wait for a writer that never comes. */
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd >= 0)
		return RESULT_OK;
	if (errno == ENOENT || errno == ENOTDIR)
		return say(reason, RESULT_NOT_FOUND, "no such file");
	return say(reason, RESULT_SYSTEM, "open: %s", strerror(errno));
}

static enum result
read_as_user(const struct keyfiles_question *question, struct buf *out, char *reason)
{
	CLEANUP(fd_close) int fd = -1;
	struct stat info;
	enum result result;

	TRY(open_file(question->path, &fd, reason));
	if (fstat(fd, &info) != 0)
		return say(reason, RESULT_SYSTEM, "fstat: %s", strerror(errno));
	if (!S_ISREG(info.st_mode))
		return say(reason, RESULT_MALFORMED, "not a regular file");
	if (question->is_strict)
		TRY(check_strict(question, &info, reason));
	result = fd_read_file(fd, KEYFILES_FILE_MAX, out);
	if (result == RESULT_LIMIT)
		return say(reason, result, "the file is larger than 8 MiB");
	return result == RESULT_OK ? RESULT_OK : say(reason, result, "it cannot be read");
}

enum result
keyfiles_read(const struct keyfiles_question *question, struct buf *out, char *reason)
{
	CLEANUP(come_back) struct identity before = { 0 };

	reason[0] = '\0';
	if (question->is_root && become(question->account, &before) != RESULT_OK)
		return say(reason, RESULT_SYSTEM, "cannot become the user: %s", strerror(errno));
	return read_as_user(question, out, reason);
}
