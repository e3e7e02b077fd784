/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes authorized_keys files with the options of their lines. Every byte belongs to one line, views
 * stay inside the file, a refusal has its reason, and what was refused grants nothing. Whoever keeps all options that
 * are not known gets them as variables, and changes nothing about those that are.
 */
#include <assert.h>

#include "common/addr.h"
#include "common/key/key.h"
#include "common/mem.h"
#include "monitor/lines/authorized_keys.h"
#include "monitor/lines/options.h"
#include "monitor/session/environment.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
keeps_all(const void *context, struct bytes name)
{
	return true;
}

static void
check_foreign(const struct key_options *options, size_t i, struct bytes text)
{
	const struct foreign_option *option = &options->foreign[i];
	char variable[FOREIGN_VARIABLE_MAX], other[FOREIGN_VARIABLE_MAX];
	struct key_options alone;
	char reason[OPTIONS_REASON_MAX];

	assert(option->name.size > 0 && option->name.size <= FOREIGN_NAME_MAX);
	assert(option->value.size <= FOREIGN_VALUE_MAX);
	assert(fuzz_is_inside(option->name, text) && fuzz_is_inside(option->value, text));
	for (size_t at = 0; at < option->value.size; at++)
		assert(option->value.data[at] >= ' ' && option->value.data[at] != 0x7f);
	foreign_variable(option->name, variable);
	assert(environment_name_is_welcome(bytes_of_text(variable)) == false);
	for (size_t k = 0; k < i; k++) {
		foreign_variable(options->foreign[k].name, other);
		assert(strcmp(variable, other) != 0);
	}
	/* What is known is no program's. */
	assert(options_parse(option->name, NULL, &alone, reason) == RESULT_UNSUPPORTED);
}

/* Without those of others it is the same or nothing. */
static void
check_kept(struct bytes text)
{
	const struct foreign_rule all = { keeps_all, NULL };
	struct key_options options, plain;
	char reason[OPTIONS_REASON_MAX];
	const enum result result = options_parse(text, &all, &options, reason);

	if (result != RESULT_OK) {
		assert(reason[0] != '\0' && strlen(reason) < sizeof(reason));
		assert(options_parse(text, NULL, &plain, reason) != RESULT_OK);
		return;
	}
	assert(options.foreign_count <= OPTIONS_FOREIGN_MAX);
	for (size_t i = 0; i < options.foreign_count; i++)
		check_foreign(&options, i, text);
	assert((options_parse(text, NULL, &plain, reason) == RESULT_OK) ==
	       (options.foreign_count == 0));
}

static void
check_options(struct bytes text)
{
	struct key_options options;
	char reason[OPTIONS_REASON_MAX];

	check_kept(text);
	if (options_parse(text, NULL, &options, reason) != RESULT_OK) {
		assert(reason[0] != '\0' && strlen(reason) < sizeof(reason));
		return;
	}
	assert(options.foreign_count == 0);
	assert(options.has_from == (options.from.size > 0));
	assert(fuzz_is_inside(options.from, text));
	assert(!options.has_from || addr_list_check(options.from) == RESULT_OK);
	/* Year 9999 and below. */
	assert(!options.expiry.is_set || options.expiry.clock_s < 253402300800);
}

static void
check_line(const struct authorized_line *line, struct bytes file)
{
	assert((line->kind == AUTHORIZED_LINE_REFUSED) == (line->reason != NULL));
	assert((line->kind == AUTHORIZED_LINE_KEY) == (line->blob.size > 0));
	assert(fuzz_is_inside(line->options, file));
	assert(fuzz_is_inside(line->type, file) || fuzz_is_inside(line->type, line->blob));
	if (line->kind != AUTHORIZED_LINE_KEY)
		return;
	assert(key_type_is_known(line->type));
	assert(line->options.size == 0 ||
	       memchr(line->options.data, '\n', line->options.size) == NULL);
	check_options(line->options);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(authorized_keys_clear) struct authorized_keys keys;
	struct bytes file = bytes_of(data, size);
	struct authorized_line line;
	unsigned lines = 0, newlines = 0;

	for (size_t i = 0; i < size; i++)
		newlines += data[i] == '\n';
	authorized_keys_init(&keys, file);
	while (authorized_keys_next(&keys, &line)) {
		assert(line.number > lines && keys.number >= line.number);
		lines = keys.number;
		check_line(&line, file);
	}
	assert(lines == newlines + (size > 0 && data[size - 1] != '\n' ? 1 : 0));
	check_options(file);
	return 0;
}
