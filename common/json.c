/* SPDX-License-Identifier: ISC */
/*
 * JSON, written (pure).
 */
#include "common/json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "common/text.h"

#define TEXT_MAX 4096

void
json_init(struct json *json, struct buf *out)
{
	*json = (struct json){ .out = out };
}

static void
put(struct json *json, const char *text)
{
	if (json->result == RESULT_OK)
		json->result = buf_append(json->out, bytes_of_text(text));
}

/* After text_escape a text has no control characters but in octal. */
static void
put_text(struct json *json, const char *text)
{
	char escaped[TEXT_MAX];

	text_escape(bytes_of_text(text), escaped, sizeof(escaped));
	put(json, "\"");
	for (const char *at = escaped; *at != '\0'; at++) {
		const char one[] = { *at, '\0' };

		if (*at == '"' || *at == '\\')
			put(json, "\\");
		put(json, one);
	}
	put(json, "\"");
}

static void
begin(struct json *json, const char *name)
{
	if (json->has_items[json->depth])
		put(json, ",");
	json->has_items[json->depth] = true;
	if (name == NULL)
		return;
	put_text(json, name);
	put(json, ":");
}

static void
open_bracket(struct json *json, const char *name, const char *bracket)
{
	begin(json, name);
	put(json, bracket);
	assert(json->depth + 1 < JSON_DEPTH_MAX);
	json->has_items[++json->depth] = false;
}

static void
close_bracket(struct json *json, const char *bracket)
{
	assert(json->depth > 0);
	json->depth--;
	put(json, bracket);
}

void
json_open_object(struct json *json, const char *name)
{
	open_bracket(json, name, "{");
}

void
json_close_object(struct json *json)
{
	close_bracket(json, "}");
}

void
json_open_list(struct json *json, const char *name)
{
	open_bracket(json, name, "[");
}

void
json_close_list(struct json *json)
{
	close_bracket(json, "]");
}

void
json_text(struct json *json, const char *name, const char *text)
{
	begin(json, name);
	put_text(json, text);
}

void
json_number(struct json *json, const char *name, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	begin(json, name);
	put(json, text);
}

void
json_flag(struct json *json, const char *name, bool flag)
{
	begin(json, name);
	put(json, flag ? "true" : "false");
}

void
json_null(struct json *json, const char *name)
{
	begin(json, name);
	put(json, "null");
}

enum result
json_end(struct json *json)
{
	assert(json->depth == 0);
	put(json, "\n");
	return json->result;
}
