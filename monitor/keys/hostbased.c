/* SPDX-License-Identifier: ISC */
/*
 * The search for a host's key, and for trust in its users (edge).
 */
#include "monitor/keys/hostbased.h"

#include <assert.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "monitor/account/account.h"
#include "monitor/keys/keyfault.h"
#include "monitor/keys/keyfiles.h"
#include "monitor/keys/now.h"
#include "monitor/lines/known_hosts.h"
#include "monitor/lines/rhosts.h"
#include "monitor/rules/decide.h"

struct search {
	const struct hostbased_question *question;
	struct hostbased_answer *answer;
	const struct account *account; /* the question's, or nobody */
	struct buf file;               /* the one that is read */
	char path[KEYFILES_PATH_MAX];
	char why[HOSTBASED_REASON_MAX]; /* the first of what speaks against it; "": nothing */
};

static void object(struct search *search, enum refusal refusal, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void
object(struct search *search, enum refusal refusal, const char *format, ...)
{
	va_list arguments;

	if (search->why[0] != '\0')
		return;
	search->answer->refusal = refusal;
	va_start(arguments, format);
	vsnprintf(search->why, sizeof(search->why), format, arguments);
	va_end(arguments);
}

/* --- Files -------------------------------------------------------------------------------------- */

/* False: there is nothing to read. */
static enum result
read_system_file(struct search *search, const char *path)
{
	snprintf(search->path, sizeof(search->path), "%s", path);
	buf_reset(&search->file);
	return fd_read_path(path, KEYFILES_FILE_MAX, &search->file);
}

/* Of the user's files those that cannot be read, or that others could have written, are as if they were not there. Of
 * a virtual user they all are: others of UsersFile have the same home. */
static enum result
read_user_file(struct search *search, const char *name)
{
	const struct keyfiles_question file = {
		.account = search->account,
		.path = search->path,
		.is_root = search->question->is_root,
		.is_strict = settings_flag(search->question->settings, KEYWORD_StrictModes),
	};
	char reason[KEYFILES_REASON_MAX], quoted[HOSTBASED_WHERE_MAX];
	const int size =
	    snprintf(search->path, sizeof(search->path), "%s/%s", search->account->home, name);
	enum result result;

	buf_reset(&search->file);
	if (search->account->virtual != NULL)
		return RESULT_NOT_FOUND;
	if (size < 0 || (size_t)size >= sizeof(search->path))
		return RESULT_LIMIT;
	result = keyfiles_read(&file, &search->file, reason);
	if (result != RESULT_OK && result != RESULT_NOT_FOUND) {
		text_quote(bytes_of_text(search->path), quoted, sizeof(quoted));
		log_verbose("host-file", "%s: %s", quoted, reason);
	}
	return result;
}

static void
name_place(const struct search *search, unsigned line, char *out)
{
	char quoted[HOSTBASED_WHERE_MAX - 16];

	text_quote(bytes_of_text(search->path), quoted, sizeof(quoted));
	snprintf(out, HOSTBASED_WHERE_MAX, "%s:%u", quoted, line);
}

/* --- Whose key it is ---------------------------------------------------------------------------- */

static void
look_for_key(struct search *search)
{
	const struct certificate *certificate = search->question->certificate;
	const struct known_hosts_question question = {
		.host = search->question->host,
		.key = certificate == NULL ? search->question->key_blob
					   : key_blob(certificate->subject),
		.authority =
		    certificate == NULL ? bytes_of("", 0) : key_blob(certificate->authority),
	};
	const struct known_hosts_answer found =
	    known_hosts_find(buf_bytes(&search->file), &question);
	char where[HOSTBASED_WHERE_MAX];

	if (found.refused_count > 0) {
		name_place(search, found.refused_line, where);
		log_verbose("known-hosts-line-refused", "%s and %u more lines cannot be read",
		    where, found.refused_count - 1);
	}
	name_place(search, found.line, where);
	if (found.verdict == KNOWN_HOSTS_REVOKED)
		object(search, REFUSAL_KEY_REVOKED, "the host's key is revoked (%s)", where);
	if (found.verdict == KNOWN_HOSTS_LISTED && search->answer->known[0] == '\0')
		memcpy(search->answer->known, where, sizeof(where));
}

/* All of them, in any case: a revocation in the last counts more than a key in the first. */
static void
search_known_hosts(struct search *search)
{
	static const char *const system_files[] = { "/etc/ssh/ssh_known_hosts",
		"/etc/ssh/ssh_known_hosts2" };
	static const char *const user_files[] = { ".ssh/known_hosts", ".ssh/known_hosts2" };
	const bool ignores_user =
	    settings_flag(search->question->settings, KEYWORD_IgnoreUserKnownHosts);

	for (size_t i = 0; i < COUNT(system_files); i++) {
		const enum result result = read_system_file(search, system_files[i]);

		if (result == RESULT_OK)
			look_for_key(search);
		else if (result != RESULT_NOT_FOUND)
			object(search, REFUSAL_KEY_REVOCATION,
			    "%s cannot be read, so the host's key may be revoked", system_files[i]);
	}
	for (size_t i = 0; i < COUNT(user_files) && !ignores_user; i++) {
		if (read_user_file(search, user_files[i]) == RESULT_OK)
			look_for_key(search);
	}
	if (search->answer->known[0] == '\0')
		object(search, REFUSAL_HOST_UNKNOWN,
		    "no known_hosts has the key under the name %.*s",
		    LOG_BYTES(search->question->host));
}

/* --- Whose word is taken ------------------------------------------------------------------------ */

static enum rhosts_membership
ask_netgroup(struct bytes group, struct bytes host, struct bytes user)
{
	CLEANUP(mem_freep) char *group_text = NULL;
	CLEANUP(mem_freep) char *host_text = NULL;
	CLEANUP(mem_freep) char *user_text = NULL;
	bool is_there;

	if (mem_text(group, &group_text) != RESULT_OK || mem_text(host, &host_text) != RESULT_OK ||
	    mem_text(user, &user_text) != RESULT_OK)
		return RHOSTS_NO_GROUP;
	is_there = setnetgrent(group_text) == 1;
	endnetgrent();
	if (!is_there)
		return RHOSTS_NO_GROUP;
	return innetgr(group_text, host.size > 0 ? host_text : NULL,
		   user.size > 0 ? user_text : NULL, NULL) == 1
		   ? RHOSTS_MEMBER
		   : RHOSTS_NO_MEMBER;
}

static void
look_for_trust(struct search *search)
{
	const struct rhosts_question question = {
		.host = search->question->host,
		.address = search->question->address,
		.client_user = search->question->client_user,
		.server_user = bytes_of_text(search->account->name),
		.netgroup = ask_netgroup,
	};
	unsigned line;
	const enum rhosts_verdict verdict = rhosts_find(buf_bytes(&search->file), &question, &line);
	char where[HOSTBASED_WHERE_MAX];

	name_place(search, line, where);
	if (verdict == RHOSTS_DISTRUSTED)
		log_verbose("host-distrusted", "%s is against user %.*s of %.*s", where,
		    LOG_BYTES(search->question->client_user), LOG_BYTES(search->question->host));
	if (verdict == RHOSTS_TRUSTED && search->answer->trusted[0] == '\0')
		memcpy(search->answer->trusted, where, sizeof(where));
}

static bool
reads(const struct search *search, const char *name)
{
	switch (settings_number(search->question->settings, KEYWORD_IgnoreRhosts)) {
	case IGNORE_RHOSTS_NO:
		return true;
	case IGNORE_RHOSTS_SHOSTS_ONLY:
		return strcmp(name, ".shosts") == 0;
	default:
		return false;
	}
}

/* Root's account is for root to give away: the system's files do not. */
static void
search_trust(struct search *search)
{
	static const char *const system_files[] = { "/etc/hosts.equiv", "/etc/ssh/shosts.equiv" };
	static const char *const user_files[] = { ".shosts", ".rhosts" };

	for (size_t i = 0; i < COUNT(system_files) && search->account->uid != 0; i++) {
		if (read_system_file(search, system_files[i]) == RESULT_OK)
			look_for_trust(search);
	}
	for (size_t i = 0; i < COUNT(user_files); i++) {
		if (reads(search, user_files[i]) &&
		    read_user_file(search, user_files[i]) == RESULT_OK)
			look_for_trust(search);
	}
	if (search->answer->trusted[0] == '\0')
		object(search, REFUSAL_HOST_DISTRUSTED,
		    "neither hosts.equiv nor a file of the user's trusts user %.*s of %.*s",
		    LOG_BYTES(search->question->client_user), LOG_BYTES(search->question->host));
}

/* --- All of it ---------------------------------------------------------------------------------- */

static void
judge_key(struct search *search)
{
	const struct hostbased_question *question = search->question;
	enum refusal refusal = REFUSAL_NONE;
	const char *fault =
	    keyfault_find(question->settings, question->key_blob, question->certificate, &refusal);
	char reason[TERMS_REASON_MAX];

	if (fault != NULL)
		object(search, refusal, "%s", fault);
	if (question->certificate != NULL &&
	    terms_check_host(question->certificate, question->settings, question->now_s,
		search->question->host, reason) != RESULT_OK)
		object(search, REFUSAL_HOST_CERT, "%s", reason);
}

void
hostbased_find(const struct hostbased_question *question, struct hostbased_answer *answer)
{
	struct search search = { .question = question, .answer = answer };
	struct trace trace = { .steps = NULL }; /* for the rule */
	const struct decide_question login = { .settings = question->settings,
		.trace = &trace,
		.account = question->account,
		.address = question->peer_address,
		.host = question->peer_name,
		.now = now_of(question->now_s) };
	char reason[DECIDE_REASON_MAX];

	*answer = (struct hostbased_answer){ .result = RESULT_DENIED };
	buf_init(&search.file, KEYFILES_FILE_MAX);
	search.account = question->account == NULL ? &account_nobody : question->account;
	judge_key(&search);
	search_trust(&search);
	search_known_hosts(&search);
	buf_clear(&search.file);
	if (decide_host(&login, question->is_bound, &answer->permissions, reason) != RESULT_OK)
		object(&search, trace.refusal, "%s", reason);
	memcpy(answer->reason, search.why, sizeof(answer->reason));
	if (search.why[0] == '\0')
		answer->result = RESULT_OK;
	else
		permissions_clear(&answer->permissions);
	assert(answer->result != RESULT_OK || question->account != NULL);
}
