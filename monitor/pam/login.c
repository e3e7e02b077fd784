/* SPDX-License-Identifier: ISC */
/*
 * Is it the right one, and may the account be used? pam_authenticate(3), pam_acct_mgmt(3), pam_chauthtok(3). Edge.
 */
#include "monitor/pam/login.h"

#include "common/log.h"
#include "common/mem.h"
#include "monitor/pam/converse.h"

/* What a failure is called for the log. */
#define CHANGED_USER "a module changed the user's name"

static enum result
tell(struct host *host, enum password_verdict verdict, const char *reason)
{
	const struct pam_done done = { .verdict = (uint32_t)verdict,
		.reason = bytes_of_text(reason),
		.notice = buf_bytes(&host->notice) };
	uint8_t room[8192];
	struct writer writer = writer_into(room, sizeof(room));

	converse_end(host);
	if (host->is_cut)
		return RESULT_OK; /* nobody waits for it */
	pam_done_put(&writer, &done);
	buf_reset(&host->notice);
	TRY(writer_end(&writer));
	return ipc_send(HOST_IPC_FD, IPC_pam_done, writer_bytes(&writer), NULL, 0);
}

/* --- The beginning ------------------------------------------------------------------------------ */

static enum result
put_variable(struct host *host, const char *name, struct bytes value)
{
	CLEANUP(mem_freep) char *text = NULL;
	OWNED_BUF entry;

	buf_init(&entry, 65536);
	TRY(buf_append(&entry, bytes_of_text(name)));
	TRY(buf_append(&entry, bytes_of_text("=")));
	TRY(buf_append(&entry, value));
	TRY(mem_text(buf_bytes(&entry), &text));
	return pam_putenv(host->pam, text) == PAM_SUCCESS ? RESULT_OK : RESULT_SYSTEM;
}

static enum result
set_items(struct host *host, const struct pam_start *start)
{
	CLEANUP(mem_freep) char *rhost = NULL;

	TRY(mem_text(start->rhost, &rhost));
	/* Some modules want a terminal to be named, and there is none yet. */
	if (pam_set_item(host->pam, PAM_RHOST, rhost) != PAM_SUCCESS ||
	    pam_set_item(host->pam, PAM_TTY, "ssh") != PAM_SUCCESS)
		return RESULT_SYSTEM;
	return put_variable(host, "SSH_CONNECTION", start->connection);
}

enum result
login_start(struct host *host, struct bytes body)
{
	const struct pam_conv conversation = { converse, host };
	CLEANUP(mem_freep) char *service = NULL;
	struct reader reader = reader_of(body);
	struct pam_start start;
	int code;

	pam_start_get(&reader, &start);
	TRY(reader_end(&reader));
	log_set_level((enum log_level)start.log_level);
	host->permits_empty = start.permits_empty;
	TRY(mem_text(start.service, &service));
	TRY(mem_text(start.user, &host->user));
	code = pam_start(service, host->user, &conversation, &host->pam);
	if (code == PAM_SUCCESS)
		return set_items(host, &start);
	log_error("pam", "pam_start for the service %s: %s", service, pam_strerror(NULL, code));
	return RESULT_SYSTEM;
}

/* --- The account -------------------------------------------------------------------------------- */

/* Policy was asked about this name and no other. */
static bool
is_same_user(const struct host *host)
{
	const void *user = NULL;

	return pam_get_item(host->pam, PAM_USER, &user) == PAM_SUCCESS && user != NULL &&
	       strcmp(user, host->user) == 0;
}

static enum password_verdict
check_account(struct host *host, const char **reason)
{
	const int code = pam_acct_mgmt(host->pam, 0);

	*reason = pam_strerror(host->pam, code);
	if (!is_same_user(host)) {
		*reason = CHANGED_USER;
		return PASSWORD_NO_ACCESS;
	}
	switch (code) {
	case PAM_SUCCESS:
		*reason = "";
		return PASSWORD_RIGHT;
	case PAM_NEW_AUTHTOK_REQD:
		return PASSWORD_EXPIRED;
	default:
		return PASSWORD_NO_ACCESS;
	}
}

enum result
login_account(struct host *host)
{
	const char *reason;
	enum password_verdict verdict;

	if (host->pam == NULL)
		return RESULT_PROTOCOL;
	converse_end(host);
	verdict = check_account(host, &reason);
	return tell(host, verdict, reason);
}

/* --- Passwords ---------------------------------------------------------------------------------- */

static enum password_verdict
authenticate(struct host *host, const char **reason)
{
	const int flags = host->permits_empty ? 0 : PAM_DISALLOW_NULL_AUTHTOK;
	const int code = pam_authenticate(host->pam, flags);

	*reason = pam_strerror(host->pam, code);
	if (code != PAM_SUCCESS)
		return PASSWORD_WRONG;
	if (!is_same_user(host)) {
		*reason = CHANGED_USER;
		return PASSWORD_WRONG;
	}
	host->is_authenticated = true;
	return check_account(host, reason);
}

enum result
login_password(struct host *host, struct bytes body)
{
	struct reader reader = reader_of(body);
	const struct bytes password = get_string(&reader);
	const char *reason;
	enum password_verdict verdict;

	TRY(reader_end(&reader));
	if (host->pam == NULL)
		return RESULT_PROTOCOL;
	converse_begin(host, CONVERSE_PASSWORD, password, bytes_of("", 0));
	/* Modules may take an empty password for none at all. */
	if (password.size == 0 && !host->permits_empty)
		return tell(host, PASSWORD_WRONG, "the password is empty");
	verdict = authenticate(host, &reason);
	return tell(host, verdict, reason);
}

/* --- Changing ----------------------------------------------------------------------------------- */

static enum password_verdict
change(struct host *host, const char **reason)
{
	const int code = pam_chauthtok(host->pam, PAM_CHANGE_EXPIRED_AUTHTOK);

	*reason = pam_strerror(host->pam, code);
	return code == PAM_SUCCESS ? check_account(host, reason) : PASSWORD_UNFIT;
}

enum result
login_change(struct host *host, struct bytes body)
{
	struct reader reader = reader_of(body);
	const struct bytes password = get_string(&reader);
	const struct bytes new_password = get_string(&reader);
	enum password_verdict verdict;
	const char *reason;

	TRY(reader_end(&reader));
	if (host->pam == NULL)
		return RESULT_PROTOCOL;
	converse_begin(host, CONVERSE_PASSWORD, password, bytes_of("", 0));
	verdict = authenticate(host, &reason);
	if (verdict == PASSWORD_EXPIRED) {
		converse_begin(host, CONVERSE_CHANGE, password, new_password);
		verdict = change(host, &reason);
	}
	return tell(host, verdict, reason);
}

enum result
login_converse(struct host *host)
{
	enum password_verdict verdict;
	const char *reason;

	if (host->pam == NULL)
		return RESULT_PROTOCOL;
	converse_begin(host, CONVERSE_ASK, bytes_of("", 0), bytes_of("", 0));
	verdict = authenticate(host, &reason);
	if (verdict == PASSWORD_EXPIRED)
		verdict = change(host, &reason);
	if (verdict == PASSWORD_UNFIT) /* modules have asked as often as they want to */
		verdict = PASSWORD_WRONG;
	return tell(host, verdict, reason);
}
