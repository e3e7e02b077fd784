/* SPDX-License-Identifier: ISC */
/*
 * AuthorizedKeysCommand and AuthorizedPrincipalsCommand (edge).
 */
#include "monitor/login/keycommand.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/command.h"
#include "common/config/keywords.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/login/account.h"
#include "monitor/login/trusted.h"

#define TIMEOUT_MS    10000
#define ARGUMENTS_MAX 256

static const struct {
	enum keyword program, user;
} keywords[] = {
	[KEYCOMMAND_KEYS] = { KEYWORD_AuthorizedKeysCommand, KEYWORD_AuthorizedKeysCommandUser },
	[KEYCOMMAND_PRINCIPALS] = { KEYWORD_AuthorizedPrincipalsCommand,
	    KEYWORD_AuthorizedPrincipalsCommandUser },
};

bool
keycommand_is_set(const struct settings *settings, enum keycommand_kind kind)
{
	return settings_count(settings, keywords[kind].program) > 0;
}

/* A run: what is asked, and where the reason goes why it cannot be done. */
struct run {
	const struct keycommand_question *question;
	char *reason;
};

static enum result
refuse(const struct run *run, const char *what, const char *why)
{
	snprintf(run->reason, KEYCOMMAND_REASON_MAX, "%s %s: %s",
	    keyword_row(keywords[run->question->kind].program)->name, what, why);
	return RESULT_DENIED;
}

/* --- Tokens ------------------------------------------------------------------------------------- */

static enum result
append_number(struct buf *out, unsigned long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", number);
	return buf_append(out, bytes_of_text(text));
}

static enum result
append_type(struct buf *out, struct bytes blob)
{
	struct reader reader = reader_of(blob);

	return buf_append(out, get_string(&reader));
}

static enum result
append_fingerprint(struct buf *out, struct bytes blob)
{
	char fingerprint[FINGERPRINT_SIZE];

	fingerprint_format(blob, fingerprint);
	return buf_append(out, bytes_of_text(fingerprint));
}

/* In the order that sshd has in fact: our end, then the client's. */
static enum result
append_connection(struct buf *out, const struct monitor_inputs *inputs)
{
	char text[2 * MONITOR_ADDRESS_MAX + 32];

	snprintf(text, sizeof(text), "%s %u %s %u", inputs->local.address, inputs->local.port,
	    inputs->peer.address, inputs->peer.port);
	return buf_append(out, bytes_of_text(text));
}

/* What a program is told of a certificate's authority, of whose names it is asked. */
static enum result
append_token_of_certificate(const struct certificate *certificate, char token, struct buf *out)
{
	const struct bytes authority = key_blob(certificate->authority);

	switch (token) {
	case 'i':
		return buf_append(out, certificate->key_id);
	case 's':
		return append_number(out, certificate->serial);
	case 'T':
		return append_type(out, authority);
	case 'F':
		return append_fingerprint(out, authority);
	case 'K':
		return text_base64_encode(authority, true, out);
	default:
		return RESULT_MALFORMED;
	}
}

static enum result
append_token(const struct keycommand_question *question, char token, struct buf *out)
{
	const struct certificate *certificate = question->certificate;

	switch (token) {
	case '%':
		return buf_append(out, bytes_of_text("%"));
	case 'u':
		return buf_append(out, bytes_of_text(question->account->name));
	case 'U':
		return append_number(out, question->account->uid);
	case 'h':
		return buf_append(out, bytes_of_text(question->account->home));
	case 't':
		return append_type(out, question->blob);
	case 'f':
		return append_fingerprint(
		    out, certificate == NULL ? question->blob : key_blob(certificate->subject));
	case 'k':
		return text_base64_encode(question->blob, true, out);
	case 'C':
		return append_connection(out, question->inputs);
	case 'D':
		return RESULT_OK; /* no routing domains yet */
	default:
		return question->kind == KEYCOMMAND_PRINCIPALS
			   ? append_token_of_certificate(certificate, token, out)
			   : RESULT_MALFORMED;
	}
}

static enum result
expand(const struct keycommand_question *question, const char *word, char **out)
{
	OWNED_BUF text;

	buf_init(&text, 64 * 1024);
	for (; *word != '\0'; word++) {
		if (*word != '%')
			TRY(buf_append(&text, bytes_of(word, 1)));
		else
			TRY(append_token(question, *++word, &text));
	}
	return mem_text(buf_bytes(&text), out);
}

/* --- The program -------------------------------------------------------------------------------- */

static enum result
check_program(const struct run *run, const char *path)
{
	struct trusted_fault fault;

	switch (trusted_check(path, 0, &fault)) {
	case RESULT_OK:
		return RESULT_OK;
	case RESULT_MALFORMED:
		return refuse(run, path, "it is not a program");
	default:
		return refuse(run, fault.part[0] == '\0' ? path : fault.part, fault.why);
	}
}

/* The path without links: what is looked at is what is run. */
static enum result
find_program(const struct run *run, char **path)
{
	char *resolved = (*path)[0] == '/' ? realpath(*path, NULL) : NULL;

	if (resolved == NULL)
		return refuse(
		    run, *path, (*path)[0] == '/' ? strerror(errno) : "it is not an absolute path");
	free(*path);
	*path = resolved;
	return check_program(run, resolved);
}

struct arguments {
	char *list[ARGUMENTS_MAX + 2]; /* owned */
	size_t count;
};

static void
arguments_clear(struct arguments *arguments)
{
	for (size_t i = 0; i < arguments->count; i++)
		free(arguments->list[i]);
}

/* Without arguments of its own that for keys is told the user's name. The path is taken as it stands. */
static enum result
make_arguments(const struct run *run, struct arguments *out)
{
	const struct keycommand_question *question = run->question;
	const struct settings *settings = question->settings;
	const enum keyword keyword = keywords[question->kind].program;
	const size_t count = settings_count(settings, keyword);

	if (count == 0)
		return refuse(run, "", "there is none");
	if (count > ARGUMENTS_MAX)
		return refuse(run, "", "it has too many arguments");
	for (size_t i = 0; i < count; i++) {
		const char *word = settings_word(settings, keyword, i);

		if (i == 0)
			TRY(mem_text(bytes_of_text(word), &out->list[0]));
		else if (expand(question, word, &out->list[i]) != RESULT_OK)
			return refuse(run, word, "it has a token that there is not");
		out->count++;
	}
	if (count > 1 || question->kind == KEYCOMMAND_PRINCIPALS)
		return RESULT_OK;
	TRY(mem_text(bytes_of_text(question->account->name), &out->list[out->count]));
	out->count++;
	return RESULT_OK;
}

static enum result
find_runner(const struct run *run, struct account **out)
{
	const struct keycommand_question *question = run->question;
	const enum keyword keyword = keywords[question->kind].user;
	const char *name = settings_text(question->settings, keyword);
	char why[64];
	char *expanded = NULL;
	enum result result;

	if (name == NULL) {
		snprintf(
		    why, sizeof(why), "%s does not say who runs it", keyword_row(keyword)->name);
		return refuse(run, "", why);
	}
	if (expand(question, name, &expanded) != RESULT_OK)
		return refuse(run, name, "it has a token that there is not");
	result = account_find(expanded, out);
	free(expanded);
	return result == RESULT_OK ? RESULT_OK : refuse(run, name, "there is no such user");
}

static const char *
fault(enum result result)
{
	switch (result) {
	case RESULT_DENIED:
		return "it failed";
	case RESULT_LIMIT:
		return "it printed too much or took too long";
	default:
		return "it cannot be run";
	}
}

enum result
keycommand_run(const struct keycommand_question *question, struct buf *out, char *reason)
{
	CLEANUP(account_freep) struct account *runner = NULL;
	CLEANUP(arguments_clear) struct arguments arguments = { 0 };
	struct command_plan plan = { .timeout_ms = TIMEOUT_MS };
	const struct run run = { question, reason };
	enum result result;

	reason[0] = '\0';
	(void)refuse(&run, "", "it cannot be run");
	TRY(make_arguments(&run, &arguments));
	TRY(find_program(&run, &arguments.list[0]));
	TRY(find_runner(&run, &runner));
	plan.argv = arguments.list;
	plan.user = runner->name;
	plan.home = runner->home;
	plan.change_user = question->inputs->is_root;
	plan.uid = runner->uid;
	plan.gid = runner->gid;
	plan.groups = runner->groups;
	plan.group_count = runner->group_count;
	if (!plan.change_user && runner->uid != getuid())
		return refuse(&run, runner->name, "this server can become nobody else");
	result = command_run(&plan, out);
	return result == RESULT_OK ? RESULT_OK : refuse(&run, arguments.list[0], fault(result));
}

enum result
keycommand_ask(const struct keycommand_question *question, struct buf *out)
{
	char reason[KEYCOMMAND_REASON_MAX];
	enum result result;

	if (!keycommand_is_set(question->settings, question->kind) || question->account == NULL ||
	    question->inputs == NULL)
		return RESULT_NOT_FOUND;
	result = keycommand_run(question, out, reason);
	if (result != RESULT_OK)
		log_error("operator-command", "%s", reason);
	return result;
}
