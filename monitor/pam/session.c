/* SPDX-License-Identifier: ISC */
/*
 * The session's limits, groups, control group and whatever else modules give to the process that they run in (edge).
 */
#include "monitor/pam/session.h"

#include <grp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/process.h"
#include "monitor/pam/converse.h"

/* Homes may have to be mounted from far away. */
#define OPEN_S 120

/* --- What PAM has to say ------------------------------------------------------------------------ */

static void
free_list(char ***list)
{
	for (size_t i = 0; *list != NULL && (*list)[i] != NULL; i++)
		free((*list)[i]);
	free(*list);
}

static enum result
tell(struct host *host, enum password_verdict verdict, const char *reason)
{
	CLEANUP(free_list) char **variables = pam_getenvlist(host->pam);
	CLEANUP(mem_freep) void *room = NULL;
	struct pam_opened opened = { .verdict = (uint32_t)verdict,
		.reason = bytes_of_text(reason),
		.notice = buf_bytes(&host->notice) };
	struct writer writer;

	for (size_t i = 0; variables != NULL && variables[i] != NULL; i++) {
		if (opened.variable_count == PAM_ENVIRONMENT_MAX) {
			log_error("pam", "modules set more than %d variables", PAM_ENVIRONMENT_MAX);
			break;
		}
		opened.variables[opened.variable_count++] = bytes_of_text(variables[i]);
	}
	TRY(mem_new(1, IPC_BODY_MAX, &room));
	writer = writer_into(room, IPC_BODY_MAX);
	pam_opened_put(&writer, &opened);
	TRY(writer_end(&writer));
	return ipc_send(HOST_IPC_FD, IPC_pam_opened, writer_bytes(&writer), NULL, 0);
}

/* --- Opening ------------------------------------------------------------------------------------ */

/* pam_group and its like add to them, and the session's programs get what is there then. */
static enum result
take_groups(const struct pam_open *open)
{
	gid_t groups[IPC_GROUPS_MAX];

	for (uint32_t i = 0; i < open->group_count; i++)
		groups[i] = open->groups[i];
	if (!open->change_user)
		return RESULT_OK;
	return setgroups(open->group_count, groups) == 0 ? RESULT_OK : RESULT_SYSTEM;
}

/* How they logged in, for modules that care. */
static void
put_auth_info(struct host *host, struct bytes info)
{
	CLEANUP(mem_freep) char *text = NULL;
	OWNED_BUF entry;

	buf_init(&entry, IPC_BODY_MAX);
	if (buf_append(&entry, bytes_of_text("SSH_AUTH_INFO_0=")) != RESULT_OK ||
	    buf_append(&entry, info) != RESULT_OK ||
	    mem_text(buf_bytes(&entry), &text) != RESULT_OK ||
	    pam_putenv(host->pam, text) != PAM_SUCCESS)
		log_error("pam", "PAM cannot be told how somebody logged in");
}

/* Whoever logged in without PAM may have nothing that credentials could be made of. */
static enum password_verdict
establish(struct host *host, const char **reason)
{
	int code = pam_setcred(host->pam, PAM_ESTABLISH_CRED);

	host->has_credentials = code == PAM_SUCCESS;
	*reason = pam_strerror(host->pam, code);
	if (code != PAM_SUCCESS && host->is_authenticated)
		return PASSWORD_NO_ACCESS;
	if (code != PAM_SUCCESS)
		log_debug("pam", "pam_setcred: %s", *reason);
	process_restore_core_limit(); /* which is for modules to change: what they make of it is the session's */
	code = pam_open_session(host->pam, 0);
	process_hide();
	host->has_session = code == PAM_SUCCESS;
	*reason = pam_strerror(host->pam, code);
	return code == PAM_SUCCESS ? PASSWORD_RIGHT : PASSWORD_NO_ACCESS;
}

enum result
session_open(struct host *host, struct bytes body)
{
	struct reader reader = reader_of(body);
	enum password_verdict verdict;
	struct pam_open open;
	const char *reason;

	pam_open_get(&reader, &open);
	TRY(reader_end(&reader));
	if (host->pam == NULL)
		return RESULT_PROTOCOL;
	host->phase = IPC_PHASE_OPEN;
	/* From now on there is something to be closed when the monitor is gone. */
	if (prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0)
		return RESULT_SYSTEM;
	TRY(take_groups(&open));
	put_auth_info(host, open.auth_info);
	converse_end(host);
	alarm(OPEN_S); /* a module that hangs does not stay for ever when the connection is gone */
	verdict = establish(host, &reason);
	alarm(0);
	return tell(host, verdict, reason);
}

void
session_close(struct host *host)
{
	int code = PAM_SUCCESS;

	if (host->pam == NULL)
		return;
	converse_end(host);
	if (host->has_session)
		code = pam_close_session(host->pam, 0);
	if (host->has_credentials)
		(void)pam_setcred(host->pam, PAM_DELETE_CRED);
	(void)pam_end(host->pam, code);
	host->pam = NULL;
}
