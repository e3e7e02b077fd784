/* SPDX-License-Identifier: ISC */
/*
 * From exec to exit (edge).
 */
#include "monitor/gss/host.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/ipc_log.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/process.h"
#include "monitor/gss/accept.h"
#include "monitor/gss/confine.h"
#include "monitor/gss/keys.h"
#include "monitor/gss/password.h"
#include "monitor/gss/user.h"
#include "monitor/session/become.h"

/* --- Answers ------------------------------------------------------------------------------------ */

enum result
gss_host_judge(const struct gss_host_context *context, enum gss_verdict verdict,
    const char *principal, const char *reason)
{
	const struct gss_judged judged = { .verdict = (uint32_t)verdict,
		.has_credentials = context != NULL && context->delegated != GSS_C_NO_CREDENTIAL,
		.principal = bytes_of_text(principal),
		.reason = bytes_of_text(reason) };
	uint8_t room[8192];
	struct writer writer = writer_into(room, sizeof(room));

	gss_judged_put(&writer, &judged);
	TRY(writer_end(&writer));
	return ipc_send(GSS_HOST_IPC_FD, IPC_gss_judged, writer_bytes(&writer), NULL, 0);
}

void
gss_host_explain(struct gss_host *host, krb5_error_code code, const char *what, char *reason)
{
	const char *text = krb5_get_error_message(host->krb5, code);

	snprintf(reason, GSS_HOST_REASON_MAX, "%s: %s", what, text);
	krb5_free_error_message(host->krb5, text);
}

/* --- Who it is ---------------------------------------------------------------------------------- */

/* Where the operator keeps files elsewhere: the daemon's own variables, not the client's. */
static enum result
take_variables(const struct gss_start *start)
{
	for (uint32_t i = 0; i < start->variable_count; i++) {
		char *text; /* the environment's from now on */

		TRY(mem_text(start->variables[i], &text));
		if (putenv(text) !=
		    0) // NOLINT(bugprone-unsafe-functions,cert-pos34-c): on the heap
			return RESULT_MEMORY;
	}
	return RESULT_OK;
}

static enum result
become_acceptor(struct gss_host *host, const struct gss_start *start)
{
	const char *what_failed;
	enum result result;

	keys_load(host);
	result = confine_acceptor(start, &what_failed);
	if (result != RESULT_OK)
		log_error("gss-confine", "what reads clients' tokens cannot be confined: %s",
		    what_failed);
	return result;
}

static enum result
become_the_user(const struct gss_start *start)
{
	const struct rlimit none = { 0, 0 };
	const struct identity identity = { .uid = start->uid,
		.gid = start->gid,
		.groups = start->groups,
		.group_count = start->group_count };

	if (start->change_user)
		TRY(become_user(&identity));
	else if (!become_is_user(&identity))
		return RESULT_DENIED;
	process_hide();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return RESULT_SYSTEM;
	return RESULT_OK;
}

/* Nothing outlives the monitor. The kernel forgets that this was asked for when the uid changes; a monitor that ended
 * before it was asked for has closed its end. */
static enum result
follow_the_monitor(void)
{
	struct pollfd end = { .fd = GSS_HOST_IPC_FD };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || poll(&end, 1, 0) < 0)
		return RESULT_SYSTEM;
	return (end.revents & (POLLHUP | POLLERR)) == 0 ? RESULT_OK : RESULT_CLOSED;
}

static enum result
take_start(struct gss_host *host, struct bytes body)
{
	struct reader reader = reader_of(body);
	struct gss_start start;

	gss_start_get(&reader, &start);
	TRY(reader_end(&reader));
	log_set_level((enum log_level)start.log_level);
	TRY(take_variables(&start));
	host->is_strict = start.is_strict;
	host->role = (enum gss_role)start.role;
	if (start.role == GSS_ROLE_USER)
		TRY(become_the_user(&start));
	if (krb5_init_context(&host->krb5) != 0)
		return RESULT_SYSTEM;
	if (start.role == GSS_ROLE_ACCEPTOR)
		TRY(become_acceptor(host, &start));
	else if (start.role != GSS_ROLE_USER)
		return RESULT_PROTOCOL;
	return follow_the_monitor();
}

/* --- What it does ------------------------------------------------------------------------------- */

static enum result
serve_acceptor(struct gss_host *host, const struct ipc_message *message)
{
	switch (message->type) {
	case IPC_gss_prepare:
		return accept_prepare(host);
	case IPC_gss_accept:
		return accept_token(host, message->body);
	case IPC_gss_verify:
		return accept_verify(host, message->body);
	case IPC_gss_password:
		return password_check(host, message->body);
	case IPC_gss_sign:
		return accept_sign(host, message->body);
	case IPC_gss_export:
		return accept_export(host, message->body);
	default:
		return RESULT_PROTOCOL;
	}
}

static enum result
serve_user(struct gss_host *host, const struct ipc_message *message)
{
	switch (message->type) {
	case IPC_gss_admit:
		return user_admit(host, message->body);
	case IPC_gss_store:
		return user_store(host, message->body);
	default:
		return RESULT_PROTOCOL;
	}
}

static enum result
handle(struct gss_host *host, const struct ipc_message *message)
{
	if (message->type == IPC_gss_start)
		return take_start(host, message->body);
	if (host->role == GSS_ROLE_ACCEPTOR)
		return serve_acceptor(host, message);
	if (host->role == GSS_ROLE_USER)
		return serve_user(host, message);
	return RESULT_PROTOCOL;
}

static enum result
serve_next(struct gss_host *host)
{
	CLEANUP(ipc_message_clear) struct ipc_message message = { 0 };
	enum result result = ipc_receive(GSS_HOST_IPC_FD, host->room, &message);
	const char *why;

	if (result == RESULT_OK)
		result = ipc_gate_admit(&host->gate, IPC_PHASE_LOGIN, &message, &why);
	if (result == RESULT_OK)
		result = handle(host, &message);
	mem_wipe(host->room, IPC_PACKET_MAX); /* passwords */
	if (result != RESULT_OK && result != RESULT_CLOSED)
		log_error("gss", "it ends: %s", result_text(result));
	return result;
}

/* Before it is somebody, too, it ends with the monitor. */
static bool
prepare(struct gss_host *host)
{
	process_hide();
	ipc_log_to(GSS_HOST_IPC_FD, IPC_gss_log);
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	return fd_set_cloexec(GSS_HOST_IPC_FD, true) == RESULT_OK && chdir("/") == 0 &&
	       prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 &&
	       mem_room(IPC_PACKET_MAX, &host->room) == RESULT_OK;
}

int
gss_host_run(void)
{
	struct gss_host host = { .gate = { .direction = MONITOR_TO_GSS } };
	enum result result = RESULT_SYSTEM;

	if (prepare(&host)) {
		do
			result = serve_next(&host);
		while (result == RESULT_OK);
	}
	user_forget(&host);
	accept_clear(&host);
	keys_clear(&host);
	if (host.krb5 != NULL)
		krb5_free_context(host.krb5);
	free(host.room);
	return result == RESULT_CLOSED ? 0 : 1;
}
