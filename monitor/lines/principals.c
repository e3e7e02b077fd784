/* SPDX-License-Identifier: ISC */
/*
 * Lines of names that certificates may have (pure).
 */
#include "monitor/lines/principals.h"

#include <stdio.h>

#include "common/text.h"

static bool
is_name(struct bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] <= ' ' || text.data[i] == 0x7f || text.data[i] == '"')
			return false;
	}
	return text.size > 0;
}

/* Takes the line apart; NULL, or why it cannot be. A line that is empty or a comment has no name. */
static const char *
split(struct bytes line, struct bytes *options, struct bytes *name)
{
	size_t size;

	*options = *name = bytes_of("", 0);
	if (line.size > 0 && memchr(line.data, '\0', line.size) != NULL)
		return "there is a NUL byte in it";
	if (options_scan(line, "#", &size) != RESULT_OK)
		return "a quote is not closed";
	line = text_trim(bytes_of(line.data, size));
	if (line.size == 0)
		return NULL;
	if (options_field(line, &size) != RESULT_OK)
		return "a quote is not closed";
	if (size < line.size) {
		*options = bytes_of(line.data, size);
		line = text_trim(bytes_of(line.data + size, line.size - size));
	}
	*name = line;
	return is_name(line) ? NULL : "it does not end with one name";
}

static void
read_options(struct bytes text, const struct foreign_rule *foreign, struct principals_line *out)
{
	if (options_parse(text, foreign, &out->options, out->objection) == RESULT_OK &&
	    (out->options.is_authority || out->options.has_principals))
		snprintf(out->objection, sizeof(out->objection),
		    "cert-authority and principals= are for lines with keys");
	if (out->objection[0] != '\0')
		out->options = (struct key_options){ 0 };
}

static void
refuse(struct principals_refused *refused, unsigned number, const char *reason)
{
	if (refused->count++ > 0)
		return;
	refused->first = number;
	refused->reason = reason;
}

bool
principals_find(struct bytes text, const struct certificate *certificate,
    const struct foreign_rule *foreign, struct principals_line *out,
    struct principals_refused *refused)
{
	struct bytes line, options;

	*out = (struct principals_line){ .name = bytes_of("", 0) };
	*refused = (struct principals_refused){ 0 };
	for (unsigned i = 1; i <= PRINCIPALS_LINES_MAX && text_next_line(&text, &line); i++) {
		const char *why = split(line, &options, &out->name);

		if (why != NULL) {
			refuse(refused, i, why);
			continue;
		}
		if (!certificate_has_principal(certificate, out->name))
			continue;
		out->number = i;
		read_options(options, foreign, out);
		return true;
	}
	out->name = bytes_of("", 0);
	return false;
}
