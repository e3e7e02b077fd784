/* SPDX-License-Identifier: ISC */
/*
 * Shadow's hashes and dates (edge). What follows from the dates is decide.c's.
 */
#include "monitor/account/shadow.h"

#include <crypt.h>
#include <errno.h>
#include <shadow.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/command.h"
#include "common/log.h"
#include "common/mem.h"
#include "monitor/rules/decide.h"

/* Of the package passwd. With -e it takes a hash from its standard input, and keeps shadow's locks. */
#define CHPASSWD  "/usr/sbin/chpasswd"
#define CHANGE_MS 10000

/* Bytes. Whoever wants to judge passwords by more has PAM. */
#define NEW_PASSWORD_LEAST 8

/* A setting that crypt understands on any system, for the work that is done for nobody. */
#define FALLBACK_SETTING "$6$sallyport.nobody$"

/* crypt's own memory, which holds the password after it ran. */
struct hasher {
	struct crypt_data *data; /* owned */
};

static void
hasher_clear(struct hasher *hasher)
{
	if (hasher->data != NULL)
		mem_wipe(hasher->data, sizeof(*hasher->data));
	free(hasher->data);
}

/* NULL: the setting is none, as "*" and "!" are. */
static const char *
hash(struct hasher *hasher, const char *password, const char *setting)
{
	const char *text;

	if (hasher->data == NULL &&
	    mem_new(1, sizeof(*hasher->data), (void **)&hasher->data) != RESULT_OK)
		return NULL;
	text = crypt_r(password, setting, hasher->data);
	return text == NULL || text[0] == '*' ? NULL : text;
}

/* As much work as the system's own way of hashing takes. */
static void
hash_for_nobody(const char *password)
{
	CLEANUP(hasher_clear) struct hasher hasher = { NULL };
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];

	if (crypt_gensalt_rn(NULL, 0, NULL, 0, setting, sizeof(setting)) == NULL)
		snprintf(setting, sizeof(setting), "%s", FALLBACK_SETTING);
	(void)hash(&hasher, password, setting);
}

/* Not this account's, whatever is said. */
static enum password_verdict
refuse(const char *password)
{
	hash_for_nobody(password);
	return PASSWORD_WRONG;
}

static bool
is_password(const char *password, const char *stored)
{
	CLEANUP(hasher_clear) struct hasher hasher = { NULL };
	const char *hashed = hash(&hasher, password, stored);

	if (hashed == NULL) {
		hash_for_nobody(password);
		return false;
	}
	return mem_equal(bytes_of_text(hashed), bytes_of_text(stored));
}

/* Of the right password. */
static enum password_verdict
judge_age(const struct spwd *entry)
{
	const struct decide_age age = { entry->sp_lstchg, entry->sp_max, entry->sp_inact };

	switch (decide_age(&age, (uint64_t)time(NULL))) {
	case DECIDE_AGE_GOOD:
		return PASSWORD_RIGHT;
	case DECIDE_AGE_EXPIRED:
		return PASSWORD_EXPIRED;
	case DECIDE_AGE_OVER:
		return PASSWORD_NO_ACCESS;
	}
	return PASSWORD_WRONG;
}

static enum password_verdict
check(const struct spwd *entry, const char *password, bool permits_empty)
{
	if (entry->sp_pwdp[0] == '\0') {
		if (password[0] != '\0' || !permits_empty)
			return refuse(password);
	} else if (!is_password(password, entry->sp_pwdp)) {
		return PASSWORD_WRONG;
	}
	return judge_age(entry);
}

enum password_verdict
shadow_foresee(const struct account *account, bool permits_empty)
{
	CLEANUP(hasher_clear) struct hasher hasher = { NULL };
	const struct spwd *entry = getspnam(account->name);

	if (entry == NULL)
		return PASSWORD_NO_ANSWER;
	if (entry->sp_pwdp[0] == '\0' ? !permits_empty : hash(&hasher, "", entry->sp_pwdp) == NULL)
		return PASSWORD_WRONG;
	return judge_age(entry);
}

enum password_verdict
shadow_check(const struct account *account, struct bytes password, bool permits_empty)
{
	CLEANUP(mem_wipe_textp) char *text = NULL;
	const struct spwd *entry;

	if (mem_text(password, &text) != RESULT_OK)
		return PASSWORD_WRONG; /* with a NUL it is nobody's */
	if (account == NULL)
		return refuse(text);
	errno = 0;
	entry = getspnam(account->name);
	if (entry != NULL)
		return check(entry, text, permits_empty);
	log_error("password", "no password of %s can be found in shadow: %s", account->name,
	    errno == 0 ? "there is no entry" : strerror(errno));
	(void)refuse(text);
	return PASSWORD_NO_ANSWER;
}

bool
shadow_is_empty(const struct account *account)
{
	const struct spwd *entry = getspnam(account->name);

	return entry != NULL && entry->sp_pwdp[0] == '\0';
}

enum password_verdict
shadow_check_hash(const char *stored, struct bytes password)
{
	CLEANUP(mem_wipe_textp) char *text = NULL;

	if (mem_text(password, &text) != RESULT_OK)
		return PASSWORD_WRONG;
	if (stored == NULL)
		return refuse(text);
	return is_password(text, stored) ? PASSWORD_RIGHT : PASSWORD_WRONG;
}

/* --- Changing ----------------------------------------------------------------------------------- */

static enum result
make_entry(const struct account *account, const char *password, struct buf *out)
{
	CLEANUP(hasher_clear) struct hasher hasher = { NULL };
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *hashed;

	if (crypt_gensalt_rn(NULL, 0, NULL, 0, setting, sizeof(setting)) == NULL)
		return RESULT_SYSTEM;
	hashed = hash(&hasher, password, setting);
	if (hashed == NULL)
		return RESULT_SYSTEM;
	TRY(buf_append(out, bytes_of_text(account->name)));
	TRY(buf_append(out, bytes_of_text(":")));
	TRY(buf_append(out, bytes_of_text(hashed)));
	return buf_append(out, bytes_of_text("\n"));
}

static enum result
write_entry(struct bytes entry)
{
	char *const argv[] = { (char *)CHPASSWD, (char *)"-e", NULL };
	const struct command_plan plan = {
		.argv = argv, .program_fd = -1, .timeout_ms = CHANGE_MS, .input = entry
	};
	OWNED_BUF output;

	buf_init(&output, 4096);
	return command_run(&plan, &output);
}

enum password_verdict
shadow_change(const struct account *account, struct bytes old_password, struct bytes new_password,
    char *reason, size_t size)
{
	CLEANUP(mem_wipe_textp) char *text = NULL;
	OWNED_BUF entry;

	buf_init(&entry, 1024);
	snprintf(reason, size, "The new password is the old one");
	if (bytes_equal(old_password, new_password))
		return PASSWORD_UNFIT;
	snprintf(reason, size, "The new password is too short");
	if (new_password.size < NEW_PASSWORD_LEAST)
		return PASSWORD_UNFIT;
	snprintf(reason, size, "This is no password");
	if (mem_text(new_password, &text) != RESULT_OK)
		return PASSWORD_UNFIT;
	snprintf(reason, size, "The password could not be changed");
	if (make_entry(account, text, &entry) != RESULT_OK ||
	    write_entry(buf_bytes(&entry)) != RESULT_OK) {
		log_error("password", "the password of %s could not be changed by %s -e",
		    account->name, CHPASSWD);
		return PASSWORD_NO_ANSWER;
	}
	return PASSWORD_RIGHT;
}
