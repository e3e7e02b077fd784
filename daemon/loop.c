/* SPDX-License-Identifier: ISC */
/*
 * All that can wake the listener: somebody knocks, a monitor reports or ends, a signal (edge, plain
 * poll).
 */
#include "daemon/loop.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/holders.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/ration.h"
#include "daemon/callhome.h"
#include "daemon/connections.h"
#include "daemon/door.h"
#include "daemon/handover.h"

/* Connections taken in one turn, so that signals are heard during a flood. */
#define ACCEPTS_A_TURN 64

/* Where in the list of descriptors that are waited for. */
enum { POLL_SIGNALS, POLL_NURSERY, POLL_CHECK, POLL_FIXED };

struct loop {
	struct loop_inputs *inputs;
	struct connections connections;
	struct door door;
	struct callhome callhome;
	int signal_fd;
	struct pollfd *polls; /* owned: signals, the nursery, sockets, status pipes, calls */
	size_t polls_room;
	size_t polled;   /* connections that are in polls */
	bool has_served; /* a connection was taken */
	struct ration accept_errors;
	bool is_over;
	bool has_quit; /* by SIGQUIT */
};

enum result
daemon_loop_take_signals(int *signal_fd)
{
	sigset_t mine;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&mine);
	sigaddset(&mine, SIGCHLD);
	sigaddset(&mine, SIGTERM);
	sigaddset(&mine, SIGINT);
	sigaddset(&mine, SIGQUIT);
	sigaddset(&mine, SIGHUP);
	sigaddset(&mine, SIGUSR1);
	/* Until a new monitor takes its signals it has those of ours. */
	sigaddset(&mine, MONITOR_SIGNAL_MAKE_ROOM);
	if (sigprocmask(SIG_SETMASK, &mine, NULL) < 0)
		return RESULT_SYSTEM;
	*signal_fd = signalfd(-1, &mine, SFD_CLOEXEC | SFD_NONBLOCK);
	return *signal_fd < 0 ? RESULT_SYSTEM : RESULT_OK;
}

/* --- Connections -------------------------------------------------------------------------------- */

/* In the new process: what is the listener's is closed. Host keys and settings stay. */
static noreturn void
become_monitor(struct loop *loop, struct monitor_inputs *inputs)
{
	sockets_close(loop->inputs->sockets);
	nursery_close(loop->inputs->nursery);
	reload_clear(loop->inputs->reload);
	connections_clear(&loop->connections);
	door_clear(&loop->door);
	callhome_clear(&loop->callhome);
	fd_close(&loop->signal_fd);
	free(loop->polls);
	monitor_run(inputs);
}

/* *out: its monitor. */
static enum result
start_monitor(struct loop *loop, struct monitor_inputs *inputs, pid_t *out)
{
	CLEANUP(fd_close) int child_fd = -1;
	CLEANUP(fd_close) int listener_end = -1;
	CLEANUP(fd_close) int monitor_end = -1;
	int fds[2];
	pid_t pid;

	TRY(nursery_take(loop->inputs->nursery, &child_fd));
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return RESULT_SYSTEM;
	listener_end = fds[0];
	monitor_end = fds[1];
	pid = fork();
	if (pid < 0)
		return RESULT_SYSTEM;
	if (pid == 0) {
		fd_close(&listener_end);
		inputs->status_fd = monitor_end;
		inputs->child_fd = child_fd;
		become_monitor(loop, inputs);
	}
	TRY(connections_add(&loop->connections, pid, listener_end, inputs->peer.address));
	listener_end = -1;
	*out = pid;
	return RESULT_OK;
}

/* It gives its place now, and ends when it can. */
static void
end_for_another(struct loop *loop, pid_t pid)
{
	struct connection *connection = connections_find(&loop->connections, pid);

	assert(connection != NULL);
	door_leaves(&loop->door, connection);
	kill(pid, MONITOR_SIGNAL_MAKE_ROOM);
}

static void
serve(struct loop *loop, int fd)
{
	struct monitor_inputs inputs = loop->inputs->monitor;
	pid_t victim, pid;

	if (sockets_endpoints(fd, &inputs.peer, &inputs.local) != RESULT_OK)
		return;
	sockets_rdomain(fd, inputs.rdomain);
	if (!door_opens(&loop->door, fd, &inputs.peer, &inputs.local, &victim))
		return;
	if (victim != 0)
		end_for_another(loop, victim);
	inputs.network_fd = fd;
	if (start_monitor(loop, &inputs, &pid) != RESULT_OK ||
	    door_entered(&loop->door, pid, inputs.peer.address) != RESULT_OK)
		log_error("spawn", "connection from %s port %u cannot be served: %s",
		    inputs.peer.address, inputs.peer.port, strerror(errno));
}

/* No descriptors or memory: others must give some back first, and the log must not fill the disk meanwhile. */
static void
wait_for_resources(struct loop *loop, int error)
{
	if (ration_take(&loop->accept_errors, clock_now_ms()))
		log_error("accept", "accept: %s", strerror(error));
	usleep(100 * 1000);
}

/* Whom we call the operator named: no limit of strangers is theirs, and none of strangers' is used up by them. */
static void
serve_called(struct loop *loop, struct call *call, int fd)
{
	struct monitor_inputs inputs = loop->inputs->monitor;
	pid_t pid;

	inputs.network_fd = fd;
	inputs.is_called = true;
	if (sockets_endpoints(fd, &inputs.peer, &inputs.local) != RESULT_OK ||
	    start_monitor(loop, &inputs, &pid) != RESULT_OK) {
		callhome_fails(&loop->callhome, call, strerror(errno));
		return;
	}
	connections_find(&loop->connections, pid)->is_called = true;
	callhome_serves(&loop->callhome, call, pid);
}

static void
call_home(struct loop *loop, struct pollfd *polls)
{
	struct call *call;
	int called;

	while (callhome_next(&loop->callhome, polls, &call, &called)) {
		CLEANUP(fd_close) int fd = called;

		serve_called(loop, call, fd);
	}
}

/* False: nobody else is waiting. */
static bool
accept_one(struct loop *loop, int listening_fd)
{
	CLEANUP(fd_close) int fd = accept4(listening_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0) {
		serve(loop, fd);
		loop->has_served = true;
		return !loop->inputs->serve_one;
	}
	if (errno == EINTR || errno == ECONNABORTED)
		return true;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		wait_for_resources(loop, errno);
	return false;
}

static void
accept_some(struct loop *loop, int listening_fd)
{
	for (int i = 0; i < ACCEPTS_A_TURN && accept_one(loop, listening_fd); i++)
		continue;
	if (loop->has_served && loop->inputs->serve_one)
		sockets_close(loop->inputs->sockets);
}

/* --- Monitors ----------------------------------------------------------------------------------- */

static void
hear(struct loop *loop, struct connection *connection)
{
	uint8_t status;

	while ((status = connection_hear(connection)) != 0) {
		if (status == MONITOR_STATUS_ATTACK)
			nursery_retire(loop->inputs->nursery, "one of its children attacked");
		else
			door_hear(&loop->door, connection, status);
		calls_heard(&loop->callhome.calls, connection->pid, status);
	}
}

/* What it said last may not have been heard yet. */
static void
forget(struct loop *loop, struct connection *connection, int status)
{
	hear(loop, connection);
	door_ended(&loop->door, connection, status);
	callhome_ended(&loop->callhome, connection->pid);
	holders_forget(loop->inputs->monitor.holders, connection->pid);
	connections_remove(&loop->connections, connection);
}

/* It cannot have said that its sessions are over. */
static void
sweep(const struct loop *loop, const struct connection *connection)
{
	const struct monitor_inputs *inputs = &loop->inputs->monitor;

	if (connection->is_logged_in && inputs->is_root &&
	    settings_flag(inputs->settings, KEYWORD_LoginRecords))
		monitor_sweep(connection->peer);
}

/* --- Becoming another program ------------------------------------------------------------------- */

/* Comes back only where that cannot be, and then all goes on. */
static void
hand_over(struct loop *loop)
{
	const struct handover handover = {
		.listening = loop->inputs->sockets->fds,
		.listening_count = loop->inputs->sockets->count,
		.pidfile = loop->inputs->pidfile,
		.connections = &loop->connections,
		.door = &loop->door,
		.calls = &loop->callhome.calls,
	};
	OWNED_BUF state;

	buf_init(&state, HANDOVER_MAX);
	if (handover_put(&handover, &state) != RESULT_OK)
		buf_reset(&state); /* without it nothing is executed */
	reload_execute(loop->inputs->reload, buf_bytes(&state));
}

static enum result
take_over(struct loop *loop)
{
	struct sockets *sockets = loop->inputs->sockets;

	TRY(handover_restore(buf_bytes(loop->inputs->handover), &loop->connections, &loop->door,
	    &loop->callhome.calls));
	buf_clear(loop->inputs->handover);
	for (size_t i = 0; i < sockets->accepted_count; i++) {
		CLEANUP(fd_close) int fd = sockets->accepted[i];

		sockets->accepted[i] = -1; /* a monitor closes what is still there */
		serve(loop, fd);
	}
	return RESULT_OK;
}

/* --- Signals ------------------------------------------------------------------------------------ */

static void
reap(struct loop *loop)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct connection *connection = connections_find(&loop->connections, pid);

		if (connection != NULL && WIFSIGNALED(status))
			sweep(loop, connection);
		if (connection != NULL)
			forget(loop, connection, status);
		nursery_reaped(loop->inputs->nursery, pid);
		if (callhome_reaped(&loop->callhome, pid))
			continue;
		if (reload_reaped(loop->inputs->reload, pid, status)) {
			hand_over(loop);
			continue;
		}
		if (WIFSIGNALED(status))
			log_error("monitor-killed", "process %ld was killed by signal %d",
			    (long)pid, WTERMSIG(status));
	}
}

static void
begin_reload(struct loop *loop)
{
	if (loop->inputs->serve_one) {
		log_info("reload", "Received SIGHUP: -d serves one connection, as it began.");
		return;
	}
	log_info("reload", "Received SIGHUP; restarting.");
	reload_begin(loop->inputs->reload);
}

static void
receive_signals(struct loop *loop)
{
	struct signalfd_siginfo info;

	while (read(loop->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			reap(loop);
			break;
		case SIGHUP:
			begin_reload(loop);
			break;
		case SIGUSR1:
			door_log_state(&loop->door, loop->connections.count);
			break;
		case MONITOR_SIGNAL_MAKE_ROOM:
			break;
		default:
			log_info("stopping", "Received signal %u; terminating.", info.ssi_signo);
			loop->is_over = true;
			loop->has_quit = info.ssi_signo == SIGQUIT;
		}
	}
}

/* --- Turns -------------------------------------------------------------------------------------- */

static enum result
prepare_polls(struct loop *loop, size_t *count)
{
	const struct sockets *sockets = loop->inputs->sockets;
	const struct connections *connections = &loop->connections;
	const size_t calls = POLL_FIXED + sockets->count + connections->count;
	const size_t needed = calls + loop->callhome.calls.count;

	if (needed > loop->polls_room) {
		struct pollfd *polls = realloc(loop->polls, 2 * needed * sizeof(*polls));

		if (polls == NULL)
			return RESULT_MEMORY;
		loop->polls = polls;
		loop->polls_room = 2 * needed;
	}
	assert(loop->polls != NULL);
	loop->polls[POLL_SIGNALS] = (struct pollfd){ loop->signal_fd, POLLIN, 0 };
	loop->polls[POLL_NURSERY] = (struct pollfd){ loop->inputs->nursery->fd, POLLIN, 0 };
	loop->polls[POLL_CHECK] = (struct pollfd){ loop->inputs->reload->output_fd, POLLIN, 0 };
	for (size_t i = 0; i < sockets->count; i++)
		loop->polls[POLL_FIXED + i] = (struct pollfd){ sockets->fds[i], POLLIN, 0 };
	for (size_t i = 0; i < connections->count; i++)
		loop->polls[POLL_FIXED + sockets->count + i] =
		    (struct pollfd){ connections->list[i].status_fd, POLLIN, 0 };
	callhome_polls(&loop->callhome, loop->polls + calls);
	loop->polled = connections->count;
	*count = needed;
	return RESULT_OK;
}

static int
poll_timeout(const struct loop *loop)
{
	const uint64_t door_ms = door_deadline_ms(&loop->door);
	const uint64_t call_ms = callhome_deadline_ms(&loop->callhome);
	const uint64_t deadline_ms =
	    door_ms == 0 || (call_ms != 0 && call_ms < door_ms) ? call_ms : door_ms;
	const uint64_t now_ms = clock_now_ms();

	if (deadline_ms == 0)
		return -1;
	return deadline_ms <= now_ms ? 0 : (int)(deadline_ms - now_ms);
}

static enum result
turn(struct loop *loop)
{
	const struct sockets *sockets = loop->inputs->sockets;
	size_t first_status = POLL_FIXED + sockets->count;
	size_t count;

	TRY(prepare_polls(loop, &count));
	if (poll(loop->polls, count, poll_timeout(loop)) < 0)
		return errno == EINTR ? RESULT_OK : RESULT_SYSTEM;
	for (size_t i = 0; i < loop->polled; i++) {
		if (loop->polls[first_status + i].revents != 0)
			hear(loop, &loop->connections.list[i]);
	}
	door_meet_deadline(&loop->door, clock_now_ms());
	for (size_t i = 0; i < sockets->count; i++) {
		if (loop->polls[POLL_FIXED + i].revents != 0)
			accept_some(loop, sockets->fds[i]);
	}
	if (loop->polls[POLL_NURSERY].revents != 0 && loop->inputs->nursery->fd >= 0)
		nursery_hear(loop->inputs->nursery);
	if (loop->polls[POLL_CHECK].revents != 0)
		reload_hear(loop->inputs->reload);
	if (loop->polls[POLL_SIGNALS].revents != 0)
		receive_signals(loop);
	call_home(loop, loop->polls + first_status + loop->polled);
	if (loop->inputs->serve_one && loop->has_served && loop->connections.count == 0)
		loop->is_over = true;
	return RESULT_OK;
}

enum result
daemon_loop_run(struct loop_inputs *inputs, int signal_fd)
{
	struct loop loop = { .inputs = inputs, .signal_fd = signal_fd };
	enum result result = callhome_init(&loop.callhome, &inputs->monitor);

	if (inputs->serve_one)
		calls_clear(&loop.callhome.calls);
	if (result == RESULT_OK)
		result = door_init(&loop.door, inputs->monitor.settings);
	if (result == RESULT_OK)
		result = holders_new(&inputs->monitor.holders);
	if (result == RESULT_OK)
		result = take_over(&loop);
	reap(&loop); /* monitors may have ended while nobody listened */
	while (result == RESULT_OK && !loop.is_over)
		result = turn(&loop);
	if (result != RESULT_OK)
		log_fatal("listener", "the listener cannot go on: %s", strerror(errno));
	sockets_close(inputs->sockets);
	connections_end_pending(&loop.connections);
	connections_clear(&loop.connections);
	door_clear(&loop.door);
	callhome_clear(&loop.callhome);
	holders_free(inputs->monitor.holders);
	free(loop.polls);
	return loop.has_quit ? RESULT_CLOSED : result;
}
