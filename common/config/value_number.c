/* SPDX-License-Identifier: ISC */
/*
 * Numbers, sizes, times, flags and choices (pure).
 */
#include "common/config/value_number.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "common/config/choices.h"
#include "common/config/duration.h"
#include "common/text.h"

static enum result
read_flag(const char *word, struct value *out, char *why)
{
	if (strcasecmp(word, "yes") != 0 && strcasecmp(word, "no") != 0)
		return value_wrong(word, "yes or no", why);
	out->number = strcasecmp(word, "yes") == 0;
	return RESULT_OK;
}

static enum result
read_choice(enum keyword keyword, const char *word, struct value *out, char *why)
{
	char names[VALUE_WHY_MAX / 2];

	if (choice_find(keyword, word, &out->number))
		return RESULT_OK;
	choice_list(keyword, names, sizeof(names));
	return value_wrong(word, names, why);
}

/* No key is smaller, and none larger: key.h. */
#define RSA_BITS_LEAST 1024
#define RSA_BITS_MOST  16384

/* Its port is 6000 more, and there are to be a thousand from there on. */
#define DISPLAY_MOST 58535

static enum result
read_number(enum keyword keyword, const char *word, struct value *out, char *why)
{
	uint64_t number;

	if (text_number(bytes_of_text(word), INT32_MAX, &number) != RESULT_OK)
		return value_wrong(word, "a decimal number", why);
	if (keyword == KEYWORD_RequiredRSASize &&
	    (number < RSA_BITS_LEAST || number > RSA_BITS_MOST))
		return value_wrong(word, "a number of bits from 1024 to 16384", why);
	if (keyword == KEYWORD_X11DisplayOffset && number > DISPLAY_MOST)
		return value_wrong(word, "the number of a display, up to 58535", why);
	out->number = (int64_t)number;
	return RESULT_OK;
}

static enum result
read_octal(const char *word, struct value *out, char *why)
{
	char *end;
	long number = strtol(word, &end, 8);

	if (*word < '0' || *word > '7' || *end != '\0' || number > 0777)
		return value_wrong(word, "an octal number from 0 to 0777", why);
	out->number = number;
	return RESULT_OK;
}

/* A number from 1 on, or none. */
static enum result
read_limit(const char *word, struct value *out, char *why)
{
	uint64_t number;

	if (strcasecmp(word, "none") == 0)
		return RESULT_OK;
	if (text_number(bytes_of_text(word), INT32_MAX, &number) != RESULT_OK || number == 0)
		return value_wrong(word, "a number from 1 on, or none", why);
	out->number = (int64_t)number;
	return RESULT_OK;
}

/* A fraction of a second is cut off. */
static enum result
read_time(const char *word, struct value *out, char *why)
{
	uint64_t ms;

	if (strcasecmp(word, "none") == 0)
		return RESULT_OK; /* 0: never */
	if (duration_parse(word, &ms) != RESULT_OK)
		return value_wrong(word, DURATION_RIGHT, why);
	out->number = (int64_t)(ms / 1000);
	return RESULT_OK;
}

/* Nobody is called without a pause, nor given up for good. */
#define RETRY_MOST_S (24 * 3600)

static enum result
read_retry(const char *word, struct value *out, char *why)
{
	TRY(read_time(word, out, why));
	if (out->number >= 1 && out->number <= RETRY_MOST_S)
		return RESULT_OK;
	return value_wrong(word, "a time from 1s to 1d", why);
}

static enum result
read_net_block(const char *word, struct value *out, char *why)
{
	if (net_block_parse(word, &out->net_block) == RESULT_OK)
		return RESULT_OK;
	return value_wrong(word,
	    "leading bits of IPv4 addresses, or those and of IPv6 addresses, such as 24:56", why);
}

/* start, start:rate:full */
static enum result
read_startups(const char *word, struct value *out, char *why)
{
	const char *right = "a number, or start:rate:full such as 10:30:100 (rate from 1 to 100)";
	struct bytes parts[3];
	uint64_t numbers[3] = { 0, 100, 0 };
	size_t count = 0;
	const char *at = word;

	for (;;) {
		size_t size = strcspn(at, ":");

		if (count == 3)
			return value_wrong(word, right, why);
		parts[count++] = bytes_of(at, size);
		if (at[size] == '\0')
			break;
		at += size + 1;
	}
	for (size_t i = 0; i < count; i++) {
		if (text_number(parts[i], INT32_MAX, &numbers[i]) != RESULT_OK)
			return value_wrong(word, right, why);
	}
	if (count == 1)
		numbers[2] = numbers[0];
	if (count == 2 || numbers[0] < 1 || numbers[1] < 1 || numbers[1] > 100 ||
	    numbers[2] < numbers[0])
		return value_wrong(word, right, why);
	out->startups = (struct settings_startups){ (unsigned)numbers[0], (unsigned)numbers[1],
		(unsigned)numbers[2] };
	return RESULT_OK;
}

/* A number of bytes with K, M or G behind it. */
static enum result
parse_bytes(const char *word, uint64_t *out)
{
	static const char units[] = "KMG";
	size_t digits = strspn(word, "0123456789");
	const char *unit = word[digits] == '\0' ? NULL : strchr(units, toupper(word[digits]));
	unsigned shift = unit == NULL ? 0 : 10 * (unsigned)(unit - units + 1);

	if (text_number(bytes_of(word, digits), INT64_MAX >> shift, out) != RESULT_OK ||
	    (word[digits] != '\0' && (unit == NULL || word[digits + 1] != '\0')))
		return RESULT_MALFORMED;
	*out <<= shift;
	return RESULT_OK;
}

/* Bytes before keys are replaced, or "default". */
static enum result
read_key_bytes(const char *word, uint64_t *out, char *why)
{
	const char *right = "default, or a number of bytes from 16 on such as 512M or 1G";

	*out = 0;
	if (strcasecmp(word, "default") == 0)
		return RESULT_OK;
	if (parse_bytes(word, out) != RESULT_OK || (*out > 0 && *out < 16))
		return value_wrong(word, right, why);
	return RESULT_OK;
}

/* What a connection may be told to hold. A packet fits into what is read of the network at a time, and every
 * channel has a window of 32K at least, or of what is the most. */
static const struct {
	enum keyword keyword;
	uint64_t least, most;
	const char *right;
} sizes[] = {
	{ KEYWORD_ChannelPacketMax, 1024, 128 * 1024, "a number of bytes from 1K to 128K" },
	{ KEYWORD_ChannelWindowMax, 16 * 1024, 1024 * 1024 * 1024,
	    "a number of bytes from 16K to 1G" },
	{ KEYWORD_ConnectionWindowMax, 64 * 1024, 1024 * 1024 * 1024,
	    "a number of bytes from 64K to 1G" },
};

static enum result
read_size(enum keyword keyword, const char *word, struct value *out, char *why)
{
	uint64_t size;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		if (sizes[i].keyword != keyword)
			continue;
		if (parse_bytes(word, &size) != RESULT_OK || size < sizes[i].least ||
		    size > sizes[i].most)
			return value_wrong(word, sizes[i].right, why);
		out->number = (int64_t)size;
		return RESULT_OK;
	}
	return RESULT_UNSUPPORTED;
}

/* SIZE, SIZE TIME */
static enum result
read_rekey(const struct lex_line *line, struct value *out, char *why)
{
	struct value time = { 0 };

	if (line->count > 2) {
		snprintf(why, VALUE_WHY_MAX, "a size and a time are expected, there are %zu words",
		    line->count);
		return RESULT_MALFORMED;
	}
	TRY(read_key_bytes(line->words[0], &out->rekey.bytes, why));
	if (line->count == 2 && strcasecmp(line->words[1], "none") != 0)
		TRY(read_time(line->words[1], &time, why));
	out->rekey.seconds = (unsigned)time.number;
	out->has_rekey_time = line->count == 2;
	return RESULT_OK;
}

enum result
value_number_read(enum keyword keyword, const struct lex_line *line, struct value *out, char *why)
{
	const char *word = line->count > 0 ? line->words[0] : "";

	switch (keyword_row(keyword)->type) {
	case KEYWORD_TYPE_FLAG:
		return read_flag(word, out, why);
	case KEYWORD_TYPE_CHOICE:
		return read_choice(keyword, word, out, why);
	case KEYWORD_TYPE_NUMBER:
		return read_number(keyword, word, out, why);
	case KEYWORD_TYPE_LIMIT:
		return read_limit(word, out, why);
	case KEYWORD_TYPE_TIME:
		if (keyword == KEYWORD_CallHomeRetry || keyword == KEYWORD_CallHomeRetryMax)
			return read_retry(word, out, why);
		return read_time(word, out, why);
	case KEYWORD_TYPE_SIZE:
		return read_size(keyword, word, out, why);
	case KEYWORD_TYPE_OCTAL:
		return read_octal(word, out, why);
	case KEYWORD_TYPE_STARTUPS:
		return read_startups(word, out, why);
	case KEYWORD_TYPE_NET_BLOCK:
		return read_net_block(word, out, why);
	case KEYWORD_TYPE_REKEY:
		return read_rekey(line, out, why);
	default:
		return RESULT_UNSUPPORTED;
	}
}
