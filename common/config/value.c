/* SPDX-License-Identifier: ISC */
/*
 * Typed values: texts and lists, and the door to all readers (pure).
 */
#include "common/config/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "common/addr.h"
#include "common/config/algorithms.h"
#include "common/config/methods.h"
#include "common/config/qos.h"
#include "common/config/value_check.h"
#include "common/config/value_number.h"
#include "common/config/value_only.h"
#include "common/mem.h"
#include "common/text.h"

/* --- Readers of one word ------------------------------------------------------------------------ */

enum result
value_wrong(const char *word, const char *right, char *why)
{
	char quoted[128];

	text_quote(bytes_of_text(word), quoted, sizeof(quoted));
	snprintf(why, VALUE_WHY_MAX, "\"%s\" is not valid; it must be %s", quoted, right);
	return RESULT_MALFORMED;
}

static enum result
read_addresses(const char *word, struct value *out, char *why)
{
	if (strcasecmp(word, "none") == 0)
		return RESULT_OK;
	if (addr_list_check(bytes_of_text(word)) != RESULT_OK)
		return value_wrong(word,
		    "none, or a list of addresses, networks (address/bits) or patterns, with "
		    "commas between them",
		    why);
	return mem_text(bytes_of_text(word), &out->text);
}

/* --- Readers of lines --------------------------------------------------------------------------- */

static enum result
keep_text(const char *word, struct value *out)
{
	return mem_text(bytes_of_text(word), &out->text);
}

static enum result
keep_words(const struct lex_line *line, struct value *out)
{
	TRY(mem_new(line->count + 1, sizeof(char *), (void **)&out->words));
	for (size_t i = 0; i < line->count; i++) {
		TRY(mem_text(bytes_of_text(line->words[i]), &out->words[i]));
		out->count++;
	}
	return RESULT_OK;
}

/* NAME and the rest of the line; words that need it are quoted again. */
static enum result
read_subsystem(const struct lex_line *line, struct value *out, char *why)
{
	OWNED_BUF command;

	buf_init(&command, 65536);
	if (line->count < 2) {
		snprintf(why, VALUE_WHY_MAX, "a name and a command are needed");
		return RESULT_MALFORMED;
	}
	TRY(value_check_subsystem(line, why));
	for (size_t i = 1; i < line->count; i++) {
		if (i > 1)
			TRY(buf_append(&command, bytes_of_text(" ")));
		TRY(lex_put_word(&command, line->words[i]));
	}
	TRY(mem_new(3, sizeof(char *), (void **)&out->words));
	out->count = 2;
	TRY(mem_text(bytes_of_text(line->words[0]), &out->words[0]));
	return mem_text(buf_bytes(&command), &out->words[1]);
}

static enum result
check_one_word(const struct lex_line *line, char *why)
{
	if (line->count == 1)
		return RESULT_OK;
	snprintf(why, VALUE_WHY_MAX, "one value is expected, there are %zu", line->count);
	return RESULT_MALFORMED;
}

static bool
takes_many(enum keyword_type type)
{
	return type == KEYWORD_TYPE_WORDS || type == KEYWORD_TYPE_PATHS ||
	       type == KEYWORD_TYPE_SUBSYSTEM || type == KEYWORD_TYPE_RAW ||
	       type == KEYWORD_TYPE_PENALTIES || type == KEYWORD_TYPE_REKEY ||
	       type == KEYWORD_TYPE_QOS;
}

/* To these lists "none" is a name like others: nobody's, as a rule. */
static bool
is_list_of_names(enum keyword keyword)
{
	return keyword == KEYWORD_AllowUsers || keyword == KEYWORD_DenyUsers ||
	       keyword == KEYWORD_AllowGroups || keyword == KEYWORD_DenyGroups;
}

static enum result
read_text(enum keyword keyword, const struct lex_line *line, struct value *out, char *why)
{
	const char *word = line->words[0];

	TRY(value_check_text(keyword, word, why));
	/* Of patterns of names "none" is one. */
	if (value_is_none(line) && keyword != KEYWORD_PermitUserEnvironment)
		return RESULT_OK;
	return keep_text(word, out);
}

/* A "none" among other words would be lost when the settings are printed and read again. */
static enum result
read_words(const struct lex_line *line, struct value *out, char *why)
{
	if (value_is_none(line))
		return RESULT_OK;
	for (size_t i = 0; i < line->count; i++) {
		if (strcasecmp(line->words[i], "none") != 0)
			continue;
		snprintf(why, VALUE_WHY_MAX, "\"none\" stands alone or not at all");
		return RESULT_MALFORMED;
	}
	return keep_words(line, out);
}

/* A port alone is of every address, and printed so. */
static enum result
complete_places(struct value *value)
{
	for (size_t i = 0; i < value->count; i++) {
		char text[16], *word = value->words[i];

		if (strchr(word, ':') != NULL || strcmp(word, "any") == 0)
			continue;
		snprintf(text, sizeof(text), "*:%s", word);
		TRY(mem_text(bytes_of_text(text), &value->words[i]));
		free(word);
	}
	return RESULT_OK;
}

static enum result
read_list(enum keyword keyword, const struct lex_line *line, struct value *out, char *why)
{
	if (keyword == KEYWORD_AuthenticationMethods) {
		TRY(methods_check(line, why));
		return keep_words(line, out);
	}
	TRY(value_check_words(keyword, line, why));
	if (is_list_of_names(keyword))
		return keep_words(line, out);
	TRY(read_words(line, out, why));
	return keyword == KEYWORD_PermitListen ? complete_places(out) : RESULT_OK;
}

/*
 * Files that others write name exchanges that we do not have beside `GSSAPIKeyExchange no`. While that is off nothing goes
 * by the names; effective.c refuses them where it is on.
 */
static enum result
read_gss_kex(const struct keyword_row *row, const char *word, struct value *out, char *why)
{
	char *end;
	size_t used;

	if (!keyword_is_absent(row)) {
		enum result result =
		    algorithms_resolve(KEYWORD_GSSAPIKexAlgorithms, word, &out->text, why);

		if (result != RESULT_MALFORMED)
			return result;
		used = strlen(why);
		end = why + used;
		snprintf(end, VALUE_WHY_MAX - used,
		    "; that does not matter while GSSAPIKeyExchange is no");
	} else {
		snprintf(
		    why, VALUE_WHY_MAX, "%s, so the line says nothing", value_why_not_more(row));
	}
	out->is_doubtful = true;
	return keep_text(word, out);
}

static enum result
read_typed(enum keyword keyword, const struct lex_line *line, struct value *out, char *why)
{
	const struct keyword_row *row = keyword_row(keyword);
	const char *word = line->count > 0 ? line->words[0] : "";

	switch (row->type) {
	case KEYWORD_TYPE_FLAG:
	case KEYWORD_TYPE_CHOICE:
	case KEYWORD_TYPE_NUMBER:
	case KEYWORD_TYPE_LIMIT:
	case KEYWORD_TYPE_TIME:
	case KEYWORD_TYPE_SIZE:
	case KEYWORD_TYPE_OCTAL:
	case KEYWORD_TYPE_STARTUPS:
	case KEYWORD_TYPE_NET_BLOCK:
	case KEYWORD_TYPE_REKEY:
		return value_number_read(keyword, line, out, why);
	case KEYWORD_TYPE_PENALTIES:
		return penalty_words_parse(line, &out->penalties, why);
	case KEYWORD_TYPE_ADDRESSES:
		return read_addresses(word, out, why);
	case KEYWORD_TYPE_QOS:
		return qos_parse(line, &out->qos, why);
	case KEYWORD_TYPE_ALGORITHMS:
		if (keyword == KEYWORD_GSSAPIKexAlgorithms)
			return read_gss_kex(row, word, out, why);
		return algorithms_resolve(keyword, word, &out->text, why);
	case KEYWORD_TYPE_WORD:
	case KEYWORD_TYPE_PATH:
		return read_text(keyword, line, out, why);
	case KEYWORD_TYPE_RAW:
		if (value_is_none(line))
			return RESULT_OK;
		if (keyword == KEYWORD_VersionAddendum)
			TRY(value_check_addendum(line->raw, why));
		TRY(mem_text(line->raw, &out->text));
		return value_check_command(keyword, out->text, why);
	case KEYWORD_TYPE_PORTS:
		TRY(value_check_ports(line, why));
		return keep_words(line, out);
	case KEYWORD_TYPE_LISTEN:
		if (keyword == KEYWORD_CallHome && value_is_none(line))
			return RESULT_OK;
		TRY(value_check_listen(line, why));
		return keep_words(line, out);
	case KEYWORD_TYPE_WORDS:
		return read_list(keyword, line, out, why);
	case KEYWORD_TYPE_PATHS:
		return read_words(line, out, why);
	case KEYWORD_TYPE_SUBSYSTEM:
		return read_subsystem(line, out, why);
	}
	return RESULT_UNSUPPORTED;
}

/* --- The door ----------------------------------------------------------------------------------- */

static enum result
parse(enum keyword keyword, const struct lex_line *line, struct value *out, char *why)
{
	const struct keyword_row *row = keyword_row(keyword);

	if (keyword_is_absent(row) && keyword != KEYWORD_GSSAPIKexAlgorithms) {
		snprintf(why, VALUE_WHY_MAX, "%s; remove the line", value_why_not_more(row));
		return RESULT_MALFORMED;
	}
	if (line->count == 0) {
		snprintf(why, VALUE_WHY_MAX, "there is no value behind the keyword");
		return RESULT_MALFORMED;
	}
	if (row->only != NULL)
		return value_only_read(row, line, out, why);
	if (!takes_many(row->type))
		TRY(check_one_word(line, why));
	return read_typed(keyword, line, out, why);
}

enum result
value_parse(enum keyword keyword, const struct lex_line *line, struct value *out, char *why)
{
	enum result result;

	*out = (struct value){ .is_set = true };
	snprintf(why, VALUE_WHY_MAX, "the value is not valid");
	result = parse(keyword, line, out, why);
	if (result != RESULT_OK)
		value_clear(out);
	else if (!out->is_doubtful)
		why[0] = '\0';
	return result;
}

void
value_clear(struct value *value)
{
	for (size_t i = 0; i < value->count; i++)
		free(value->words[i]);
	free(value->words);
	free(value->text);
	*value = (struct value){ 0 };
}

enum result
value_append(struct value *value, const struct value *more)
{
	size_t count = value->count + more->count;
	char **words;

	if (count > VALUE_WORDS_MAX)
		return RESULT_LIMIT;
	words = realloc(value->words, (count + 1) * sizeof(*words));
	if (words == NULL)
		return RESULT_MEMORY;
	value->words = words;
	for (size_t i = 0; i < more->count; i++) {
		TRY(mem_text(bytes_of_text(more->words[i]), &words[value->count]));
		value->count++;
	}
	return RESULT_OK;
}
