/* SPDX-License-Identifier: ISC */
/*
 * The options of sftp-server (pure). getopt(3) keeps where it is in variables of its own, and a configuration has many
 * commands.
 */
#include "common/config/sftp_options.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/config/choices.h"
#include "common/mem.h"
#include "common/text.h"

#define INTERNAL_SFTP "internal-sftp"
#define BLANKS        " \t\r\n"

#define WITH_VALUE    "dfluPpQ"

/* The words that are left, and where the reason goes. */
struct walk {
	char *const *words;
	size_t count, at;
	char *why;
};

static enum result
refuse(const struct walk *walk, char flag, const char *value, const char *right)
{
	char quoted[96];

	text_quote(bytes_of_text(value), quoted, sizeof(quoted));
	snprintf(walk->why, SFTP_OPTIONS_WHY_MAX, "-%c \"%s\": it must be %s", flag, quoted, right);
	return RESULT_MALFORMED;
}

static enum result
take_umask(const struct walk *walk, const char *value, struct sftp_options *out)
{
	char *end;
	long number = strtol(value, &end, 8);

	if (*value < '0' || *value > '7' || *end != '\0' || number > 0777)
		return refuse(walk, 'u', value, "an octal number from 0 to 0777");
	out->umask = (int)number;
	return RESULT_OK;
}

static enum result
take_level(const struct walk *walk, const char *value, struct sftp_options *out)
{
	char names[160];

	if (log_level_find(value, &out->level))
		return RESULT_OK;
	choice_list(KEYWORD_LogLevel, names, sizeof(names));
	return refuse(walk, 'l', value, names);
}

static enum result
take_facility(const struct walk *walk, const char *value, struct sftp_options *out)
{
	char names[160];

	if (choice_find(KEYWORD_SyslogFacility, value, &out->facility))
		return RESULT_OK;
	choice_list(KEYWORD_SyslogFacility, names, sizeof(names));
	return refuse(walk, 'f', value, names);
}

static enum result
take_folder(const struct walk *walk, const char *value, struct sftp_options *out)
{
	if (value[0] == '\0' || !text_has_only_tokens(bytes_of_text(value), "uh"))
		return refuse(walk, 'd', value, "a folder, with the tokens %u, %h and %%");
	out->folder = value;
	return RESULT_OK;
}

/* Whitelists and blacklists of requests are OpenSSH's; who asks for them must not get a server without. */
static enum result
refuse_flag(const struct walk *walk, char flag)
{
	const char *hint = flag == 'p' || flag == 'P' ? "; -R permits reading only" : "";

	snprintf(walk->why, SFTP_OPTIONS_WHY_MAX,
	    "-%c is not served; the options are -e, -R, -d FOLDER, -f FACILITY, -l LEVEL and -u "
	    "UMASK%s",
	    flag > ' ' && flag <= '~' ? flag : '?', hint);
	return RESULT_MALFORMED;
}

static enum result
take_option(const struct walk *walk, char flag, const char *value, struct sftp_options *out)
{
	switch (flag) {
	case 'R':
		out->read_only = true;
		return RESULT_OK;
	case 'e':
		out->log_to_stderr = true;
		return RESULT_OK;
	case 'h':
		out->wants_usage = true;
		return RESULT_OK;
	case 'd':
		return take_folder(walk, value, out);
	case 'f':
		return take_facility(walk, value, out);
	case 'l':
		return take_level(walk, value, out);
	case 'u':
		return take_umask(walk, value, out);
	default:
		return refuse_flag(walk, flag);
	}
}

/* The rest of the word, or the next one. */
static const char *
take_value(struct walk *walk, const char *rest)
{
	if (*rest != '\0')
		return rest;
	return walk->at < walk->count ? walk->words[walk->at++] : NULL;
}

/* Letters behind one dash; the first that has a value has the rest for it. */
static enum result
take_letters(struct walk *walk, const char *letters, struct sftp_options *out)
{
	for (; *letters != '\0'; letters++) {
		const char *value;

		if (strchr(WITH_VALUE, *letters) == NULL) {
			TRY(take_option(walk, *letters, "", out));
			continue;
		}
		value = take_value(walk, letters + 1);
		if (value != NULL)
			return take_option(walk, *letters, value, out);
		snprintf(walk->why, SFTP_OPTIONS_WHY_MAX, "-%c needs a value", *letters);
		return RESULT_MALFORMED;
	}
	return RESULT_OK;
}

enum result
sftp_options_parse(char *const *words, size_t count, struct sftp_options *out, char *why)
{
	struct walk walk = { words, count, 0, why };

	*out = (struct sftp_options){ .umask = -1, .level = LOG_LEVEL_ERROR };
	(void)choice_find(KEYWORD_SyslogFacility, "AUTH", &out->facility);
	while (walk.at < count) {
		const char *word = words[walk.at++];
		char quoted[96];

		if (strcmp(word, "--") == 0)
			return RESULT_OK; /* scp -D tells us a host and a subsystem, as it tells ssh */
		if (word[0] == '-' && word[1] != '\0' && word[1] != '-') {
			TRY(take_letters(&walk, word + 1, out));
			continue;
		}
		text_quote(bytes_of_text(word), quoted, sizeof(quoted));
		snprintf(why, SFTP_OPTIONS_WHY_MAX, "\"%s\" is no option", quoted);
		return RESULT_MALFORMED;
	}
	return RESULT_OK;
}

bool
sftp_command_is_internal(const char *command)
{
	return strcspn(command, BLANKS) == strlen(INTERNAL_SFTP) &&
	       strncmp(command, INTERNAL_SFTP, strlen(INTERNAL_SFTP)) == 0;
}

enum result
sftp_command_check(const char *command, char *why)
{
	CLEANUP(lex_line_clear) struct lex_line line = { 0 };
	struct sftp_options options;
	const char *why_not;
	enum result result;

	if (!sftp_command_is_internal(command))
		return RESULT_OK;
	result = lex_words(bytes_of_text(command), &line, &why_not);
	if (result == RESULT_MALFORMED)
		snprintf(why, SFTP_OPTIONS_WHY_MAX, "%s", why_not);
	TRY(result);
	TRY(sftp_options_parse(line.words + 1, line.count - 1, &options, why));
	if (!options.wants_usage)
		return RESULT_OK;
	snprintf(why, SFTP_OPTIONS_WHY_MAX, "-h prints how it is called, and serves nothing");
	return RESULT_MALFORMED;
}
