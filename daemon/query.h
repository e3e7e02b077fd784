/* SPDX-License-Identifier: ISC */
/*
 * What this program can do, for people and scripts: `sallyportd -Q`.
 */
#pragma once

#include <stdio.h>

#include "common/result.h"

/* Prints the names of a kind of algorithm, in our order of preference, those included that must be named to
 * be offered: `what` is one of "help" or a keyword of the configuration. RESULT_CONFIG, said on `errors`. */
enum result query_print(const char *what, FILE *out, FILE *errors);
