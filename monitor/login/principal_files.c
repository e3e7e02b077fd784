/* SPDX-License-Identifier: ISC */
/*
 * Where names of certificates stand (edge).
 */
#include "monitor/login/principal_files.h"

#include <stdio.h>

#include "common/log.h"
#include "common/text.h"
#include "monitor/login/keycommand.h"
#include "monitor/login/keyfiles.h"

bool
principal_files_are_set(const struct settings *settings)
{
	return settings_text(settings, KEYWORD_AuthorizedPrincipalsFile) != NULL ||
	       keycommand_is_set(settings, KEYCOMMAND_PRINCIPALS);
}

static void
search_text(const struct certificate *certificate, struct principal_files_answer *answer)
{
	struct principals_refused refused;

	answer->is_found =
	    principals_find(buf_bytes(&answer->text), certificate, &answer->line, &refused);
	if (refused.count > 0)
		log_verbose("principals-line-refused", "%s: %u lines name nobody; line %u: %s",
		    answer->where, refused.count, refused.first, refused.reason);
}

static void
search_file(const struct publickey_question *question, const struct account *account,
    const char *pattern, struct principal_files_answer *answer)
{
	char path[KEYFILES_PATH_MAX], reason[KEYFILES_REASON_MAX];
	const struct keyfiles_question file = {
		.account = account,
		.path = path,
		.is_root = question->is_root,
		.is_strict = settings_flag(question->settings, KEYWORD_StrictModes),
	};

	text_quote(bytes_of_text(pattern), answer->where, sizeof(answer->where));
	if (keyfiles_path(pattern, account, path) != RESULT_OK) {
		log_verbose("principals-file",
		    "AuthorizedPrincipalsFile %s: the name cannot be expanded", answer->where);
		return;
	}
	text_quote(bytes_of_text(path), answer->where, sizeof(answer->where));
	if (keyfiles_read(&file, &answer->text, reason) != RESULT_OK) {
		log_verbose(
		    "principals-file", "AuthorizedPrincipalsFile %s: %s", answer->where, reason);
		return;
	}
	search_text(question->certificate, answer);
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
		search_text(question->certificate, answer);
}

void
principal_files_find(const struct publickey_question *question, const struct account *account,
    struct principal_files_answer *answer)
{
	const char *pattern = settings_text(question->settings, KEYWORD_AuthorizedPrincipalsFile);

	*answer = (struct principal_files_answer){ 0 };
	buf_init(&answer->text, PRINCIPALS_TEXT_MAX);
	if (pattern != NULL)
		search_file(question, account, pattern, answer);
	if (!answer->is_found)
		search_command(question, answer);
}

void
principal_files_clear(struct principal_files_answer *answer)
{
	buf_clear(&answer->text);
}
