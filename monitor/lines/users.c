/* SPDX-License-Identifier: ISC */
/*
 * The file of UsersFile (pure): lines to words, words to users, each thing that is wrong with its line.
 */
#include "monitor/lines/users.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/mem.h"
#include "common/text.h"
#include "monitor/lines/authorized_keys.h"
#include "monitor/lines/hashes.h"
#include "monitor/lines/options.h"

#define WORD_USER "user"
#define WORD_KEY  "key"
#define WHY_MAX   320
#define FIRST     64 /* entries that there is room for at first */

void
users_complain(
    struct buf *errors, const char *file, unsigned line, const char *what, const char *why)
{
	char text[1024];

	snprintf(text, sizeof(text), "%.500s:%u: %s%s%s\n", file, line, what == NULL ? "" : what,
	    what == NULL ? "" : ": ", why);
	(void)!buf_append(errors, bytes_of_text(text)); /* the first of them were enough */
}

/* --- Values ------------------------------------------------------------------------------------- */

/* Writes what is wrong with the value and what would be right into `why` (WHY_MAX bytes). */
typedef bool fault_finder(struct bytes value, char *why);

static bool
say(char *why, const char *text)
{
	snprintf(why, WHY_MAX, "%s", text);
	return true;
}

enum result
users_id(struct bytes text, uint32_t *out)
{
	uint64_t number;

	TRY(text_number(text, UINT32_MAX - 1, &number));
	*out = (uint32_t)number;
	return RESULT_OK;
}

static bool
has_only(struct bytes text, const char *more)
{
	for (size_t i = 0; i < text.size; i++) {
		const uint8_t c = text.data[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') &&
		    (c == '\0' || strchr(more, c) == NULL))
			return false;
	}
	return text.size > 0;
}

static bool
is_user_name(struct bytes value)
{
	return value.size <= USERS_NAME_MAX && has_only(value, "._@+-") && value.data[0] != '-' &&
	       value.data[0] != '.';
}

/* Of the system; which names there are is its own affair. */
static bool
is_system_name(struct bytes value)
{
	for (size_t i = 0; i < value.size; i++) {
		if (value.data[i] <= ' ' || value.data[i] == 0x7f ||
		    strchr(":,/", value.data[i]) != NULL)
			return false;
	}
	return value.size > 0;
}

static bool
is_group(struct bytes value)
{
	uint32_t id;

	return users_id(value, &id) == RESULT_OK ||
	       (is_system_name(value) && (value.data[0] < '0' || value.data[0] > '9'));
}

static bool
finds_no_account(struct bytes value, char *why)
{
	return !is_system_name(value) &&
	       say(why, "this can be no account's name; say one that getent passwd has");
}

static bool
finds_no_uid(struct bytes value, char *why)
{
	uint32_t id;

	return users_id(value, &id) != RESULT_OK &&
	       say(why, "this is no number from 0 to 4294967294; to use an account of the system "
			"say account NAME");
}

static bool
finds_no_group(struct bytes value, char *why)
{
	return !is_group(value) && say(why, "this is neither a number nor a group's name");
}

static bool
finds_no_groups(struct bytes value, char *why)
{
	struct bytes name;
	size_t count = 0;

	while (text_next_name(&value, &name)) {
		if (!is_group(name))
			return say(why, "say numbers or names of groups with commas between them, "
					"and no blanks");
		if (++count > USERS_GROUPS_MAX)
			return say(why, "these are more than 64 groups");
	}
	return false;
}

static bool
is_path(struct bytes value)
{
	for (size_t i = 0; i < value.size; i++) {
		if (value.data[i] < ' ' || value.data[i] == 0x7f)
			return false;
	}
	return value.size < 1024 && value.data[0] == '/';
}

static bool
finds_no_path(struct bytes value, char *why)
{
	return !is_path(value) && say(why, "this is no path that begins with a slash");
}

static bool
finds_no_root(struct bytes value, char *why)
{
	return (!is_path(value) || !text_has_only_tokens(value, "huU")) &&
	       say(why,
		   "this is no path that begins with a slash, with no other tokens than %h, %u, "
		   "%U and %%");
}

static bool
finds_no_shell(struct bytes value, char *why)
{
	return !bytes_is(value, "none") && !is_path(value) &&
	       say(why, "say none, or the path of a shell, which begins with a slash");
}

static bool
finds_no_hash(struct bytes value, char *why)
{
	const char *fault = hashes_fault(value);

	return fault != NULL && say(why, fault);
}

/* What is about the key and not about who has it has no meaning here. */
static bool
finds_no_options(struct bytes value, char *why)
{
	char reason[OPTIONS_REASON_MAX];
	struct key_options options;

	if (options_parse(value, NULL, &options, reason) != RESULT_OK)
		return say(why, reason);
	return (options.is_authority || options.has_principals || options.touch_waived ||
		   options.must_verify) &&
	       say(why, "cert-authority, principals, no-touch-required and verify-required are "
			"about a key: put them in front of the key");
}

/* clang-format off */
static const struct word_row {
	const char *name;
	fault_finder *finds_fault;
} words[USERS_WORD_COUNT] = {
	[USERS_ACCOUNT]   = { "account",   finds_no_account },
	[USERS_UID]       = { "uid",       finds_no_uid },
	[USERS_GID]       = { "gid",       finds_no_group },
	[USERS_GROUPS]    = { "groups",    finds_no_groups },
	[USERS_HOME]      = { "home",      finds_no_path },
	[USERS_SHELL]     = { "shell",     finds_no_shell },
	[USERS_PASSWORD]  = { "password",  finds_no_hash },
	[USERS_OPTIONS]   = { "options",   finds_no_options },
	[USERS_KEYS_FILE] = { "keys-file", finds_no_path },
	[USERS_ROOT]      = { "root",      finds_no_root },
};
/* clang-format on */

/* --- Lines -------------------------------------------------------------------------------------- */

struct parse {
	const char *file;
	struct buf *errors;
	struct bytes rest;
	unsigned number; /* of the latest line */
	bool is_wrong;
	struct foreign_rule foreign; /* of options before keys */
	struct users *users;
	size_t room;
};

static void
complain(struct parse *parse, unsigned line, const char *what, const char *why)
{
	parse->is_wrong = true;
	users_complain(parse->errors, parse->file, line, what, why);
}

/* "word  value" to its parts; without a value that is empty. */
static void
split(struct bytes line, struct bytes *word, struct bytes *value)
{
	size_t size = 0;

	while (size < line.size && line.data[size] != ' ' && line.data[size] != '\t')
		size++;
	*word = bytes_of(line.data, size);
	*value = text_trim(bytes_of(line.data + size, line.size - size));
}

static bool
is_comment(struct bytes line)
{
	return line.size == 0 || line.data[0] == '#';
}

/* Where it has a fault, what that is. */
static bool
finds_no_key(struct bytes value, const struct foreign_rule *foreign, char *why)
{
	CLEANUP(authorized_keys_clear) struct authorized_keys keys;
	char reason[OPTIONS_REASON_MAX];
	struct authorized_line line;
	struct key_options options;

	authorized_keys_init(&keys, value);
	if (!authorized_keys_next(&keys, &line) || line.kind == AUTHORIZED_LINE_HARMLESS)
		return say(why, "this is no key of a type that this server has; say what "
				"authorized_keys would have, TYPE BASE64, options before it");
	if (line.kind == AUTHORIZED_LINE_REFUSED)
		return say(why, line.reason);
	return options_parse(line.options, foreign, &options, reason) != RESULT_OK &&
	       say(why, reason);
}

static void
take_key(struct parse *parse, struct users_entry *entry, struct bytes value)
{
	char why[WHY_MAX];

	if (finds_no_key(value, &parse->foreign, why))
		complain(parse, parse->number, WORD_KEY, why);
	else if (++entry->key_count > USERS_KEYS_MAX)
		complain(parse, parse->number, WORD_KEY,
		    "these are more than 64 keys; put them into a file and say keys-file PATH");
}

static bool
is_letter(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* Of a word that is none only what looks like one is said again: behind it may be a password, without its blank. */
static void
take_unknown(struct parse *parse, struct bytes word)
{
	char quoted[64], why[WHY_MAX];
	size_t size = 0;

	while (size < word.size && (word.data[size] == '-' || is_letter(word.data[size])))
		size++;
	text_quote(bytes_of(word.data, size), quoted, sizeof(quoted));
	snprintf(why, sizeof(why),
	    "\"%s\" is no word of this file; there are user, account, uid, gid, groups, home, "
	    "shell, password, options, key, keys-file and root",
	    quoted);
	complain(parse, parse->number, NULL, why);
}

static void
take_word(struct parse *parse, struct users_entry *entry, struct bytes word, struct bytes value)
{
	char why[WHY_MAX];
	size_t i = 0;

	while (i < USERS_WORD_COUNT && !bytes_is(word, words[i].name))
		i++;
	if (i == USERS_WORD_COUNT)
		take_unknown(parse, word);
	else if (value.size == 0)
		complain(parse, parse->number, words[i].name,
		    "nothing follows; say a value, or leave the line out");
	else if (entry->values[i].size > 0)
		complain(parse, parse->number, words[i].name,
		    "this was said for the same user before; say it once");
	else if (words[i].finds_fault(value, why))
		complain(parse, parse->number, words[i].name, why);
	else
		entry->values[i] = value;
}

/* --- Users -------------------------------------------------------------------------------------- */

static bool
has(const struct users_entry *entry, enum users_word word)
{
	return entry->values[word].size > 0;
}

/* A key that is bound to something else than its user. A key without options has its type for a field, which is no
 * option. */
static void
check_command(struct parse *parse, const struct users_entry *entry, struct bytes command)
{
	struct bytes rest = entry->block, line, word, value;
	char reason[OPTIONS_REASON_MAX];
	struct key_options options;
	size_t size;

	for (unsigned i = entry->line + 1; text_next_line(&rest, &line); i++) {
		split(text_trim(line), &word, &value);
		if (bytes_is(word, WORD_KEY) && options_field(value, &size) == RESULT_OK &&
		    options_parse(bytes_of(value.data, size), &parse->foreign, &options, reason) ==
			RESULT_OK &&
		    options.has_command && !bytes_equal(options.command, command))
			complain(parse, i, WORD_KEY,
			    "the key's command is another than that of the user's options, so it "
			    "can never log in; leave either out");
	}
}

/* What only all of the lines together show. */
static void
check_entry(struct parse *parse, const struct users_entry *entry)
{
	char name[USERS_NAME_MAX * 4 + 1], what[USERS_NAME_MAX * 4 + 16];
	char why[OPTIONS_REASON_MAX];
	struct key_options options;

	text_quote(entry->name, name, sizeof(name));
	snprintf(what, sizeof(what), WORD_USER " %s", name);
	if (has(entry, USERS_ACCOUNT) &&
	    (has(entry, USERS_UID) || has(entry, USERS_GID) || has(entry, USERS_GROUPS)))
		complain(parse, entry->line, what,
		    "account says which ids are used, and uid, gid or groups say others; leave "
		    "either out");
	else if (has(entry, USERS_UID) != has(entry, USERS_GID))
		complain(parse, entry->line, what, "uid and gid belong together; say both");
	else if (has(entry, USERS_GROUPS) && !has(entry, USERS_UID))
		complain(parse, entry->line, what, "groups is for users with uid and gid");
	if (!has(entry, USERS_HOME) && !has(entry, USERS_ACCOUNT))
		complain(parse, entry->line, what, "there is no home; say home PATH");
	if (has(entry, USERS_OPTIONS) &&
	    options_parse(entry->values[USERS_OPTIONS], NULL, &options, why) == RESULT_OK &&
	    options.has_command)
		check_command(parse, entry, options.command);
}

static enum result
make_room(struct parse *parse)
{
	struct users *users = parse->users;
	const size_t more = parse->room == 0 ? FIRST : parse->room * 2;
	struct users_entry *list;

	if (users->count < parse->room)
		return RESULT_OK;
	TRY(mem_new(more, sizeof(*list), (void **)&list));
	if (users->count > 0)
		memcpy(list, users->list, users->count * sizeof(*list));
	free(users->list);
	users->list = list;
	parse->room = more;
	return RESULT_OK;
}

static enum result
begin_entry(struct parse *parse, struct bytes name)
{
	struct users *users = parse->users;

	if (users->count == USERS_MAX) {
		complain(parse, parse->number, WORD_USER, "these are more than 10000 users");
		return RESULT_LIMIT;
	}
	if (!is_user_name(name))
		complain(parse, parse->number, WORD_USER,
		    "a name has 1 to 64 letters, digits, dots, underscores, @, + and hyphens, and "
		    "begins with no dot or hyphen");
	TRY(make_room(parse));
	users->list[users->count++] = (struct users_entry){
		.line = parse->number, .name = name, .block = bytes_of(parse->rest.data, 0)
	};
	return RESULT_OK;
}

/* NULL before the first. */
static struct users_entry *
current(const struct parse *parse)
{
	struct users *users = parse->users;

	return users->count == 0 ? NULL : &users->list[users->count - 1];
}

static void
end_entry(struct parse *parse, const uint8_t *end)
{
	struct users_entry *entry = current(parse);

	if (entry == NULL)
		return;
	if (end != NULL)
		entry->block.size = (size_t)(end - entry->block.data);
	check_entry(parse, entry);
}

static enum result
take_line(struct parse *parse, struct bytes line)
{
	struct users_entry *entry = current(parse);
	const uint8_t *begin = line.data;
	struct bytes word, value;

	if (line.size > AUTHORIZED_KEYS_LINE_MAX ||
	    (line.size > 0 && memchr(line.data, '\0', line.size) != NULL)) {
		complain(
		    parse, parse->number, NULL, "a line has 16 KiB at most, and no NUL byte in it");
		return RESULT_OK;
	}
	line = text_trim(line);
	if (is_comment(line))
		return RESULT_OK;
	split(line, &word, &value);
	if (bytes_is(word, WORD_USER)) {
		end_entry(parse, begin);
		return begin_entry(parse, value);
	}
	if (entry == NULL)
		complain(parse, parse->number, NULL,
		    "nobody is named yet; each user begins with a line user NAME");
	else if (bytes_is(word, WORD_KEY))
		take_key(parse, entry, value);
	else
		take_word(parse, entry, word, value);
	return RESULT_OK;
}

/* --- Names that there are twice ----------------------------------------------------------------- */

struct sorted {
	const struct users_entry *entry;
};

static int
compare_names(const void *a, const void *b)
{
	const struct users_entry *x = ((const struct sorted *)a)->entry;
	const struct users_entry *y = ((const struct sorted *)b)->entry;
	const size_t size = x->name.size < y->name.size ? x->name.size : y->name.size;
	const int order = size == 0 ? 0 : memcmp(x->name.data, y->name.data, size);

	if (order != 0)
		return order;
	if (x->name.size != y->name.size)
		return x->name.size < y->name.size ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

static enum result
check_names(struct parse *parse)
{
	CLEANUP(mem_freep) struct sorted *sorted = NULL;
	const struct users *users = parse->users;
	char why[WHY_MAX];

	TRY(mem_new(users->count + 1, sizeof(*sorted), (void **)&sorted));
	for (size_t i = 0; i < users->count; i++)
		sorted[i].entry = &users->list[i];
	qsort(sorted, users->count, sizeof(*sorted), compare_names);
	for (size_t i = 1; i < users->count; i++) {
		if (!bytes_equal(sorted[i - 1].entry->name, sorted[i].entry->name))
			continue;
		snprintf(why, sizeof(why),
		    "line %u has a user of this name already; a name is one user's",
		    sorted[i - 1].entry->line);
		complain(parse, sorted[i].entry->line, WORD_USER, why);
	}
	return RESULT_OK;
}

/* --- The file ----------------------------------------------------------------------------------- */

void
users_clear(struct users *users)
{
	free(users->list);
	*users = (struct users){ 0 };
}

static enum result
parse_lines(struct parse *parse, struct bytes text)
{
	struct bytes line;

	parse->rest = text;
	while (text_next_line(&parse->rest, &line)) {
		parse->number++;
		TRY(take_line(parse, line));
	}
	end_entry(parse, text.data == NULL ? NULL : text.data + text.size);
	return check_names(parse);
}

enum result
users_parse(const char *file, struct bytes text, const struct config *config, struct users *out,
    struct buf *errors)
{
	struct parse parse = {
		.file = file, .errors = errors, .foreign = foreign_of_config(config), .users = out
	};
	enum result result;

	*out = (struct users){ 0 };
	result = parse_lines(&parse, text);
	if (result == RESULT_OK && !parse.is_wrong)
		return RESULT_OK;
	users_clear(out);
	return parse.is_wrong ? RESULT_CONFIG : result;
}

const struct users_entry *
users_find(const struct users *users, struct bytes name)
{
	for (size_t i = 0; i < users->count; i++) {
		if (bytes_equal(users->list[i].name, name))
			return &users->list[i];
	}
	return NULL;
}

enum result
users_keys(const struct users_entry *entry, struct buf *out)
{
	struct bytes rest = entry->block, line, word, value;

	for (unsigned i = 0; i < entry->line; i++)
		TRY(buf_append(out, bytes_of_text("\n")));
	while (text_next_line(&rest, &line)) {
		line = text_trim(line);
		if (!is_comment(line)) {
			split(line, &word, &value);
			if (bytes_is(word, WORD_KEY))
				TRY(buf_append(out, value));
		}
		TRY(buf_append(out, bytes_of_text("\n")));
	}
	return RESULT_OK;
}

enum result
users_options(const struct users_entry *entry, struct buf *out)
{
	const struct bytes options = entry->values[USERS_OPTIONS];

	TRY(buf_append(out, bytes_of_text("restrict")));
	if (options.size == 0)
		return RESULT_OK;
	TRY(buf_append(out, bytes_of_text(",")));
	return buf_append(out, options);
}
