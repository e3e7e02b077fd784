/* SPDX-License-Identifier: ISC */
/*
 * The options field of an authorized_keys line: one row for each option (pure). sshd(8), AUTHORIZED_KEYS
 * FILE FORMAT.
 */
#include "monitor/lines/options.h"

#include <stdio.h>
#include <strings.h>

#include "common/addr.h"
#include "common/place.h"
#include "common/text.h"
#include "monitor/lines/variable.h"

/* Numbers above are words of the protocol for tunnels. */
#define TUNNEL_UNIT_MAX 0x7ffffffd

struct parse {
	const struct foreign_rule *foreign;
	struct key_options *options;
	char *reason;
};

static enum result
refuse(struct parse *parse, enum result result, const char *why, struct bytes what)
{
	char quoted[64];

	text_quote(what, quoted, sizeof(quoted));
	snprintf(parse->reason, OPTIONS_REASON_MAX, "%s: %s", why, quoted);
	return result;
}

/* --- Values ------------------------------------------------------------------------------------- */

static enum result
parse_from(struct parse *parse, struct bytes value)
{
	if (parse->options->has_from)
		return refuse(parse, RESULT_MALFORMED, "option given twice", bytes_of_text("from"));
	if (value.size == 0 || memchr(value.data, '"', value.size) != NULL ||
	    addr_list_check(value) != RESULT_OK)
		return refuse(parse, RESULT_MALFORMED, "no list of addresses and patterns", value);
	parse->options->has_from = true;
	parse->options->from = value;
	return RESULT_OK;
}

static enum result
parse_command(struct parse *parse, struct bytes value)
{
	if (parse->options->has_command)
		return refuse(
		    parse, RESULT_MALFORMED, "option given twice", bytes_of_text("command"));
	parse->options->has_command = true;
	parse->options->command = value;
	return RESULT_OK;
}

static size_t
count_commas(struct bytes text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.size; i++)
		count += text.data[i] == ',';
	return count;
}

static enum result
parse_principals(struct parse *parse, struct bytes value)
{
	if (parse->options->has_principals)
		return refuse(
		    parse, RESULT_MALFORMED, "option given twice", bytes_of_text("principals"));
	if (value.size == 0)
		return refuse(
		    parse, RESULT_MALFORMED, "empty value of option", bytes_of_text("principals"));
	if (count_commas(value) >= OPTIONS_PRINCIPALS_MAX)
		return refuse(
		    parse, RESULT_LIMIT, "too many names of option", bytes_of_text("principals"));
	parse->options->has_principals = true;
	parse->options->principals = value;
	return RESULT_OK;
}

static enum result
parse_permit_open(struct parse *parse, struct bytes value)
{
	struct key_options *options = parse->options;

	if (!place_is_valid(value))
		return refuse(parse, RESULT_MALFORMED, "no place host:port", value);
	if (options->permit_open_count == OPTIONS_PERMIT_OPEN_MAX)
		return refuse(
		    parse, RESULT_LIMIT, "too many of option", bytes_of_text("permitopen"));
	options->permit_open[options->permit_open_count++] = value;
	return RESULT_OK;
}

static enum result
parse_permit_listen(struct parse *parse, struct bytes value)
{
	struct key_options *options = parse->options;

	if (!place_to_listen_is_valid(value))
		return refuse(parse, RESULT_MALFORMED, "no place [host:]port", value);
	if (options->permit_listen_count == OPTIONS_PERMIT_LISTEN_MAX)
		return refuse(
		    parse, RESULT_LIMIT, "too many of option", bytes_of_text("permitlisten"));
	options->permit_listen[options->permit_listen_count++] = value;
	return RESULT_OK;
}

static enum result
parse_tunnel(struct parse *parse, struct bytes value)
{
	struct key_tunnel *tunnel = &parse->options->tunnel;

	if (tunnel->is_set)
		return refuse(
		    parse, RESULT_MALFORMED, "option given twice", bytes_of_text("tunnel"));
	tunnel->is_set = true;
	parse->options->may_tunnel = true;
	tunnel->is_any = bytes_is(value, "any");
	if (tunnel->is_any || text_number(value, TUNNEL_UNIT_MAX, &tunnel->unit) == RESULT_OK)
		return RESULT_OK;
	return refuse(parse, RESULT_MALFORMED, "no number of a device, nor any", value);
}

static enum result
parse_environment(struct parse *parse, struct bytes value)
{
	struct key_options *options = parse->options;

	if (variable_name(value).size == 0)
		return refuse(parse, RESULT_MALFORMED, "no variable NAME=value", value);
	if (options->variable_count == OPTIONS_VARIABLES_MAX)
		return refuse(
		    parse, RESULT_LIMIT, "too many of option", bytes_of_text("environment"));
	options->variables[options->variable_count++] = value;
	return RESULT_OK;
}

/* The fields of YYYYMMDDHHMMSS; a date alone is its first second. */
struct calendar {
	uint64_t year, month, day, hour, minute, second;
};

static bool
take_digits(struct bytes *digits, size_t count, uint64_t *out)
{
	if (digits->size < count ||
	    text_number(bytes_of(digits->data, count), UINT32_MAX, out) != RESULT_OK)
		return false;
	*digits = bytes_of(digits->data + count, digits->size - count);
	return true;
}

static uint64_t
days_in_month(const struct calendar *date)
{
	static const uint64_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	const bool leaps = date->year % 4 == 0 && (date->year % 100 != 0 || date->year % 400 == 0);

	return days[date->month - 1] + (date->month == 2 && leaps ? 1 : 0);
}

static bool
calendar_parse(struct bytes digits, struct calendar *date)
{
	*date = (struct calendar){ 0 };
	if (digits.size != 8 && digits.size != 12 && digits.size != 14)
		return false;
	if (!take_digits(&digits, 4, &date->year) || !take_digits(&digits, 2, &date->month) ||
	    !take_digits(&digits, 2, &date->day))
		return false;
	if (digits.size > 0 &&
	    (!take_digits(&digits, 2, &date->hour) || !take_digits(&digits, 2, &date->minute)))
		return false;
	if (digits.size > 0 && !take_digits(&digits, 2, &date->second))
		return false;
	return date->year >= 1970 && date->month >= 1 && date->month <= 12 && date->day >= 1 &&
	       date->day <= days_in_month(date) && date->hour < 24 && date->minute < 60 &&
	       date->second < 60;
}

static uint64_t
calendar_seconds(const struct calendar *date)
{
	const uint64_t past = date->year - 1; /* whole years since the year 1 */
	uint64_t days = past * 365 + past / 4 - past / 100 + past / 400 + date->day - 1;
	struct calendar month = *date;

	for (month.month = 1; month.month < date->month; month.month++)
		days += days_in_month(&month);
	days -= 719162; /* of 1970-01-01 */
	return ((days * 24 + date->hour) * 60 + date->minute) * 60 + date->second;
}

static struct bytes
without_suffix(struct bytes text, const char *suffix, bool *is_there)
{
	const size_t size = strlen(suffix);

	*is_there = text.size >= size && memcmp(text.data + text.size - size, suffix, size) == 0;
	return *is_there ? bytes_of(text.data, text.size - size) : text;
}

static enum result
parse_expiry(struct parse *parse, struct bytes value)
{
	struct key_expiry *expiry = &parse->options->expiry;
	struct calendar date;
	struct bytes digits;

	if (expiry->is_set)
		return refuse(
		    parse, RESULT_MALFORMED, "option given twice", bytes_of_text("expiry-time"));
	digits = without_suffix(value, "Z", &expiry->is_utc);
	if (!expiry->is_utc)
		digits = without_suffix(value, "UTC", &expiry->is_utc);
	if (!calendar_parse(digits, &date))
		return refuse(parse, RESULT_MALFORMED, "no date YYYYMMDD[HHMM[SS]][Z]", value);
	expiry->is_set = true;
	expiry->clock_s = calendar_seconds(&date);
	return RESULT_OK;
}

/* --- The table ---------------------------------------------------------------------------------- */

struct flag {
	const char *name; /* "no-" in front turns it off; a later one beats an earlier one */
	size_t at;        /* the bool in struct key_options */
	size_t word;      /* what set it */
};

#define FLAG(name) offsetof(struct key_options, name), offsetof(struct key_options, name##_word)

/* clang-format off */
static const struct flag flags[] = {
	{ "pty",              FLAG(pty) },
	{ "port-forwarding",  FLAG(port_forwarding) },
	{ "agent-forwarding", FLAG(agent_forwarding) },
	{ "x11-forwarding",   FLAG(x11_forwarding) },
	{ "user-rc",          FLAG(user_rc) },
};

/* What is asked of a security key: no permission, so "restrict" leaves it alone. */
static const struct demanded {
	const char *name;
	size_t at;
	bool is_waiver; /* the bool says that it is not asked for */
} demands[] = {
	{ "touch-required",  offsetof(struct key_options, touch_waived), true },
	{ "verify-required", offsetof(struct key_options, must_verify),  false },
};

static const struct valued {
	const char *name;
	enum result (*parse)(struct parse *parse, struct bytes value);
} valued[] = {
	{ "from",        parse_from },
	{ "expiry-time", parse_expiry },
	{ "command",     parse_command },
	{ "permitopen",  parse_permit_open },
	{ "permitlisten", parse_permit_listen },
	{ "principals",  parse_principals },
	{ "environment", parse_environment },
	{ "tunnel",      parse_tunnel },
};
/* clang-format on */

static void
set_flag(struct key_options *options, const struct flag *flag, bool value, struct bytes word)
{
	*(bool *)((char *)options + flag->at) = value;
	*(struct bytes *)((char *)options + flag->word) = word;
}

static void
set_all_flags(struct key_options *options, bool value, struct bytes word)
{
	for (size_t i = 0; i < COUNT(flags); i++)
		set_flag(options, &flags[i], value, word);
}

static bool
is_word(struct bytes text, const char *word)
{
	return text.size == strlen(word) &&
	       strncasecmp((const char *)text.data, word, text.size) == 0;
}

static bool
is_negated(struct bytes name)
{
	return name.size > 3 && is_word(bytes_of(name.data, 3), "no-");
}

/* --- Options of others -------------------------------------------------------------------------- */

/* In whatever form: what is ours and makes no sense here must not make sense to somebody else. */
static bool
is_ours(struct bytes plain)
{
	while (is_negated(plain))
		plain = bytes_of(plain.data + 3, plain.size - 3);
	if (is_word(plain, "restrict") || is_word(plain, "cert-authority"))
		return true;
	for (size_t i = 0; i < COUNT(flags); i++) {
		if (is_word(plain, flags[i].name))
			return true;
	}
	for (size_t i = 0; i < COUNT(demands); i++) {
		if (is_word(plain, demands[i].name))
			return true;
	}
	for (size_t i = 0; i < COUNT(valued); i++) {
		if (is_word(plain, valued[i].name))
			return true;
	}
	return false;
}

/* NULL, or what is wrong with another one of this name beside those that there are. */
static const char *
find_double(const struct key_options *options, struct bytes name)
{
	char variable[FOREIGN_VARIABLE_MAX], other[FOREIGN_VARIABLE_MAX];

	foreign_variable(name, variable);
	for (size_t i = 0; i < options->foreign_count; i++) {
		const struct bytes before = options->foreign[i].name;

		foreign_variable(before, other);
		if (strcmp(variable, other) == 0)
			return before.size == name.size &&
				       strncasecmp((const char *)before.data,
					   (const char *)name.data, name.size) == 0
				   ? "option given twice"
				   : "another option has the variable of option";
	}
	return NULL;
}

static enum result
apply_foreign(struct parse *parse, struct bytes name, struct bytes value)
{
	struct key_options *options = parse->options;
	const struct foreign_option option = { name, value };
	enum result result;
	const char *why;

	if (is_ours(name) || !foreign_is_kept(parse->foreign, name))
		return refuse(
		    parse, RESULT_UNSUPPORTED, "option that this server does not know", name);
	result = foreign_check(&option, &why);
	if (result != RESULT_OK)
		return refuse(parse, result, why, name);
	why = find_double(options, name);
	if (why != NULL)
		return refuse(parse, RESULT_MALFORMED, why, name);
	if (options->foreign_count == OPTIONS_FOREIGN_MAX)
		return refuse(parse, RESULT_LIMIT,
		    "more than 16 options that this server does not know, with", name);
	options->foreign[options->foreign_count++] = option;
	return RESULT_OK;
}

/* --- One option --------------------------------------------------------------------------------- */

static enum result
apply_flag(struct parse *parse, struct bytes name)
{
	const bool is_off = is_negated(name);
	struct bytes plain = is_off ? bytes_of(name.data + 3, name.size - 3) : name;

	if (is_word(name, "restrict")) {
		set_all_flags(parse->options, false, name);
		parse->options->may_tunnel = false;
		parse->options->may_tunnel_word = name;
		return RESULT_OK;
	}
	if (is_word(name, "cert-authority")) {
		parse->options->is_authority = true;
		return RESULT_OK;
	}
	for (size_t i = 0; i < COUNT(flags); i++) {
		if (is_word(plain, flags[i].name)) {
			set_flag(parse->options, &flags[i], !is_off, name);
			return RESULT_OK;
		}
	}
	for (size_t i = 0; i < COUNT(demands); i++) {
		if (is_word(plain, demands[i].name)) {
			*(bool *)((char *)parse->options + demands[i].at) =
			    is_off == demands[i].is_waiver;
			return RESULT_OK;
		}
	}
	return apply_foreign(parse, name, bytes_of("", 0));
}

/* A value stands in quotes, all of it. */
static enum result
apply_valued(struct parse *parse, struct bytes name, struct bytes value)
{
	if (value.size < 2 || value.data[0] != '"' || value.data[value.size - 1] != '"')
		return refuse(parse, RESULT_MALFORMED, "value without quotes of option", name);
	value = bytes_of(value.data + 1, value.size - 2);
	for (size_t i = 0; i < COUNT(valued); i++) {
		if (is_word(name, valued[i].name))
			return valued[i].parse(parse, value);
	}
	return apply_foreign(parse, name, value);
}

/* --- The field ---------------------------------------------------------------------------------- */

/* \" is no quote, as in sshd. */
enum result
options_scan(struct bytes text, const char *ends, size_t *size)
{
	bool is_quoted = false;
	size_t i;

	for (i = 0; i < text.size; i++) {
		const char byte = (char)text.data[i];

		if (!is_quoted && byte != '\0' && strchr(ends, byte) != NULL)
			break;
		if (byte == '\\' && i + 1 < text.size && text.data[i + 1] == '"')
			i++;
		else if (byte == '"')
			is_quoted = !is_quoted;
	}
	*size = i;
	return is_quoted ? RESULT_MALFORMED : RESULT_OK;
}

enum result
options_field(struct bytes line, size_t *size)
{
	return options_scan(line, " \t", size);
}

static enum result
apply(struct parse *parse, struct bytes option)
{
	const uint8_t *equals = option.size == 0 ? NULL : memchr(option.data, '=', option.size);
	size_t name_size;

	if (equals == NULL)
		return apply_flag(parse, option);
	name_size = (size_t)(equals - option.data);
	return apply_valued(parse, bytes_of(option.data, name_size),
	    bytes_of(equals + 1, option.size - name_size - 1));
}

enum result
options_parse(
    struct bytes text, const struct foreign_rule *foreign, struct key_options *out, char *reason)
{
	struct parse parse = { foreign, out, reason };
	size_t size;

	*out = (struct key_options){ 0 };
	reason[0] = '\0';
	set_all_flags(out, true, bytes_of("", 0));
	out->may_tunnel = true;
	if (text.size == 0)
		return RESULT_OK;
	for (;;) {
		if (options_scan(text, ",", &size) != RESULT_OK)
			return refuse(&parse, RESULT_MALFORMED, "quote that is not closed", text);
		if (size == 0)
			return refuse(&parse, RESULT_MALFORMED, "empty option before", text);
		TRY(apply(&parse, bytes_of(text.data, size)));
		if (size == text.size)
			return RESULT_OK;
		text = bytes_of(text.data + size + 1, text.size - size - 1);
	}
}
