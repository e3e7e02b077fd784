/* SPDX-License-Identifier: ISC */
/*
 * Lists of methods, each of names with commas (pure).
 */
#include "common/config/methods.h"

#include <stdio.h>

#include "common/config/settings.h"
#include "common/config/value.h"
#include "common/text.h"

static const char *const names[] = {
	"publickey",
	"password",
	"keyboard-interactive",
	"keyboard-interactive:pam",
	"keyboard-interactive:bsdauth",
	"keyboard-interactive:password",
	"hostbased",
	"gssapi-with-mic",
	"gssapi-keyex",
	"none",
};

static bool
is_known(struct bytes name)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		if (bytes_is(name, names[i]))
			return true;
	}
	return false;
}

static enum result
refuse(char *why, const char *list, const char *text)
{
	char quoted[128];

	text_quote(bytes_of_text(list), quoted, sizeof(quoted));
	snprintf(why, VALUE_WHY_MAX, "\"%s\" is not valid: %s", quoted, text);
	return RESULT_MALFORMED;
}

static enum result
check_list(const char *list, char *why)
{
	struct bytes rest = bytes_of_text(list), name;
	size_t count = 0;

	while (text_next_name(&rest, &name)) {
		if (!is_known(name))
			return refuse(why, list,
			    "the methods are publickey, password, keyboard-interactive (with :pam "
			    "or "
			    ":password), hostbased, gssapi-with-mic, gssapi-keyex and none");
		if (++count > METHODS_LIST_NAMES_MAX)
			return refuse(why, list, "there are too many methods in a row");
		if (bytes_is(name, "none") && strcmp(list, "none") != 0)
			return refuse(why, list, "none stands alone in its list");
	}
	return count > 0 ? RESULT_OK : refuse(why, list, "there is no method");
}

enum result
methods_check(const struct lex_line *line, char *why)
{
	if (line->count == 1 && strcmp(line->words[0], "any") == 0)
		return RESULT_OK;
	if (line->count > METHODS_LISTS_MAX) {
		snprintf(why, VALUE_WHY_MAX, "there are more than %d lists", METHODS_LISTS_MAX);
		return RESULT_MALFORMED;
	}
	for (size_t i = 0; i < line->count; i++) {
		if (strcmp(line->words[i], "any") == 0)
			return refuse(why, "any", "it stands alone");
		TRY(check_list(line->words[i], why));
	}
	return RESULT_OK;
}
