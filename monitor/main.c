/* SPDX-License-Identifier: ISC */
/*
 * The monitor's biography (edge): forked from the listener with a socket to a child, it takes
 * its signals, hands the child the network, answers it until it ends, and goes.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/config/config.h"
#include "common/dead_peer.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/process.h"
#include "monitor/login/attempt.h"
#include "monitor/login/gss_link.h"
#include "monitor/login/login.h"
#include "monitor/login/pam_link.h"
#include "monitor/loop.h"
#include "monitor/orders.h"
#include "monitor/refused.h"
#include "monitor/status.h"

/* A child that is not ready by then never will be. */
#define READY_MS 30000

static enum result
take_signals(int *out)
{
	sigset_t mine, old;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN); /* the listener's, which has our name */
	sigemptyset(&mine);
	sigaddset(&mine, SIGCHLD);
	sigaddset(&mine, SIGTERM);
	sigaddset(&mine, SIGINT);
	sigaddset(&mine, MONITOR_SIGNAL_MAKE_ROOM);
	sigaddset(&mine, MONITOR_SIGNAL_WANTED);
	if (sigprocmask(SIG_SETMASK, &mine, &old) < 0)
		return RESULT_SYSTEM;
	*out = signalfd(-1, &mine, SFD_CLOEXEC | SFD_NONBLOCK);
	return *out < 0 ? RESULT_SYSTEM : RESULT_OK;
}

static void
set_option(int fd, int level, int option, int value)
{
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

/* Whoever was called and is gone without a word is to be called again: RFC 8071 section 3.1, S8. */
#define CALLED_DEAD_PEER_S 120

/* What is no socket has no options. */
static void
prepare_network(const struct monitor *monitor)
{
	uint32_t dead_s = (uint32_t)settings_number(monitor->settings, KEYWORD_DeadPeerTimeout);
	int fd = monitor->inputs->network_fd;

	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (settings_flag(monitor->settings, KEYWORD_TCPKeepAlive))
		set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (dead_s == 0 && monitor->inputs->is_called)
		dead_s = CALLED_DEAD_PEER_S;
	if (dead_s > 0)
		dead_peer_set_timeout(fd, dead_s);
}

/* --- The child's orders ------------------------------------------------------------------------- */

/* The child reads them when it is confined, and with them gets the network. */
static enum result
send_orders(struct monitor *monitor)
{
	struct writer writer = writer_into(monitor->room, ipc_row(IPC_start)->body_max);
	const int fds[] = { monitor->inputs->network_fd, monitor->inputs->network_out_fd };

	TRY(orders_put(monitor, &writer));
	return ipc_send(
	    monitor->child_fd, IPC_start, writer_bytes(&writer), fds, fds[1] < 0 ? 1 : 2);
}

/* --- From start to end -------------------------------------------------------------------------- */

static enum result
prepare(struct monitor *monitor)
{
	int64_t grace_s = settings_number(monitor->settings, KEYWORD_LoginGraceTime);
	uint64_t now = clock_now_ms();
	enum result result;

	monitor->kill_deadline_ms = now + READY_MS;
	if (grace_s > 0)
		monitor->login_deadline_ms = now + (uint64_t)grace_s * 1000;
	TRY(take_signals(&monitor->signal_fd));
	TRY(mem_room(IPC_PACKET_MAX, &monitor->room));
	TRY(login_new(&monitor->login));
	TRY(pam_link_new(&monitor->pam));
	TRY(gss_link_new(&monitor->gss));
	TRY(sessions_new(&monitor->sessions));
	TRY(relay_new(&monitor->relay));
	prepare_network(monitor);
	orders_read_banner(monitor);
	orders_list_signatures(monitor);
	TRY(orders_list_timeouts(monitor));
	result = send_orders(monitor);
	/* A child that is gone already has said why, which is still to be heard. */
	return result == RESULT_CLOSED ? RESULT_OK : result;
}

static void
clear(struct monitor *monitor)
{
	sessions_end(monitor);
	relay_end(monitor);
	refused_end(monitor);
	sessions_free(monitor->sessions);
	relay_free(monitor->relay);
	free(monitor->tunnels);
	login_free(monitor->login);
	pam_link_free(monitor->pam);
	gss_link_free(monitor->gss);
	account_free(monitor->account);
	permissions_clear(&monitor->permissions);
	mem_wipe(monitor->session_id, sizeof(monitor->session_id));
	settings_free(monitor->own_settings);
	buf_clear(&monitor->banner);
	buf_clear(&monitor->signatures);
	buf_clear(&monitor->channel_timeouts);
	free(monitor->room);
	fd_close(&monitor->child_fd);
	fd_close(&monitor->child_pidfd);
	fd_close(&monitor->signal_fd);
}

static void
init(struct monitor *monitor, const struct monitor_inputs *inputs)
{
	*monitor = (struct monitor){
		.inputs = inputs,
		.settings = inputs->settings,
		.phase = IPC_PHASE_START,
		.gate = { .direction = CHILD_TO_MONITOR },
		.child_fd = inputs->child_fd,
		.child_pidfd = -1,
		.signal_fd = -1,
	};
	buf_init(&monitor->banner, BANNER_FILE_MAX);
	buf_init(&monitor->signatures, 4096);
	buf_init(&monitor->channel_timeouts, CHILD_TIMEOUTS_MAX);
}

noreturn void
monitor_probe(const struct monitor_inputs *inputs)
{
	struct monitor_inputs probe = *inputs;
	struct monitor monitor;
	int network[2];
	bool is_ready;

	process_hide();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, network) < 0) {
		log_error("probe", "socketpair: %s", strerror(errno));
		_exit(255);
	}
	probe.network_fd = network[0];
	init(&monitor, &probe);
	if (prepare(&monitor) == RESULT_OK)
		monitor_loop_run(&monitor, IPC_PHASE_LOGIN);
	is_ready = monitor.phase == IPC_PHASE_LOGIN;
	phase_kill(&monitor);
	clear(&monitor);
	_exit(is_ready ? 0 : 1);
}

/* Nobody but who started us for one client looks at it, as sshd -i has it: 255 where nobody logged in. */
static int
exit_status(const struct monitor *monitor, enum result result)
{
	const bool is_for_one = monitor->inputs->status_fd < 0;

	return result != RESULT_OK || (is_for_one && monitor->account == NULL) ? 255 : 0;
}

noreturn void
monitor_run(const struct monitor_inputs *inputs)
{
	struct monitor monitor;
	enum result result;
	int network_fd = inputs->network_fd, network_out_fd = inputs->network_out_fd;
	int status;

	init(&monitor, inputs);
	process_unprotect(); /* the listener is to survive, not each connection */
	/* Host keys are in this memory: no core file, nobody attaches. */
	process_hide();
	log_verbose("connection", "Connection %s %s port %u on %s port %u",
	    inputs->is_called ? "to" : "from", inputs->peer.address, inputs->peer.port,
	    inputs->local.address, inputs->local.port);
	result = prepare(&monitor);
	fd_close(&network_fd); /* the child has them now */
	fd_close(&network_out_fd);
	if (result == RESULT_OK) {
		monitor_loop_run(&monitor, 0);
		attempt_abandoned(&monitor);
	} else {
		log_error("monitor-failed", "connection from %s port %u cannot be served: %s (%s)",
		    inputs->peer.address, inputs->peer.port, result_text(result), strerror(errno));
		phase_kill(&monitor);
	}
	status_tell_end(&monitor);
	status = exit_status(&monitor, result);
	clear(&monitor);
	_exit(status);
}
