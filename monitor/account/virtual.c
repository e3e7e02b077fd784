/* SPDX-License-Identifier: ISC */
/*
 * UsersFile (edge: reads the file, asks passwd and group for ids). The file is read for each connection that asks, so
 * who is added can log in and who is removed cannot.
 */
#include "monitor/account/virtual.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/config/config.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/account/account.h"
#include "monitor/lines/users.h"
#include "monitor/trusted.h"

/* What the program runs that the operator chose for a user without a shell. */
#define OPERATORS_SHELL   "/bin/sh"

#define ERRORS_LOGGED_MAX 4096

void
virtual_user_free(struct virtual_user *user)
{
	if (user == NULL)
		return;
	mem_wipe_textp(&user->password);
	free(user->keys);
	free(user->keys_file);
	free(user->root);
	free(user->options_text);
	free(user);
}

static void
virtual_user_freep(struct virtual_user **user)
{
	virtual_user_free(*user);
}

/* --- The file ----------------------------------------------------------------------------------- */

struct file {
	char *path; /* owned: without links */
	struct buf text;
	struct users users; /* views of the text */
};

static void
file_clear(struct file *file)
{
	free(file->path);
	buf_clear(&file->text);
	users_clear(&file->users);
}

static enum result
complain(struct buf *errors, const char *path, const char *why)
{
	char line[TRUSTED_PATH_MAX + 512];

	snprintf(line, sizeof(line), "UsersFile %s: %s\n", path, why);
	(void)!buf_append(errors, bytes_of_text(line));
	return RESULT_CONFIG;
}

/* Of the file without links: nobody who could not have written it can put another one there. */
static enum result
find_file(const char *path, struct file *file, struct buf *errors)
{
	struct trusted_fault fault;

	if (path[0] != '/')
		return complain(errors, path, "this is no absolute path; begin it with a slash");
	file->path = realpath(path, NULL);
	if (file->path == NULL)
		return complain(errors, path, strerror(errno));
	if (trusted_check(file->path, geteuid(), &fault) == RESULT_OK)
		return RESULT_OK;
	return complain(errors, fault.part[0] == '\0' ? path : fault.part, fault.why);
}

/* Hashes that everybody can read can be tried by everybody. */
static enum result
check_secrecy(const struct file *file, struct buf *errors)
{
	struct stat info;

	if (stat(file->path, &info) == 0 && (info.st_mode & S_IROTH) == 0)
		return RESULT_OK;
	for (size_t i = 0; i < file->users.count; i++) {
		if (file->users.list[i].values[USERS_PASSWORD].size > 0)
			return complain(errors, file->path,
			    "it has hashes of passwords, and everybody can read it; chmod o-r");
	}
	return RESULT_OK;
}

static enum result
file_read(const char *path, const struct config *config, struct file *file, struct buf *errors)
{
	enum result result;

	*file = (struct file){ 0 };
	buf_init(&file->text, USERS_FILE_MAX);
	TRY(find_file(path, file, errors));
	result = fd_read_path(file->path, USERS_FILE_MAX, &file->text);
	if (result == RESULT_LIMIT)
		return complain(errors, path, "it is larger than 4 MiB");
	if (result != RESULT_OK)
		return complain(errors, path, strerror(errno));
	TRY(users_parse(file->path, buf_bytes(&file->text), config, &file->users, errors));
	return check_secrecy(file, errors);
}

/* The first of them, and how many there are: whoever tries to log in shall not fill the log. */
static void
log_errors(struct bytes errors)
{
	struct bytes first, line;
	unsigned more = 0;
	char rest[64] = "";

	if (!text_next_line(&errors, &first))
		first = bytes_of_text("it cannot be read");
	while (text_next_line(&errors, &line))
		more++;
	if (more > 0)
		snprintf(rest, sizeof(rest), " (and %u more; sallyportd -t says all)", more);
	log_error("users-file", "nobody of UsersFile can log in: %.*s%s", LOG_BYTES(first), rest);
}

/* --- Whose ids ---------------------------------------------------------------------------------- */

/* Of one user of the file: who they are to be, and where it goes why that cannot be. */
struct naming {
	const struct users_entry *entry;
	bool is_root;
	char *reason;
};

static enum result
refuse(const struct naming *naming, const char *why, struct bytes what)
{
	char quoted[64];

	text_quote(what, quoted, sizeof(quoted));
	snprintf(naming->reason, VIRTUAL_REASON_MAX, "%s%s", why, quoted);
	return RESULT_DENIED;
}

static enum result
find_group(const struct naming *naming, struct bytes text, gid_t *out)
{
	CLEANUP(mem_freep) char *name = NULL;
	const struct group *group;
	uint32_t id;

	if (users_id(text, &id) == RESULT_OK) {
		*out = id;
		return RESULT_OK;
	}
	TRY(mem_text(text, &name));
	group = getgrnam(name);
	if (group == NULL)
		return refuse(naming, "the system has no group ", text);
	*out = group->gr_gid;
	return RESULT_OK;
}

/* The first is the primary one. */
static enum result
take_ids(const struct naming *naming, struct account *account)
{
	struct bytes rest = naming->entry->values[USERS_GROUPS], name;
	uint32_t uid;

	if (users_id(naming->entry->values[USERS_UID], &uid) != RESULT_OK)
		return RESULT_MALFORMED;
	account->uid = uid;
	TRY(mem_new(USERS_GROUPS_MAX + 1, sizeof(gid_t), (void **)&account->groups));
	TRY(find_group(naming, naming->entry->values[USERS_GID], &account->gid));
	account->groups[account->group_count++] = account->gid;
	while (text_next_name(&rest, &name)) {
		TRY(find_group(naming, name, &account->groups[account->group_count]));
		account->group_count++;
	}
	return RESULT_OK;
}

static enum result
take_account(const struct naming *naming, struct account *account)
{
	CLEANUP(account_freep) struct account *system = NULL;
	const struct bytes value = naming->entry->values[USERS_ACCOUNT];
	CLEANUP(mem_freep) char *name = NULL;

	TRY(mem_text(value, &name));
	if (account_find(name, &system) != RESULT_OK)
		return refuse(naming, "the system has no account ", value);
	account->uid = system->uid;
	account->gid = system->gid;
	account->groups = TAKE(system->groups);
	account->group_count = system->group_count;
	account->home = TAKE(system->home);
	return RESULT_OK;
}

/* Who runs this server, and can become nobody else. */
static enum result
take_own_ids(const struct naming *naming, struct account *account)
{
	const int count = getgroups(0, NULL);

	if (naming->is_root)
		return refuse(naming,
		    "there are neither ids nor an account; say uid and gid, or "
		    "account",
		    bytes_of("", 0));
	if (count < 0)
		return RESULT_SYSTEM;
	account->uid = getuid();
	account->gid = getgid();
	TRY(mem_new((size_t)count + 1, sizeof(gid_t), (void **)&account->groups));
	account->groups[0] = account->gid;
	if (getgroups(count, account->groups + 1) != count)
		return RESULT_SYSTEM;
	account->group_count = (size_t)count + 1;
	return RESULT_OK;
}

static enum result
take_identity(const struct naming *naming, struct account *account)
{
	if (naming->entry->values[USERS_UID].size > 0)
		return take_ids(naming, account);
	if (naming->entry->values[USERS_ACCOUNT].size > 0)
		return take_account(naming, account);
	return take_own_ids(naming, account);
}

/* --- An account --------------------------------------------------------------------------------- */

/* NULL where it is not said. */
static enum result
copy_value(const struct users_entry *entry, enum users_word word, char **out)
{
	return entry->values[word].size == 0 ? RESULT_OK : mem_text(entry->values[word], out);
}

static enum result
copy_options(const struct users_entry *entry, struct virtual_user *user)
{
	char reason[OPTIONS_REASON_MAX];
	OWNED_BUF text;

	buf_init(&text, USERS_FILE_MAX);
	TRY(users_options(entry, &text));
	TRY(mem_text(buf_bytes(&text), &user->options_text));
	return options_parse(bytes_of_text(user->options_text), NULL, &user->options, reason);
}

static enum result
copy_keys(const struct users_entry *entry, struct virtual_user *user)
{
	OWNED_BUF text;

	buf_init(&text, 2 * USERS_FILE_MAX);
	TRY(users_keys(entry, &text));
	return mem_text(buf_bytes(&text), &user->keys);
}

static enum result
copy_user(const char *path, const struct users_entry *entry, struct virtual_user **out)
{
	CLEANUP(virtual_user_freep) struct virtual_user *user = NULL;
	const struct bytes shell = entry->values[USERS_SHELL];

	TRY(mem_new(1, sizeof(*user), (void **)&user));
	text_quote(bytes_of_text(path), user->where, sizeof(user->where));
	user->line = entry->line;
	user->has_shell = shell.size > 0 && !bytes_is(shell, "none");
	TRY(copy_value(entry, USERS_PASSWORD, &user->password));
	TRY(copy_value(entry, USERS_KEYS_FILE, &user->keys_file));
	TRY(copy_value(entry, USERS_ROOT, &user->root));
	TRY(copy_keys(entry, user));
	TRY(copy_options(entry, user));
	*out = TAKE(user);
	return RESULT_OK;
}

static enum result
copy_home_and_shell(const struct users_entry *entry, struct account *account)
{
	if (entry->values[USERS_HOME].size > 0) {
		free(account->home);
		account->home = NULL;
		TRY(copy_value(entry, USERS_HOME, &account->home));
	}
	if (account->virtual->has_shell)
		return copy_value(entry, USERS_SHELL, &account->shell);
	return mem_text(bytes_of_text(OPERATORS_SHELL), &account->shell);
}

static enum result
make_account(const struct file *file, const struct naming *naming, struct account **out)
{
	CLEANUP(account_freep) struct account *account = NULL;

	snprintf(naming->reason, VIRTUAL_REASON_MAX, "no account can be made of it");
	TRY(mem_new(1, sizeof(*account), (void **)&account));
	TRY(mem_text(naming->entry->name, &account->name));
	TRY(take_identity(naming, account));
	TRY(copy_user(file->path, naming->entry, &account->virtual));
	TRY(copy_home_and_shell(naming->entry, account));
	*out = TAKE(account);
	return RESULT_OK;
}

enum result
virtual_find(const struct account_question *question, struct account **out, char *reason)
{
	CLEANUP(file_clear) struct file file;
	const struct users_entry *entry;
	OWNED_BUF errors;
	enum result result;

	*out = NULL;
	buf_init(&errors, ERRORS_LOGGED_MAX);
	result = file_read(question->users_file, question->config, &file, &errors);
	if (result != RESULT_OK) {
		log_errors(buf_bytes(&errors));
		return result;
	}
	entry = users_find(&file.users, bytes_of_text(question->name));
	if (entry == NULL)
		return RESULT_NOT_FOUND;
	result = make_account(&file, &(struct naming){ entry, question->is_root, reason }, out);
	return result == RESULT_OK ? RESULT_OK : RESULT_DENIED;
}

/* --- The check ---------------------------------------------------------------------------------- */

/* A name that both have would be two people. */
static enum result
check_name(const struct file *file, const struct users_entry *entry, struct buf *errors)
{
	CLEANUP(mem_freep) char *name = NULL;

	TRY(mem_text(entry->name, &name));
	if (getpwnam(name) == NULL)
		return RESULT_OK;
	users_complain(errors, file->path, entry->line, "user",
	    "the system has an account of this name, and nobody logs in by a name that two have; "
	    "give the user of the file another");
	return RESULT_CONFIG;
}

static enum result
check_entry(
    const struct file *file, const struct users_entry *entry, bool is_root, struct buf *errors)
{
	CLEANUP(account_freep) struct account *account = NULL;
	char reason[VIRTUAL_REASON_MAX];
	const struct naming naming = { entry, is_root, reason };

	if (make_account(file, &naming, &account) == RESULT_OK)
		return check_name(file, entry, errors);
	users_complain(errors, file->path, entry->line, "user", reason);
	return RESULT_CONFIG;
}

enum result
virtual_users_check(const char *path, const struct config *config, bool is_root, struct buf *errors)
{
	CLEANUP(file_clear) struct file file;
	enum result result = file_read(path, config, &file, errors);

	for (size_t i = 0; i < file.users.count; i++) {
		if (check_entry(&file, &file.users.list[i], is_root, errors) != RESULT_OK)
			result = RESULT_CONFIG;
	}
	return result;
}

enum result
virtual_users_try(const char *path, const struct config *config, struct buf *errors)
{
	CLEANUP(file_clear) struct file file;

	return file_read(path, config, &file, errors);
}
