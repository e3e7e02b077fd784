/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes a configuration file. Whatever is accepted prints as a file that is accepted again and
 * prints the same; whatever is refused says why.
 */
#include <assert.h>
#include <stdlib.h>

#include "common/config/config.h"
#include "common/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PRINT_MAX (8 * 1024 * 1024)

/* What blocks say does not stand in what is printed for all: it need only hold together. */
static enum result
for_somebody(const struct config *config, struct buf *errors)
{
	static const char *const groups[] = { "staff", "wheel" };
	const struct config_subject subject = { .user = "alice",
		.groups = groups,
		.group_count = COUNT(groups),
		.address = "192.0.2.7",
		.local_address = "::1",
		.local_port = 22,
		.rdomain = "" };
	CLEANUP(settings_freep) struct settings *settings = NULL;

	return config_effective(config, &subject, &settings, errors);
}

/* Settings of `contents`, printed; false if they are refused. */
static bool
print(struct bytes contents, struct buf *out)
{
	CLEANUP(config_freep) struct config *config = NULL;
	CLEANUP(settings_freep) struct settings *settings = NULL;
	OWNED_BUF errors;
	enum result result;

	buf_init(&errors, CONFIG_ERRORS_MAX);
	if (config_new(&config) != RESULT_OK)
		return false;
	result = config_parse(config, "file", contents, &errors);
	if (result == RESULT_OK)
		result = for_somebody(config, &errors);
	if (result == RESULT_OK)
		result = config_effective(config, NULL, &settings, &errors);
	assert(result == RESULT_OK || result == RESULT_CONFIG);
	assert((result == RESULT_OK) == (buf_size(&errors) == 0));
	return result == RESULT_OK && settings_print(settings, out) == RESULT_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED_BUF first;
	OWNED_BUF second;

	buf_init(&first, PRINT_MAX);
	buf_init(&second, PRINT_MAX);
	if (!print(bytes_of(data, size), &first))
		return 0;
	if (!print(buf_bytes(&first), &second))
		abort();
	assert(bytes_equal(buf_bytes(&first), buf_bytes(&second)));
	return 0;
}
