/* SPDX-License-Identifier: ISC */
/*
 * What sshd_config says of the sources of connections (pure).
 */
#include "common/config/sources.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/config/duration.h"
#include "common/config/value.h"
#include "common/text.h"

#define V4_BITS 32
#define V6_BITS 128

enum result
net_block_parse(const char *word, struct settings_net_block *out)
{
	const size_t size = strcspn(word, ":");
	uint64_t v4_bits, v6_bits = V6_BITS;

	TRY(text_number(bytes_of(word, size), V4_BITS, &v4_bits));
	if (word[size] == ':')
		TRY(text_number(bytes_of_text(word + size + 1), V6_BITS, &v6_bits));
	*out = (struct settings_net_block){ (unsigned)v4_bits, (unsigned)v6_bits };
	return RESULT_OK;
}

/* --- PerSourcePenalties ------------------------------------------------------------------------- */

enum part_form {
	PART_TIME,
	PART_COUNT,
	PART_OVERFLOW,
};

/* In the order in which they are printed. Those of OpenSSH. */
/* clang-format off */
static const struct {
	const char *name;
	enum part_form form;
	uint64_t fallback;
} parts[PENALTY_PART_COUNT] = {
	[PENALTY_PART_CRASH]             = { "crash",            PART_TIME,     90000 },
	[PENALTY_PART_AUTHFAIL]          = { "authfail",         PART_TIME,     5000 },
	[PENALTY_PART_NOAUTH]            = { "noauth",           PART_TIME,     1000 },
	[PENALTY_PART_INVALIDUSER]       = { "invaliduser",      PART_TIME,     5000 },
	[PENALTY_PART_GRACE_EXCEEDED]    = { "grace-exceeded",   PART_TIME,     10000 },
	[PENALTY_PART_REFUSECONNECTION]  = { "refuseconnection", PART_TIME,     10000 },
	[PENALTY_PART_MAX]               = { "max",              PART_TIME,     600000 },
	[PENALTY_PART_MIN]               = { "min",              PART_TIME,     15000 },
	[PENALTY_PART_MAX_SOURCES4]      = { "max-sources4",     PART_COUNT,    65536 },
	[PENALTY_PART_MAX_SOURCES6]      = { "max-sources6",     PART_COUNT,    65536 },
	[PENALTY_PART_OVERFLOW]          = { "overflow",         PART_OVERFLOW, PENALTY_OVERFLOW_PERMISSIVE },
	[PENALTY_PART_OVERFLOW6]         = { "overflow6",        PART_OVERFLOW, PENALTY_OVERFLOW_PERMISSIVE },
};
/* clang-format on */

/* More addresses than this are remembered by nobody: it is 64 MiB. */
#define SOURCES_MAX (1024 * 1024)

static enum result
read_overflow(const char *text, uint64_t *out)
{
	if (strcasecmp(text, "permissive") == 0)
		*out = PENALTY_OVERFLOW_PERMISSIVE;
	else if (strcasecmp(text, "deny-all") == 0)
		*out = PENALTY_OVERFLOW_DENY_ALL;
	else
		return RESULT_MALFORMED;
	return RESULT_OK;
}

static enum result
read_part(enum penalty_part part, const char *word, const char *text, uint64_t *out, char *why)
{
	switch (parts[part].form) {
	case PART_TIME:
		if (duration_parse(text, out) == RESULT_OK)
			return RESULT_OK;
		return value_wrong(word, DURATION_RIGHT " behind the colon", why);
	case PART_COUNT:
		if (text_number(bytes_of_text(text), SOURCES_MAX, out) == RESULT_OK && *out > 0)
			return RESULT_OK;
		return value_wrong(word, "a number from 1 to 1048576 behind the colon", why);
	case PART_OVERFLOW:
		if (read_overflow(text, out) == RESULT_OK)
			return RESULT_OK;
		return value_wrong(word, "permissive or deny-all behind the colon", why);
	}
	return RESULT_UNSUPPORTED;
}

/* "name:value"; the first of a name on a line counts, as among lines. */
static enum result
read_word(const char *word, struct penalty_words *out, char *why)
{
	const size_t size = strcspn(word, ":");
	uint64_t value = 0;

	for (unsigned i = 0; i < PENALTY_PART_COUNT; i++) {
		if (word[size] != ':' || strlen(parts[i].name) != size ||
		    strncasecmp(parts[i].name, word, size) != 0)
			continue;
		TRY(read_part((enum penalty_part)i, word, word + size + 1, &value, why));
		if ((out->set & 1U << i) == 0)
			out->parts[i] = value;
		out->set |= 1U << i;
		return RESULT_OK;
	}
	return value_wrong(word,
	    "yes or no alone, or name:value with one of the names crash, authfail, noauth, "
	    "invaliduser, grace-exceeded, refuseconnection, max, min, max-sources4, max-sources6, "
	    "overflow and overflow6",
	    why);
}

enum result
penalty_words_parse(const struct lex_line *line, struct penalty_words *out, char *why)
{
	const bool is_yes = strcasecmp(line->words[0], "yes") == 0;

	*out = (struct penalty_words){ 0 };
	if (line->count == 1 && (is_yes || strcasecmp(line->words[0], "no") == 0)) {
		out->has_flag = true;
		out->is_off = !is_yes;
		return RESULT_OK;
	}
	for (size_t i = 0; i < line->count; i++)
		TRY(read_word(line->words[i], out, why));
	return RESULT_OK;
}

void
penalty_words_merge(struct penalty_words *into, const struct penalty_words *later)
{
	if (!into->has_flag) {
		into->has_flag = later->has_flag;
		into->is_off = later->is_off;
	}
	for (unsigned i = 0; i < PENALTY_PART_COUNT; i++) {
		if ((into->set & 1U << i) == 0)
			into->parts[i] = later->parts[i];
	}
	into->set |= later->set;
}

/* Who names a part wants penalties, also where another line says "no": as sshd has it. */
struct settings_penalties
penalty_words_resolve(const struct penalty_words *words)
{
	struct settings_penalties out = { .is_on = !words->is_off || words->set != 0 };

	for (unsigned i = 0; i < PENALTY_PART_COUNT; i++)
		out.parts[i] = (words->set & 1U << i) != 0 ? words->parts[i] : parts[i].fallback;
	if ((words->set & 1U << PENALTY_PART_OVERFLOW6) == 0)
		out.parts[PENALTY_PART_OVERFLOW6] = out.parts[PENALTY_PART_OVERFLOW];
	return out;
}

static void
format_part(enum penalty_part part, uint64_t value, char *out, size_t size)
{
	switch (parts[part].form) {
	case PART_TIME:
		snprintf(out, size, "%" PRIu64 ".%03u000", value / 1000, (unsigned)(value % 1000));
		break;
	case PART_COUNT:
		snprintf(out, size, "%" PRIu64, value);
		break;
	case PART_OVERFLOW:
		snprintf(out, size, "%s",
		    value == PENALTY_OVERFLOW_DENY_ALL ? "deny-all" : "permissive");
		break;
	}
}

enum result
penalties_format(const struct settings_penalties *penalties, struct buf *out)
{
	if (!penalties->is_on)
		return buf_append(out, bytes_of_text("no"));
	for (unsigned i = 0; i < PENALTY_PART_COUNT; i++) {
		char value[32], text[64];

		format_part((enum penalty_part)i, penalties->parts[i], value, sizeof(value));
		snprintf(text, sizeof(text), "%s%s:%s", i == 0 ? "" : " ", parts[i].name, value);
		TRY(buf_append(out, bytes_of_text(text)));
	}
	return RESULT_OK;
}
