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
#include "common/mem.h"
#include "common/text.h"

#define COMMAND_LINE "command-line"

enum result
config_new(struct config **out)
{
	TRY(mem_new(1, sizeof(**out), (void **)out));
	STAILQ_INIT(&(*out)->directives);
	STAILQ_INIT(&(*out)->files);
	return RESULT_OK;
}

void
config_free(struct config *config)
{
	struct directive *directive;
	struct file_name *file;

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
	free(config);
}

void
config_freep(struct config **config)
{
	config_free(*config);
}

/* --- Errors ------------------------------------------------------------------------------------- */

static void report(struct buf *errors, const struct setting_origin *origin, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* One line; what does not fit is not reported, the result says enough. */
static void
report(struct buf *errors, const struct setting_origin *origin, const char *format, ...)
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

static void
report_unknown(struct buf *errors, const struct setting_origin *origin, struct bytes keyword)
{
	const char *suggestion = keyword_suggest(keyword);
	char quoted[128];

	text_quote(keyword, quoted, sizeof(quoted));
	if (suggestion != NULL)
		report(errors, origin, "%s: there is no such keyword; is %s meant?", quoted,
		    suggestion);
	else
		report(errors, origin, "%s: there is no such keyword", quoted);
}

/* --- Lines -------------------------------------------------------------------------------------- */

static bool
is_keyword(struct bytes word, const char *name)
{
	return word.size == strlen(name) &&
	       strncasecmp((const char *)word.data, name, word.size) == 0;
}

/* Files that need these are not read at all: half of a configuration would be another one. */
static bool
is_structure(struct bytes keyword)
{
	return is_keyword(keyword, "Match") || is_keyword(keyword, "Include");
}

static enum result
keep(struct config *config, enum keyword keyword, const struct setting_origin *origin,
    const struct lex_line *line, char *why)
{
	struct directive *directive;
	enum result result;

	TRY(mem_new(1, sizeof(*directive), (void **)&directive));
	directive->keyword = keyword;
	result = value_parse(keyword, line, &directive->value, why);
	if (result != RESULT_OK) {
		free(directive);
		return result;
	}
	directive->value.origin = *origin;
	STAILQ_INSERT_TAIL(&config->directives, directive, link);
	return RESULT_OK;
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
		report(errors, origin, "%s", why);
		return RESULT_CONFIG;
	}
	TRY(result);
	if (line.keyword.size == 0 && line.raw.size == 0)
		return RESULT_OK;
	if (is_structure(line.keyword)) {
		report(errors, origin, "%.*s: this version does not support it yet; remove it",
		    (int)line.keyword.size, (const char *)line.keyword.data);
		return RESULT_CONFIG;
	}
	if (!keyword_find(line.keyword, &keyword)) {
		report_unknown(errors, origin, line.keyword);
		return RESULT_CONFIG;
	}
	result = keep(config, keyword, origin, &line, why_not);
	if (result != RESULT_MALFORMED)
		return result;
	report(errors, origin, "%s: %s", keyword_row(keyword)->name, why_not);
	return RESULT_CONFIG;
}

enum result
config_option(struct config *config, const char *text, struct buf *errors)
{
	const struct setting_origin origin = { COMMAND_LINE, 0 };

	if (strpbrk(text, "\n") != NULL) {
		report(errors, &origin, "an option is one line");
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

	TRY(keep_file_name(config, file, &origin.file));
	if (contents.size > CONFIG_FILE_MAX) {
		report(errors, &origin, "the file has more than %d bytes", CONFIG_FILE_MAX);
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
	return result;
}
