/* SPDX-License-Identifier: ISC */
/*
 * Tokens in what a program of the operator's is told: % and a letter (pure).
 */
#pragma once

#include "monitor/monitor.h"

/* What a token stands for, appended to `out`. RESULT_MALFORMED: there is no such token. */
typedef enum result token_writer(const void *context, char token, struct buf *out);

struct token_source {
	const struct monitor_inputs *inputs; /* from where to where */
	const struct account *account;       /* whom it is about */
	token_writer *own;   /* tokens besides the common ones; NULL: there are none */
	const void *context; /* of that */
};

/* Those that each program has: %% a percent sign, %u name, %U uid and %h home of the user, %C the connection, our end
 * and then the client's. */
#define TOKENS_COMMON "uUhC"

/*
 * A word with its tokens replaced, on the heap. RESULT_MALFORMED: it has a token that there is not, or a NUL came of it.
 * RESULT_LIMIT: it gets longer than any argument may be. RESULT_MEMORY.
 */
enum result tokens_expand(const struct token_source *source, const char *word, char **out) MUST_USE;

/* A number in decimal digits, for writers of tokens. */
enum result tokens_put_number(struct buf *out, unsigned long number) MUST_USE;
