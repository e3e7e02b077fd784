/* SPDX-License-Identifier: ISC */
/*
 * JSON as it is written, RFC 8259 (pure): objects, lists, texts, numbers; commas come by themselves. What is not valid
 * UTF-8 in a text is written as \ooo, like in the log.
 */
#pragma once

#include "common/buf.h"

#define JSON_DEPTH_MAX 16

/* Remembers the first error: a whole document is written, and json_end asked once. */
struct json {
	struct buf *out;
	enum result result;
	unsigned depth;
	bool has_items[JSON_DEPTH_MAX]; /* of what is open: a comma comes before the next */
};

void json_init(struct json *json, struct buf *out);

/* `name` NULL: an item of a list, or the document. */
void json_open_object(struct json *json, const char *name);
void json_close_object(struct json *json);
void json_open_list(struct json *json, const char *name);
void json_close_list(struct json *json);
void json_text(struct json *json, const char *name, const char *text);
void json_number(struct json *json, const char *name, uint64_t number);
void json_flag(struct json *json, const char *name, bool flag);
void json_null(struct json *json, const char *name);

/* RESULT_LIMIT, RESULT_MEMORY: it is not whole. Asserts that everything was closed. */
enum result json_end(struct json *json) MUST_USE;
