/* SPDX-License-Identifier: ISC */
/*
 * Algorithm lists of the configuration: names that we have, with + (add), - (remove, also by pattern)
 * and ^ (put first) against the defaults (pure).
 */
#include "common/config/algorithms.h"

#include <assert.h>
#include <stdio.h>

#include "common/config/value.h"
#include "common/crypto/algorithm.h"
#include "common/mem.h"
#include "common/pattern.h"
#include "common/text.h"

#define LIST_MAX 16384

static const struct {
	enum keyword keyword;
	enum algorithm_kind kind;
} kinds[] = {
	{ KEYWORD_Ciphers, ALGORITHM_CIPHER },
	{ KEYWORD_MACs, ALGORITHM_MAC },
	{ KEYWORD_KexAlgorithms, ALGORITHM_KEX },
	{ KEYWORD_GSSAPIKexAlgorithms, ALGORITHM_GSS_KEX },
	{ KEYWORD_HostKeyAlgorithms, ALGORITHM_HOST_KEY },
	{ KEYWORD_PubkeyAcceptedAlgorithms, ALGORITHM_USER_KEY },
	{ KEYWORD_HostbasedAcceptedAlgorithms, ALGORITHM_HOST_KEY },
	{ KEYWORD_CASignatureAlgorithms, ALGORITHM_CA },
};

static enum algorithm_kind
kind_of(enum keyword keyword)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (kinds[i].keyword == keyword)
			return kinds[i].kind;
	}
	assert(!"a list of algorithms of no kind");
	return ALGORITHM_KEX;
}

static enum result
add(struct buf *list, struct bytes name)
{
	if (text_has_name(buf_bytes(list), name))
		return RESULT_OK;
	if (buf_size(list) > 0)
		TRY(buf_append(list, bytes_of_text(",")));
	return buf_append(list, name);
}

/* An old algorithm is meant only where it is named in full: "aes*" means none in CBC mode. */
static bool
is_meant(struct bytes pattern, const char *name, unsigned flags)
{
	if ((flags & ALGORITHM_LEGACY) != 0)
		return bytes_is(pattern, name);
	return pattern_matches(pattern, bytes_of_text(name));
}

/* The names of a kind that `pattern` means, in our order; all with the flags that are asked for. */
static enum result
add_matching(
    struct buf *list, enum algorithm_kind kind, struct bytes pattern, unsigned flags, bool *found)
{
	const char *name;
	unsigned has;

	*found = false;
	for (size_t i = 0; (name = algorithm_name(kind, i, &has)) != NULL; i++) {
		if ((has & flags) != flags || !is_meant(pattern, name, has))
			continue;
		*found = true;
		TRY(add(list, bytes_of_text(name)));
	}
	return RESULT_OK;
}

/* Appends the names of a kind that the pattern fits, with commas. How many there are. */
static size_t
name_all(enum algorithm_kind kind, struct bytes pattern, char *why)
{
	size_t used = strlen(why), count = 0;
	const char *known;
	unsigned flags;

	for (size_t i = 0; (known = algorithm_name(kind, i, &flags)) != NULL; i++) {
		if (!pattern_matches(pattern, bytes_of_text(known)))
			continue;
		if (used < VALUE_WHY_MAX)
			used += (size_t)snprintf(
			    why + used, VALUE_WHY_MAX - used, "%s%s", count == 0 ? "" : ",", known);
		count++;
	}
	return count;
}

static void
explain_unknown(enum algorithm_kind kind, struct bytes name, char *why)
{
	char quoted[128];

	text_quote(name, quoted, sizeof(quoted));
	snprintf(why, VALUE_WHY_MAX,
	    "\"%s\" means old algorithms only, each of which must be named in full: ", quoted);
	if (name_all(kind, name, why) > 0)
		return;
	snprintf(why, VALUE_WHY_MAX, "\"%s\" is not known; known are: ", quoted);
	(void)name_all(kind, bytes_of_text("*"), why);
}

/* Every name or pattern must mean something that we have. */
static enum result
add_named(struct buf *list, enum algorithm_kind kind, struct bytes names, char *why)
{
	struct bytes name;
	bool found;

	while (text_next_name(&names, &name)) {
		TRY(add_matching(list, kind, name, 0, &found));
		if (found)
			continue;
		explain_unknown(kind, name, why);
		return RESULT_MALFORMED;
	}
	return RESULT_OK;
}

static enum result
add_defaults(struct buf *list, enum algorithm_kind kind, struct bytes without)
{
	const char *name;
	unsigned flags;

	for (size_t i = 0; (name = algorithm_name(kind, i, &flags)) != NULL; i++) {
		if ((flags & ALGORITHM_DEFAULT) != 0 &&
		    pattern_list_match(without, bytes_of_text(name)) != LIST_MATCH_YES)
			TRY(add(list, bytes_of_text(name)));
	}
	return RESULT_OK;
}

static enum result
resolve(enum algorithm_kind kind, const char *text, struct buf *list, char *why)
{
	struct bytes names = bytes_of_text(text[0] == '\0' ? text : text + 1);

	switch (text[0]) {
	case '\0':
	case '-':
		return add_defaults(list, kind, names);
	case '+':
		TRY(add_defaults(list, kind, bytes_of_text("")));
		return add_named(list, kind, names, why);
	case '^':
		TRY(add_named(list, kind, names, why));
		return add_defaults(list, kind, bytes_of_text(""));
	default:
		return add_named(list, kind, bytes_of_text(text), why);
	}
}

enum result
algorithms_resolve(enum keyword keyword, const char *text, char **out, char *why)
{
	OWNED_BUF list;

	buf_init(&list, LIST_MAX);
	TRY(resolve(kind_of(keyword), text, &list, why));
	if (buf_size(&list) == 0) {
		snprintf(why, VALUE_WHY_MAX, "no algorithm is left in the list");
		return RESULT_MALFORMED;
	}
	return mem_text(buf_bytes(&list), out);
}
