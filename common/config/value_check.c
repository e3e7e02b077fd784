/* SPDX-License-Identifier: ISC */
/*
 * The forms of words, lines and lists (pure).
 */
#include "common/config/value_check.h"

#include <stdio.h>
#include <strings.h>

#include "common/addr.h"
#include "common/config/channel_timeouts.h"
#include "common/config/sftp_options.h"
#include "common/place.h"
#include "common/text.h"

/* Together with our name well below the 255 bytes of an identification. */
#define ADDENDUM_MAX 200

/* RFC 1035 section 2.3.4 */
#define HOST_NAME_MAX_BYTES 255

/* Tokens: of what is below a home, of commands for keys, of those for certificates, and about forwardings. */
#define TOKENS_OF_FILES       "huU"
#define TOKENS_OF_KEYS        "uUhtfkCD"
#define TOKENS_OF_PRINCIPALS  TOKENS_OF_KEYS "TFKis"
#define TOKENS_OF_FORWARDINGS "uUhCKHPf"

/* --- What stands on the network ------------------------------------------------------------------- */

/* What stands in our identification, RFC 4253 section 4.2. */
enum result
value_check_addendum(struct bytes text, char *why)
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
		return value_wrong(word, "a port number from 1 to 65535", why);
	return RESULT_OK;
}

/* What has two colons is an address of IPv6 or a mistake, and so is what has digits and dots only one of IPv4: looking
 * them up as names would fail when it serves. */
static bool
is_host(struct bytes host)
{
	struct addr addr;
	bool is_number = true;

	if (host.size == 0 || host.size > HOST_NAME_MAX_BYTES)
		return false;
	if (memchr(host.data, ':', host.size) != NULL)
		return addr_parse(host, &addr) == RESULT_OK;
	for (size_t i = 0; i < host.size; i++)
		is_number = is_number && strchr("0123456789.", host.data[i]) != NULL;
	return !is_number || addr_parse(host, &addr) == RESULT_OK;
}

/* host, v6, host:port, [host]:port */
static enum result
check_listen(const char *word, char *why)
{
	const char *right = "an address or name, address:port or [address]:port";
	const char *colon = strrchr(word, ':');
	const char *bracket = strrchr(word, ']');
	struct bytes host = bytes_of_text(word);
	const char *port = NULL;

	if (word[0] == '[') {
		if (bracket == NULL || (bracket[1] != '\0' && bracket[1] != ':'))
			return value_wrong(word, right, why);
		host = bytes_of(word + 1, (size_t)(bracket - word - 1));
		port = bracket[1] == ':' ? bracket + 2 : NULL;
	} else if (colon != NULL && strchr(word, ':') == colon) {
		host = bytes_of(word, (size_t)(colon - word));
		port = colon + 1;
	}
	if (!is_host(host))
		return value_wrong(word, right, why);
	return port == NULL ? RESULT_OK : check_port(port, why);
}

/* --- Words ---------------------------------------------------------------------------------------- */

static enum result
check_each(const struct lex_line *line, enum result (*check)(const char *, char *), char *why)
{
	for (size_t i = 0; i < line->count; i++)
		TRY(check(line->words[i], why));
	return RESULT_OK;
}

/* "none" is no path, no word and no list. */
bool
value_is_none(const struct lex_line *line)
{
	return line->count == 1 && strcasecmp(line->words[0], "none") == 0;
}

static enum result
check_command(const char *word, char *why)
{
	return word[0] == '/'
		   ? RESULT_OK
		   : value_wrong(word, "the absolute path of a program, and its arguments", why);
}

/* The name of a file in PAM's folder. */
static enum result
check_service(const char *word, char *why)
{
	if (word[0] != '\0' && strchr(word, '/') == NULL && strcasecmp(word, "none") != 0)
		return RESULT_OK;
	return value_wrong(word, "the name of a file in /etc/pam.d", why);
}

static enum result
check_tokens(const char *word, const char *letters, char *why)
{
	char right[96];
	size_t used = (size_t)snprintf(right, sizeof(right), "written with the tokens ");

	if (text_has_only_tokens(bytes_of_text(word), letters))
		return RESULT_OK;
	for (; *letters != '\0'; letters++)
		used += (size_t)snprintf(right + used, sizeof(right) - used, "%%%c%s", *letters,
		    letters[1] == '\0' ? " and %% only" : ", ");
	return value_wrong(word, right, why);
}

static enum result
check_file(const char *word, char *why)
{
	return check_tokens(word, TOKENS_OF_FILES, why);
}

/* No shell looks for it along a path, and the path is taken as it stands. */
static enum result
check_program(const struct lex_line *line, const char *tokens, char *why)
{
	TRY(check_command(line->words[0], why));
	for (size_t i = 1; i < line->count; i++)
		TRY(check_tokens(line->words[i], tokens, why));
	return RESULT_OK;
}

/* %h is absolute when somebody is there. */
static enum result
check_root(const char *word, char *why)
{
	if ((word[0] == '/' || strncmp(word, "%h", 2) == 0 || strcasecmp(word, "none") == 0) &&
	    text_has_only_tokens(bytes_of_text(word), "huU"))
		return RESULT_OK;
	return value_wrong(
	    word, "none, or an absolute path, with the tokens %h, %u, %U and %%", why);
}

static enum result
check_place(const char *word, char *why)
{
	return strcmp(word, "any") == 0 || place_is_valid(bytes_of_text(word))
		   ? RESULT_OK
		   : value_wrong(word, "any, none, or host:port with * for any of either", why);
}

static enum result
check_place_to_listen(const char *word, char *why)
{
	return strcmp(word, "any") == 0 || place_to_listen_is_valid(bytes_of_text(word))
		   ? RESULT_OK
		   : value_wrong(word, "any, none, or port or host:port with patterns", why);
}

static enum result
check_variable(const char *word, char *why)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
	const size_t size = strspn(word, letters);

	if (strncmp(word, KEY_OPTION_VARIABLE, strlen(KEY_OPTION_VARIABLE)) == 0)
		return value_wrong(word,
		    "a variable of another name: those with " KEY_OPTION_VARIABLE
		    " are options of keys, AcceptKeyOptions",
		    why);
	return size > 0 && word[size] == '=' && (word[0] < '0' || word[0] > '9')
		   ? RESULT_OK
		   : value_wrong(word,
			 "NAME=value, with letters, digits and _ in the name, and no digit first",
			 why);
}

/* A name that has a value behind it is no variable's. */
static enum result
check_name_pattern(const char *word, char *why)
{
	return strchr(word, '=') == NULL
		   ? RESULT_OK
		   : value_wrong(
			 word, "names of variables or patterns of them, without \"=\"", why);
}

/* Nor does an option's name have what ends it in its line. */
static enum result
check_option_pattern(const char *word, char *why)
{
	return word[0] != '\0' && strpbrk(word, "=,\" \t") == NULL
		   ? RESULT_OK
		   : value_wrong(word,
			 "names of options or patterns of them, with blanks between them, and "
			 "without \"=\" and what stands behind it",
			 why);
}

static enum result
check_presence(const char *word, char *why)
{
	return strcasecmp(word, "none") == 0 || strcasecmp(word, "touch-required") == 0 ||
		       strcasecmp(word, "verify-required") == 0
		   ? RESULT_OK
		   : value_wrong(word, "none, or touch-required, verify-required or both", why);
}

static enum result
check_user_pattern(const char *word, char *why)
{
	const char *sign = strrchr(word, '@');

	if (word[0] == '\0' || sign == word)
		return value_wrong(word, "USER or USER@HOST, with patterns", why);
	if (sign != NULL && strchr(sign, '/') != NULL &&
	    addr_list_check(bytes_of_text(sign + 1)) != RESULT_OK)
		return value_wrong(sign + 1, "a list of addresses, networks or patterns", why);
	return RESULT_OK;
}

/*
 * What is read while it serves, or written: it works in "/" then, wherever it was started, so a name from another folder
 * would be of no file, or of another one. What is read when it starts may be such a name, and some are below a home.
 */
static bool
must_be_absolute(enum keyword keyword)
{
	switch (keyword) {
	case KEYWORD_PidFile:
	case KEYWORD_ModuliFile:
	case KEYWORD_Banner:
	case KEYWORD_TrustedUserCAKeys:
	case KEYWORD_UsersFile:
	case KEYWORD_RevokedKeys:
	case KEYWORD_XAuthLocation:
	case KEYWORD_LibexecDir:
	case KEYWORD_HostKeyAgent:
		return true;
	default:
		return false;
	}
}

static enum result
check_path(const char *word, char *why)
{
	return word[0] == '/' ? RESULT_OK : value_wrong(word, "a whole path, from \"/\" on", why);
}

/* Lists whose words have a form. */
enum result
value_check_words(enum keyword keyword, const struct lex_line *line, char *why)
{
	if (value_is_none(line))
		return RESULT_OK;
	if (must_be_absolute(keyword))
		return check_each(line, check_path, why);
	switch (keyword) {
	case KEYWORD_HostKeyPassphraseCommand:
		return check_command(line->words[0], why);
	case KEYWORD_AuthorizedKeysCommand:
		return check_program(line, TOKENS_OF_KEYS, why);
	case KEYWORD_AuthorizedPrincipalsCommand:
		return check_program(line, TOKENS_OF_PRINCIPALS, why);
	case KEYWORD_ForwardingCommand:
		return check_program(line, TOKENS_OF_FORWARDINGS, why);
	case KEYWORD_AuthorizedKeysFile:
		return check_each(line, check_file, why);
	case KEYWORD_AcceptEnv:
		return check_each(line, check_name_pattern, why);
	case KEYWORD_AcceptKeyOptions:
		return check_each(line, check_option_pattern, why);
	case KEYWORD_PermitOpen:
		return check_each(line, check_place, why);
	case KEYWORD_ChannelTimeout:
		return channel_timeouts_check(line, why);
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

/* Words and paths that stand alone. */
enum result
value_check_text(enum keyword keyword, const char *word, char *why)
{
	if (keyword == KEYWORD_PAMServiceName)
		return check_service(word, why);
	if (strcasecmp(word, "none") == 0)
		return RESULT_OK;
	switch (keyword) {
	case KEYWORD_ChrootDirectory:
		return check_root(word, why);
	case KEYWORD_AuthorizedPrincipalsFile:
		return check_file(word, why);
	case KEYWORD_AuthorizedKeysCommandUser:
	case KEYWORD_AuthorizedPrincipalsCommandUser:
		return check_tokens(word, "u", why);
	case KEYWORD_ForwardingCommandUser:
		return check_tokens(word, "uU", why);
	case KEYWORD_PermitUserEnvironment:
		return check_name_pattern(word, why);
	case KEYWORD_HostKeyAgent:
		if (strcmp(word, "SSH_AUTH_SOCK") == 0)
			return RESULT_OK; /* the variable says where */
		break;
	default:
		break;
	}
	return must_be_absolute(keyword) ? check_path(word, why) : RESULT_OK;
}

static enum result
explain_sftp(enum result result, const char *sftp_why, char *why)
{
	if (result == RESULT_MALFORMED)
		snprintf(why, VALUE_WHY_MAX, "internal-sftp: %s", sftp_why);
	return result;
}

enum result
value_check_subsystem(const struct lex_line *line, char *why)
{
	char sftp_why[SFTP_OPTIONS_WHY_MAX];
	struct sftp_options options;

	if (strcmp(line->words[1], "internal-sftp") != 0)
		return RESULT_OK;
	return explain_sftp(
	    sftp_options_parse(line->words + 2, line->count - 2, &options, sftp_why), sftp_why,
	    why);
}

enum result
value_check_command(enum keyword keyword, const char *text, char *why)
{
	char sftp_why[SFTP_OPTIONS_WHY_MAX];

	if (keyword != KEYWORD_ForceCommand)
		return RESULT_OK;
	return explain_sftp(sftp_command_check(text, sftp_why), sftp_why, why);
}

enum result
value_check_ports(const struct lex_line *line, char *why)
{
	return check_each(line, check_port, why);
}

enum result
value_check_listen(const struct lex_line *line, char *why)
{
	return check_each(line, check_listen, why);
}
