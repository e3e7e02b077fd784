/* SPDX-License-Identifier: ISC */
/*
 * The names that a keyword's value may be, and their numbers. For programs other than the daemon, too,
 * whose options take the same names. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config/settings.h"

/* Without regard to case; false if there is none. */
bool choice_find(enum keyword keyword, const char *name, int64_t *number);

/* The first name of the number, or NULL. */
const char *choice_name(enum keyword keyword, int64_t number);

/* All names, for a message: "a, b, c". Cut to `size`. */
void choice_list(enum keyword keyword, char *out, size_t size);
