/* SPDX-License-Identifier: ISC */
/*
 * What this version does anyway: keywords that take such values only (pure).
 */
#include "common/config/value_only.h"

#include <stdio.h>
#include <strings.h>

#include "common/mem.h"

static bool
is_among(const char *list, const char *text)
{
	size_t size = strlen(text);

	for (;;) {
		size_t this_size = strcspn(list, "|");

		if (this_size == size && strncasecmp(list, text, size) == 0)
			return true;
		if (list[this_size] == '\0')
			return false;
		list += this_size + 1;
	}
}

static void
join(const struct lex_line *line, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < line->count && used < size; i++)
		used += (size_t)snprintf(
		    out + used, size - used, "%s%s", i == 0 ? "" : " ", line->words[i]);
}

const char *
value_why_not_more(const struct keyword_row *row)
{
	return row->status == KEYWORD_STATUS_WITHOUT_KERBEROS
		   ? "this version was built without Kerberos (configure --with-gssapi)"
		   : "this version does not support it yet";
}

enum result
value_only_read(
    const struct keyword_row *row, const struct lex_line *line, struct value *out, char *why)
{
	char text[256], accepted[256];

	join(line, text, sizeof(text));
	if (is_among(row->only, text)) {
		out->number = row->type == KEYWORD_TYPE_FLAG && strcasecmp(text, "yes") == 0;
		return mem_text(bytes_of_text(text), &out->text);
	}
	snprintf(accepted, sizeof(accepted), "%s", row->only);
	for (char *at = accepted; *at != '\0'; at++) {
		if (*at == '|')
			*at = ',';
	}
	snprintf(why, VALUE_WHY_MAX, "%s; the only value that it accepts is: %s",
	    value_why_not_more(row), accepted);
	return RESULT_MALFORMED;
}
