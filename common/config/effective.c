/* SPDX-License-Identifier: ISC */
/*
 * From what was said to what is in force: the first value wins or lists grow, then defaults fill what
 * is left; and asking for it (pure).
 */
#include "common/config/effective.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "common/config/algorithms.h"
#include "common/config/directives.h"
#include "common/mem.h"

/* --- Merging ------------------------------------------------------------------------------------ */

static bool
is_of_command_line(const struct value *value)
{
	return value->origin.line == 0;
}

static enum result
copy_value(const struct value *from, struct value *to)
{
	*to = *from;
	to->text = NULL;
	to->words = NULL;
	to->count = 0;
	if (from->text != NULL)
		TRY(mem_text(bytes_of_text(from->text), &to->text));
	return from->count == 0 ? RESULT_OK : value_append(to, from);
}

static bool
has_name(const struct value *value, const char *name)
{
	for (size_t i = 0; i + 1 < value->count; i += 2) {
		if (strcmp(value->words[i], name) == 0)
			return true;
	}
	return false;
}

/* A line that says nothing of the time leaves it to another one: sshd has two values there. */
static void
merge_rekey(struct value *into, const struct value *later)
{
	if (into->has_rekey_time || !later->has_rekey_time)
		return;
	into->rekey.seconds = later->rekey.seconds;
	into->has_rekey_time = true;
}

static enum result
merge(struct value *into, enum keyword_merge how, const struct value *value)
{
	if (!into->is_set)
		return copy_value(value, into);
	switch (how) {
	case KEYWORD_MERGE_FIRST:
		return RESULT_OK;
	case KEYWORD_MERGE_APPEND:
		return value_append(into, value);
	case KEYWORD_MERGE_BY_NAME:
		return has_name(into, value->words[0]) ? RESULT_OK : value_append(into, value);
	case KEYWORD_MERGE_BY_PART:
		penalty_words_merge(&into->penalties, &value->penalties);
		merge_rekey(into, value);
		return RESULT_OK;
	case KEYWORD_MERGE_FLAG_HIDES:
		if (is_of_command_line(into) && !is_of_command_line(value))
			return RESULT_OK;
		return value_append(into, value);
	}
	return RESULT_UNSUPPORTED;
}

/* Adds to `into` the names of `from` that it has not. */
static enum result
keep_other_names(struct value *into, const struct value *from)
{
	for (size_t i = 0; i + 1 < from->count; i += 2) {
		const struct value pair = { .words = from->words + i, .count = 2 };

		if (!has_name(into, from->words[i]))
			TRY(value_append(into, &pair));
	}
	return RESULT_OK;
}

/* --- Defaults ----------------------------------------------------------------------------------- */

static enum result
set_default(enum keyword keyword, struct value *value)
{
	const struct keyword_row *row = keyword_row(keyword);
	CLEANUP(lex_line_clear) struct lex_line line = { 0 };
	char text[1024], why_not[VALUE_WHY_MAX];
	const char *why;

	if (keyword_is_absent(row) || row->fallback == NULL)
		return RESULT_OK;
	/* An empty list of algorithms is the default one. */
	if (row->type == KEYWORD_TYPE_ALGORITHMS)
		snprintf(text, sizeof(text), "%s \"%s\"", row->name, row->fallback);
	else
		snprintf(text, sizeof(text), "%s %s", row->name, row->fallback);
	TRY(lex_line(bytes_of_text(text), &line, &why));
	TRY(value_parse(keyword, &line, value, why_not));
	value->origin = (struct setting_origin){ "default", 0 };
	return RESULT_OK;
}

/* Settings outlive the configuration: the names of its files come along. */
static enum result
keep_names(struct settings *settings)
{
	for (size_t i = 0; i < KEYWORD_COUNT; i++) {
		struct setting_origin *origin = &settings->values[i].origin;

		if (origin->file == NULL)
			origin->file = "default";
		TRY(mem_text(bytes_of_text(origin->file), &settings->files[i]));
		origin->file = settings->files[i];
	}
	return RESULT_OK;
}

/* What is said outside of blocks, and in those that hold for everybody, in the order in which it is said. */
static enum result
fill_global(const struct config *config, struct settings *settings)
{
	const struct directive *directive;

	STAILQ_FOREACH (directive, &config->directives, link) {
		if (match_holds(directive->block, NULL))
			TRY(merge(&settings->values[directive->keyword],
			    keyword_row(directive->keyword)->merge, &directive->value));
	}
	return RESULT_OK;
}

/* Among the blocks that hold the first word counts; together they take the place of what is said outside, but
 * for what has names of its own. */
static enum result
override(struct value *value, enum keyword_merge how, struct value *by)
{
	if (!by->is_set)
		return RESULT_OK;
	if (how == KEYWORD_MERGE_BY_NAME && value->is_set)
		TRY(keep_other_names(by, value));
	if (how == KEYWORD_MERGE_BY_PART)
		merge_rekey(by, value);
	value_clear(value);
	*value = *by;
	*by = (struct value){ 0 };
	return RESULT_OK;
}

/* Whose blocks count: those that hold for a subject, or one block and what it is in. */
struct choice {
	const struct config_subject *subject;
	const struct match_block *block; /* NULL: the subject's */
};

static bool
counts(const struct match_block *block, const struct choice *choice)
{
	const struct match_block *at = choice->block;

	if (at == NULL)
		return match_holds(block, choice->subject);
	while (at != NULL && at != block)
		at = at->outer;
	return at != NULL || match_holds(block, NULL);
}

static enum result
fill_by_blocks(const struct config *config, const struct choice *choice, struct settings *settings)
{
	CLEANUP(settings_freep) struct settings *blocks = NULL;
	const struct directive *directive;

	TRY(mem_new(1, sizeof(*blocks), (void **)&blocks));
	STAILQ_FOREACH (directive, &config->directives, link) {
		if (directive->block != NULL && counts(directive->block, choice))
			TRY(merge(&blocks->values[directive->keyword],
			    keyword_row(directive->keyword)->merge, &directive->value));
	}
	for (size_t i = 0; i < KEYWORD_COUNT; i++)
		TRY(override(
		    &settings->values[i], keyword_row((enum keyword)i)->merge, &blocks->values[i]));
	return RESULT_OK;
}

static enum result
fill(const struct config *config, const struct choice *choice, struct settings *settings)
{
	TRY(fill_global(config, settings));
	if (choice->subject != NULL || choice->block != NULL)
		TRY(fill_by_blocks(config, choice, settings));
	for (size_t i = 0; i < KEYWORD_COUNT; i++) {
		if (!settings->values[i].is_set)
			TRY(set_default((enum keyword)i, &settings->values[i]));
	}
	return keep_names(settings);
}

/* Names that were taken because nothing goes by them, until something does. */
static enum result
check_doubts(const struct settings *settings, struct buf *errors)
{
	const struct value *value = &settings->values[KEYWORD_GSSAPIKexAlgorithms];
	char why[VALUE_WHY_MAX] = "";
	char *resolved = NULL;
	enum result result;

	if (!value->is_doubtful || settings->values[KEYWORD_GSSAPIKeyExchange].number == 0)
		return RESULT_OK;
	result = algorithms_resolve(KEYWORD_GSSAPIKexAlgorithms, value->text, &resolved, why);
	free(resolved);
	if (result != RESULT_MALFORMED)
		return result;
	config_report(errors, &value->origin, "GSSAPIKexAlgorithms: %s", why);
	return RESULT_CONFIG;
}

static enum result
make_settings(const struct config *config, const struct choice *choice, struct settings **out,
    struct buf *errors)
{
	CLEANUP(settings_freep) struct settings *settings = NULL;
	enum result result;

	TRY(mem_new(1, sizeof(*settings), (void **)&settings));
	result = fill(config, choice, settings);
	if (result == RESULT_LIMIT) {
		(void)!buf_append(
		    errors, bytes_of_text("a list of the configuration is too long\n"));
		return RESULT_CONFIG;
	}
	TRY(result);
	TRY(check_doubts(settings, errors));
	*out = TAKE(settings);
	return RESULT_OK;
}

enum result
config_effective(const struct config *config, const struct config_subject *subject,
    struct settings **out, struct buf *errors)
{
	const struct choice choice = { .subject = subject };

	return make_settings(config, &choice, out, errors);
}

enum result
config_each_block(
    const struct config *config, config_settings_visitor *visit, void *context, struct buf *errors)
{
	struct choice choice = { .block = STAILQ_FIRST(&config->blocks) };
	struct config_block seen = { 0 };

	for (; choice.block != NULL; choice.block = STAILQ_NEXT(choice.block, link)) {
		CLEANUP(settings_freep) struct settings *settings = NULL;

		TRY(make_settings(config, &choice, &settings, errors));
		match_describe(choice.block, seen.asks_for, sizeof(seen.asks_for));
		seen.origin = choice.block->origin;
		visit(context, &seen, settings);
	}
	return RESULT_OK;
}

void
settings_free(struct settings *settings)
{
	if (settings == NULL)
		return;
	for (size_t i = 0; i < KEYWORD_COUNT; i++) {
		value_clear(&settings->values[i]);
		free(settings->files[i]);
	}
	free(settings);
}

void
settings_freep(struct settings **settings)
{
	settings_free(*settings);
}

/* --- Asking ------------------------------------------------------------------------------------- */

static const struct value *
value_of(const struct settings *settings, enum keyword keyword)
{
	assert((unsigned)keyword < KEYWORD_COUNT);
	return &settings->values[keyword];
}

static bool
is_type(enum keyword keyword, unsigned types)
{
	return (types & (1U << keyword_row(keyword)->type)) != 0;
}

#define TYPE(name) (1U << KEYWORD_TYPE_##name)

bool
settings_flag(const struct settings *settings, enum keyword keyword)
{
	assert(is_type(keyword, TYPE(FLAG)));
	return value_of(settings, keyword)->number != 0;
}

int64_t
settings_number(const struct settings *settings, enum keyword keyword)
{
	assert(is_type(keyword,
	    TYPE(NUMBER) | TYPE(LIMIT) | TYPE(TIME) | TYPE(SIZE) | TYPE(OCTAL) | TYPE(CHOICE)));
	return value_of(settings, keyword)->number;
}

const char *
settings_text(const struct settings *settings, enum keyword keyword)
{
	assert(is_type(
	    keyword, TYPE(WORD) | TYPE(ADDRESSES) | TYPE(PATH) | TYPE(RAW) | TYPE(ALGORITHMS)));
	return value_of(settings, keyword)->text;
}

size_t
settings_count(const struct settings *settings, enum keyword keyword)
{
	assert(is_type(keyword, TYPE(WORDS) | TYPE(PATHS) | TYPE(PORTS) | TYPE(LISTEN)));
	return value_of(settings, keyword)->count;
}

const char *
settings_word(const struct settings *settings, enum keyword keyword, size_t i)
{
	assert(i < settings_count(settings, keyword));
	return value_of(settings, keyword)->words[i];
}

struct settings_startups
settings_startups(const struct settings *settings, enum keyword keyword)
{
	assert(is_type(keyword, TYPE(STARTUPS)));
	return value_of(settings, keyword)->startups;
}

struct settings_net_block
settings_net_block(const struct settings *settings, enum keyword keyword)
{
	assert(is_type(keyword, TYPE(NET_BLOCK)));
	return value_of(settings, keyword)->net_block;
}

struct settings_penalties
settings_penalties(const struct settings *settings, enum keyword keyword)
{
	assert(is_type(keyword, TYPE(PENALTIES)));
	return penalty_words_resolve(&value_of(settings, keyword)->penalties);
}

struct settings_rekey
settings_rekey(const struct settings *settings, enum keyword keyword)
{
	assert(is_type(keyword, TYPE(REKEY)));
	return value_of(settings, keyword)->rekey;
}

struct settings_qos
settings_qos(const struct settings *settings, enum keyword keyword)
{
	assert(is_type(keyword, TYPE(QOS)));
	return value_of(settings, keyword)->qos;
}

const char *
settings_subsystem(const struct settings *settings, const char *name)
{
	const struct value *value = value_of(settings, KEYWORD_Subsystem);

	for (size_t i = 0; i + 1 < value->count; i += 2) {
		if (strcmp(value->words[i], name) == 0)
			return value->words[i + 1];
	}
	return NULL;
}

const char *
settings_name(enum keyword keyword)
{
	return keyword_row(keyword)->name;
}

struct setting_origin
settings_origin(const struct settings *settings, enum keyword keyword)
{
	return value_of(settings, keyword)->origin;
}

/* The first `most` words of each line, of which a text is one. */
static void
visit_words(const struct config *config, enum keyword keyword, size_t most, config_visitor *visit,
    void *context)
{
	const struct directive *directive;

	STAILQ_FOREACH (directive, &config->directives, link) {
		const struct value *value = &directive->value;

		if (directive->keyword != keyword)
			continue;
		if (value->text != NULL)
			visit(context, value->text, &value->origin);
		for (size_t i = 0; i < value->count && i + (value->text != NULL) < most; i++)
			visit(context, value->words[i], &value->origin);
	}
}

void
config_each_word(
    const struct config *config, enum keyword keyword, config_visitor *visit, void *context)
{
	visit_words(config, keyword, 1, visit, context);
}

void
config_every_word(
    const struct config *config, enum keyword keyword, config_visitor *visit, void *context)
{
	visit_words(config, keyword, SIZE_MAX, visit, context);
}

bool
config_ever_says_yes(const struct config *config, enum keyword keyword)
{
	const struct directive *directive;

	STAILQ_FOREACH (directive, &config->directives, link) {
		if (directive->keyword == keyword && directive->value.number != 0)
			return true;
	}
	return false;
}
