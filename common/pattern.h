/* SPDX-License-Identifier: ISC */
/*
 * Wildcard patterns and lists of them, as sshd_config and authorized_keys have them: `*` is any run of
 * characters, `?` any one, the whole text must match; a list is comma-separated, `!` negates.
 */
#pragma once

#include <stdbool.h>

#include "common/buf.h"

/* Most bytes of one item of a list; a longer one refuses the whole list. */
#define PATTERN_ITEM_MAX 1023

/* Case-sensitive; takes time in proportion to pattern times text at most. */
bool pattern_matches(struct bytes pattern, struct bytes text);

/* The same, without regard to the case of ASCII letters (names of hosts). */
bool pattern_matches_caseless(struct bytes pattern, struct bytes text);

enum list_match {
	LIST_MATCH_NO,      /* no item says anything about it */
	LIST_MATCH_YES,     /* an item matches and no negated one does */
	LIST_MATCH_REFUSED, /* a negated item matches, or the list is broken: beats every other item */
};

/* A list without any item that matches, also one of negated items only, is LIST_MATCH_NO. */
enum list_match pattern_list_match(struct bytes list, struct bytes text);
enum list_match pattern_list_match_caseless(struct bytes list, struct bytes text);
