/* SPDX-License-Identifier: ISC */
/*
 * Names of key files (edge). glob(3) would do but for its ceilings, which it does not have: here a folder of a million
 * entries is left after some thousand, and the name means nothing then.
 */
#include "monitor/keys/keynames.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/mem.h"
#include "common/wire.h"
#include "monitor/as_user.h"

#define WILDCARDS "*?["

/* A part of a pattern between slashes; of a name, each byte of which may have a backslash, and more. */
#define COMPONENT_MAX 768

/* --- Tokens ------------------------------------------------------------------------------------- */

/* An expansion. What tokens stand for is never a wildcard: in patterns each of its bytes has a backslash. */
struct expansion {
	struct writer writer;
	const struct account *account;
	bool is_pattern;
};

static void
put_value(struct expansion *expansion, const char *value)
{
	for (; *value != '\0'; value++) {
		if (expansion->is_pattern && *value != '/')
			put_byte(&expansion->writer, '\\');
		put_byte(&expansion->writer, (uint8_t)*value);
	}
}

static void
put_token(struct expansion *expansion, char token)
{
	const struct account *account = expansion->account;
	char number[24];

	switch (token) {
	case '%':
		put_byte(&expansion->writer, '%');
		return;
	case 'h':
		put_value(expansion, account->home);
		return;
	case 'u':
		put_value(expansion, account->name);
		return;
	case 'U':
		snprintf(number, sizeof(number), "%lu", (unsigned long)account->uid);
		put_value(expansion, number);
		return;
	default:
		expansion->writer.result = RESULT_MALFORMED;
	}
}

static enum result
expand(struct expansion *expansion, const char *pattern)
{
	/* Absolute is what is so after expansion: "%h/keys". */
	if (pattern[0] != '/' && strncmp(pattern, "%h", 2) != 0) {
		put_value(expansion, expansion->account->home);
		put_byte(&expansion->writer, '/');
	}
	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '%')
			put_byte(&expansion->writer, (uint8_t)*pattern);
		else
			put_token(expansion, *++pattern);
		if (expansion->writer.result == RESULT_MALFORMED)
			return RESULT_MALFORMED; /* also when the pattern ended behind a % */
	}
	put_byte(&expansion->writer, '\0');
	return writer_end(&expansion->writer);
}

enum result
keynames_expand(const char *pattern, const struct account *account, char *out)
{
	struct expansion expansion = { writer_into(out, KEYFILES_PATH_MAX), account, false };

	TRY(expand(&expansion, pattern));
	return out[0] == '/' ? RESULT_OK : RESULT_MALFORMED; /* a home folder that is none */
}

/* --- Folders ------------------------------------------------------------------------------------ */

/* On the way through folders. */
struct walk {
	struct keynames *found;
	char *reason;
	unsigned entries; /* looked at so far, in all folders */
	char path[KEYFILES_PATH_MAX];
	size_t size; /* of the path so far, to which "/name" is added */
};

static enum result
say(struct walk *walk, enum result result, const char *text)
{
	snprintf(walk->reason, KEYFILES_REASON_MAX, "%s", text);
	return result;
}

/* A component as it stands in the pattern; a backslash takes the meaning from what follows. */
static enum result
put_component(struct walk *walk, struct bytes component)
{
	char *out = walk->path + walk->size;
	size_t size = 0;

	if (component.size + 2 > sizeof(walk->path) - walk->size)
		return say(walk, RESULT_LIMIT, "the name becomes too long");
	out[size++] = '/';
	for (size_t i = 0; i < component.size; i++) {
		if (component.data[i] == '\\' && i + 1 < component.size)
			i++;
		out[size++] = (char)component.data[i];
	}
	out[size] = '\0';
	walk->size += size;
	return RESULT_OK;
}

static enum result
put_entry(struct walk *walk, const char *name)
{
	const size_t size = strlen(name);

	if (size + 2 > sizeof(walk->path) - walk->size)
		return say(walk, RESULT_LIMIT, "the name becomes too long");
	walk->path[walk->size] = '/';
	memcpy(walk->path + walk->size + 1, name, size + 1);
	walk->size += size + 1;
	return RESULT_OK;
}

static enum result
take_path(struct walk *walk)
{
	struct keynames *found = walk->found;
	struct stat info;

	if (lstat(walk->path, &info) != 0)
		return RESULT_OK; /* gone, or its fixed end is not in every folder */
	if (found->count == KEYNAMES_MAX)
		return say(
		    walk, RESULT_LIMIT, "it means more than 64 files, of which none is read");
	TRY(mem_text(bytes_of_text(walk->path), &found->list[found->count]));
	found->count++;
	return RESULT_OK;
}

static enum result walk_on(struct walk *walk, const char *rest);

static enum result
walk_into(struct walk *walk, const char *component, const char *name, const char *rest)
{
	const size_t size = walk->size;
	enum result result;

	if (++walk->entries > KEYNAMES_ENTRIES_MAX)
		return say(walk, RESULT_LIMIT, "the folders have more than 4096 entries");
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    fnmatch(component, name, FNM_PERIOD) != 0)
		return RESULT_OK;
	result = put_entry(walk, name);
	if (result == RESULT_OK)
		result = walk_on(walk, rest);
	walk->size = size;
	walk->path[size] = '\0';
	return result;
}

/* NULL: there is none, or it may not be read. Never waits: what stands there may be anything. */
static DIR *
open_folder(const char *path)
{
	CLEANUP(fd_close)
	int fd = open(path[0] == '\0' ? "/" : path,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (folder != NULL)
		fd = -1; /* it is the folder's */
	return folder;
}

static enum result
walk_folder(struct walk *walk, const char *component, const char *rest)
{
	enum result result = RESULT_OK;
	const struct dirent *entry;
	DIR *folder = open_folder(walk->path);

	if (folder == NULL) {
		if (errno != ENOENT && errno != ENOTDIR)
			snprintf(walk->reason, KEYFILES_REASON_MAX,
			    "a folder of the name cannot be opened: %s", strerror(errno));
		return RESULT_OK; /* others may have what is looked for */
	}
	while (result == RESULT_OK && (entry = readdir(folder)) != NULL)
		result = walk_into(walk, component, entry->d_name, rest);
	closedir(folder);
	return result;
}

static bool
is_wild(struct bytes component)
{
	for (size_t i = 0; i < component.size; i++) {
		if (component.data[i] == '\\')
			i++;
		else if (strchr(WILDCARDS, component.data[i]) != NULL)
			return true;
	}
	return false;
}

/* Each call that comes from here has a shorter `rest`, which bounds the depth. */
static enum result
walk_on(struct walk *walk, const char *rest)
{
	char component[COMPONENT_MAX];
	struct bytes next;

	for (;;) {
		rest += strspn(rest, "/");
		next = bytes_of(rest, strcspn(rest, "/"));
		rest += next.size;
		if (next.size == 0)
			return take_path(walk);
		if (is_wild(next))
			break;
		TRY(put_component(walk, next));
	}
	if (next.size >= sizeof(component))
		return say(walk, RESULT_LIMIT, "the name becomes too long");
	memcpy(component, next.data, next.size);
	component[next.size] = '\0';
	return walk_folder(walk, component, rest);
}

/* --- Names -------------------------------------------------------------------------------------- */

static int
compare(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

void
keynames_clear(struct keynames *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i]);
	*names = (struct keynames){ .count = 0 };
}

static enum result
find_one(const struct keynames_question *question, struct keynames *names)
{
	char path[KEYFILES_PATH_MAX];

	TRY(keynames_expand(question->pattern, question->account, path));
	TRY(mem_text(bytes_of_text(path), &names->list[0]));
	names->count = 1;
	return RESULT_OK;
}

static enum result
find_many(const struct keynames_question *question, struct walk *walk)
{
	char pattern[KEYFILES_PATH_MAX * 2];
	struct expansion expansion = { writer_into(pattern, sizeof(pattern)), question->account,
		true };
	CLEANUP(as_user_end) struct as_user before = { 0 };

	TRY(expand(&expansion, question->pattern));
	if (pattern[0] != '/')
		return RESULT_MALFORMED;
	if (question->is_root && as_user_begin(question->account, &before) != RESULT_OK)
		return say(walk, RESULT_SYSTEM, "cannot become the user");
	return walk_on(walk, pattern);
}

enum result
keynames_find(const struct keynames_question *question, struct keynames *names, char *reason)
{
	struct walk walk = { .found = names, .reason = reason };
	enum result result;

	reason[0] = '\0';
	if (strpbrk(question->pattern, WILDCARDS) == NULL)
		result = find_one(question, names);
	else
		result = find_many(question, &walk);
	if (result != RESULT_OK) {
		keynames_clear(names);
		if (reason[0] == '\0')
			snprintf(reason, KEYFILES_REASON_MAX, "the name cannot be expanded");
		return result;
	}
	if (names->count == 0 && reason[0] != '\0')
		return RESULT_SYSTEM;
	reason[0] = '\0';
	qsort(names->list, names->count, sizeof(names->list[0]), compare);
	return RESULT_OK;
}
