/* SPDX-License-Identifier: ISC */
/*
 * Words, quotes and comments of one line of sshd_config (pure).
 */
#include "common/config/lex.h"

#include <stdlib.h>

#include "common/mem.h"

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f';
}

static struct bytes
trim(struct bytes text)
{
	while (text.size > 0 && is_blank(text.data[0]))
		text = bytes_of(text.data + 1, text.size - 1);
	while (text.size > 0 && is_blank(text.data[text.size - 1]))
		text.size--;
	return text;
}

static struct bytes
skip(struct bytes text, size_t size)
{
	return bytes_of(text.data + size, text.size - size);
}

/* The keyword ends at a blank or at one "=", with blanks around it. */
static void
take_keyword(struct bytes text, struct lex_line *out)
{
	size_t size = 0;

	while (size < text.size && !is_blank(text.data[size]) && text.data[size] != '=')
		size++;
	out->keyword = bytes_of(text.data, size);
	text = trim(skip(text, size));
	if (text.size > 0 && text.data[0] == '=')
		text = trim(skip(text, 1));
	out->raw = text;
}

/* What a backslash stands for here: itself, or the next character. */
static bool
is_escape(struct bytes text, char quote)
{
	if (text.size < 2 || text.data[0] != '\\')
		return false;
	return text.data[1] == '\'' || text.data[1] == '"' || text.data[1] == '\\' ||
	       (quote == 0 && text.data[1] == ' ');
}

/* Moves one word from the front of *rest to `word`, which has room for all of *rest. */
static enum result
take_word(struct bytes *rest, char *word, const char **why)
{
	char quote = 0;
	size_t size = 0;

	while (rest->size > 0 && (quote != 0 || !is_blank(rest->data[0]))) {
		char c = (char)rest->data[0];

		if (is_escape(*rest, quote)) {
			word[size++] = (char)rest->data[1];
			*rest = skip(*rest, 2);
			continue;
		}
		*rest = skip(*rest, 1);
		if (quote == 0 && (c == '\'' || c == '"'))
			quote = c;
		else if (quote != 0 && c == quote)
			quote = 0;
		else
			word[size++] = c;
	}
	word[size] = '\0';
	*why = "a quote is not closed";
	return quote == 0 ? RESULT_OK : RESULT_MALFORMED;
}

static enum result
take_words(struct lex_line *line, const char **why)
{
	struct bytes rest = line->raw;

	TRY(mem_new(LEX_WORDS_MAX + 1, sizeof(char *), (void **)&line->words));
	while (rest.size > 0 && rest.data[0] != '#') {
		if (line->count == LEX_WORDS_MAX) {
			*why = "there are too many words on the line";
			return RESULT_MALFORMED;
		}
		TRY(mem_new(1, rest.size + 1, (void **)&line->words[line->count]));
		line->count++;
		TRY(take_word(&rest, line->words[line->count - 1], why));
		rest = trim(rest);
	}
	return RESULT_OK;
}

static enum result
begin(struct bytes text, struct lex_line *out, const char **why)
{
	*out = (struct lex_line){ 0 };
	*why = "no memory";
	if (text.size == 0 || memchr(text.data, '\0', text.size) == NULL)
		return RESULT_OK;
	*why = "a NUL byte is in the line; is this a text file?";
	return RESULT_MALFORMED;
}

enum result
lex_words(struct bytes text, struct lex_line *out, const char **why)
{
	TRY(begin(text, out, why));
	out->raw = trim(text);
	return take_words(out, why);
}

enum result
lex_line(struct bytes text, struct lex_line *out, const char **why)
{
	TRY(begin(text, out, why));
	text = trim(text);
	if (text.size == 0 || text.data[0] == '#')
		return RESULT_OK;
	take_keyword(text, out);
	return take_words(out, why);
}

void
lex_line_clear(struct lex_line *line)
{
	for (size_t i = 0; i < line->count; i++)
		free(line->words[i]);
	free(line->words);
	*line = (struct lex_line){ 0 };
}

static bool
needs_quotes(const char *word)
{
	return word[0] == '\0' || word[0] == '#' || strpbrk(word, " \t\r\f\"'\\") != NULL;
}

enum result
lex_put_word(struct buf *out, const char *word)
{
	if (!needs_quotes(word))
		return buf_append(out, bytes_of_text(word));
	TRY(buf_append(out, bytes_of_text("\"")));
	for (; *word != '\0'; word++) {
		if (*word == '"' || *word == '\\')
			TRY(buf_append(out, bytes_of_text("\\")));
		TRY(buf_append(out, bytes_of(word, 1)));
	}
	return buf_append(out, bytes_of_text("\""));
}
