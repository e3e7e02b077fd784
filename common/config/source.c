/* SPDX-License-Identifier: ISC */
/*
 * Configuration files (edge: reads them).
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "common/config/directives.h"
#include "common/fd.h"
#include "common/mem.h"

static const char *
failure_text(enum result result)
{
	switch (result) {
	case RESULT_NOT_FOUND:
		return "there is no such file; -f names another";
	case RESULT_MALFORMED:
		return "this is not a regular file";
	case RESULT_LIMIT:
		return "the file is too large";
	default:
		return strerror(errno);
	}
}

static enum result
read_one(struct config *config, const char *path, struct buf *errors)
{
	OWNED_BUF contents;
	char line[4352];
	enum result result;

	buf_init(&contents, CONFIG_FILE_MAX);
	result = fd_read_path(path, CONFIG_FILE_MAX, &contents);
	if (result == RESULT_OK)
		return config_parse(config, path, buf_bytes(&contents), errors);
	snprintf(line, sizeof(line), "%s: %s\n", path, failure_text(result));
	(void)!buf_append(errors, bytes_of_text(line));
	return RESULT_CONFIG;
}

/* --- Include ------------------------------------------------------------------------------------ */

static void
glob_clear(glob_t *found)
{
	globfree(found);
}

/* A pattern that no file has is no mistake: a folder for pieces may be empty. */
static enum result
include(struct config *config, const char *pattern, const struct setting_origin *origin,
    struct buf *errors)
{
	CLEANUP(glob_clear) glob_t found = { 0 };
	char path[4096];
	enum result result = RESULT_OK;
	int error;

	snprintf(path, sizeof(path), "%s%s",
	    pattern[0] == '/' || pattern[0] == '~' ? "" : config->folder, pattern);
	error = glob(path, 0, NULL, &found);
	if (error == GLOB_NOMATCH)
		return RESULT_OK;
	if (error != 0) {
		config_report(
		    errors, origin, "Include: %s cannot be searched: %s", path, strerror(errno));
		return RESULT_CONFIG;
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		enum result one = read_one(config, found.gl_pathv[i], errors);

		if (one != RESULT_OK && one != RESULT_CONFIG)
			return one;
		result = one == RESULT_OK ? result : one;
	}
	return result;
}

enum result
config_read_file(struct config *config, const char *path, struct buf *errors)
{
	const char *slash = strrchr(path, '/');
	const size_t size = slash == NULL ? 0 : (size_t)(slash - path) + 1;
	CLEANUP(mem_freep) char *folder = NULL;
	enum result result;

	TRY(mem_text(bytes_of(path, size), &folder));
	config->folder = folder;
	config->includer = include;
	result = read_one(config, path, errors);
	config->includer = NULL;
	config->folder = NULL;
	return result;
}

enum result
config_read_all(struct config *config, const char *const *options, size_t count, const char *file,
    struct buf *errors)
{
	for (size_t i = 0; i < count; i++)
		TRY(config_option(config, options[i], errors));
	return strcmp(file, "none") == 0 ? RESULT_OK : config_read_file(config, file, errors);
}
