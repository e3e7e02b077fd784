/* SPDX-License-Identifier: ISC */
/*
 * Times as sshd_config writes them (pure).
 */
#include "common/config/duration.h"

#define SECOND_MS 1000

static uint64_t
seconds_of(char unit)
{
	switch (unit | 0x20) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	case 'w':
		return 604800;
	default:
		return 0;
	}
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static enum result
read_whole(const char **at, uint64_t *out)
{
	if (!is_digit(**at))
		return RESULT_MALFORMED;
	for (*out = 0; is_digit(**at); ++*at) {
		*out = *out * 10 + (uint64_t)(**at - '0');
		if (*out > INT32_MAX)
			return RESULT_MALFORMED;
	}
	return RESULT_OK;
}

/* What is behind a decimal point, if there is one; seconds must follow. */
static enum result
read_decimals(const char **at, uint64_t *ms)
{
	uint64_t worth = SECOND_MS;

	*ms = 0;
	if (**at != '.')
		return RESULT_OK;
	if (!is_digit(*++*at))
		return RESULT_MALFORMED;
	for (; is_digit(**at); ++*at) {
		worth /= 10;
		*ms += worth * (uint64_t)(**at - '0');
	}
	return **at == '\0' || seconds_of(**at) == 1 ? RESULT_OK : RESULT_MALFORMED;
}

enum result
duration_parse(const char *word, uint64_t *ms)
{
	const char *at = word;

	*ms = 0;
	do {
		uint64_t number, decimals, unit = 1;

		TRY(read_whole(&at, &number));
		TRY(read_decimals(&at, &decimals));
		if (*at != '\0')
			unit = seconds_of(*at++);
		if (unit == 0)
			return RESULT_MALFORMED;
		*ms += number * unit * SECOND_MS + decimals;
		if (*ms / SECOND_MS > INT32_MAX)
			return RESULT_MALFORMED;
	} while (*at != '\0');
	return RESULT_OK;
}
