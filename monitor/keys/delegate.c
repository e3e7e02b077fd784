/* SPDX-License-Identifier: ISC */
/*
 * Programs of the operator's that the monitor asks (edge).
 */
#include "monitor/keys/delegate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/config/config.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/account/account.h"
#include "monitor/trusted.h"

static enum result
say(char *reason, const char *what, const char *why)
{
	char quoted[DELEGATE_REASON_MAX / 2];

	text_quote(bytes_of_text(what), quoted, sizeof(quoted));
	snprintf(reason, DELEGATE_REASON_MAX, "%s: %s", quoted, why);
	return RESULT_DENIED;
}

/* --- The file ----------------------------------------------------------------------------------- */

static enum result
check_file(const char *path, char *reason)
{
	struct trusted_fault fault;

	switch (trusted_check(path, 0, &fault)) {
	case RESULT_OK:
		return RESULT_OK;
	case RESULT_MALFORMED:
		return say(reason, path, "it is not a program");
	default:
		return say(reason, fault.part[0] == '\0' ? path : fault.part, fault.why);
	}
}

/* The path without links: what is looked at is what is run. */
static enum result
find_file(const char *path, char **out, char *reason)
{
	char *resolved;

	if (path[0] != '/')
		return say(reason, path, "it is not an absolute path");
	resolved = realpath(path, NULL);
	if (resolved == NULL)
		return say(reason, path, strerror(errno));
	*out = resolved;
	return check_file(resolved, reason);
}

enum result
delegate_check_program(const char *path, char *reason)
{
	CLEANUP(mem_freep) char *resolved = NULL;

	TRY(find_file(path, &resolved, reason));
	if (access(resolved, X_OK) < 0)
		return say(reason, resolved, "nobody may execute it; chmod +x lets them");
	return RESULT_OK;
}

enum result
delegate_check_runner(const char *name, bool is_root, char *reason)
{
	CLEANUP(account_freep) struct account *runner = NULL;

	if (strchr(name, '%') != NULL)
		return RESULT_OK;
	if (account_find(name, &runner) != RESULT_OK)
		return say(reason, name, "there is no such user");
	if (!is_root && runner->uid != getuid())
		return say(reason, name, "this server can become nobody else");
	return RESULT_OK;
}

/* --- ForwardingCommand, which fails closed ------------------------------------------------------ */

struct look {
	struct buf *errors;
	bool is_root;
	enum result result;
};

static void
look_at_program(void *context, const char *path, const struct setting_origin *origin)
{
	struct look *look = context;
	char reason[DELEGATE_REASON_MAX];

	if (delegate_check_program(path, reason) == RESULT_OK)
		return;
	config_report(look->errors, origin, "ForwardingCommand: %s", reason);
	look->result = RESULT_CONFIG;
}

static void
look_at_runner(void *context, const char *name, const struct setting_origin *origin)
{
	struct look *look = context;
	char reason[DELEGATE_REASON_MAX];

	if (delegate_check_runner(name, look->is_root, reason) == RESULT_OK)
		return;
	config_report(look->errors, origin, "ForwardingCommandUser: %s", reason);
	look->result = RESULT_CONFIG;
}

enum result
forwarding_command_check(const struct config *config, bool is_root, struct buf *errors)
{
	struct look look = { errors, is_root, RESULT_OK };

	config_each_word(config, KEYWORD_ForwardingCommand, look_at_program, &look);
	config_each_word(config, KEYWORD_ForwardingCommandUser, look_at_runner, &look);
	return look.result;
}

/* --- Its arguments and its user ----------------------------------------------------------------- */

/* A run that is being prepared: what is asked, and where the reason goes why it cannot be done. */
struct run {
	const struct delegate_question *question;
	char *reason;
};

static enum result
refuse(const struct run *run, const char *what, const char *why)
{
	snprintf(run->reason, DELEGATE_REASON_MAX, "%s %s: %s",
	    settings_name(run->question->program), what, why);
	return RESULT_DENIED;
}

/* An option is what begins with "-", and none is somebody else's to give. */
static enum result
make_argument(const struct run *run, const char *word, char **out)
{
	switch (tokens_expand(&run->question->source, word, out)) {
	case RESULT_OK:
		break;
	case RESULT_MEMORY:
		return RESULT_MEMORY;
	default:
		return refuse(run, word, "it has a token that there is not");
	}
	if (!run->question->guards_options || (*out)[0] != '-' || word[0] == '-')
		return RESULT_OK;
	(void)refuse(run, word, "it would become an option");
	return RESULT_MALFORMED;
}

/* The path is taken as it stands. */
static enum result
make_arguments(const struct run *run, struct delegate *out)
{
	const struct delegate_question *question = run->question;
	const size_t count = settings_count(question->settings, question->program);

	if (count == 0)
		return refuse(run, "", "there is none");
	if (count > DELEGATE_ARGUMENTS_MAX)
		return refuse(run, "", "it has too many arguments");
	out->count = 1;
	TRY(mem_text(
	    bytes_of_text(settings_word(question->settings, question->program, 0)), &out->argv[0]));
	for (size_t i = 1; i < count; i++) {
		out->count = i + 1;
		TRY(make_argument(
		    run, settings_word(question->settings, question->program, i), &out->argv[i]));
	}
	if (count > 1 || question->lone_argument == NULL)
		return RESULT_OK;
	out->count = 2;
	return mem_text(bytes_of_text(question->lone_argument), &out->argv[1]);
}

static enum result
find_program(const struct run *run, struct delegate *out)
{
	CLEANUP(mem_freep) char *resolved = NULL;
	char fault[DELEGATE_REASON_MAX];

	if (find_file(out->argv[0], &resolved, fault) != RESULT_OK) {
		snprintf(run->reason, DELEGATE_REASON_MAX, "%s %s",
		    settings_name(run->question->program), fault);
		return RESULT_DENIED;
	}
	free(out->argv[0]);
	out->argv[0] = TAKE(resolved);
	return RESULT_OK;
}

/* Nothing that a client chose is in the name of who runs it. */
static enum result
find_runner(const struct run *run, struct delegate *out)
{
	const struct delegate_question *question = run->question;
	const struct token_source source = { .inputs = question->source.inputs,
		.account = question->source.account };
	const char *name = settings_text(question->settings, question->user);
	CLEANUP(mem_freep) char *expanded = NULL;
	char why[64];

	if (name == NULL) {
		snprintf(
		    why, sizeof(why), "%s does not say who runs it", settings_name(question->user));
		return refuse(run, "", why);
	}
	if (tokens_expand(&source, name, &expanded) != RESULT_OK)
		return refuse(run, name, "it has a token that there is not");
	if (account_find(expanded, &out->runner) != RESULT_OK)
		return refuse(run, name, "there is no such user");
	if (!out->change_user && out->runner->uid != getuid())
		return refuse(run, out->runner->name, "this server can become nobody else");
	return RESULT_OK;
}

enum result
delegate_prepare(const struct delegate_question *question, struct delegate *out, char *reason)
{
	const struct run run = { question, reason };

	*out = (struct delegate){ .change_user = question->source.inputs->is_root };
	reason[0] = '\0';
	(void)refuse(&run, "", "it cannot be run");
	TRY(make_arguments(&run, out));
	TRY(find_program(&run, out));
	return find_runner(&run, out);
}

void
delegate_clear(struct delegate *program)
{
	for (size_t i = 0; i < program->count; i++)
		free(program->argv[i]);
	account_freep(&program->runner);
	program->count = 0;
}

struct command_plan
delegate_plan(const struct delegate *program)
{
	return (struct command_plan){
		.argv = program->argv,
		.program_fd = -1,
		.folder = "/",
		.user = program->runner->name,
		.home = program->runner->home,
		.change_user = program->change_user,
		.uid = program->runner->uid,
		.gid = program->runner->gid,
		.groups = program->runner->groups,
		.group_count = program->runner->group_count,
	};
}
