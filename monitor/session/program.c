/* SPDX-License-Identifier: ISC */
/*
 * From a request to a path and arguments. Pure.
 */
#include "monitor/session/program.h"

#include <stdlib.h>

#include "common/config/sftp_options.h"
#include "common/mem.h"

static const char *
last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static enum result
add_argument(struct program *program, struct bytes argument)
{
	if (program->argc == PROGRAM_ARGUMENTS_MAX)
		return RESULT_LIMIT;
	TRY(mem_text(argument, &program->argv[program->argc]));
	program->argc++;
	return RESULT_OK;
}

static enum result
begin(const char *path, struct program *out)
{
	*out = (struct program){ 0 };
	return mem_text(bytes_of_text(path), &out->path);
}

/* Fills in *out in one go or leaves it empty. */
static enum result
end(enum result result, struct program *out)
{
	if (result != RESULT_OK)
		program_clear(out);
	return result;
}

static enum result
fill_shell(const char *shell, struct program *out)
{
	OWNED_BUF name;

	buf_init(&name, SIZE_MAX);
	TRY(begin(shell, out));
	TRY(buf_append(&name, bytes_of_text("-")));
	TRY(buf_append(&name, bytes_of_text(last_name(shell))));
	return add_argument(out, buf_bytes(&name));
}

enum result
program_for_shell(const char *shell, struct program *out)
{
	return end(fill_shell(shell, out), out);
}

static enum result
fill_command(const char *shell, struct bytes command, struct program *out)
{
	TRY(begin(shell, out));
	TRY(add_argument(out, bytes_of_text(last_name(shell))));
	TRY(add_argument(out, bytes_of_text("-c")));
	return add_argument(out, command);
}

enum result
program_for_command(const char *shell, struct bytes command, struct program *out)
{
	return end(fill_command(shell, command, out), out);
}

static enum result
fill_path(const char *path, struct program *out)
{
	TRY(begin(path, out));
	return add_argument(out, bytes_of_text(last_name(path)));
}

enum result
program_for_path(const char *path, struct program *out)
{
	return end(fill_path(path, out), out);
}

void
program_for_text(const char *text, struct program *out)
{
	*out = (struct program){ .text = text };
}

bool
program_is_internal_sftp(const char *command)
{
	return sftp_command_is_internal(command);
}

/* Words and quotes as in the configuration, where the options were looked at. */
static enum result
fill_internal_sftp(const char *path, const char *command, struct program *out)
{
	CLEANUP(lex_line_clear) struct lex_line line = { 0 };
	const char *why;

	TRY(begin(path, out));
	out->is_internal_sftp = true;
	TRY(add_argument(out, bytes_of_text(last_name(path))));
	TRY(lex_words(bytes_of_text(command), &line, &why));
	for (size_t i = 1; i < line.count; i++)
		TRY(add_argument(out, bytes_of_text(line.words[i])));
	return RESULT_OK;
}

enum result
program_for_internal_sftp(const char *path, const char *command, struct program *out)
{
	return end(fill_internal_sftp(path, command, out), out);
}

void
program_clear(struct program *program)
{
	for (size_t i = 0; i < program->argc; i++)
		free(program->argv[i]);
	free(program->path);
	*program = (struct program){ 0 };
}
