/* SPDX-License-Identifier: ISC */
/*
 * Tokens in what a program of the operator's is told (pure).
 */
#include "monitor/keys/tokens.h"

#include <stdio.h>

#include "common/mem.h"

#define WORD_MAX (64 * 1024)

enum result
tokens_put_number(struct buf *out, unsigned long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", number);
	return buf_append(out, bytes_of_text(text));
}

/* In the order that sshd has in fact: our end, then the client's. */
static enum result
append_connection(struct buf *out, const struct monitor_inputs *inputs)
{
	char text[2 * MONITOR_ADDRESS_MAX + 32];

	snprintf(text, sizeof(text), "%s %u %s %u", inputs->local.address, inputs->local.port,
	    inputs->peer.address, inputs->peer.port);
	return buf_append(out, bytes_of_text(text));
}

static enum result
append_token(const struct token_source *source, char token, struct buf *out)
{
	switch (token) {
	case '%':
		return buf_append(out, bytes_of_text("%"));
	case 'u':
		return buf_append(out, bytes_of_text(source->account->name));
	case 'U':
		return tokens_put_number(out, source->account->uid);
	case 'h':
		return buf_append(out, bytes_of_text(source->account->home));
	case 'C':
		return append_connection(out, source->inputs);
	default:
		return source->own == NULL ? RESULT_MALFORMED
					   : source->own(source->context, token, out);
	}
}

enum result
tokens_expand(const struct token_source *source, const char *word, char **out)
{
	OWNED_BUF text;

	buf_init(&text, WORD_MAX);
	for (; *word != '\0'; word++) {
		if (*word != '%')
			TRY(buf_append(&text, bytes_of(word, 1)));
		else if (*++word == '\0')
			return RESULT_MALFORMED;
		else
			TRY(append_token(source, *word, &text));
	}
	return mem_text(buf_bytes(&text), out);
}
