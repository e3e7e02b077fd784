/* SPDX-License-Identifier: ISC */
/*
 * Processes of the monitor's (edge).
 */
#include "monitor/helper.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/ipc_log.h"
#include "common/log.h"
#include "common/mem.h"

#define LOG_LINES_MAX 200

void
helper_init(struct helper *helper, enum ipc_direction direction)
{
	*helper = (struct helper){ .fd = -1, .pidfd = -1, .gate = { .direction = direction } };
}

void
helper_clear(struct helper *helper)
{
	fd_close(&helper->pidfd);
	fd_close(&helper->fd);
	if (helper->room != NULL)
		mem_wipe(helper->room, IPC_PACKET_MAX);
	free(helper->room);
	helper->room = NULL;
}

enum result
helper_start(struct helper *helper, const struct spawn_plan *plan)
{
	const enum ipc_direction direction = helper->gate.direction;
	pid_t pid;

	if (helper->room == NULL)
		TRY(mem_room(IPC_PACKET_MAX, &helper->room));
	TRY(spawn_helper(plan, &helper->fd, &pid));
	helper->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	helper->gate = (struct ipc_gate){ .direction = direction };
	log_debug("helper", "%s runs on pid %d", plan->name, (int)pid);
	return RESULT_OK;
}

void
helper_kill(int *pidfd)
{
	if (*pidfd >= 0)
		(void)syscall(SYS_pidfd_send_signal, *pidfd, SIGKILL, NULL, 0);
	fd_close(pidfd);
}

enum result
helper_receive(struct helper *helper, enum ipc_phase phase, struct ipc_message *message)
{
	const char *why;

	TRY(ipc_receive(helper->fd, helper->room, message));
	return ipc_gate_admit(&helper->gate, phase, message, &why);
}

enum result
helper_log(const struct monitor *monitor, struct helper *helper, const char *code,
    enum log_level most_urgent, struct bytes body)
{
	struct ipc_log_line line;

	TRY(ipc_log_get(body, most_urgent, &line));
	if (helper->log_lines++ < LOG_LINES_MAX)
		log_event(line.level, code, "connection from %s port %u: %.*s: %.*s",
		    monitor->inputs->peer.address, monitor->inputs->peer.port,
		    LOG_BYTES(line.reason), LOG_BYTES(line.text));
	return RESULT_OK;
}
