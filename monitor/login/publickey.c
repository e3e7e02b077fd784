/* SPDX-License-Identifier: ISC */
/*
 * The search for a key in the key files of a user (edge: reads files and the clock's time zone).
 */
#include "monitor/login/publickey.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/login/authorized_keys.h"
#include "monitor/login/decide.h"
#include "monitor/login/keycommand.h"
#include "monitor/login/keyfiles.h"
#include "monitor/login/krl.h"

/* A file of names is short: it is walked through for each line with the certificate's authority. */
#define PRINCIPALS_FILE_MAX  (64 * 1024)
#define PRINCIPALS_LINES_MAX 1024

/* Who is looked for when there is nobody: with ids that own no files. */
static const struct account nobody = {
	.name = "NOUSER",
	.home = "/nonexistent",
	.shell = "/",
	.uid = 65534,
	.gid = 65534,
	.groups = (gid_t[]){ 65534 },
	.group_count = 1,
};

struct search {
	const struct publickey_question *question;
	struct publickey_answer *answer;
	const struct account *account; /* the question's, or nobody */
	struct decide_time now;
	char where[PUBLICKEY_WHERE_MAX]; /* the file that is read, quoted */
	struct bytes wanted;             /* blob of the key, or of the certificate's authority */
	bool is_authority_file;          /* TrustedUserCAKeys: all of its keys are authorities */
	bool asks_for_principals;        /* AuthorizedPrincipalsFile or -Command goes with it: */
	struct bytes principals_file;
	struct buf principals_printed; /* by the command */
	bool has_asked_command;
	bool is_key_listed;     /* some line has the key, if to no avail so far */
	unsigned refused_count; /* lines of it that cannot be read */
	unsigned refused_line;  /* the first of them */
	const char *refused_reason;
};

static struct decide_time
time_of(uint64_t now_s)
{
	const time_t now = (time_t)now_s;
	struct decide_time result = { now_s, now_s };
	struct tm local;

	tzset();
	if (localtime_r(&now, &local) != NULL)
		result.local_s = now_s + (uint64_t)local.tm_gmtoff;
	return result;
}

/* An objection to this very key tells more than one to some file. */
static void
object(struct search *search, enum result result, unsigned line, const char *reason)
{
	struct publickey_answer *answer = search->answer;

	if (answer->result == RESULT_OK || (search->is_key_listed && line == 0))
		return;
	search->is_key_listed = line > 0;
	answer->result = result;
	if (line > 0)
		snprintf(answer->reason, sizeof(answer->reason), "%.100s:%u: %s", search->where,
		    line, reason);
	else
		snprintf(
		    answer->reason, sizeof(answer->reason), "%.100s: %s", search->where, reason);
}

/* Options before a name are not served yet: such a line names nobody, and so does what else is no single word. */
static bool
is_one_name(struct bytes line)
{
	for (size_t i = 0; i < line.size; i++) {
		if (line.data[i] <= ' ' || line.data[i] == '"')
			return false;
	}
	return line.size > 0 && line.data[0] != '#';
}

/* The first name of AuthorizedPrincipalsFile that the certificate has; an empty one, which none has, if there is
 * none. */
static struct bytes
find_principal_in(const struct search *search, struct bytes rest)
{
	struct bytes line;

	for (unsigned i = 0; i < PRINCIPALS_LINES_MAX && text_next_line(&rest, &line); i++) {
		line = text_trim(line);
		if (is_one_name(line) && terms_has_principal(search->question->certificate, line))
			return line;
	}
	return bytes_of("", 0);
}

/* RESULT_NOT_FOUND: there is no such program, or nobody to ask it of: it would be told of whoever comes along. */
static enum result
run_command(const struct publickey_question *asked, enum keycommand_kind kind, struct buf *out)
{
	const struct keycommand_question question = {
		.kind = kind,
		.inputs = asked->inputs,
		.settings = asked->settings,
		.account = asked->account,
		.blob = asked->key_blob,
		.certificate = asked->certificate,
	};
	char reason[KEYCOMMAND_REASON_MAX];
	enum result result;

	if (!keycommand_is_set(asked->settings, kind) || asked->account == NULL ||
	    asked->inputs == NULL)
		return RESULT_NOT_FOUND;
	result = keycommand_run(&question, out, reason);
	if (result != RESULT_OK)
		log_error("operator-command", "%s", reason);
	return result;
}

/* Only when an authority is trusted: else whoever comes along could have it run. */
static void
ask_principals_command(struct search *search)
{
	if (search->has_asked_command)
		return;
	search->has_asked_command = true;
	if (run_command(search->question, KEYCOMMAND_PRINCIPALS, &search->principals_printed) !=
	    RESULT_OK)
		buf_reset(&search->principals_printed);
}

static struct bytes
find_principal(struct search *search)
{
	const struct bytes found = find_principal_in(search, search->principals_file);

	if (found.size > 0)
		return found;
	ask_principals_command(search);
	return find_principal_in(search, buf_bytes(&search->principals_printed));
}

/* The key stands in this line: do its options and everything else let it in? */
static void
judge_line(struct search *search, const struct authorized_line *line)
{
	struct key_options options;
	struct permissions permissions = { 0 };
	char reason[DECIDE_REASON_MAX];
	struct decide_question question = {
		.settings = search->question->settings,
		.account = search->question->account,
		.address = search->question->address,
		.options = &options,
		.certificate = search->question->certificate,
		.now = search->now,
	};

	_Static_assert(OPTIONS_REASON_MAX <= DECIDE_REASON_MAX, "one room for both reasons");
	if (search->is_authority_file && line->options.size > 0) {
		object(search, RESULT_DENIED, line->number,
		    "TrustedUserCAKeys has keys without options");
		return;
	}
	if (options_parse(line->options, &options, reason) != RESULT_OK) {
		object(search, RESULT_DENIED, line->number, reason);
		return;
	}
	options.is_authority |= search->is_authority_file;
	if (options.has_principals)
		question.principals = options.principals;
	if (search->is_authority_file && search->asks_for_principals) {
		question.is_one_principal = true;
		question.principals = find_principal(search);
	}
	if (decide_key(&question, &permissions, reason) != RESULT_OK) {
		object(search, RESULT_DENIED, line->number, reason);
		return;
	}
	search->answer->result = RESULT_OK;
	search->answer->permissions = permissions;
	search->answer->line = line->number;
	memcpy(search->answer->where, search->where, sizeof(search->where));
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

static void
search_file(struct search *search, const char *pattern)
{
	struct keyfiles_question question = {
		.account = search->account,
		.is_root = search->question->is_root,
		.is_strict = settings_flag(search->question->settings, KEYWORD_StrictModes),
	};
	char path[KEYFILES_PATH_MAX];
	char reason[KEYFILES_REASON_MAX];
	OWNED_BUF file;
	enum result result;

	buf_init(&file, KEYFILES_FILE_MAX);
	text_quote(bytes_of_text(pattern), search->where, sizeof(search->where));
	result = keyfiles_path(pattern, search->account, path);
	if (result != RESULT_OK) {
		object(search, result, 0, "the name cannot be expanded");
		return;
	}
	text_quote(bytes_of_text(path), search->where, sizeof(search->where));
	question.path = path;
	result = keyfiles_read(&question, &file, reason);
	if (result != RESULT_OK) {
		if (result != RESULT_NOT_FOUND)
			object(search, result, 0, reason);
		log_debug("key-file", "%s: %s", search->where, reason);
		return;
	}
	search->refused_count = 0;
	search_lines(search, buf_bytes(&file));
	if (search->refused_count > 0)
		log_verbose("key-line-refused", "%s: %u lines cannot be read; line %u: %s",
		    search->where, search->refused_count, search->refused_line,
		    search->refused_reason);
}

/* --- Trusted authorities ------------------------------------------------------------------------ */

/* The user's own file of principals, which is read as the user. */
static enum result
read_principals(const struct search *search, const char *pattern, struct buf *out)
{
	char path[KEYFILES_PATH_MAX], reason[KEYFILES_REASON_MAX];
	const struct keyfiles_question question = {
		.account = search->account,
		.path = path,
		.is_root = search->question->is_root,
		.is_strict = settings_flag(search->question->settings, KEYWORD_StrictModes),
	};
	enum result result;

	TRY(keyfiles_path(pattern, search->account, path));
	result = keyfiles_read(&question, out, reason);
	if (result != RESULT_OK)
		log_verbose("principals-file", "AuthorizedPrincipalsFile %s: %s", path, reason);
	return result;
}

/* TrustedUserCAKeys is the operator's: it is read as we are. */
static void
search_authorities(struct search *search)
{
	const struct settings *settings = search->question->settings;
	const char *path = settings_text(settings, KEYWORD_TrustedUserCAKeys);
	const char *principals_file = settings_text(settings, KEYWORD_AuthorizedPrincipalsFile);
	const bool has_command = keycommand_is_set(settings, KEYCOMMAND_PRINCIPALS);
	OWNED_BUF file, principals;

	buf_init(&file, KEYFILES_FILE_MAX);
	buf_init(&principals, PRINCIPALS_FILE_MAX);
	if (path == NULL)
		return;
	if (fd_read_path(path, KEYFILES_FILE_MAX, &file) != RESULT_OK) {
		log_error("authorities", "TrustedUserCAKeys %s cannot be read", path);
		return;
	}
	text_quote(bytes_of_text(path), search->where, sizeof(search->where));
	search->asks_for_principals = principals_file != NULL || has_command;
	if (principals_file != NULL &&
	    read_principals(search, principals_file, &principals) != RESULT_OK) {
		buf_reset(&principals);
		if (!has_command)
			return;
	}
	search->principals_file = buf_bytes(&principals);
	buf_init(&search->principals_printed, PRINCIPALS_FILE_MAX);
	search->is_authority_file = true;
	search_lines(search, buf_bytes(&file));
	search->is_authority_file = false;
	buf_clear(&search->principals_printed);
	search->principals_file = bytes_of(NULL, 0);
}

/* What is wrong with a key whoever has it; NULL: nothing. */
static const char *
fault_of(const struct settings *settings, struct bytes blob)
{
	CLEANUP(key_freep) struct key *key = NULL;

	if (key_from_blob(blob, &key) != RESULT_OK)
		return "the key is broken or of no kind that we have";
	if (strcmp(key_type(key), "ssh-rsa") == 0 &&
	    key_bits(key) < settings_number(settings, KEYWORD_RequiredRSASize))
		return "the key has fewer bits than RequiredRSASize asks for";
	return NULL;
}

void
publickey_answer_clear(struct publickey_answer *answer)
{
	permissions_clear(&answer->permissions);
}

/* RevokedKeys: a file that cannot be read might have named the key, so it names all. */
static const char *
revocation_of(const struct publickey_question *question)
{
	const struct certificate *certificate = question->certificate;
	const struct krl_subject subject = {
		.key = certificate == NULL ? question->key_blob : key_blob(certificate->subject),
		.certificate = certificate,
	};

	for (size_t i = 0; i < settings_count(question->settings, KEYWORD_RevokedKeys); i++) {
		const char *path = settings_word(question->settings, KEYWORD_RevokedKeys, i);
		OWNED_BUF file;
		enum result result;

		buf_init(&file, KEYFILES_FILE_MAX);
		result = fd_read_path(path, KEYFILES_FILE_MAX, &file);
		if (result == RESULT_OK)
			result = krl_check(buf_bytes(&file), &subject);
		if (result == RESULT_DENIED)
			return "it is revoked (RevokedKeys)";
		if (result != RESULT_OK) {
			log_error("revoked-keys",
			    "RevokedKeys %s: %s; no key logs in until it can be read", path,
			    result_text(result));
			return "a file of RevokedKeys cannot be read, so every key may be revoked";
		}
	}
	return NULL;
}

/* Of a certificate both keys are looked at. */
static const char *
fault_of_question(const struct publickey_question *question)
{
	const struct certificate *certificate = question->certificate;
	const char *fault;

	fault = revocation_of(question);
	if (fault != NULL)
		return fault;
	if (certificate == NULL)
		return fault_of(question->settings, question->key_blob);
	fault = fault_of(question->settings, key_blob(certificate->subject));
	return fault != NULL ? fault
			     : fault_of(question->settings, key_blob(certificate->authority));
}

static void
search_command(struct search *search)
{
	OWNED_BUF output;

	buf_init(&output, KEYCOMMAND_OUTPUT_MAX);
	if (run_command(search->question, KEYCOMMAND_KEYS, &output) != RESULT_OK)
		return;
	snprintf(search->where, sizeof(search->where), "AuthorizedKeysCommand");
	search_lines(search, buf_bytes(&output));
}

static void
search_all(struct search *search)
{
	const struct settings *settings = search->question->settings;
	const size_t count = settings_count(settings, KEYWORD_AuthorizedKeysFile);

	if (search->question->certificate != NULL)
		search_authorities(search);
	if (search->answer->result != RESULT_OK)
		search_command(search);
	for (size_t i = 0; i < count && search->answer->result != RESULT_OK; i++)
		search_file(search, settings_word(settings, KEYWORD_AuthorizedKeysFile, i));
}

void
publickey_find(const struct publickey_question *question, struct publickey_answer *answer)
{
	const struct certificate *certificate = question->certificate;
	struct search search = {
		.question = question,
		.answer = answer,
		.account = question->account == NULL ? &nobody : question->account,
		.wanted =
		    certificate == NULL ? question->key_blob : key_blob(certificate->authority),
		.now = time_of(question->now_s),
	};
	const char *fault = fault_of_question(question);

	*answer = (struct publickey_answer){ .result = RESULT_NOT_FOUND };
	snprintf(answer->reason, sizeof(answer->reason), "%s",
	    certificate == NULL
		? "the key is in none of the files of AuthorizedKeysFile"
		: "the certificate's authority is neither in TrustedUserCAKeys nor in "
		  "the files of AuthorizedKeysFile");
	if (fault != NULL) {
		answer->result = RESULT_DENIED;
		snprintf(answer->reason, sizeof(answer->reason), "%s", fault);
		return;
	}
	search_all(&search);
	if (answer->result == RESULT_OK)
		answer->reason[0] = '\0';
	assert(answer->result != RESULT_OK || question->account != NULL);
}
