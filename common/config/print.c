/* SPDX-License-Identifier: ISC */
/*
 * What -T prints: every setting in force as a line that the configuration would accept, keywords in
 * lower case (pure).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/config/choices.h"
#include "common/config/config.h"
#include "common/config/effective.h"
#include "common/config/qos.h"
#include "common/text.h"

static enum result
print_name(const struct keyword_row *row, struct buf *out)
{
	for (const char *at = row->name; *at != '\0'; at++) {
		const char c = text_lower(*at);

		TRY(buf_append(out, bytes_of(&c, 1)));
	}
	return RESULT_OK;
}

static enum result
print_line(const struct keyword_row *row, const char *value, struct buf *out)
{
	TRY(print_name(row, out));
	TRY(buf_append(out, bytes_of_text(" ")));
	TRY(buf_append(out, bytes_of_text(value)));
	return buf_append(out, bytes_of_text("\n"));
}

static enum result
print_word(const struct keyword_row *row, const char *word, struct buf *out)
{
	TRY(print_name(row, out));
	TRY(buf_append(out, bytes_of_text(" ")));
	TRY(lex_put_word(out, word));
	return buf_append(out, bytes_of_text("\n"));
}

/* Lists of words: one line, or one for each word where each adds. */
static enum result
print_words(const struct keyword_row *row, const struct value *value, struct buf *out)
{
	if (value->count == 0)
		return value->is_set && row->merge == KEYWORD_MERGE_FIRST
			   ? print_line(row, "none", out)
			   : RESULT_OK;
	if (row->merge != KEYWORD_MERGE_FIRST) {
		for (size_t i = 0; i < value->count; i++)
			TRY(print_word(row, value->words[i], out));
		return RESULT_OK;
	}
	TRY(print_name(row, out));
	for (size_t i = 0; i < value->count; i++) {
		TRY(buf_append(out, bytes_of_text(" ")));
		TRY(lex_put_word(out, value->words[i]));
	}
	return buf_append(out, bytes_of_text("\n"));
}

static enum result
print_subsystems(const struct keyword_row *row, const struct value *value, struct buf *out)
{
	for (size_t i = 0; i + 1 < value->count; i += 2) {
		TRY(print_name(row, out));
		TRY(buf_append(out, bytes_of_text(" ")));
		TRY(lex_put_word(out, value->words[i]));
		TRY(buf_append(out, bytes_of_text(" ")));
		TRY(buf_append(out, bytes_of_text(value->words[i + 1])));
		TRY(buf_append(out, bytes_of_text("\n")));
	}
	return RESULT_OK;
}

static enum result
print_penalties(const struct keyword_row *row, const struct value *value, struct buf *out)
{
	const struct settings_penalties penalties = penalty_words_resolve(&value->penalties);

	TRY(print_name(row, out));
	TRY(buf_append(out, bytes_of_text(" ")));
	TRY(penalties_format(&penalties, out));
	return buf_append(out, bytes_of_text("\n"));
}

static enum result
print_value(enum keyword keyword, const struct value *value, struct buf *out)
{
	const struct keyword_row *row = keyword_row(keyword);
	char text[64];

	if (keyword_is_absent(row))
		return RESULT_OK;
	if (row->only != NULL)
		return value->text == NULL ? RESULT_OK : print_line(row, value->text, out);
	switch (row->type) {
	case KEYWORD_TYPE_FLAG:
		return print_line(row, value->number != 0 ? "yes" : "no", out);
	case KEYWORD_TYPE_CHOICE:
		return print_line(row, choice_name(keyword, value->number), out);
	case KEYWORD_TYPE_TIME:
		if (value->number == 0 && strcmp(row->fallback, "none") == 0)
			return print_line(row, "none", out);
		snprintf(text, sizeof(text), "%" PRId64, value->number);
		return print_line(row, text, out);
	case KEYWORD_TYPE_NUMBER:
	case KEYWORD_TYPE_SIZE:
		snprintf(text, sizeof(text), "%" PRId64, value->number);
		return print_line(row, text, out);
	case KEYWORD_TYPE_LIMIT:
		snprintf(text, sizeof(text), "%" PRId64, value->number);
		return print_line(row, value->number == 0 ? "none" : text, out);
	case KEYWORD_TYPE_OCTAL:
		snprintf(text, sizeof(text), "0%03o", (unsigned)value->number);
		return print_line(row, text, out);
	case KEYWORD_TYPE_STARTUPS:
		snprintf(text, sizeof(text), "%u:%u:%u", value->startups.start,
		    value->startups.rate_percent, value->startups.full);
		return print_line(row, text, out);
	case KEYWORD_TYPE_NET_BLOCK:
		snprintf(text, sizeof(text), "%u:%u", value->net_block.v4_bits,
		    value->net_block.v6_bits);
		return print_line(row, text, out);
	case KEYWORD_TYPE_PENALTIES:
		return print_penalties(row, value, out);
	case KEYWORD_TYPE_REKEY:
		snprintf(
		    text, sizeof(text), "%" PRIu64 " %u", value->rekey.bytes, value->rekey.seconds);
		return print_line(row, text, out);
	case KEYWORD_TYPE_QOS:
		qos_format(value->qos, text, sizeof(text));
		return print_line(row, text, out);
	case KEYWORD_TYPE_WORD:
	case KEYWORD_TYPE_ADDRESSES:
	case KEYWORD_TYPE_PATH:
		return print_word(row, value->text == NULL ? "none" : value->text, out);
	case KEYWORD_TYPE_RAW:
	case KEYWORD_TYPE_ALGORITHMS:
		return print_line(row, value->text == NULL ? "none" : value->text, out);
	case KEYWORD_TYPE_SUBSYSTEM:
		return print_subsystems(row, value, out);
	case KEYWORD_TYPE_PORTS:
	case KEYWORD_TYPE_LISTEN:
	case KEYWORD_TYPE_WORDS:
	case KEYWORD_TYPE_PATHS:
		return print_words(row, value, out);
	}
	return RESULT_UNSUPPORTED;
}

enum result
settings_print(const struct settings *settings, struct buf *out)
{
	for (size_t i = 0; i < KEYWORD_COUNT; i++)
		TRY(print_value((enum keyword)i, &settings->values[i], out));
	return RESULT_OK;
}
