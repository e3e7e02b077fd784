/* SPDX-License-Identifier: ISC */
/*
 * Configuration files (edge: reads them).
 */
#include <errno.h>
#include <stdio.h>

#include "common/config/config.h"
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

enum result
config_read_file(struct config *config, const char *path, struct buf *errors)
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
