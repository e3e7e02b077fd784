/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes authorized_keys files with the options of their lines. Every byte belongs to one line, views
 * stay inside the file, a refusal has its reason, and what was refused grants nothing.
 */
#include <assert.h>

#include "common/addr.h"
#include "common/key/key.h"
#include "common/mem.h"
#include "monitor/login/authorized_keys.h"
#include "monitor/login/options.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_options(struct bytes text)
{
	struct key_options options;
	char reason[OPTIONS_REASON_MAX];

	if (options_parse(text, &options, reason) != RESULT_OK) {
		assert(reason[0] != '\0' && strlen(reason) < sizeof(reason));
		return;
	}
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
