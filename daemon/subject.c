/* SPDX-License-Identifier: ISC */
/*
 * For whom -T -C prints the settings (edge).
 */
#include "daemon/subject.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/text.h"

static enum result
complain(const char *word)
{
	fprintf(stderr,
	    "sallyportd: -C %s: there are user=, host=, addr=, laddr=, lport=, rdomain= and "
	    "invalid-user, with commas between them\n",
	    word);
	return RESULT_CONFIG;
}

static enum result
take_port(struct config_subject *subject, const char *text)
{
	uint64_t port;

	if (text_number(bytes_of_text(text), 65535, &port) != RESULT_OK || port == 0)
		return complain(text);
	subject->local_port = (unsigned)port;
	return RESULT_OK;
}

static enum result
take_word(struct config_subject *subject, const char *word)
{
	const struct {
		const char *name, **value;
	} texts[] = {
		{ "user=", &subject->user },
		{ "host=", &subject->host },
		{ "addr=", &subject->address },
		{ "laddr=", &subject->local_address },
		{ "rdomain=", &subject->rdomain },
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		if (strncmp(word, texts[i].name, strlen(texts[i].name)) == 0) {
			*texts[i].value = word + strlen(texts[i].name);
			return RESULT_OK;
		}
	}
	if (strncmp(word, "lport=", 6) == 0)
		return take_port(subject, word + 6);
	if (strcmp(word, "invalid-user") != 0)
		return complain(word);
	subject->is_invalid_user = true;
	return RESULT_OK;
}

/* Of no account no group is known. */
static enum result
find_groups(const struct config *config, const struct settings *global, struct subject *subject)
{
	enum result result = group_names_find(subject->subject.user,
	    settings_text(global, KEYWORD_UsersFile), config, geteuid() == 0, &subject->groups);

	subject->subject.groups = (const char *const *)subject->groups.list;
	subject->subject.group_count = subject->groups.count;
	if (result == RESULT_DENIED)
		fprintf(stderr, "sallyportd: -C user=%s: nobody can log in by this name\n",
		    subject->subject.user);
	return result == RESULT_NO_MATCH || result == RESULT_DENIED ? RESULT_OK : result;
}

enum result
subject_parse(const struct cli *cli, const struct config *config, const struct settings *global,
    struct subject *out)
{
	*out = (struct subject){ 0 };
	for (size_t i = 0; i < cli->subject_count; i++) {
		char *rest, *word;

		TRY(mem_text(bytes_of_text(cli->subjects[i]), &out->texts[i]));
		rest = out->texts[i];
		while ((word = strsep(&rest, ",")) != NULL) {
			if (*word !=
			    '\0') /* a comma too many: scripts that put lists together leave one */
				TRY(take_word(&out->subject, word));
		}
	}
	return out->subject.user == NULL ? RESULT_OK : find_groups(config, global, out);
}

void
subject_clear(struct subject *subject)
{
	for (size_t i = 0; i < COUNT(subject->texts); i++)
		free(subject->texts[i]);
	group_names_clear(&subject->groups);
	*subject = (struct subject){ 0 };
}
