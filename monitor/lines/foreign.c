/* SPDX-License-Identifier: ISC */
/*
 * Options of others (pure).
 */
#include "monitor/lines/foreign.h"

#include <string.h>

#include "common/config/config.h"
#include "common/pattern.h"
#include "common/text.h"

/* --- Which are kept ----------------------------------------------------------------------------- */

static bool
matches(const char *pattern, struct bytes name)
{
	return pattern_matches_caseless(bytes_of_text(pattern), name);
}

static bool
keeps_by_settings(const void *context, struct bytes name)
{
	const struct settings *settings = context;

	for (size_t i = 0; i < settings_count(settings, KEYWORD_AcceptKeyOptions); i++) {
		if (matches(settings_word(settings, KEYWORD_AcceptKeyOptions, i), name))
			return true;
	}
	return false;
}

struct foreign_rule
foreign_of_settings(const struct settings *settings)
{
	return (struct foreign_rule){ keeps_by_settings, settings };
}

struct look {
	struct bytes name;
	bool is_kept;
};

static void
look_at_word(void *context, const char *word, const struct setting_origin *origin)
{
	struct look *look = context;

	look->is_kept |= matches(word, look->name);
}

static bool
keeps_by_config(const void *context, struct bytes name)
{
	struct look look = { name, false };

	config_every_word(context, KEYWORD_AcceptKeyOptions, look_at_word, &look);
	return look.is_kept;
}

struct foreign_rule
foreign_of_config(const struct config *config)
{
	return (struct foreign_rule){ config == NULL ? NULL : keeps_by_config, config };
}

bool
foreign_is_kept(const struct foreign_rule *rule, struct bytes name)
{
	return rule != NULL && rule->keeps != NULL && rule->keeps(rule->context, name);
}

/* --- What they may be --------------------------------------------------------------------------- */

static bool
is_control(uint8_t byte)
{
	return byte < ' ' || byte == 0x7f;
}

/* A quote or a blank is no part of a name: what stands there was meant to be something else. */
static bool
is_name(struct bytes name)
{
	for (size_t i = 0; i < name.size; i++) {
		if (is_control(name.data[i]) || strchr(" \"\\", name.data[i]) != NULL)
			return false;
	}
	return name.size > 0;
}

static bool
has_control(struct bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (is_control(text.data[i]))
			return true;
	}
	return false;
}

/* One that ends the value, so that what is behind it stands in no quotes. */
static bool
has_bare_quote(struct bytes value)
{
	for (size_t i = 0; i < value.size; i++) {
		if (value.data[i] == '"' && (i == 0 || value.data[i - 1] != '\\'))
			return true;
	}
	return false;
}

enum result
foreign_check(const struct foreign_option *option, const char **why)
{
	*why = "quote or control character in the name of option";
	if (!is_name(option->name))
		return RESULT_MALFORMED;
	*why = "name of more than 64 bytes, of option";
	if (option->name.size > FOREIGN_NAME_MAX)
		return RESULT_LIMIT;
	*why = "value of more than 1024 bytes, of option";
	if (option->value.size > FOREIGN_VALUE_MAX)
		return RESULT_LIMIT;
	*why = "control character in the value of option";
	if (has_control(option->value))
		return RESULT_MALFORMED;
	*why = "quote without a backslash in the value of option";
	return has_bare_quote(option->value) ? RESULT_MALFORMED : RESULT_OK;
}

/* --- Variables ---------------------------------------------------------------------------------- */

static char
letter_of(uint8_t byte)
{
	if (byte >= 'a' && byte <= 'z')
		return (char)(byte - 'a' + 'A');
	if ((byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9'))
		return (char)byte;
	return '_';
}

void
foreign_variable(struct bytes name, char *out)
{
	const size_t prefix = strlen(KEY_OPTION_VARIABLE);
	const size_t size = name.size < FOREIGN_NAME_MAX ? name.size : FOREIGN_NAME_MAX;

	memcpy(out, KEY_OPTION_VARIABLE, prefix);
	for (size_t i = 0; i < size; i++)
		out[prefix + i] = letter_of(name.data[i]);
	out[prefix + size] = '\0';
}

static struct bytes
name_of(struct bytes line)
{
	const uint8_t *sign = memchr(line.data, '=', line.size);

	return bytes_of(line.data, sign == NULL ? line.size : (size_t)(sign - line.data));
}

static bool
has_another(const char *text, struct bytes wanted)
{
	struct bytes rest = bytes_of_text(text), line;

	while (text_next_line(&rest, &line)) {
		if (line.size > 0 && bytes_equal(name_of(line), name_of(wanted)) &&
		    !bytes_equal(line, wanted))
			return true;
	}
	return false;
}

bool
foreign_differ(const char *first, const char *second)
{
	struct bytes rest, line;

	if (first == NULL || second == NULL)
		return false;
	rest = bytes_of_text(first);
	while (text_next_line(&rest, &line)) {
		if (line.size > 0 && has_another(second, line))
			return true;
	}
	return false;
}
