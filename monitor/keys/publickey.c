/* SPDX-License-Identifier: ISC */
/*
 * The search for a key in the key files of a user (edge: reads files and the clock's time zone).
 */
#include "monitor/keys/publickey.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/account/account.h"
#include "monitor/keys/keycommand.h"
#include "monitor/keys/keyfault.h"
#include "monitor/keys/keynames.h"
#include "monitor/keys/now.h"
#include "monitor/keys/principal_files.h"
#include "monitor/lines/authorized_keys.h"
#include "monitor/lines/users.h"
#include "monitor/rules/decide.h"

struct search {
	const struct publickey_question *question;
	struct publickey_answer *answer;
	struct trace *trace;           /* the question's, or one that keeps no steps */
	const struct account *account; /* the question's, or nobody */
	struct decide_time now;
	char where[PUBLICKEY_WHERE_MAX]; /* the file that is read, quoted */
	struct bytes wanted;             /* blob of the key, or of the certificate's authority */
	bool is_authority_file;          /* TrustedUserCAKeys: all of its keys are authorities */
	bool
	    has_principal; /* looked for: the certificate's name in files or programs of the operator's */
	struct principal_files_answer principal;
	bool is_key_listed;     /* some line has the key, if to no avail so far */
	unsigned refused_count; /* lines of it that cannot be read */
	unsigned refused_line;  /* the first of them */
	const char *refused_reason;
};

/* An objection to this very key tells more than one to some file. */
static void
object(struct search *search, enum result result, unsigned line, enum refusal refusal,
    const char *reason)
{
	struct publickey_answer *answer = search->answer;
	if (answer->result == RESULT_OK || (search->is_key_listed && line == 0))
		return;
	search->is_key_listed = line > 0;
	answer->result = result;
	answer->refusal = refusal;
	if (line > 0)
		snprintf(answer->reason, sizeof(answer->reason), "%.100s:%u: %s", search->where,
		    line, reason);
	else
		snprintf(
		    answer->reason, sizeof(answer->reason), "%.100s: %s", search->where, reason);
}

/* A file that is no help. */
static void
object_to_file(struct search *search, enum result result, const char *reason)
{
	trace_object(search->trace, REFUSAL_KEY_FILE, "key's file",
	    &(struct setting_origin){ search->where, 0 }, "%s", reason);
	object(search, result, 0, REFUSAL_KEY_FILE, reason);
}

/* Only when an authority is trusted: else whoever comes along could have a program run. */
static const struct principal_files_answer *
find_principal(struct search *search)
{
	if (!search->has_principal)
		principal_files_find(search->question, search->account, &search->principal);
	search->has_principal = true;
	return &search->principal;
}

/* A trusted authority's line has no options: those before the certificate's name stand in their place. */
static enum result
apply_principal(
    struct search *search, struct decide_question *question, struct key_options *options)
{
	const struct principal_files_answer *principal = find_principal(search);

	question->is_one_principal = true;
	question->principals = principal->line.name;
	if (!principal->is_found)
		return RESULT_OK; /* an empty name, which no certificate has */
	question->place = (struct setting_origin){ principal->where, principal->line.number };
	if (principal->line.objection[0] != '\0') {
		trace_object(search->trace, REFUSAL_KEY_OPTIONS, "principal", &question->place,
		    "%s", principal->line.objection);
		return RESULT_DENIED;
	}
	*options = principal->line.options;
	options->is_authority = true;
	trace_pass(search->trace, "principal", &question->place, "the certificate has this name");
	return RESULT_OK;
}

/* Where the options stand that are against it: in the line of the key, or of the certificate's name. */
static void
object_to_line(struct search *search, const struct authorized_line *line, enum refusal refusal,
    const char *reason)
{
	const struct principal_files_answer *principal = &search->principal;
	char text[PUBLICKEY_REASON_MAX];

	if (!search->is_authority_file || !principal->is_found) {
		object(search, RESULT_DENIED, line->number, refusal, reason);
		return;
	}
	snprintf(text, sizeof(text), "%.100s:%u: %s", principal->where, principal->line.number,
	    principal->line.objection[0] != '\0' ? principal->line.objection : reason);
	object(search, RESULT_DENIED, line->number, refusal, text);
}

/* The options before the key. RESULT_DENIED: they make no sense, and `reason` says why. */
static enum result
read_options(struct search *search, const struct authorized_line *line, struct key_options *options,
    char *reason)
{
	const struct foreign_rule foreign = foreign_of_settings(search->question->settings);

	_Static_assert(OPTIONS_REASON_MAX <= DECIDE_REASON_MAX, "one room for both reasons");
	if (search->is_authority_file && line->options.size > 0) {
		snprintf(reason, DECIDE_REASON_MAX, "TrustedUserCAKeys has keys without options");
		return RESULT_DENIED;
	}
	if (options_parse(line->options, &foreign, options, reason) != RESULT_OK)
		return RESULT_DENIED;
	options->is_authority |= search->is_authority_file;
	/* TrustedUserCAKeys has no options, and so no say in touches; the line of a principal has one. */
	options->touch_waived |= search->is_authority_file;
	return RESULT_OK;
}

static void
let_in(struct search *search, const struct setting_origin *place,
    const struct permissions *permissions)
{
	search->answer->result = RESULT_OK;
	search->answer->permissions = *permissions;
	search->answer->line = place->line;
	memcpy(search->answer->where, search->where, sizeof(search->where));
	trace_pass(search->trace, "key's line", place, "this line lets the key in");
}

/* As long as it is a plain word: what reads it need not be careful. */
static void
keep_comment(struct bytes comment, char *out)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,_@+:-";

	out[0] = '\0';
	if (comment.size >= LOGIN_COMMENT_MAX)
		return;
	for (size_t i = 0; i < comment.size; i++) {
		if (memchr(letters, comment.data[i], sizeof(letters) - 1) == NULL)
			return;
	}
	if (comment.size > 0)
		memcpy(out, comment.data, comment.size);
	out[comment.size] = '\0';
}

static void
keep_options(struct bytes options, char *out)
{
	/* Whoever goes by them must not take many for none. */
	if (options.size >= LOGIN_OPTIONS_MAX)
		options = bytes_of_text("too-long");
	if (options.size > 0)
		memcpy(out, options.data, options.size);
	out[options.size] = '\0';
}

/* The key stands in this line: do its options and everything else let it in? */
static void
judge_line(struct search *search, const struct authorized_line *line)
{
	const struct setting_origin place = { search->where, line->number };
	struct key_options options;
	struct permissions permissions = { 0 };
	char reason[DECIDE_REASON_MAX];
	struct decide_question question = {
		.settings = search->question->settings,
		.account = search->question->account,
		.address = search->question->address,
		.host = search->question->host,
		.options = &options,
		.certificate = search->question->certificate,
		.now = search->now,
		.place = place,
		.trace = search->trace,
	};

	if (read_options(search, line, &options, reason) != RESULT_OK) {
		trace_object(
		    search->trace, REFUSAL_KEY_OPTIONS, "key's line", &place, "%s", reason);
		object(search, RESULT_DENIED, line->number, REFUSAL_KEY_OPTIONS, reason);
		return;
	}
	if (options.has_principals)
		question.principals = options.principals;
	if ((search->is_authority_file && principal_files_are_set(question.settings) &&
		apply_principal(search, &question, &options) != RESULT_OK) ||
	    decide_key(&question, &permissions, reason) != RESULT_OK) {
		object_to_line(search, line, search->trace->refusal, reason);
		return;
	}
	let_in(search, &place, &permissions);
	keep_comment(line->comment, search->answer->comment);
	keep_options(line->options, search->answer->options);
}

static void
count_refused(struct search *search, const struct authorized_line *line)
{
	if (search->refused_count++ > 0)
		return;
	search->refused_line = line->number;
	search->refused_reason = line->reason;
}

/* To the end in any case: where a key stands takes no time that can be seen. */
static void
search_lines(struct search *search, struct bytes file)
{
	CLEANUP(authorized_keys_clear) struct authorized_keys keys;
	struct authorized_line line;

	authorized_keys_init(&keys, file);
	while (authorized_keys_next(&keys, &line)) {
		if (line.kind == AUTHORIZED_LINE_REFUSED)
			count_refused(search, &line);
		else if (line.kind == AUTHORIZED_LINE_KEY && search->answer->result != RESULT_OK &&
			 bytes_equal(line.blob, search->wanted))
			judge_line(search, &line);
	}
}

/* The bytes that were read. */
static size_t
search_file(struct search *search, const char *path)
{
	const struct keyfiles_question question = {
		.account = search->account,
		.path = path,
		.is_root = search->question->is_root,
		.is_strict = settings_flag(search->question->settings, KEYWORD_StrictModes),
	};
	char reason[KEYFILES_REASON_MAX];
	OWNED_BUF file;
	enum result result;

	buf_init(&file, KEYFILES_FILE_MAX);
	text_quote(bytes_of_text(path), search->where, sizeof(search->where));
	result = keyfiles_read(&question, &file, reason);
	if (result == RESULT_NOT_FOUND) {
		trace_note(search->trace, "key's file",
		    &(struct setting_origin){ search->where, 0 }, "%s", reason);
		log_debug("key-file", "%s: %s", search->where, reason);
		return 0;
	}
	if (result != RESULT_OK) {
		object_to_file(search, result, reason);
		log_verbose("key-file", "%s: %s", search->where, reason);
		return 0;
	}
	search->refused_count = 0;
	search_lines(search, buf_bytes(&file));
	if (search->answer->result != RESULT_OK)
		trace_note(search->trace, "key's file",
		    &(struct setting_origin){ search->where, 0 },
		    "no line of it lets the key in (%u lines cannot be read)",
		    search->refused_count);
	if (search->refused_count > 0)
		log_verbose("key-line-refused", "%s: %u lines cannot be read; line %u: %s",
		    search->where, search->refused_count, search->refused_line,
		    search->refused_reason);
	return buf_size(&file);
}

/* One word of AuthorizedKeysFile. All that it means together is no larger than one file may be: whoever asks has it
 * read again and again. */
static void
search_files(struct search *search, const char *pattern)
{
	const struct keynames_question question = {
		.account = search->account,
		.pattern = pattern,
		.is_root = search->question->is_root,
	};
	CLEANUP(keynames_clear) struct keynames names = { .count = 0 };
	char reason[KEYFILES_REASON_MAX];
	size_t size = 0;
	enum result result = keynames_find(&question, &names, reason);

	text_quote(bytes_of_text(pattern), search->where, sizeof(search->where));
	if (result != RESULT_OK) {
		object_to_file(search, result, reason);
		log_verbose("key-file", "%s: %s", search->where, reason);
	}
	for (size_t i = 0; i < names.count && search->answer->result != RESULT_OK; i++) {
		if (size > KEYFILES_FILE_MAX) {
			text_quote(bytes_of_text(pattern), search->where, sizeof(search->where));
			object_to_file(search, RESULT_LIMIT, "the files are together too large");
			return;
		}
		size += search_file(search, names.list[i]);
	}
}

/* --- Trusted authorities ------------------------------------------------------------------------ */

/* TrustedUserCAKeys is the operator's: it is read as we are. */
static void
search_authorities(struct search *search)
{
	const char *path = settings_text(search->question->settings, KEYWORD_TrustedUserCAKeys);
	OWNED_BUF file;

	buf_init(&file, KEYFILES_FILE_MAX);
	if (path == NULL)
		return;
	if (fd_read_path(path, KEYFILES_FILE_MAX, &file) != RESULT_OK) {
		log_error("authorities", "TrustedUserCAKeys %s cannot be read", path);
		return;
	}
	text_quote(bytes_of_text(path), search->where, sizeof(search->where));
	search->is_authority_file = true;
	search_lines(search, buf_bytes(&file));
	search->is_authority_file = false;
	principal_files_clear(&search->principal);
}

void
publickey_answer_clear(struct publickey_answer *answer)
{
	permissions_clear(&answer->permissions);
}

static void
search_command(struct search *search)
{
	const struct keycommand_question asked = {
		.kind = KEYCOMMAND_KEYS,
		.inputs = search->question->inputs,
		.settings = search->question->settings,
		.account = search->question->account,
		.blob = search->question->key_blob,
		.certificate = search->question->certificate,
	};
	OWNED_BUF output;

	buf_init(&output, KEYCOMMAND_OUTPUT_MAX);
	if (keycommand_ask(&asked, &output) != RESULT_OK)
		return;
	snprintf(search->where, sizeof(search->where), "AuthorizedKeysCommand");
	search_lines(search, buf_bytes(&output));
}

/* What is in the file, and where it points to: not what the user may have put into their home. */
static void
search_virtual(struct search *search, const struct virtual_user *user)
{
	memcpy(search->where, user->where, sizeof(search->where));
	search_lines(search, bytes_of_text(user->keys));
	if (search->answer->result != RESULT_OK && user->keys_file != NULL)
		(void)search_file(search, user->keys_file);
}

static void
search_all(struct search *search)
{
	const struct settings *settings = search->question->settings;
	const size_t count = settings_count(settings, KEYWORD_AuthorizedKeysFile);

	if (search->question->certificate != NULL)
		search_authorities(search);
	if (search->account->virtual != NULL) {
		if (search->answer->result != RESULT_OK)
			search_virtual(search, search->account->virtual);
		return;
	}
	for (size_t i = 0; i < count && search->answer->result != RESULT_OK; i++)
		search_files(search, settings_word(settings, KEYWORD_AuthorizedKeysFile, i));
	/* Last: whoever has a key in a file gets in while a directory is down. */
	if (search->answer->result != RESULT_OK)
		search_command(search);
}

/* Until some line says otherwise. */
static void
answer_unlisted(const struct publickey_question *question, struct publickey_answer *answer)
{
	const bool is_plain = question->certificate == NULL;

	*answer = (struct publickey_answer){ .result = RESULT_NOT_FOUND,
		.refusal = is_plain ? REFUSAL_KEY_UNLISTED : REFUSAL_CERT_UNTRUSTED };
	snprintf(answer->reason, sizeof(answer->reason), "%s%s",
	    is_plain ? "the key is in none of "
		     : "the certificate's authority is neither in TrustedUserCAKeys nor in ",
	    question->account == NULL || question->account->virtual == NULL
		? "the files of AuthorizedKeysFile"
		: "the keys of the user in UsersFile");
}

/* What every line's refusal comes down to. */
static void
conclude(const struct search *search)
{
	struct publickey_answer *answer = search->answer;

	if (answer->result != RESULT_OK) {
		trace_refuse(
		    search->trace, answer->refusal, "publickey", NULL, "%s", answer->reason);
		return;
	}
	answer->reason[0] = '\0';
	answer->refusal = REFUSAL_NONE;
	search->trace->refusal = REFUSAL_NONE;
}

void
publickey_find(const struct publickey_question *question, struct publickey_answer *answer)
{
	const struct certificate *certificate = question->certificate;
	struct trace no_steps = { .steps = NULL };
	struct search search = {
		.question = question,
		.answer = answer,
		.trace = question->trace != NULL ? question->trace : &no_steps,
		.account = question->account == NULL ? &account_nobody : question->account,
		.wanted =
		    certificate == NULL ? question->key_blob : key_blob(certificate->authority),
		.now = now_of(question->now_s),
	};
	enum refusal refusal = REFUSAL_NONE;
	const char *fault =
	    keyfault_find(question->settings, question->key_blob, certificate, &refusal);

	answer_unlisted(question, answer);
	if (fault != NULL) {
		answer->result = RESULT_DENIED;
		answer->refusal = refusal;
		snprintf(answer->reason, sizeof(answer->reason), "%s", fault);
	} else {
		search_all(&search);
	}
	conclude(&search);
	assert(answer->result != RESULT_OK || question->account != NULL);
}
