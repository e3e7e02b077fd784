/* SPDX-License-Identifier: ISC */
/*
 * Where names of certificates stand (edge).
 */
#include "monitor/keys/principal_files.h"

#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/text.h"
#include "monitor/keys/keycommand.h"
#include "monitor/keys/keynames.h"
#include "monitor/lines/users.h"

bool
principal_files_are_set(const struct settings *settings)
{
	return settings_text(settings, KEYWORD_AuthorizedPrincipalsFile) != NULL ||
	       keycommand_is_set(settings, KEYCOMMAND_PRINCIPALS);
}

static void
search_text(const struct publickey_question *question, struct principal_files_answer *answer)
{
	const struct foreign_rule foreign = foreign_of_settings(question->settings);
	struct principals_refused refused;

	answer->is_found = principals_find(
	    buf_bytes(&answer->text), question->certificate, &foreign, &answer->line, &refused);
	if (refused.count > 0)
		log_verbose("principals-line-refused", "%s: %u lines name nobody; line %u: %s",
		    answer->where, refused.count, refused.first, refused.reason);
}

static void
search_file(const struct publickey_question *question, const struct account *account,
    const char *path, struct principal_files_answer *answer)
{
	const struct keyfiles_question file = {
		.account = account,
		.path = path,
		.is_root = question->is_root,
		.is_strict = settings_flag(question->settings, KEYWORD_StrictModes),
	};
	char reason[KEYFILES_REASON_MAX];

	buf_reset(&answer->text);
	text_quote(bytes_of_text(path), answer->where, sizeof(answer->where));
	if (keyfiles_read(&file, &answer->text, reason) == RESULT_OK)
		search_text(question, answer);
	else
		log_verbose(
		    "principals-file", "AuthorizedPrincipalsFile %s: %s", answer->where, reason);
}

/* Where the user, and of UsersFile others with the same home, may write. */
static bool
is_in_home(const char *pattern)
{
	return pattern[0] != '/' || strstr(pattern, "%h") != NULL;
}

static void
search_files(const struct publickey_question *question, const struct account *account,
    const char *pattern, struct principal_files_answer *answer)
{
	const struct keynames_question name = {
		.account = account, .pattern = pattern, .is_root = question->is_root
	};
	CLEANUP(keynames_clear) struct keynames names = { .count = 0 };
	char reason[KEYFILES_REASON_MAX];

	if (account->virtual != NULL && is_in_home(pattern)) {
		log_verbose("principals-file",
		    "AuthorizedPrincipalsFile %s: a home of UsersFile names nobody", pattern);
		return;
	}
	if (keynames_find(&name, &names, reason) != RESULT_OK) {
		text_quote(bytes_of_text(pattern), answer->where, sizeof(answer->where));
		log_verbose(
		    "principals-file", "AuthorizedPrincipalsFile %s: %s", answer->where, reason);
	}
	for (size_t i = 0; i < names.count && !answer->is_found; i++)
		search_file(question, account, names.list[i], answer);
}

static void
search_command(const struct publickey_question *question, struct principal_files_answer *answer)
{
	const struct keycommand_question asked = {
		.kind = KEYCOMMAND_PRINCIPALS,
		.inputs = question->inputs,
		.settings = question->settings,
		.account = question->account,
		.blob = question->key_blob,
		.certificate = question->certificate,
	};

	buf_reset(&answer->text);
	snprintf(answer->where, sizeof(answer->where), "AuthorizedPrincipalsCommand");
	if (keycommand_ask(&asked, &answer->text) == RESULT_OK)
		search_text(question, answer);
}

void
principal_files_find(const struct publickey_question *question, const struct account *account,
    struct principal_files_answer *answer)
{
	const char *pattern = settings_text(question->settings, KEYWORD_AuthorizedPrincipalsFile);

	/* Until a list says otherwise the certificate must have a name that none has. */
	*answer = (struct principal_files_answer){ .line.name = bytes_of("", 0) };
	buf_init(&answer->text, PRINCIPALS_TEXT_MAX);
	if (pattern != NULL)
		search_files(question, account, pattern, answer);
	if (!answer->is_found)
		search_command(question, answer);
}

void
principal_files_clear(struct principal_files_answer *answer)
{
	buf_clear(&answer->text);
}
