/* SPDX-License-Identifier: ISC */
/*
 * Programs of the operator's that the monitor asks (edge): who could have written them, what they are told, and who runs
 * them. The program and every folder down to it must be root's, and writable by nobody else.
 */
#pragma once

#include "common/command.h"
#include "monitor/keys/tokens.h"

#define DELEGATE_ARGUMENTS_MAX 256
#define DELEGATE_REASON_MAX    256

struct delegate_question {
	enum keyword program,
	    user; /* the settings that name it, with its arguments, and who runs it */
	const struct settings *settings;
	struct token_source source;
	const char *lone_argument; /* what it is told when it has no arguments; NULL: nothing */
	bool guards_options; /* no argument begins with "-" that the operator did not begin so */
};

/* Ready to be run: texts are owned. */
struct delegate {
	char *argv[DELEGATE_ARGUMENTS_MAX + 2];
	size_t count;
	struct account *runner;
	bool change_user;
};

/*
 * Could the program at this path, and who is said to run it, be used if somebody logged in now? What a token stands for
 * is not known yet, so such a name is taken for right. RESULT_DENIED with a text in `reason` (DELEGATE_REASON_MAX bytes).
 */
enum result delegate_check_program(const char *path, char *reason) MUST_USE;
enum result delegate_check_runner(const char *name, bool is_root, char *reason) MUST_USE;

/*
 * Finds all that is needed to run it. RESULT_DENIED: something is wrong with the program or its settings;
 * RESULT_MALFORMED: with what it would be told, which somebody else chose. Both with a text for the log in `reason`
 * (DELEGATE_REASON_MAX bytes), and RESULT_MEMORY. To be cleared in each case.
 */
enum result delegate_prepare(
    const struct delegate_question *question, struct delegate *out, char *reason) MUST_USE;
void delegate_clear(struct delegate *program);

/* A plan that borrows from the program; without a timeout. It works in "/". */
struct command_plan delegate_plan(const struct delegate *program);
