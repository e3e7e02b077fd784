/* SPDX-License-Identifier: ISC */
/*
 * START, LOGIN, OPEN, ENDING: the only code that moves a connection between its phases (edge: it tells
 * the child and the listener).
 */
#include <assert.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/wire.h"
#include "monitor/login/login.h"
#include "monitor/monitor.h"
#include "monitor/status.h"

/* What the child may still take to write its last words and to go. */
#define FAREWELL_MS 2000

/* One that has not said yet who it is reads the end of its socket. */
static void
kill_child(struct monitor *monitor)
{
	monitor->has_last_word = true;
	if (monitor->child_pidfd >= 0)
		syscall(SYS_pidfd_send_signal, monitor->child_pidfd, SIGKILL, NULL, 0);
}

void
phase_login(struct monitor *monitor)
{
	assert(monitor->phase == IPC_PHASE_START);
	monitor->phase = IPC_PHASE_LOGIN;
	monitor->has_client = true;
	monitor->kill_deadline_ms = 0;
}

void
phase_open(struct monitor *monitor, struct account *account, struct permissions *permissions)
{
	const int64_t age_s = settings_number(monitor->settings, KEYWORD_MaxSessionAge);

	assert(monitor->phase == IPC_PHASE_LOGIN && monitor->account == NULL && account != NULL);
	monitor->phase = IPC_PHASE_OPEN;
	monitor->account = account;
	monitor->permissions = *permissions;
	*permissions = (struct permissions){ 0 };
	monitor->login_deadline_ms = 0;
	if (age_s > 0)
		monitor->age_deadline_ms = clock_now_ms() + (uint64_t)age_s * 1000;
	ipc_gate_again(&monitor->gate, IPC_sign); /* for the first key exchange after login */
	ipc_gate_again(&monitor->gate, IPC_choose_group);
	status_tell(monitor, MONITOR_STATUS_LOGGED_IN);
}

static void
tell_finish(struct monitor *monitor, enum ssh_disconnect reason, const char *text)
{
	uint8_t room[1024];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, (uint32_t)reason);
	put_text(&writer, text);
	assert(writer_end(&writer) == RESULT_OK);
	monitor_tell(monitor, IPC_finish, writer_bytes(&writer), NULL, 0);
}

void
phase_end(struct monitor *monitor, enum ssh_disconnect reason, const char *text)
{
	const bool can_hear = monitor->phase == IPC_PHASE_LOGIN || monitor->phase == IPC_PHASE_OPEN;

	if (monitor->phase == IPC_PHASE_ENDING)
		return;
	monitor->phase = IPC_PHASE_ENDING;
	monitor->login_deadline_ms = 0;
	monitor->age_deadline_ms = 0;
	monitor->kill_deadline_ms = clock_now_ms() + FAREWELL_MS;
	if (can_hear && reason != SSH_DISCONNECT_NONE)
		tell_finish(monitor, reason, text);
	else if (!can_hear)
		kill_child(monitor);
}

void
phase_captured(struct monitor *monitor)
{
	status_tell(monitor, MONITOR_STATUS_ATTACK);
	status_note(monitor, MONITOR_STATUS_CRASHED);
	phase_kill(monitor);
}

void
phase_attack(struct monitor *monitor, enum ipc_type type, const char *why)
{
	log_error("attack",
	    "attack: the network process of the connection from %s port %u sent what it may not: "
	    "message %s, %s",
	    monitor->inputs->peer.address, monitor->inputs->peer.port,
	    type < IPC_TYPE_COUNT ? ipc_row(type)->name : "unknown", why);
	phase_captured(monitor);
}

void
phase_kill(struct monitor *monitor)
{
	monitor->phase = IPC_PHASE_ENDING;
	monitor->login_deadline_ms = 0;
	monitor->age_deadline_ms = 0;
	monitor->kill_deadline_ms = 0;
	fd_close(&monitor->child_fd);
	kill_child(monitor);
}
