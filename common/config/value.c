/* SPDX-License-Identifier: ISC */
/*
 * Typed values: for each type one reader (pure).
 */
#include "common/config/value.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "common/addr.h"
#include "common/config/algorithms.h"
#include "common/config/choices.h"
#include "common/config/duration.h"
#include "common/config/methods.h"
#include "common/config/qos.h"
#include "common/mem.h"
#include "common/place.h"
#include "common/text.h"

/* Together with our name well below the 255 bytes of an identification. */
#define ADDENDUM_MAX 200

/* --- Readers of one word ------------------------------------------------------------------------ */

static enum result
wrong(char *why, const char *word, const char *right)
{
	char quoted[128];

	text_quote(bytes_of_text(word), quoted, sizeof(quoted));
	snprintf(why, VALUE_WHY_MAX, "\"%s\" is not valid; it must be %s", quoted, right);
	return RESULT_MALFORMED;
}

static enum result
read_flag(const char *word, struct value *out, char *why)
{
	if (strcasecmp(word, "yes") != 0 && strcasecmp(word, "no") != 0)
		return wrong(why, word, "yes or no");
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
	return wrong(why, word, names);
}

/* No key is smaller, and none larger: key.h. */
#define RSA_BITS_LEAST 1024
#define RSA_BITS_MOST  16384

static enum result
read_number(enum keyword keyword, const char *word, struct value *out, char *why)
{
	uint64_t number;

	if (text_number(bytes_of_text(word), INT32_MAX, &number) != RESULT_OK)
		return wrong(why, word, "a decimal number");
	if (keyword == KEYWORD_RequiredRSASize &&
	    (number < RSA_BITS_LEAST || number > RSA_BITS_MOST))
		return wrong(why, word, "a number of bits from 1024 to 16384");
	out->number = (int64_t)number;
	return RESULT_OK;
}

static enum result
read_octal(const char *word, struct value *out, char *why)
{
	char *end;
	long number = strtol(word, &end, 8);

	if (*word < '0' || *word > '7' || *end != '\0' || number > 0777)
		return wrong(why, word, "an octal number from 0 to 0777");
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
		return wrong(why, word, "a number from 1 on, or none");
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
		return wrong(why, word, DURATION_RIGHT);
	out->number = (int64_t)(ms / 1000);
	return RESULT_OK;
}

static enum result
read_net_block(const char *word, struct value *out, char *why)
{
	if (net_block_parse(word, &out->net_block) == RESULT_OK)
		return RESULT_OK;
	return wrong(why, word,
	    "leading bits of IPv4 addresses, or those and of IPv6 addresses, such as 24:56");
}

static enum result
read_addresses(const char *word, struct value *out, char *why)
{
	if (strcasecmp(word, "none") == 0)
		return RESULT_OK;
	if (addr_list_check(bytes_of_text(word)) != RESULT_OK)
		return wrong(why, word,
		    "none, or a list of addresses, networks (address/bits) or patterns, with "
		    "commas between them");
	return mem_text(bytes_of_text(word), &out->text);
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
			return wrong(why, word, right);
		parts[count++] = bytes_of(at, size);
		if (at[size] == '\0')
			break;
		at += size + 1;
	}
	for (size_t i = 0; i < count; i++) {
		if (text_number(parts[i], INT32_MAX, &numbers[i]) != RESULT_OK)
			return wrong(why, word, right);
	}
	if (count == 1)
		numbers[2] = numbers[0];
	if (count == 2 || numbers[0] < 1 || numbers[1] < 1 || numbers[1] > 100 ||
	    numbers[2] < numbers[0])
		return wrong(why, word, right);
	out->startups = (struct settings_startups){ (unsigned)numbers[0], (unsigned)numbers[1],
		(unsigned)numbers[2] };
	return RESULT_OK;
}

/* A number of bytes with K, M or G behind it, or "default". */
static enum result
read_size(const char *word, uint64_t *out, char *why)
{
	const char *right = "default, or a number of bytes from 16 on such as 512M or 1G";
	static const char units[] = "KMG";
	size_t digits = strspn(word, "0123456789");
	const char *unit = word[digits] == '\0' ? NULL : strchr(units, toupper(word[digits]));
	unsigned shift = unit == NULL ? 0 : 10 * (unsigned)(unit - units + 1);

	*out = 0;
	if (strcasecmp(word, "default") == 0)
		return RESULT_OK;
	if (text_number(bytes_of(word, digits), INT64_MAX >> shift, out) != RESULT_OK ||
	    (word[digits] != '\0' && (unit == NULL || word[digits + 1] != '\0')))
		return wrong(why, word, right);
	*out <<= shift;
	return *out > 0 && *out < 16 ? wrong(why, word, right) : RESULT_OK;
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
	TRY(read_size(line->words[0], &out->rekey.bytes, why));
	if (line->count == 2 && strcasecmp(line->words[1], "none") != 0)
		TRY(read_time(line->words[1], &time, why));
	out->rekey.seconds = (unsigned)time.number;
	return RESULT_OK;
}

/* What stands in our identification, RFC 4253 section 4.2. */
static enum result
check_addendum(struct bytes text, char *why)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < ' ' || text.data[i] > '~')
			text.size = ADDENDUM_MAX + 1;
	}
	if (text.size <= ADDENDUM_MAX)
		return RESULT_OK;
	snprintf(why, VALUE_WHY_MAX, "it must be at most %d printable characters of ASCII",
	    ADDENDUM_MAX);
	return RESULT_MALFORMED;
}

static enum result
check_port(const char *word, char *why)
{
	uint64_t port;

	if (text_number(bytes_of_text(word), 65535, &port) != RESULT_OK || port == 0)
		return wrong(why, word, "a port number from 1 to 65535");
	return RESULT_OK;
}

/* host, v6, host:port, [host]:port */
static enum result
check_listen(const char *word, char *why)
{
	const char *right = "an address or name, address:port or [address]:port";
	const char *colon = strrchr(word, ':');
	const char *bracket = strrchr(word, ']');

	if (word[0] == '\0' || (word[0] == ':' && word[1] != ':'))
		return wrong(why, word, right);
	if (word[0] == '[') {
		if (bracket == NULL || bracket == word + 1)
			return wrong(why, word, right);
		if (bracket[1] == '\0')
			return RESULT_OK;
		if (bracket[1] != ':')
			return wrong(why, word, right);
		return check_port(bracket + 2, why);
	}
	if (colon == NULL || strchr(word, ':') != colon)
		return RESULT_OK; /* no port, or a bare IPv6 address */
	return check_port(colon + 1, why);
}

/* --- Readers of lines --------------------------------------------------------------------------- */

static enum result
keep_text(const char *word, struct value *out)
{
	return mem_text(bytes_of_text(word), &out->text);
}

static enum result
keep_words(const struct lex_line *line, struct value *out)
{
	TRY(mem_new(line->count + 1, sizeof(char *), (void **)&out->words));
	for (size_t i = 0; i < line->count; i++) {
		TRY(mem_text(bytes_of_text(line->words[i]), &out->words[i]));
		out->count++;
	}
	return RESULT_OK;
}

/* NAME and the rest of the line; words that need it are quoted again. */
static enum result
read_subsystem(const struct lex_line *line, struct value *out, char *why)
{
	OWNED_BUF command;

	buf_init(&command, 65536);
	if (line->count < 2) {
		snprintf(why, VALUE_WHY_MAX, "a name and a command are needed");
		return RESULT_MALFORMED;
	}
	for (size_t i = 1; i < line->count; i++) {
		if (i > 1)
			TRY(buf_append(&command, bytes_of_text(" ")));
		TRY(lex_put_word(&command, line->words[i]));
	}
	TRY(mem_new(3, sizeof(char *), (void **)&out->words));
	out->count = 2;
	TRY(mem_text(bytes_of_text(line->words[0]), &out->words[0]));
	return mem_text(buf_bytes(&command), &out->words[1]);
}

static enum result
check_each(const struct lex_line *line, enum result (*check)(const char *, char *), char *why)
{
	for (size_t i = 0; i < line->count; i++)
		TRY(check(line->words[i], why));
	return RESULT_OK;
}

static enum result
check_one_word(const struct lex_line *line, char *why)
{
	if (line->count == 1)
		return RESULT_OK;
	snprintf(why, VALUE_WHY_MAX, "one value is expected, there are %zu", line->count);
	return RESULT_MALFORMED;
}

static bool
takes_many(enum keyword_type type)
{
	return type == KEYWORD_TYPE_WORDS || type == KEYWORD_TYPE_PATHS ||
	       type == KEYWORD_TYPE_SUBSYSTEM || type == KEYWORD_TYPE_RAW ||
	       type == KEYWORD_TYPE_PENALTIES || type == KEYWORD_TYPE_REKEY ||
	       type == KEYWORD_TYPE_QOS;
}

/* "none" is no path, no word and no list. */
static bool
is_none(const struct lex_line *line)
{
	return line->count == 1 && strcasecmp(line->words[0], "none") == 0;
}

/* No shell looks for it along a path. */
static enum result
check_command(const char *word, char *why)
{
	return word[0] == '/'
		   ? RESULT_OK
		   : wrong(why, word, "the absolute path of a program, and its arguments");
}

/* The name of a file in PAM's folder. */
static enum result
check_service(const char *word, char *why)
{
	if (word[0] != '\0' && strchr(word, '/') == NULL && strcasecmp(word, "none") != 0)
		return RESULT_OK;
	return wrong(why, word, "the name of a file in /etc/pam.d");
}

static enum result
check_place(const char *word, char *why)
{
	return strcmp(word, "any") == 0 || place_is_valid(bytes_of_text(word))
		   ? RESULT_OK
		   : wrong(why, word, "any, none, or host:port with * for any of either");
}

static enum result
check_place_to_listen(const char *word, char *why)
{
	return strcmp(word, "any") == 0 || place_to_listen_is_valid(bytes_of_text(word))
		   ? RESULT_OK
		   : wrong(why, word, "any, none, or port or host:port with patterns");
}

static enum result
check_variable(const char *word, char *why)
{
	const char *sign = strchr(word, '=');

	return sign != NULL && sign != word ? RESULT_OK : wrong(why, word, "NAME=value");
}

static enum result
check_presence(const char *word, char *why)
{
	return strcasecmp(word, "none") == 0 || strcasecmp(word, "touch-required") == 0 ||
		       strcasecmp(word, "verify-required") == 0
		   ? RESULT_OK
		   : wrong(why, word, "none, or touch-required, verify-required or both");
}

static enum result
check_user_pattern(const char *word, char *why)
{
	const char *sign = strrchr(word, '@');

	if (word[0] == '\0' || sign == word)
		return wrong(why, word, "USER or USER@HOST, with patterns");
	if (sign != NULL && strchr(sign, '/') != NULL &&
	    addr_list_check(bytes_of_text(sign + 1)) != RESULT_OK)
		return wrong(why, sign + 1, "a list of addresses, networks or patterns");
	return RESULT_OK;
}

/* Lists whose words have a form. */
static enum result
check_words(enum keyword keyword, const struct lex_line *line, char *why)
{
	if (is_none(line))
		return RESULT_OK;
	switch (keyword) {
	case KEYWORD_HostKeyPassphraseCommand:
	case KEYWORD_AuthorizedKeysCommand:
	case KEYWORD_AuthorizedPrincipalsCommand:
		return check_command(line->words[0], why);
	case KEYWORD_PermitOpen:
		return check_each(line, check_place, why);
	case KEYWORD_PermitListen:
		return check_each(line, check_place_to_listen, why);
	case KEYWORD_PubkeyAuthOptions:
		return check_each(line, check_presence, why);
	case KEYWORD_SetEnv:
		return check_each(line, check_variable, why);
	case KEYWORD_AllowUsers:
	case KEYWORD_DenyUsers:
		return check_each(line, check_user_pattern, why);
	default:
		return RESULT_OK;
	}
}

/* To these lists "none" is a name like others: nobody's, as a rule. */
static bool
is_list_of_names(enum keyword keyword)
{
	return keyword == KEYWORD_AllowUsers || keyword == KEYWORD_DenyUsers ||
	       keyword == KEYWORD_AllowGroups || keyword == KEYWORD_DenyGroups;
}

/* A "none" among other words would be lost when the settings are printed and read again. */
static enum result
read_words(const struct lex_line *line, struct value *out, char *why)
{
	if (is_none(line))
		return RESULT_OK;
	for (size_t i = 0; i < line->count; i++) {
		if (strcasecmp(line->words[i], "none") != 0)
			continue;
		snprintf(why, VALUE_WHY_MAX, "\"none\" stands alone or not at all");
		return RESULT_MALFORMED;
	}
	return keep_words(line, out);
}

/* A port alone is of every address, and printed so. */
static enum result
complete_places(struct value *value)
{
	for (size_t i = 0; i < value->count; i++) {
		char text[16], *word = value->words[i];

		if (strchr(word, ':') != NULL || strcmp(word, "any") == 0)
			continue;
		snprintf(text, sizeof(text), "*:%s", word);
		TRY(mem_text(bytes_of_text(text), &value->words[i]));
		free(word);
	}
	return RESULT_OK;
}

static enum result
read_list(enum keyword keyword, const struct lex_line *line, struct value *out, char *why)
{
	if (keyword == KEYWORD_AuthenticationMethods) {
		TRY(methods_check(line, why));
		return keep_words(line, out);
	}
	TRY(check_words(keyword, line, why));
	if (is_list_of_names(keyword))
		return keep_words(line, out);
	TRY(read_words(line, out, why));
	return keyword == KEYWORD_PermitListen ? complete_places(out) : RESULT_OK;
}

static enum result
read_typed(enum keyword keyword, const struct lex_line *line, struct value *out, char *why)
{
	const struct keyword_row *row = keyword_row(keyword);
	const char *word = line->count > 0 ? line->words[0] : "";

	switch (row->type) {
	case KEYWORD_TYPE_FLAG:
		return read_flag(word, out, why);
	case KEYWORD_TYPE_CHOICE:
		return read_choice(keyword, word, out, why);
	case KEYWORD_TYPE_NUMBER:
		return read_number(keyword, word, out, why);
	case KEYWORD_TYPE_LIMIT:
		return read_limit(word, out, why);
	case KEYWORD_TYPE_TIME:
		return read_time(word, out, why);
	case KEYWORD_TYPE_OCTAL:
		return read_octal(word, out, why);
	case KEYWORD_TYPE_STARTUPS:
		return read_startups(word, out, why);
	case KEYWORD_TYPE_NET_BLOCK:
		return read_net_block(word, out, why);
	case KEYWORD_TYPE_PENALTIES:
		return penalty_words_parse(line, &out->penalties, why);
	case KEYWORD_TYPE_ADDRESSES:
		return read_addresses(word, out, why);
	case KEYWORD_TYPE_REKEY:
		return read_rekey(line, out, why);
	case KEYWORD_TYPE_QOS:
		return qos_parse(line, &out->qos, why);
	case KEYWORD_TYPE_ALGORITHMS:
		return algorithms_resolve(keyword, word, &out->text, why);
	case KEYWORD_TYPE_WORD:
	case KEYWORD_TYPE_PATH:
		if (keyword == KEYWORD_PAMServiceName)
			TRY(check_service(word, why));
		return is_none(line) ? RESULT_OK : keep_text(word, out);
	case KEYWORD_TYPE_RAW:
		if (is_none(line))
			return RESULT_OK;
		if (keyword == KEYWORD_VersionAddendum)
			TRY(check_addendum(line->raw, why));
		return mem_text(line->raw, &out->text);
	case KEYWORD_TYPE_PORTS:
		TRY(check_each(line, check_port, why));
		return keep_words(line, out);
	case KEYWORD_TYPE_LISTEN:
		TRY(check_each(line, check_listen, why));
		return keep_words(line, out);
	case KEYWORD_TYPE_WORDS:
		return read_list(keyword, line, out, why);
	case KEYWORD_TYPE_PATHS:
		return read_words(line, out, why);
	case KEYWORD_TYPE_SUBSYSTEM:
		return read_subsystem(line, out, why);
	}
	return RESULT_UNSUPPORTED;
}

/* --- What this version does anyway -------------------------------------------------------------- */

static bool
is_among(const char *list, const char *text)
{
	size_t size = strlen(text);

	for (;;) {
		size_t this_size = strcspn(list, "|");

		if (this_size == size && strncasecmp(list, text, size) == 0)
			return true;
		if (list[this_size] == '\0')
			return false;
		list += this_size + 1;
	}
}

static void
join(const struct lex_line *line, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < line->count && used < size; i++)
		used += (size_t)snprintf(
		    out + used, size - used, "%s%s", i == 0 ? "" : " ", line->words[i]);
}

static enum result
read_only(const struct keyword_row *row, const struct lex_line *line, struct value *out, char *why)
{
	char text[256], accepted[256];

	join(line, text, sizeof(text));
	if (is_among(row->only, text)) {
		out->number = row->type == KEYWORD_TYPE_FLAG && strcasecmp(text, "yes") == 0;
		return keep_text(text, out);
	}
	snprintf(accepted, sizeof(accepted), "%s", row->only);
	for (char *at = accepted; *at != '\0'; at++) {
		if (*at == '|')
			*at = ',';
	}
	snprintf(why, VALUE_WHY_MAX,
	    "this version does not support it yet; the only value that it accepts is: %s",
	    accepted);
	return RESULT_MALFORMED;
}

/* --- The door ----------------------------------------------------------------------------------- */

static enum result
parse(enum keyword keyword, const struct lex_line *line, struct value *out, char *why)
{
	const struct keyword_row *row = keyword_row(keyword);

	if (row->status == KEYWORD_STATUS_ABSENT) {
		snprintf(
		    why, VALUE_WHY_MAX, "this version does not support it yet; remove the line");
		return RESULT_MALFORMED;
	}
	if (line->count == 0) {
		snprintf(why, VALUE_WHY_MAX, "there is no value behind the keyword");
		return RESULT_MALFORMED;
	}
	if (row->status == KEYWORD_STATUS_ONLY)
		return read_only(row, line, out, why);
	if (!takes_many(row->type))
		TRY(check_one_word(line, why));
	return read_typed(keyword, line, out, why);
}

enum result
value_parse(enum keyword keyword, const struct lex_line *line, struct value *out, char *why)
{
	enum result result;

	*out = (struct value){ .is_set = true };
	snprintf(why, VALUE_WHY_MAX, "the value is not valid");
	result = parse(keyword, line, out, why);
	if (result != RESULT_OK)
		value_clear(out);
	return result;
}

void
value_clear(struct value *value)
{
	for (size_t i = 0; i < value->count; i++)
		free(value->words[i]);
	free(value->words);
	free(value->text);
	*value = (struct value){ 0 };
}

enum result
value_append(struct value *value, const struct value *more)
{
	size_t count = value->count + more->count;
	char **words;

	if (count > VALUE_WORDS_MAX)
		return RESULT_LIMIT;
	words = realloc(value->words, (count + 1) * sizeof(*words));
	if (words == NULL)
		return RESULT_MEMORY;
	value->words = words;
	for (size_t i = 0; i < more->count; i++) {
		TRY(mem_text(bytes_of_text(more->words[i]), &words[value->count]));
		value->count++;
	}
	return RESULT_OK;
}
