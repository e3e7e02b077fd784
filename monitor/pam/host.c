/* SPDX-License-Identifier: ISC */
/*
 * From exec to exit (edge).
 */
#include "monitor/pam/host.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/ipc_log.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/process.h"
#include "monitor/pam/login.h"
#include "monitor/pam/run.h"
#include "monitor/pam/session.h"

/* Closing a session may take modules a while; one that hangs is ended. */
#define CLOSE_S 60

enum result
host_receive(struct host *host, struct ipc_message *message)
{
	const char *why;
	enum result result = ipc_receive(HOST_IPC_FD, host->room, message);

	if (result == RESULT_OK)
		result = ipc_gate_admit(&host->gate, host->phase, message, &why);
	if (result != RESULT_OK && result != RESULT_CLOSED)
		log_error("pam", "the monitor cannot be understood: %s", result_text(result));
	return result;
}

static enum result
handle(struct host *host, struct ipc_message *message)
{
	switch (message->type) {
	case IPC_pam_start:
		return login_start(host, message->body);
	case IPC_pam_password:
		return login_password(host, message->body);
	case IPC_pam_converse:
		return login_converse(host);
	case IPC_pam_change:
		return login_change(host, message->body);
	case IPC_pam_account:
		return login_account(host);
	case IPC_pam_open:
		return session_open(host, message->body);
	case IPC_pam_run:
		return run_program(host, message);
	default: /* a reply to a question that is not asked any more */
		return RESULT_PROTOCOL;
	}
}

static enum result
serve(struct host *host)
{
	enum result result;

	do {
		CLEANUP(ipc_message_clear) struct ipc_message message = { 0 };

		result = host_receive(host, &message);
		if (result == RESULT_OK)
			result = handle(host, &message);
		mem_wipe(host->room, IPC_PACKET_MAX); /* passwords */
	} while (result == RESULT_OK && !host->is_cut);
	return result;
}

/* Before somebody is logged in, nothing of this login outlives the monitor. */
static bool
prepare(struct host *host)
{
	process_hide();
	ipc_log_to(HOST_IPC_FD, IPC_pam_log);
	signal(SIGPIPE, SIG_IGN);
	/* Modules execute what they like, also as the user: that is not to speak with the monitor. */
	return fd_set_cloexec(HOST_IPC_FD, true) == RESULT_OK &&
	       prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 &&
	       mem_room(IPC_PACKET_MAX, &host->room) == RESULT_OK;
}

int
host_run(void)
{
	struct host host = { .gate = { .direction = MONITOR_TO_PAM },
		.phase = IPC_PHASE_LOGIN,
		.mode = CONVERSE_SILENT };
	enum result result = RESULT_SYSTEM;

	buf_init(&host.notice, HOST_NOTICE_MAX);
	if (prepare(&host))
		result = serve(&host);
	alarm(CLOSE_S);
	session_close(&host);
	buf_clear(&host.notice);
	free(host.user);
	free(host.room);
	return result == RESULT_CLOSED || host.is_cut ? 0 : 1;
}
