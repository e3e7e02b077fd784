/* SPDX-License-Identifier: ISC */
/*
 * Paths of agents' sockets (edge).
 */
#include "monitor/forward/agent_path.h"

#include <stdio.h>
#include <unistd.h>

/* What is left behind the text; NULL in `data`: it does not begin so. */
static struct bytes
behind(struct bytes path, const char *text)
{
	const size_t size = strlen(text);

	if (path.data == NULL || path.size < size || memcmp(path.data, text, size) != 0)
		return (struct bytes){ 0 };
	return bytes_of(path.data + size, path.size - size);
}

/* One component, in letters that mean nothing to anybody. */
static bool
is_name(struct bytes name)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.";

	for (size_t i = 0; i < name.size; i++) {
		if (memchr(letters, name.data[i], sizeof(letters) - 1) == NULL)
			return false;
	}
	return name.size > 0 && name.data[0] != '.';
}

static bool
is_in_tmp(struct bytes path)
{
	const struct bytes rest = behind(path, AGENT_FOLDER_TMP);

	return rest.size > AGENT_FOLDER_RANDOM + 1 && rest.data[AGENT_FOLDER_RANDOM] == '/' &&
	       is_name(bytes_of(rest.data, AGENT_FOLDER_RANDOM)) &&
	       is_name(bytes_of(
		   rest.data + AGENT_FOLDER_RANDOM + 1, rest.size - AGENT_FOLDER_RANDOM - 1));
}

bool
agent_path_is_sane(struct bytes path, const char *home)
{
	if (path.size >= AGENT_PATH_MAX)
		return false;
	return is_in_tmp(path) || is_name(behind(behind(path, home), "/" AGENT_FOLDER "/"));
}

void
agent_path_remove(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[AGENT_PATH_MAX];

	(void)unlink(path);
	if (slash == NULL || strncmp(path, AGENT_FOLDER_TMP, strlen(AGENT_FOLDER_TMP)) != 0)
		return;
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	(void)rmdir(folder);
}
