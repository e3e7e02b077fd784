/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes texts of names that certificates may have, with options before them. What is found is one of the certificate's
 * names, by a line of the text; what objects grants nothing; lines before that are of others change nothing.
 */
#include <assert.h>

#include "common/mem.h"
#include "monitor/lines/principals.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NAMES "\0\0\0\3web\0\0\0\5night"

static bool
keeps_all(const void *context, struct bytes name)
{
	return true;
}

static const struct foreign_rule foreign = { keeps_all, NULL };

static void
check_found(
    struct bytes text, const struct certificate *certificate, const struct principals_line *line)
{
	const struct key_options none = { 0 };

	assert(line->number >= 1 && line->number <= PRINCIPALS_LINES_MAX);
	assert(fuzz_is_inside(line->name, text));
	assert(certificate_has_principal(certificate, line->name));
	assert(fuzz_is_inside(line->options.command, text) &&
	       fuzz_is_inside(line->options.from, text));
	assert(!line->options.is_authority && !line->options.has_principals);
	assert(line->objection[0] == '\0' || memcmp(&line->options, &none, sizeof(none)) == 0);
}

/* The same behind a line of others. */
static void
check_shifted(struct bytes text, const struct certificate *certificate, bool is_found,
    const struct principals_line *line)
{
	struct principals_refused refused;
	struct principals_line shifted;
	OWNED_BUF more;

	buf_init(&more, text.size + 16);
	if (buf_append(&more, bytes_of_text("no-pty other\n")) != RESULT_OK ||
	    buf_append(&more, text) != RESULT_OK)
		return;
	if (principals_find(buf_bytes(&more), certificate, &foreign, &shifted, &refused))
		assert(is_found && shifted.number == line->number + 1 &&
		       bytes_equal(shifted.name, line->name) &&
		       strcmp(shifted.objection, line->objection) == 0);
	else
		assert(!is_found || line->number == PRINCIPALS_LINES_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct certificate certificate = { .principals = bytes_of(NAMES, sizeof(NAMES) - 1),
		.principal_count = 2 };
	const struct bytes text = bytes_of(data, size);
	struct principals_refused refused;
	struct principals_line line;
	const bool is_found = principals_find(text, &certificate, &foreign, &line, &refused);

	assert((refused.count > 0) == (refused.reason != NULL));
	assert(is_found == (line.name.size > 0));
	if (is_found)
		check_found(text, &certificate, &line);
	check_shifted(text, &certificate, is_found, &line);
	return 0;
}
