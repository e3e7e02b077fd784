/* SPDX-License-Identifier: ISC */
/*
 * The words of IPQoS.
 */
#include "common/config/qos.h"

#include <stdio.h>
#include <strings.h>

#include "common/config/value.h"
#include "common/text.h"

/* The octet of the IP header: the code point in its upper six bits. */
#define OCTET(code_point) ((code_point) << 2)

/* Of two names for one octet the first is printed. */
static const struct {
	const char *name;
	unsigned octet;
} classes[] = {
	{ "none", SETTINGS_QOS_NONE },
	{ "af11", OCTET(10) },
	{ "af12", OCTET(12) },
	{ "af13", OCTET(14) },
	{ "af21", OCTET(18) },
	{ "af22", OCTET(20) },
	{ "af23", OCTET(22) },
	{ "af31", OCTET(26) },
	{ "af32", OCTET(28) },
	{ "af33", OCTET(30) },
	{ "af41", OCTET(34) },
	{ "af42", OCTET(36) },
	{ "af43", OCTET(38) },
	{ "cs0", OCTET(0) },
	{ "cs1", OCTET(8) },
	{ "cs2", OCTET(16) },
	{ "cs3", OCTET(24) },
	{ "cs4", OCTET(32) },
	{ "cs5", OCTET(40) },
	{ "cs6", OCTET(48) },
	{ "cs7", OCTET(56) },
	{ "ef", OCTET(46) },
	{ "le", OCTET(1) },
	{ "va", OCTET(44) },
	/* Of RFC 1349, whose bits mean something else today. */
	{ "lowdelay", SETTINGS_QOS_NONE },
	{ "throughput", SETTINGS_QOS_NONE },
	{ "reliability", SETTINGS_QOS_NONE },
};

static enum result
parse_class(const char *word, unsigned *out, char *why)
{
	uint64_t number;

	for (size_t i = 0; i < COUNT(classes); i++) {
		if (strcasecmp(word, classes[i].name) == 0) {
			*out = classes[i].octet;
			return RESULT_OK;
		}
	}
	if (text_number(bytes_of_text(word), UINT8_MAX, &number) == RESULT_OK) {
		*out = (unsigned)number;
		return RESULT_OK;
	}
	snprintf(why, VALUE_WHY_MAX,
	    "\"%.100s\" is not valid; it must be af11 to af43, cs0 to cs7, ef, le, va, none or a "
	    "number up to 255",
	    word);
	return RESULT_MALFORMED;
}

enum result
qos_parse(const struct lex_line *line, struct settings_qos *out, char *why)
{
	if (line->count > 2) {
		snprintf(why, VALUE_WHY_MAX, "one or two classes are expected, there are %zu words",
		    line->count);
		return RESULT_MALFORMED;
	}
	TRY(parse_class(line->words[0], &out->interactive, why));
	return parse_class(line->words[line->count - 1], &out->bulk, why);
}

static void
format_class(unsigned octet, char *out, size_t size)
{
	snprintf(out, size, "%u", octet);
	for (size_t i = COUNT(classes); i-- > 0;) {
		if (classes[i].octet == octet)
			snprintf(out, size, "%s", classes[i].name);
	}
}

void
qos_format(struct settings_qos qos, char *out, size_t size)
{
	char interactive[QOS_TEXT_MAX / 2], bulk[QOS_TEXT_MAX / 2];

	format_class(qos.interactive, interactive, sizeof(interactive));
	format_class(qos.bulk, bulk, sizeof(bulk));
	snprintf(out, size, "%s %s", interactive, bulk);
}
