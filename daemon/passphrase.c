/* SPDX-License-Identifier: ISC */
/*
 * Where the passphrases of host keys come from (edge).
 */
#include "daemon/passphrase.h"

#include <errno.h>
#include <fcntl.h>

#include "common/command.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "daemon/private_file.h"

#define COMMAND_TIMEOUT_MS 60000

/* A passphrase may have any byte but the end of its line. */
static enum result
keep_first_line(struct bytes text, struct buf *out)
{
	struct bytes line;

	if (!text_next_line(&text, &line) || line.size == 0)
		return RESULT_MALFORMED;
	return buf_append(out, line);
}

static enum result
from_file(const char *path, struct buf *out)
{
	CLEANUP(fd_close) int fd = -1;
	OWNED_BUF text;
	enum result result;

	buf_init(&text, PASSPHRASE_MAX);
	TRY(private_file_open(path, "passphrase", &fd));
	result = fd_read_file(fd, PASSPHRASE_MAX, &text);
	if (result == RESULT_OK)
		result = keep_first_line(buf_bytes(&text), out);
	if (result != RESULT_OK)
		log_error("host-key", "passphrase %s: %s", path,
		    result == RESULT_MALFORMED ? "its first line is empty" : result_text(result));
	return result;
}

static const char *
command_fault(enum result result)
{
	switch (result) {
	case RESULT_DENIED:
		return "it failed";
	case RESULT_LIMIT:
		return "it printed too much or took too long";
	case RESULT_MALFORMED:
		return "it printed no passphrase";
	default:
		return "it cannot be run";
	}
}

/* The command's own words, and the key's path behind them. */
static enum result
from_command(const struct settings *settings, const char *key_path, struct buf *out)
{
	const size_t count = settings_count(settings, KEYWORD_HostKeyPassphraseCommand);
	CLEANUP(mem_freep) char **argv = NULL;
	OWNED_BUF text;
	enum result result;

	buf_init(&text, PASSPHRASE_MAX);
	TRY(mem_new(count + 2, sizeof(*argv), (void **)&argv));
	for (size_t i = 0; i < count; i++)
		argv[i] = (char *)settings_word(settings, KEYWORD_HostKeyPassphraseCommand, i);
	argv[count] = (char *)key_path;
	result = command_run(
	    &(struct command_plan){
		.argv = argv, .program_fd = -1, .timeout_ms = COMMAND_TIMEOUT_MS },
	    &text);
	if (result == RESULT_OK)
		result = keep_first_line(buf_bytes(&text), out);
	if (result != RESULT_OK)
		log_error("host-key", "HostKeyPassphraseCommand %s for host key %s: %s", argv[0],
		    key_path, command_fault(result));
	return result;
}

enum result
passphrase_get(const struct settings *settings, const char *key_path, struct buf *out)
{
	const char *path = settings_text(settings, KEYWORD_HostKeyPassphraseFile);

	if (path != NULL)
		return from_file(path, out);
	if (settings_count(settings, KEYWORD_HostKeyPassphraseCommand) > 0)
		return from_command(settings, key_path, out);
	return RESULT_NOT_FOUND;
}
