/* SPDX-License-Identifier: ISC */
/*
 * What a session executes: the path and the arguments for a shell, a command or a subsystem. Pure.
 */
#pragma once

#include "common/ipc_bodies.h"

#define PROGRAM_ARGUMENTS_MAX 64

struct program {
	char *path;                            /* owned */
	char *argv[PROGRAM_ARGUMENTS_MAX + 1]; /* each owned; ends with NULL */
	size_t argc;
	bool is_internal_sftp;
	const char
	    *text; /* nothing is executed: this is said, and the status is 1; NULL: path is */
};

/* A login shell: argv[0] is "-" and the shell's last name. */
enum result program_for_shell(const char *shell, struct program *out) MUST_USE;

/* SHELL -c COMMAND. RESULT_MALFORMED when the command has a NUL. */
enum result program_for_command(
    const char *shell, struct bytes command, struct program *out) MUST_USE;

/* The program itself, by its path and without arguments. */
enum result program_for_path(const char *path, struct program *out) MUST_USE;

/* A text in the place of a program, which outlives it. */
void program_for_text(const char *text, struct program *out);

/* Is this subsystem's command ours to run without a shell? */
bool program_is_internal_sftp(const char *command);

/* `internal-sftp ARGUMENTS`: the program at `path`, with these arguments. RESULT_LIMIT when there are
 * more than PROGRAM_ARGUMENTS_MAX: none is ever dropped silently. */
enum result program_for_internal_sftp(
    const char *path, const char *command, struct program *out) MUST_USE;

void program_clear(struct program *program);
