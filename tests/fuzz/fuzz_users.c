/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes files of users. What is taken is whole: each user is found by name, their keys can be read, in the lines in
 * which they stand, and their options permit nothing that is not named. What is refused leaves nobody, and says where.
 */
#include <assert.h>
#include <stdlib.h>

#include "common/mem.h"
#include "monitor/lines/authorized_keys.h"
#include "monitor/lines/options.h"
#include "monitor/lines/users.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ERRORS_MAX 4096

static void
check_keys(const struct users_entry *entry, unsigned end)
{
	CLEANUP(authorized_keys_clear) struct authorized_keys keys;
	struct authorized_line line;
	size_t count = 0;
	OWNED_BUF text;

	buf_init(&text, USERS_FILE_MAX);
	if (users_keys(entry, &text) != RESULT_OK)
		abort();
	authorized_keys_init(&keys, buf_bytes(&text));
	while (authorized_keys_next(&keys, &line)) {
		assert(line.kind != AUTHORIZED_LINE_REFUSED);
		if (line.kind != AUTHORIZED_LINE_KEY)
			continue;
		assert(line.number > entry->line && line.number < end);
		count++;
	}
	assert(count == entry->key_count && count <= USERS_KEYS_MAX);
}

static bool
names(const struct users_entry *entry, const char *option)
{
	const struct bytes options = entry->values[USERS_OPTIONS];

	return options.size > 0 &&
	       memmem(options.data, options.size, option, strlen(option)) != NULL;
}

static void
check_options(const struct users_entry *entry)
{
	char reason[OPTIONS_REASON_MAX];
	struct key_options options;
	OWNED_BUF text;

	buf_init(&text, USERS_FILE_MAX);
	if (users_options(entry, &text) != RESULT_OK)
		abort();
	assert(options_parse(buf_bytes(&text), NULL, &options, reason) == RESULT_OK);
	assert(!options.is_authority && !options.has_principals && !options.must_verify);
	if (!names(entry, "p") && !names(entry, "P"))
		assert(!options.pty && !options.port_forwarding);
	if (entry->values[USERS_OPTIONS].size == 0)
		assert(!options.user_rc && !options.agent_forwarding && !options.x11_forwarding);
}

static void
check_entry(const struct users *users, size_t i)
{
	const struct users_entry *entry = &users->list[i];
	const bool has_account = entry->values[USERS_ACCOUNT].size > 0;
	const bool has_uid = entry->values[USERS_UID].size > 0;
	uint32_t id;

	assert(entry->name.size > 0 && entry->name.size <= USERS_NAME_MAX);
	assert(users_find(users, entry->name) == entry);
	assert(!has_account || !has_uid);
	assert(has_uid == (entry->values[USERS_GID].size > 0));
	assert(!has_uid || users_id(entry->values[USERS_UID], &id) == RESULT_OK);
	assert(has_account || entry->values[USERS_HOME].size > 0);
	check_keys(entry, i + 1 < users->count ? users->list[i + 1].line : (unsigned)-1);
	check_options(entry);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct users users;
	enum result result;
	OWNED_BUF errors;

	buf_init(&errors, ERRORS_MAX);
	result = users_parse("users", bytes_of(data, size), NULL, &users, &errors);
	assert(result == RESULT_OK || result == RESULT_CONFIG);
	assert((result == RESULT_OK) == (buf_size(&errors) == 0));
	assert(result == RESULT_OK || users.count == 0);
	for (size_t i = 0; i < users.count; i++)
		check_entry(&users, i);
	users_clear(&users);
	return 0;
}
