/* SPDX-License-Identifier: ISC */
/*
 * Match blocks (pure).
 */
#include "common/config/match.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "common/addr.h"
#include "common/config/value.h"
#include "common/mem.h"
#include "common/pattern.h"
#include "common/text.h"

#define OUR_VERSION "Sallyport_" SALLYPORT_VERSION

static const struct {
	const char *name;
	bool has_argument;
} kinds[MATCH_KIND_COUNT] = {
	[MATCH_ALL] = { "All", false },
	[MATCH_INVALID_USER] = { "Invalid-User", false },
	[MATCH_USER] = { "User", true },
	[MATCH_GROUP] = { "Group", true },
	[MATCH_HOST] = { "Host", true },
	[MATCH_ADDRESS] = { "Address", true },
	[MATCH_LOCAL_ADDRESS] = { "LocalAddress", true },
	[MATCH_LOCAL_PORT] = { "LocalPort", true },
	[MATCH_RDOMAIN] = { "RDomain", true },
	[MATCH_VERSION] = { "Version", true },
};

void
match_free(struct match_block *block)
{
	if (block == NULL)
		return;
	for (size_t i = 0; i < block->count; i++)
		free(block->criteria[i].argument);
	free(block);
}

static void
match_freep(struct match_block **block)
{
	match_free(*block);
	*block = NULL;
}

/* --- Parsing ------------------------------------------------------------------------------------ */

static enum result
refuse(char *why, const char *word, const char *text)
{
	char quoted[128];

	text_quote(bytes_of_text(word), quoted, sizeof(quoted));
	snprintf(why, VALUE_WHY_MAX, "\"%s\" %s", quoted, text);
	return RESULT_MALFORMED;
}

/* "User", or "User=bob", where *argument is what stands behind the sign. */
static bool
find_kind(const char *word, enum match_kind *kind, const char **argument)
{
	const char *sign = strchr(word, '=');
	const size_t size = sign == NULL ? strlen(word) : (size_t)(sign - word);

	*argument = sign == NULL ? NULL : sign + 1;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (strlen(kinds[i].name) == size && strncasecmp(kinds[i].name, word, size) == 0) {
			*kind = (enum match_kind)i;
			return true;
		}
	}
	return false;
}

static enum result
check_argument(enum match_kind kind, const char *argument, char *why)
{
	uint64_t port;

	if (argument[0] == '\0')
		return refuse(why, kinds[kind].name, "needs something to compare with");
	if ((kind == MATCH_ADDRESS || kind == MATCH_LOCAL_ADDRESS) &&
	    addr_list_check(bytes_of_text(argument)) != RESULT_OK)
		return refuse(
		    why, argument, "is no list of addresses, networks (address/bits) or patterns");
	if (kind == MATCH_LOCAL_PORT &&
	    (text_number(bytes_of_text(argument), 65535, &port) != RESULT_OK || port == 0))
		return refuse(why, argument, "is not valid; it must be one port number");
	return RESULT_OK;
}

static enum result
add(struct match_block *block, enum match_kind kind, const char *argument, char *why)
{
	struct match_criterion *criterion = &block->criteria[block->count];

	if (block->count == MATCH_CRITERIA_MAX) {
		snprintf(why, VALUE_WHY_MAX, "there are too many criteria");
		return RESULT_MALFORMED;
	}
	criterion->kind = kind;
	if (argument != NULL) {
		TRY(check_argument(kind, argument, why));
		TRY(mem_text(bytes_of_text(argument), &criterion->argument));
	}
	block->count++;
	return RESULT_OK;
}

/* Criterion and argument, in one word or in two. */
static enum result
parse_criterion(const struct lex_line *line, size_t *i, struct match_block *block, char *why)
{
	const char *word = line->words[(*i)++];
	const char *argument;
	enum match_kind kind;

	if (!find_kind(word, &kind, &argument))
		return refuse(why, word,
		    "is no criterion; there are All, User, Group, Host, Address, LocalAddress, "
		    "LocalPort, RDomain, Version and Invalid-User");
	if (kinds[kind].has_argument && argument == NULL) {
		if (*i == line->count)
			return refuse(why, word, "needs something to compare with");
		argument = line->words[(*i)++];
	}
	if (!kinds[kind].has_argument && argument != NULL)
		return refuse(why, word, "takes no argument");
	return add(block, kind, argument, why);
}

static enum result
check_whole(const struct match_block *block, char *why)
{
	for (size_t i = 0; i < block->count; i++) {
		if (block->criteria[i].kind == MATCH_ALL && block->count > 1)
			return refuse(why, "All", "stands alone");
	}
	if (block->count > 0)
		return RESULT_OK;
	snprintf(why, VALUE_WHY_MAX, "there is no criterion; \"Match All\" holds always");
	return RESULT_MALFORMED;
}

static bool
is_list(enum match_kind kind)
{
	return kinds[kind].has_argument && kind != MATCH_LOCAL_PORT;
}

const char *
match_of_nobody(const struct match_block *block)
{
	for (size_t i = 0; i < block->count; i++) {
		struct bytes name,
		    rest = bytes_of_text(
			is_list(block->criteria[i].kind) ? block->criteria[i].argument : "");
		bool only_exceptions = rest.size > 0;

		while (text_next_name(&rest, &name))
			only_exceptions = only_exceptions && name.size > 0 && name.data[0] == '!';
		if (only_exceptions)
			return block->criteria[i].argument;
	}
	return NULL;
}

enum result
match_parse(const struct lex_line *line, const struct match_block *outer, struct match_block **out,
    char *why)
{
	CLEANUP(match_freep) struct match_block *block = NULL;

	TRY(mem_new(1, sizeof(*block), (void **)&block));
	block->outer = outer;
	for (size_t i = 0; i < line->count;)
		TRY(parse_criterion(line, &i, block, why));
	TRY(check_whole(block, why));
	*out = TAKE(block);
	return RESULT_OK;
}

/* --- Judging ------------------------------------------------------------------------------------ */

static bool
list_has(const char *list, const char *text)
{
	return text != NULL &&
	       pattern_list_match(bytes_of_text(list), bytes_of_text(text)) == LIST_MATCH_YES;
}

static bool
addresses_have(const char *list, const char *address)
{
	return address != NULL &&
	       addr_list_match(bytes_of_text(list), bytes_of_text(address)) == LIST_MATCH_YES;
}

/* A group that is named with "!" speaks against it, whatever the others say. */
static bool
groups_match(const char *list, const struct config_subject *subject)
{
	bool found = false;

	for (size_t i = 0; i < subject->group_count; i++) {
		switch (
		    pattern_list_match(bytes_of_text(list), bytes_of_text(subject->groups[i]))) {
		case LIST_MATCH_YES:
			found = true;
			break;
		case LIST_MATCH_REFUSED:
			return false;
		case LIST_MATCH_NO:
			break;
		}
	}
	return found;
}

static bool
host_matches(const char *list, const struct config_subject *subject)
{
	const char *host = subject->host != NULL ? subject->host : subject->address;

	return host != NULL && pattern_list_match_caseless(
				   bytes_of_text(list), bytes_of_text(host)) == LIST_MATCH_YES;
}

static bool
holds(const struct match_criterion *criterion, const struct config_subject *subject)
{
	const char *argument = criterion->argument;

	switch (criterion->kind) {
	case MATCH_INVALID_USER:
		return subject->is_invalid_user;
	case MATCH_USER:
		return list_has(argument, subject->user);
	case MATCH_GROUP:
		return groups_match(argument, subject);
	case MATCH_HOST:
		return host_matches(argument, subject);
	case MATCH_ADDRESS:
		return addresses_have(argument, subject->address);
	case MATCH_LOCAL_ADDRESS:
		return addresses_have(argument, subject->local_address);
	case MATCH_LOCAL_PORT:
		return subject->local_port != 0 &&
		       (unsigned long)subject->local_port == strtoul(argument, NULL, 10);
	case MATCH_RDOMAIN:
		return list_has(argument, subject->rdomain);
	default:
		return false;
	}
}

/* What can be told without a connection. */
static bool
holds_always(const struct match_criterion *criterion)
{
	if (criterion->kind == MATCH_VERSION)
		return list_has(criterion->argument, OUR_VERSION);
	return criterion->kind == MATCH_ALL;
}

bool
match_holds(const struct match_block *block, const struct config_subject *subject)
{
	for (; block != NULL; block = block->outer) {
		for (size_t i = 0; i < block->count; i++) {
			const struct match_criterion *criterion = &block->criteria[i];

			if (!holds_always(criterion) &&
			    (subject == NULL || !holds(criterion, subject)))
				return false;
		}
	}
	return true;
}

void
match_describe(const struct match_block *block, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < block->count && used < size; i++) {
		const struct match_criterion *criterion = &block->criteria[i];

		used += (size_t)snprintf(out + used, size - used, "%s%s%s%s", i == 0 ? "" : " ",
		    kinds[criterion->kind].name, criterion->argument == NULL ? "" : " ",
		    criterion->argument == NULL ? "" : criterion->argument);
	}
}

bool
match_asks_for_account(const struct match_block *block)
{
	for (size_t i = 0; i < block->count; i++) {
		if (block->criteria[i].kind == MATCH_GROUP ||
		    block->criteria[i].kind == MATCH_INVALID_USER)
			return true;
	}
	return false;
}

bool
match_asks_for_host(const struct match_block *block)
{
	for (size_t i = 0; i < block->count; i++) {
		if (block->criteria[i].kind == MATCH_HOST)
			return true;
	}
	return false;
}
