/* SPDX-License-Identifier: ISC */
/*
 * What counts as a variable, and the patterns of PermitUserEnvironment. Pure.
 */
#include "monitor/lines/variable.h"

#include "common/pattern.h"

static bool
is_letter(uint8_t byte)
{
	return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '_';
}

struct bytes
variable_name(struct bytes variable)
{
	size_t size = 0;

	while (size < variable.size &&
	       (is_letter(variable.data[size]) ||
		   (size > 0 && variable.data[size] >= '0' && variable.data[size] <= '9')))
		size++;
	if (size == variable.size || variable.data[size] != '=')
		size = 0;
	return bytes_of(variable.data, size);
}

/* Which agent programs use is for their user to say, whether the client forwards one or not. */
static bool
is_of_the_server(struct bytes name)
{
	return !bytes_is(name, "SSH_AUTH_SOCK") && name.size >= 4 &&
	       memcmp(name.data, "SSH_", 4) == 0;
}

bool
variable_is_permitted(const char *permitted, struct bytes variable)
{
	const struct bytes name = variable_name(variable);

	if (name.size == 0 || is_of_the_server(name) ||
	    memchr(variable.data, '\0', variable.size) != NULL || strcmp(permitted, "no") == 0)
		return false;
	return strcmp(permitted, "yes") == 0 ||
	       pattern_list_match(bytes_of_text(permitted), name) == LIST_MATCH_YES;
}
