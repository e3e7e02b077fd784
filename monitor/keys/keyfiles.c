/* SPDX-License-Identifier: ISC */
/*
 * Key files, opened as the user (edge). What is checked is what was opened: the descriptor, and the
 * resolved path that leads to the same file.
 */
#include "monitor/keys/keyfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/text.h"
#include "monitor/as_user.h"

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
		return say(reason, result, "the file is too large");
	return result == RESULT_OK ? RESULT_OK : say(reason, result, "it cannot be read");
}

enum result
keyfiles_read(const struct keyfiles_question *question, struct buf *out, char *reason)
{
	CLEANUP(as_user_end) struct as_user before = { 0 };

	reason[0] = '\0';
	if (question->is_root && as_user_begin(question->account, &before) != RESULT_OK)
		return say(reason, RESULT_SYSTEM, "cannot become the user: %s", strerror(errno));
	return read_as_user(question, out, reason);
}
