/* SPDX-License-Identifier: ISC */
/*
 * Wildcard patterns and lists of them. Pure.
 */
#include "common/pattern.h"

#include "common/text.h"

static bool
same(uint8_t a, uint8_t b, bool caseless)
{
	return a == b || (caseless && text_lower((char)a) == text_lower((char)b));
}

/* One step back is enough: a later `*` makes every choice for an earlier one as good as the first. So
 * there is no recursion, and no pattern that takes exponential time. */
static bool
matches(struct bytes pattern, struct bytes text, bool caseless)
{
	size_t p = 0, t = 0;
	size_t star = SIZE_MAX; /* behind the latest `*` of the pattern */
	size_t star_text = 0;   /* how much of the text it was tried with */

	while (t < text.size) {
		if (p < pattern.size && pattern.data[p] == '*') {
			star = ++p;
			star_text = t;
		} else if (p < pattern.size && (pattern.data[p] == '?' ||
						   same(pattern.data[p], text.data[t], caseless))) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star;
			t = ++star_text;
		} else {
			return false;
		}
	}
	while (p < pattern.size && pattern.data[p] == '*')
		p++;
	return p == pattern.size;
}

bool
pattern_matches(struct bytes pattern, struct bytes text)
{
	return matches(pattern, text, false);
}

bool
pattern_matches_caseless(struct bytes pattern, struct bytes text)
{
	return matches(pattern, text, true);
}

static enum list_match
list_match(struct bytes list, struct bytes text, bool caseless)
{
	enum list_match found = LIST_MATCH_NO;
	struct bytes item;

	while (text_next_name(&list, &item)) {
		const bool negated = item.size > 0 && item.data[0] == '!';

		if (negated)
			item = bytes_of(item.data + 1, item.size - 1);
		if (item.size > PATTERN_ITEM_MAX)
			return LIST_MATCH_REFUSED;
		if (item.size == 0 || !matches(item, text, caseless))
			continue;
		if (negated)
			return LIST_MATCH_REFUSED;
		found = LIST_MATCH_YES;
	}
	return found;
}

enum list_match
pattern_list_match(struct bytes list, struct bytes text)
{
	return list_match(list, text, false);
}

enum list_match
pattern_list_match_caseless(struct bytes list, struct bytes text)
{
	return list_match(list, text, true);
}
