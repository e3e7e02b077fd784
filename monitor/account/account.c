/* SPDX-License-Identifier: ISC */
/*
 * Accounts from the system's databases (edge: passwd, shadow, group, files). Whether one may log in is
 * found out here, in one order for all; what its fields say of locks and dates is decide.c's.
 */
#include "monitor/account/account.h"

#include <errno.h>
#include <grp.h>
#include <paths.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/account/virtual.h"
#include "monitor/rules/decide.h"

#define GROUPS_FIRST 32 /* asked for at first; most users have fewer */
#define LOCKED       "locked: usermod -p '*' NAME lets keys in and no password"
#define NOBODYS_ID   65534

const struct account account_nobody = {
	.name = "NOUSER",
	.home = "/nonexistent",
	.shell = "/",
	.uid = NOBODYS_ID,
	.gid = NOBODYS_ID,
	.groups = (gid_t[]){ NOBODYS_ID },
	.group_count = 1,
};

void
account_free(struct account *account)
{
	if (account == NULL)
		return;
	free(account->name);
	free(account->home);
	free(account->shell);
	free(account->groups);
	virtual_user_free(account->virtual);
	free(account);
}

void
account_freep(struct account **account)
{
	account_free(*account);
	*account = NULL;
}

/* --- Finding ------------------------------------------------------------------------------------ */

/* glibc answers with the count that it needs, so the second call fits unless somebody is just added. */
static enum result
find_groups(const char *name, gid_t gid, struct account *account)
{
	int count = GROUPS_FIRST;

	while (count <= IPC_GROUPS_MAX) {
		const int room = count;

		free(account->groups);
		TRY(mem_new((size_t)room, sizeof(gid_t), (void **)&account->groups));
		if (getgrouplist(name, gid, account->groups, &count) >= 0) {
			account->group_count = (size_t)count;
			return RESULT_OK;
		}
		if (count <= room)
			count = room * 2;
	}
	log_error("account", "user %s is in more than %d groups", name, IPC_GROUPS_MAX);
	return RESULT_LIMIT;
}

static enum result
copy_account(const struct passwd *entry, struct account **out)
{
	CLEANUP(account_freep) struct account *account = NULL;
	const char *shell = entry->pw_shell[0] == '\0' ? _PATH_BSHELL : entry->pw_shell;

	TRY(mem_new(1, sizeof(*account), (void **)&account));
	TRY(mem_text(bytes_of_text(entry->pw_name), &account->name));
	TRY(mem_text(bytes_of_text(entry->pw_dir), &account->home));
	TRY(mem_text(bytes_of_text(shell), &account->shell));
	account->uid = entry->pw_uid;
	account->gid = entry->pw_gid;
	TRY(find_groups(account->name, account->gid, account));
	*out = TAKE(account);
	return RESULT_OK;
}

/* Directories far away answer slowly: nobody is asked for what somebody is asked for. */
static void
look_up_nobody(const char *name)
{
	struct account nobody = { 0 };

	if (find_groups(name, NOBODYS_ID, &nobody) == RESULT_OK)
		(void)getspnam(name);
	free(nobody.groups);
}

/* getpwnam(3) lists what errno may be for a name that is simply not there. */
static bool
is_absence(int error)
{
	return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

enum result
account_find(const char *name, struct account **out)
{
	const struct passwd *entry;

	*out = NULL;
	errno = 0;
	entry = getpwnam(name);
	if (entry != NULL)
		return copy_account(entry, out);
	if (!is_absence(errno)) {
		log_error("account", "getpwnam: %s", strerror(errno));
		return RESULT_SYSTEM;
	}
	look_up_nobody(name);
	return RESULT_NO_MATCH;
}

/* The system is asked of every name: in how long it takes nothing is to be seen of the file. */
enum result
account_find_any(
    const struct account_question *question, struct account **out, bool *is_virtual, char *reason)
{
	CLEANUP(account_freep) struct account *virtual = NULL;
	enum result found = RESULT_NOT_FOUND;
	enum result result;

	if (question->users_file != NULL)
		found = virtual_find(question, &virtual, reason);
	*is_virtual = found == RESULT_OK || found == RESULT_DENIED;
	result = account_find(question->name, out);
	if (result == RESULT_NO_MATCH && !*is_virtual && found != RESULT_NOT_FOUND)
		snprintf(reason, VIRTUAL_REASON_MAX,
		    "there is no such user, or UsersFile has it: the "
		    "file cannot be used");
	if (!*is_virtual)
		return result;
	if (result == RESULT_NO_MATCH && found == RESULT_OK) {
		*out = TAKE(virtual);
		return RESULT_OK;
	}
	if (result != RESULT_NO_MATCH)
		snprintf(reason, VIRTUAL_REASON_MAX, "%s",
		    result == RESULT_OK ? "the name is an account's of the system and a user's of "
					  "UsersFile, too; give the latter another"
					: "whether the system has the name, too, cannot be found");
	account_freep(out);
	return RESULT_DENIED;
}

void
group_names_clear(struct group_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
	*names = (struct group_names){ 0 };
}

enum result
account_group_names(const struct account *account, struct group_names *out)
{
	TRY(mem_new(account->group_count + 1, sizeof(char *), (void **)&out->list));
	for (size_t i = 0; i < account->group_count; i++) {
		const struct group *group;

		errno = 0;
		group = getgrgid(account->groups[i]);
		if (group == NULL && !is_absence(errno))
			return RESULT_SYSTEM;
		if (group == NULL)
			continue;
		TRY(mem_text(bytes_of_text(group->gr_name), &out->list[out->count]));
		out->count++;
	}
	return RESULT_OK;
}

enum result
group_names_find(const char *user, const char *users_file, const struct config *config,
    bool is_root, struct group_names *out)
{
	CLEANUP(account_freep) struct account *account = NULL;
	const struct account_question question = { user, users_file, config, is_root };
	char reason[VIRTUAL_REASON_MAX];
	bool is_virtual;

	TRY(account_find_any(&question, &account, &is_virtual, reason));
	return account_group_names(account, out);
}

/* --- May it log in? ----------------------------------------------------------------------------- */

struct reason {
	char *text;
	size_t size;
	bool is_root; /* who asks */
};

static enum refusal
judge_shadow(const struct spwd *shadow, const struct reason *reason)
{
	if (decide_is_locked(shadow->sp_pwdp)) {
		snprintf(reason->text, reason->size, "the account is %s", LOCKED);
		return REFUSAL_ACCOUNT_LOCKED;
	}
	snprintf(reason->text, reason->size, "the account is expired");
	return decide_is_expired(shadow->sp_expire, (uint64_t)time(NULL)) ? REFUSAL_ACCOUNT_EXPIRED
									  : REFUSAL_NONE;
}

/* Where the file cannot be read others answer: systemd's module has a root of its own, who is locked. */
static bool
can_ask_shadow(const struct reason *reason)
{
	return reason->is_root || access(SHADOW, R_OK) == 0;
}

static enum refusal
judge_password(const struct account *account, const struct reason *reason)
{
	const struct spwd *shadow;
	const struct passwd *entry;

	if (account->virtual != NULL)
		return REFUSAL_NONE; /* who is in the file may log in */
	errno = 0;
	shadow = can_ask_shadow(reason) ? getspnam(account->name) : NULL;
	if (shadow != NULL)
		return judge_shadow(shadow, reason);
	if (reason->is_root && !is_absence(errno)) {
		snprintf(reason->text, reason->size, "getspnam: %s", strerror(errno));
		return REFUSAL_ACCOUNT_ERROR;
	}
	/* Systems without shadow, accounts without an entry there, and we without root. */
	entry = getpwnam(account->name);
	snprintf(reason->text, reason->size, "the account is %s", entry == NULL ? "gone" : LOCKED);
	if (entry == NULL)
		return REFUSAL_ACCOUNT_ERROR;
	return decide_is_locked(entry->pw_passwd) ? REFUSAL_ACCOUNT_LOCKED : REFUSAL_NONE;
}

static enum refusal
judge_shell(const struct account *account, const struct reason *reason)
{
	struct stat info;
	char shell[128];

	if (account->virtual != NULL && !account->virtual->has_shell)
		return REFUSAL_NONE;
	text_quote(bytes_of_text(account->shell), shell, sizeof(shell));
	if (stat(account->shell, &info) != 0) {
		snprintf(reason->text, reason->size, "its shell %s does not exist", shell);
		return REFUSAL_ACCOUNT_SHELL;
	}
	snprintf(reason->text, reason->size, "its shell %s is not executable", shell);
	return !S_ISREG(info.st_mode) || (info.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0
		   ? REFUSAL_ACCOUNT_SHELL
		   : REFUSAL_NONE;
}

/* Whatever else stands in the way of looking, too, keeps people out. */
static enum refusal
judge_nologin(const struct account *account, const struct reason *reason)
{
	struct stat info;

	snprintf(reason->text, reason->size, "%s exists", ACCOUNT_NOLOGIN);
	return account->uid != 0 && (stat(ACCOUNT_NOLOGIN, &info) == 0 || errno != ENOENT)
		   ? REFUSAL_NOLOGIN
		   : REFUSAL_NONE;
}

typedef enum refusal judge(const struct account *account, const struct reason *reason);

static const struct {
	judge *judge;
	bool is_pams; /* a module of PAM's says the same */
	const char *rule, *passes;
} objections[] = {
	{ judge_password, true, "shadow", "the account is neither locked nor expired" },
	{ judge_shell, false, "shell", "its shell can be executed" },
	{ judge_nologin, true, ACCOUNT_NOLOGIN, "it does not exist, or the account is root's" },
};

/* Who looks in our place; NULL: we do. */
static const char *
who_else(const struct account_rules *rules, size_t i)
{
	if (rules->uses_pam && objections[i].is_pams)
		return "PAM's modules are asked instead";
	if (rules->has_own_root && objections[i].judge == judge_shell)
		return "it is looked for below the root folder of the session, when it is started";
	return NULL;
}

bool
account_may_log_in(
    const struct account *account, const struct account_rules *rules, char *reason, size_t size)
{
	const struct reason why = { reason, size, rules->is_root };

	for (size_t i = 0; i < COUNT(objections); i++) {
		const char *instead = who_else(rules, i);
		enum refusal refusal;

		if (instead != NULL) {
			trace_note(rules->trace, objections[i].rule, NULL, "%s", instead);
			continue;
		}
		refusal = objections[i].judge(account, &why);
		if (refusal != REFUSAL_NONE) {
			trace_refuse(rules->trace, refusal, objections[i].rule, NULL, "%s", reason);
			return false;
		}
		trace_pass(rules->trace, objections[i].rule, NULL, "%s", objections[i].passes);
	}
	if (size > 0)
		reason[0] = '\0';
	return true;
}
