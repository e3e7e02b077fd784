/* SPDX-License-Identifier: ISC */
/*
 * What was said on the command line and in files, in order: lines to typed directives, and every
 * error with its place (pure).
 */
#include "common/config/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "common/config/directives.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"

#define COMMAND_LINE "command-line"

/* Files within files. */
#define DEPTH_MAX 16

enum result
config_new(struct config **out)
{
	TRY(mem_new(1, sizeof(**out), (void **)out));
	STAILQ_INIT(&(*out)->directives);
	STAILQ_INIT(&(*out)->files);
	STAILQ_INIT(&(*out)->blocks);
	return RESULT_OK;
}

void
config_free(struct config *config)
{
	struct directive *directive;
	struct file_name *file;
	struct match_block *block;

	if (config == NULL)
		return;
	while ((directive = STAILQ_FIRST(&config->directives)) != NULL) {
		STAILQ_REMOVE_HEAD(&config->directives, link);
		value_clear(&directive->value);
		free(directive);
	}
	while ((file = STAILQ_FIRST(&config->files)) != NULL) {
		STAILQ_REMOVE_HEAD(&config->files, link);
		free(file);
	}
	while ((block = STAILQ_FIRST(&config->blocks)) != NULL) {
		STAILQ_REMOVE_HEAD(&config->blocks, link);
		match_free(block);
	}
	free(config);
}

void
config_freep(struct config **config)
{
	config_free(*config);
}

/* --- Errors ------------------------------------------------------------------------------------- */

/* One line; what does not fit is not reported, the result says enough. */
void
config_report(struct buf *errors, const struct setting_origin *origin, const char *format, ...)
{
	char text[VALUE_WHY_MAX + 256];
	char line[VALUE_WHY_MAX + 1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (origin->line > 0)
		snprintf(line, sizeof(line), "%s:%u: %s\n", origin->file, origin->line, text);
	else
		snprintf(line, sizeof(line), "%s: %s\n", origin->file, text);
	(void)!buf_append(errors, bytes_of_text(line));
}

/* What is taken all the same. */
static void
doubt(const struct setting_origin *origin, const char *keyword, const char *why)
{
	if (origin->line > 0)
		log_info("config-doubt", "%s:%u: warning: %s: %s", origin->file, origin->line,
		    keyword, why);
	else
		log_info("config-doubt", "%s: warning: %s: %s", origin->file, keyword, why);
}

static void
report_unknown(struct buf *errors, const struct setting_origin *origin, struct bytes keyword)
{
	const char *suggestion = keyword_suggest(keyword);
	char quoted[128];

	text_quote(keyword, quoted, sizeof(quoted));
	if (suggestion != NULL)
		config_report(errors, origin, "%s: there is no such keyword; is %s meant?", quoted,
		    suggestion);
	else
		config_report(errors, origin, "%s: there is no such keyword", quoted);
}

/* --- Lines -------------------------------------------------------------------------------------- */

static bool
is_keyword(struct bytes word, const char *name)
{
	return word.size == strlen(name) &&
	       strncasecmp((const char *)word.data, name, word.size) == 0;
}

static enum result
keep(struct config *config, enum keyword keyword, const struct setting_origin *origin,
    const struct lex_line *line, char *why)
{
	struct directive *directive;
	enum result result;

	TRY(mem_new(1, sizeof(*directive), (void **)&directive));
	directive->keyword = keyword;
	directive->block = config->current;
	/* A block that holds for all may say what concerns the whole server. */
	if (keyword_row(keyword)->scope == KEYWORD_SCOPE_GLOBAL)
		directive->block = NULL;
	result = value_parse(keyword, line, &directive->value, why);
	if (result != RESULT_OK) {
		free(directive);
		return result;
	}
	directive->value.origin = *origin;
	STAILQ_INSERT_TAIL(&config->directives, directive, link);
	return RESULT_OK;
}

/* --- Structure ---------------------------------------------------------------------------------- */

static enum result
begin_block(struct config *config, const struct lex_line *line, const struct setting_origin *origin,
    struct buf *errors)
{
	char why[VALUE_WHY_MAX] = "the line is not valid";
	struct match_block *block;
	enum result result = match_parse(line, config->outer, &block, why);

	if (result == RESULT_MALFORMED) {
		config_report(errors, origin, "Match: %s", why);
		return RESULT_CONFIG;
	}
	TRY(result);
	block->origin = *origin;
	STAILQ_INSERT_TAIL(&config->blocks, block, link);
	config->current = block;
	if (match_of_nobody(block) != NULL) {
		snprintf(why, sizeof(why),
		    "\"%.100s\" has exceptions only, so the block never holds; is *,%.100s meant?",
		    match_of_nobody(block), match_of_nobody(block));
		doubt(origin, "Match", why);
	}
	return RESULT_OK;
}

/* What a file says of blocks ends with it: what follows is where it was before. */
static enum result
include(struct config *config, const struct lex_line *line, const struct setting_origin *origin,
    struct buf *errors)
{
	const struct match_block *outer = config->outer, *current = config->current;
	enum result result = RESULT_OK;

	if (line->count == 0) {
		config_report(errors, origin, "Include: there is no name of a file behind it");
		return RESULT_CONFIG;
	}
	if (config->depth == DEPTH_MAX) {
		config_report(
		    errors, origin, "Include: files are included in each other %d deep", DEPTH_MAX);
		return RESULT_CONFIG;
	}
	config->depth++;
	for (size_t i = 0; i < line->count && (result == RESULT_OK || result == RESULT_CONFIG);
	     i++) {
		enum result one;

		config->outer = config->current = current;
		one = config->includer(config, line->words[i], origin, errors);
		result = one == RESULT_OK ? result : one;
	}
	config->depth--;
	config->outer = outer;
	config->current = current;
	return result;
}

static enum result
parse_structure(struct config *config, const struct lex_line *line,
    const struct setting_origin *origin, struct buf *errors)
{
	const bool is_match = is_keyword(line->keyword, "Match");

	if (origin->line == 0 || (!is_match && config->includer == NULL)) {
		config_report(errors, origin, "%.*s: it can stand in files only",
		    (int)line->keyword.size, (const char *)line->keyword.data);
		return RESULT_CONFIG;
	}
	if (is_match)
		return begin_block(config, line, origin, errors);
	return include(config, line, origin, errors);
}

/* --- A line ------------------------------------------------------------------------------------- */

/* Outside of blocks, or in one that holds for everybody. */
static bool
is_everywhere(const struct config *config)
{
	return config->current == NULL || match_holds(config->current, NULL);
}

static enum result
parse_line(struct config *config, struct bytes text, const struct setting_origin *origin,
    struct buf *errors)
{
	CLEANUP(lex_line_clear) struct lex_line line = { 0 };
	char why_not[VALUE_WHY_MAX];
	const char *why;
	enum keyword keyword;
	enum result result = lex_line(text, &line, &why);

	if (result == RESULT_MALFORMED) {
		config_report(errors, origin, "%s", why);
		return RESULT_CONFIG;
	}
	TRY(result);
	if (line.keyword.size == 0 && line.raw.size == 0)
		return RESULT_OK;
	if (is_keyword(line.keyword, "Match") || is_keyword(line.keyword, "Include"))
		return parse_structure(config, &line, origin, errors);
	if (keyword_is_gone(line.keyword)) {
		log_info("config-deprecated", "%s:%u: Deprecated option %.*s", origin->file,
		    origin->line, LOG_BYTES(line.keyword));
		return RESULT_OK;
	}
	if (!keyword_find(line.keyword, &keyword)) {
		report_unknown(errors, origin, line.keyword);
		return RESULT_CONFIG;
	}
	if (keyword_row(keyword)->scope == KEYWORD_SCOPE_GLOBAL && !is_everywhere(config)) {
		config_report(errors, origin,
		    "%s: it concerns the whole server and cannot stand in a Match block; move it "
		    "above the first Match",
		    keyword_row(keyword)->name);
		return RESULT_CONFIG;
	}
	result = keep(config, keyword, origin, &line, why_not);
	if (result == RESULT_OK && why_not[0] != '\0')
		doubt(origin, keyword_row(keyword)->name, why_not);
	if (result != RESULT_MALFORMED)
		return result;
	config_report(errors, origin, "%s: %s", keyword_row(keyword)->name, why_not);
	return RESULT_CONFIG;
}

enum result
config_option(struct config *config, const char *text, struct buf *errors)
{
	const struct setting_origin origin = { COMMAND_LINE, 0 };

	if (strpbrk(text, "\n") != NULL) {
		config_report(errors, &origin, "an option is one line");
		return RESULT_CONFIG;
	}
	return parse_line(config, bytes_of_text(text), &origin, errors);
}

/* The name lives as long as the configuration, and settings made from it copy it. */
static enum result
keep_file_name(struct config *config, const char *name, const char **out)
{
	struct file_name *file;
	size_t size = strlen(name) + 1;

	TRY(mem_new(1, sizeof(*file) + size, (void **)&file));
	memcpy(file->name, name, size);
	STAILQ_INSERT_TAIL(&config->files, file, link);
	*out = file->name;
	return RESULT_OK;
}

enum result
config_parse(struct config *config, const char *file, struct bytes contents, struct buf *errors)
{
	struct setting_origin origin = { 0 };
	enum result result = RESULT_OK;
	struct bytes line;

	config->current = config->outer;
	TRY(keep_file_name(config, file, &origin.file));
	if (contents.size > CONFIG_FILE_MAX) {
		config_report(errors, &origin, "the file has more than %d bytes", CONFIG_FILE_MAX);
		return RESULT_CONFIG;
	}
	while (text_next_line(&contents, &line)) {
		enum result line_result;

		origin.line++;
		line_result = parse_line(config, line, &origin, errors);
		if (line_result != RESULT_OK && line_result != RESULT_CONFIG)
			return line_result;
		if (line_result == RESULT_CONFIG)
			result = RESULT_CONFIG;
	}
	config->current = config->outer;
	return result;
}

bool
config_has_blocks(const struct config *config)
{
	return !STAILQ_EMPTY(&config->blocks);
}

void
config_visit_blocks(const struct config *config, const struct config_subject *subject,
    config_block_visitor *visit, void *context)
{
	struct config_block seen;
	const struct match_block *block;

	STAILQ_FOREACH (block, &config->blocks, link) {
		match_describe(block, seen.asks_for, sizeof(seen.asks_for));
		seen.origin = block->origin;
		seen.holds = match_holds(block, subject);
		visit(context, &seen);
	}
}

bool
config_asks_for_host(const struct config *config)
{
	const struct match_block *block;

	STAILQ_FOREACH (block, &config->blocks, link) {
		if (match_asks_for_host(block))
			return true;
	}
	return false;
}

bool
config_asks_for_account(const struct config *config)
{
	const struct match_block *block;

	STAILQ_FOREACH (block, &config->blocks, link) {
		if (match_asks_for_account(block))
			return true;
	}
	return false;
}
