/* SPDX-License-Identifier: ISC */
/*
 * AuthorizedKeysCommand and AuthorizedPrincipalsCommand (edge).
 */
#include "monitor/keys/keycommand.h"

#include <stdio.h>

#include "common/log.h"
#include "common/text.h"

#define TIMEOUT_MS 10000

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

/* --- Tokens ------------------------------------------------------------------------------------- */

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

/* What a program is told of a certificate's authority, of whose names it is asked. */
static enum result
append_token_of_certificate(const struct certificate *certificate, char token, struct buf *out)
{
	const struct bytes authority = key_blob(certificate->authority);

	switch (token) {
	case 'i':
		return buf_append(out, certificate->key_id);
	case 's':
		return tokens_put_number(out, certificate->serial);
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
append_token(const void *context, char token, struct buf *out)
{
	const struct keycommand_question *question = context;
	const struct certificate *certificate = question->certificate;

	switch (token) {
	case 't':
		return append_type(out, question->blob);
	case 'f':
		return append_fingerprint(
		    out, certificate == NULL ? question->blob : key_blob(certificate->subject));
	case 'k':
		return text_base64_encode(question->blob, true, out);
	case 'D':
		return RESULT_OK; /* no routing domains yet */
	default:
		return question->kind == KEYCOMMAND_PRINCIPALS
			   ? append_token_of_certificate(certificate, token, out)
			   : RESULT_MALFORMED;
	}
}

/* --- The program -------------------------------------------------------------------------------- */

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

/* Without arguments of its own that for keys is told the user's name. */
static struct delegate_question
delegate_question(const struct keycommand_question *question)
{
	return (struct delegate_question){
		.program = keywords[question->kind].program,
		.user = keywords[question->kind].user,
		.settings = question->settings,
		.source = { question->inputs, question->account, append_token, question },
		.lone_argument =
		    question->kind == KEYCOMMAND_PRINCIPALS ? NULL : question->account->name,
	};
}

/* What fails has a text for the log in `reason` (DELEGATE_REASON_MAX bytes). */
static enum result
run_program(const struct keycommand_question *question, struct buf *out, char *reason)
{
	const struct delegate_question asked = delegate_question(question);
	CLEANUP(delegate_clear) struct delegate program = { 0 };
	struct command_plan plan;
	enum result result;

	TRY(delegate_prepare(&asked, &program, reason));
	plan = delegate_plan(&program);
	plan.timeout_ms = TIMEOUT_MS;
	result = command_run(&plan, out);
	if (result != RESULT_OK)
		snprintf(reason, DELEGATE_REASON_MAX, "%s %s: %s", settings_name(asked.program),
		    program.argv[0], fault(result));
	return result == RESULT_OK ? RESULT_OK : RESULT_DENIED;
}

enum result
keycommand_ask(const struct keycommand_question *question, struct buf *out)
{
	char reason[DELEGATE_REASON_MAX];
	enum result result;

	if (!keycommand_is_set(question->settings, question->kind) || question->account == NULL ||
	    question->inputs == NULL)
		return RESULT_NOT_FOUND;
	result = run_program(question, out, reason);
	if (result != RESULT_OK)
		log_error("operator-command", "%s", reason);
	return result;
}
