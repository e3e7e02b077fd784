/* SPDX-License-Identifier: ISC */
/*
 * All that can wake a monitor: the child, the user process, PAM, Kerberos, the program that is asked about forwardings,
 * signals, and its deadlines (edge, plain poll).
 */
#include "monitor/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "monitor/forward/ask.h"
#include "monitor/forward/takeover.h"
#include "monitor/login/gss_link.h"
#include "monitor/login/login.h"
#include "monitor/login/pam_link.h"
#include "monitor/status.h"

/* Messages of the child in one turn, so that it cannot keep us from our timers. */
#define MESSAGES_A_TURN 64
#define TURN_MS         1000

/* An honest child reads its answers even when it can ask nothing; one that does not is given up. */
#define CHILD_LISTENS_MS 5000

static monitor_handler *const handlers[IPC_TYPE_COUNT] = {
#define HANDLER_CHILD_TO_MONITOR(name) [IPC_##name] = on_##name,
#include "common/ipc_handlers.def"
};

/* Is this failure of a handler the child's lie, or something that went wrong on our side? */
static bool
is_a_lie(enum result result)
{
	return result == RESULT_PROTOCOL || result == RESULT_TRUNCATED ||
	       result == RESULT_TRAILING || result == RESULT_MALFORMED;
}

/* What an honest child said before it heard that the connection is ending: too late, and no lie. */
static bool
has_crossed_the_end(const struct monitor *monitor, const struct ipc_message *message)
{
	const struct ipc_row *row = ipc_row(message->type);

	return monitor->phase == IPC_PHASE_ENDING && row->direction == CHILD_TO_MONITOR &&
	       (row->phases & IPC_PHASE_ENDING) == 0 &&
	       (row->phases & (IPC_PHASE_LOGIN | IPC_PHASE_OPEN)) != 0;
}

void
monitor_handle(struct monitor *monitor, struct ipc_message *message)
{
	const char *why;
	enum result result;

	if (has_crossed_the_end(monitor, message))
		return;
	if (ipc_gate_admit(&monitor->gate, monitor->phase, message, &why) != RESULT_OK) {
		phase_attack(monitor, message->type, why);
		return;
	}
	result = handlers[message->type](monitor, message);
	if (result == RESULT_OK)
		return;
	if (is_a_lie(result)) {
		phase_attack(monitor, message->type, result_text(result));
		return;
	}
	log_error("monitor-failed", "connection from %s port %u: message %s: %s",
	    monitor->inputs->peer.address, monitor->inputs->peer.port, ipc_row(message->type)->name,
	    result_text(result));
	phase_end(monitor, SSH_DISCONNECT_BY_APPLICATION, "internal error");
}

void
monitor_tell(
    struct monitor *monitor, enum ipc_type type, struct bytes body, const int *fds, size_t count)
{
	struct pollfd child = { .fd = monitor->child_fd, .events = POLLOUT };
	enum result result;

	if (monitor->child_fd < 0)
		return;
	do
		result = ipc_send(monitor->child_fd, type, body, fds, count);
	while (result == RESULT_AGAIN && poll(&child, 1, CHILD_LISTENS_MS) > 0);
	if (result == RESULT_OK || result == RESULT_CLOSED)
		return;
	log_error("monitor-failed",
	    "connection from %s port %u: the network process cannot be told %s: %s",
	    monitor->inputs->peer.address, monitor->inputs->peer.port, ipc_row(type)->name,
	    result_text(result));
	phase_kill(monitor);
}

static void
receive_from_child(struct monitor *monitor)
{
	const uint64_t end_ms = clock_now_ms() + TURN_MS;

	for (int i = 0; i < MESSAGES_A_TURN && monitor->child_fd >= 0; i++) {
		CLEANUP(ipc_message_clear) struct ipc_message message = { 0 };
		enum result result = ipc_receive(monitor->child_fd, monitor->room, &message);

		if (result == RESULT_AGAIN)
			return;
		if (result == RESULT_OK) {
			monitor_handle(monitor, &message);
			if (message.type == IPC_authenticate || message.type == IPC_auth_reply)
				mem_wipe(monitor->room, message.body.size + 1); /* passwords */
			if (clock_now_ms() >= end_ms)
				return; /* answers are taken slowly */
			continue;
		}
		if (result == RESULT_MALFORMED)
			phase_attack(monitor, IPC_TYPE_COUNT, result_text(result));
		fd_close(&monitor->child_fd);
		phase_end(monitor, SSH_DISCONNECT_NONE, "");
	}
}

/* --- Signals ------------------------------------------------------------------------------------ */

/* An honest child says `ending` before it goes. How it ended its parent knows, the nursery, and the
 * listener's log says it. */
static void
network_process_ended(struct monitor *monitor)
{
	receive_from_child(monitor);
	fd_close(&monitor->child_pidfd);
	if (!monitor->has_last_word) {
		log_error("network-process",
		    "network process of the connection from %s port %u ended without a last word",
		    monitor->inputs->peer.address, monitor->inputs->peer.port);
		status_note(monitor, MONITOR_STATUS_CRASHED);
	}
	phase_end(monitor, SSH_DISCONNECT_NONE, "");
}

static void
reap(struct monitor *monitor)
{
	siginfo_t ended = { 0 };
	int status;

	while (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid > 0) {
		ask_child_ends(monitor, ended.si_pid);
		if (waitpid(ended.si_pid, &status, WNOHANG) != ended.si_pid)
			return;
		if (!sessions_child_ended(monitor, ended.si_pid, status) &&
		    !relay_child_ended(monitor, ended.si_pid, status))
			(void)ask_child_ended(monitor, ended.si_pid, status);
		ended.si_pid = 0;
	}
}

/* The listener has not heard yet of a login that there is. Who has not spoken hears nothing, and the log of a flood
 * is long enough. */
static void
make_room(struct monitor *monitor)
{
	if (monitor->phase == IPC_PHASE_OPEN || monitor->phase == IPC_PHASE_ENDING)
		return;
	log_verbose("max-startups", "connection from %s port %u: closed for another one",
	    monitor->inputs->peer.address, monitor->inputs->peer.port);
	if (monitor->session_id_size == 0)
		phase_kill(monitor);
	else
		phase_end(monitor, SSH_DISCONNECT_TOO_MANY_CONNECTIONS,
		    "Too many connections are waiting for a login");
}

static void
receive_signal(struct monitor *monitor)
{
	struct signalfd_siginfo info;

	if (read(monitor->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD) {
		reap(monitor);
		return;
	}
	if (info.ssi_signo == MONITOR_SIGNAL_WANTED) {
		takeover_ask_client(monitor);
		return;
	}
	if (info.ssi_signo == MONITOR_SIGNAL_MAKE_ROOM) {
		make_room(monitor);
		return;
	}
	log_info("stopping", "connection from %s port %u: ended by signal %u",
	    monitor->inputs->peer.address, monitor->inputs->peer.port, info.ssi_signo);
	phase_end(monitor, SSH_DISCONNECT_BY_APPLICATION, "the server is being stopped");
}

/* --- Deadlines ---------------------------------------------------------------------------------- */

/* The child has no say in it: it is told, and killed if it stays. */
static void
end_of_age(struct monitor *monitor)
{
	const struct setting_origin origin =
	    settings_origin(monitor->settings, KEYWORD_MaxSessionAge);

	log_info("session-age", "user %s from %s port %u: MaxSessionAge %lld s is over (%s:%u)",
	    monitor->account->name, monitor->inputs->peer.address, monitor->inputs->peer.port,
	    (long long)settings_number(monitor->settings, KEYWORD_MaxSessionAge), origin.file,
	    origin.line);
	phase_end(monitor, SSH_DISCONNECT_BY_APPLICATION,
	    "the connection is as old as it may be (MaxSessionAge)");
}

static void
meet_deadlines(struct monitor *monitor)
{
	uint64_t now = clock_now_ms();

	if (monitor->login_deadline_ms != 0 && now >= monitor->login_deadline_ms) {
		login_timed_out(monitor);
		status_note(monitor, MONITOR_STATUS_TOO_SLOW);
		phase_end(monitor, SSH_DISCONNECT_BY_APPLICATION, "login took too long");
	}
	if (monitor->age_deadline_ms != 0 && now >= monitor->age_deadline_ms)
		end_of_age(monitor);
	if (monitor->kill_deadline_ms != 0 && now >= monitor->kill_deadline_ms) {
		if (monitor->phase == IPC_PHASE_START)
			log_error("network-process", "the network process does not get ready");
		phase_kill(monitor);
	}
	login_meet_deadline(monitor, now);
	takeover_meet_deadline(monitor, now);
	ask_meet_deadline(monitor, now);
}

static int
poll_timeout(const struct monitor *monitor)
{
	const uint64_t deadlines[] = { monitor->login_deadline_ms, monitor->age_deadline_ms,
		monitor->kill_deadline_ms, login_deadline_ms(monitor),
		takeover_deadline_ms(monitor), ask_deadline_ms(monitor) };
	uint64_t now = clock_now_ms();
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < COUNT(deadlines); i++) {
		if (deadlines[i] != 0 && deadlines[i] < first)
			first = deadlines[i];
	}
	if (first == UINT64_MAX)
		return -1;
	if (first <= now)
		return 0;
	return first - now > 60000 ? 60000 : (int)(first - now);
}

void
monitor_loop_run(struct monitor *monitor, unsigned until)
{
	while ((monitor->child_pidfd >= 0 || monitor->child_fd >= 0) && monitor->phase != until) {
		struct pollfd fds[] = {
			{ .fd = monitor->child_fd, .events = POLLIN },
			{ .fd = monitor->signal_fd, .events = POLLIN },
			{ .fd = relay_fd(monitor->relay), .events = POLLIN },
			{ .fd = monitor->child_pidfd, .events = POLLIN },
			{ .fd = pam_link_fd(monitor->pam), .events = POLLIN },
			{ .fd = gss_link_fd(monitor->gss, GSS_ACCEPTOR), .events = POLLIN },
			{ .fd = gss_link_fd(monitor->gss, GSS_USER), .events = POLLIN },
			{ .fd = ask_fd(monitor), .events = POLLIN },
		};

		if (poll(fds, COUNT(fds), poll_timeout(monitor)) < 0 && errno != EINTR) {
			log_error("monitor-failed", "poll: %s", strerror(errno));
			phase_kill(monitor);
			return;
		}
		if (fds[0].revents != 0)
			receive_from_child(monitor);
		if (fds[2].revents != 0)
			relay_receive(monitor);
		if (fds[4].revents != 0)
			pam_link_receive(monitor);
		if (fds[5].revents != 0)
			gss_link_receive(monitor, GSS_ACCEPTOR);
		if (fds[6].revents != 0)
			gss_link_receive(monitor, GSS_USER);
		if (fds[7].revents != 0)
			ask_receive(monitor);
		if (fds[1].revents != 0)
			receive_signal(monitor);
		if (fds[3].revents != 0 && monitor->child_pidfd >= 0)
			network_process_ended(monitor);
		meet_deadlines(monitor);
	}
}
