/* SPDX-License-Identifier: ISC */
/*
 * The monitor's biography (edge): forked from the listener with a socket to a child, it takes
 * its signals, hands the child the network, answers it until it ends, and goes.
 */
#include <errno.h>
#include <limits.h>
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
#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/process.h"
#include "common/text.h"
#include "monitor/login/login.h"
#include "monitor/loop.h"

/* A child that is not ready by then never will be. */
#define READY_MS 30000

/* Channels of one connection, sessions and forwards together. */
#define CHANNELS_MAX 1024

/* Receive window that one channel may grow to: 300 MiB/s and more over a tenth of a second. */
#define WINDOW_MAX_BYTES (64 * 1024 * 1024)

static enum result
take_signals(int *out)
{
	sigset_t mine, old;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&mine);
	sigaddset(&mine, SIGCHLD);
	sigaddset(&mine, SIGTERM);
	sigaddset(&mine, SIGINT);
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

/* The kernel asks a silent peer twice within the time, and gives up one that acknowledges nothing. */
static void
set_dead_peer_timeout(int fd, int seconds)
{
	const int third = seconds < 3 ? 1 : seconds / 3;

	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, third);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, third);
	set_option(
	    fd, IPPROTO_TCP, TCP_USER_TIMEOUT, seconds > INT_MAX / 1000 ? INT_MAX : seconds * 1000);
}

/* No socket (a test's pipe) has no options. */
static void
prepare_network(const struct monitor *monitor)
{
	const int dead_s = (int)settings_number(monitor->settings, KEYWORD_DeadPeerTimeout);
	int fd = monitor->inputs->network_fd;

	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (settings_flag(monitor->settings, KEYWORD_TCPKeepAlive))
		set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (dead_s > 0)
		set_dead_peer_timeout(fd, dead_s);
}

/* --- The child's orders ------------------------------------------------------------------------- */

static enum result
append_name(struct buf *list, struct bytes name)
{
	if (buf_size(list) > 0)
		TRY(buf_append(list, bytes_of_text(",")));
	return buf_append(list, name);
}

/* The configured algorithms for which there is a key. */
static enum result
list_host_key_algorithms(const struct monitor *monitor, struct buf *list)
{
	const char *text = settings_text(monitor->settings, KEYWORD_HostKeyAlgorithms);
	struct bytes rest = bytes_of_text(text == NULL ? "" : text);
	struct bytes name;

	while (text_next_name(&rest, &name)) {
		const struct signature_algorithm *algorithm;
		const struct host_key *key;

		if (host_key_find(monitor, name, &key, &algorithm))
			TRY(append_name(list, name));
	}
	return RESULT_OK;
}

static void
list_host_blobs(const struct monitor_inputs *inputs, struct child_start *start)
{
	for (size_t i = 0; i < inputs->host_key_count; i++) {
		const struct host_key *host_key = &inputs->host_keys[i];

		start->host_keys[start->host_key_count++] = key_blob(host_key->key);
		if (host_key->certificate != NULL)
			start->host_keys[start->host_key_count++] =
			    certificate_blob(host_key->certificate);
	}
}

static struct bytes
list_setting(const struct monitor *monitor, enum keyword keyword)
{
	const char *text = settings_text(monitor->settings, keyword);

	return bytes_of_text(text == NULL ? "" : text);
}

/* RFC 4253 section 4.2. What the operator adds was found to be short when it was read. */
static void
write_version(const struct settings *settings, char *out, size_t size)
{
	const char *addendum = settings_text(settings, KEYWORD_VersionAddendum);
	bool has_revision =
	    settings_flag(settings, KEYWORD_DebianBanner) && SALLYPORT_REVISION[0] != '\0';

	snprintf(out, size, "SSH-2.0-Sallyport_" SALLYPORT_VERSION "%s%s%s",
	    has_revision ? " " SALLYPORT_REVISION : "", addendum == NULL ? "" : " ",
	    addendum == NULL ? "" : addendum);
}

static enum result
write_orders(const struct monitor *monitor, struct writer *writer)
{
	OWNED_BUF host_key_algorithms;
	const struct settings_rekey rekey = settings_rekey(monitor->settings, KEYWORD_RekeyLimit);
	const struct settings_qos qos = settings_qos(monitor->settings, KEYWORD_IPQoS);
	char version[256];
	struct child_start start = {
		.log_level = (uint32_t)log_get_level(),
		.compression = (uint32_t)settings_number(monitor->settings, KEYWORD_Compression),
		.rekey_bytes = rekey.bytes,
		.rekey_s = rekey.seconds,
		.alive_interval_s =
		    (uint32_t)settings_number(monitor->settings, KEYWORD_ClientAliveInterval),
		.alive_count_max =
		    (uint32_t)settings_number(monitor->settings, KEYWORD_ClientAliveCountMax),
		.qos_interactive = qos.interactive,
		.qos_bulk = qos.bulk,
		.kex_algorithms = list_setting(monitor, KEYWORD_KexAlgorithms),
		.user_key_algorithms = list_setting(monitor, KEYWORD_PubkeyAcceptedAlgorithms),
		.ciphers = list_setting(monitor, KEYWORD_Ciphers),
		.macs = list_setting(monitor, KEYWORD_MACs),
		.channels_max = CHANNELS_MAX,
		.window_max_bytes = WINDOW_MAX_BYTES,
	};

	buf_init(&host_key_algorithms, 4096);
	TRY(list_host_key_algorithms(monitor, &host_key_algorithms));
	write_version(monitor->settings, version, sizeof(version));
	start.version = bytes_of_text(version);
	start.host_key_algorithms = buf_bytes(&host_key_algorithms);
	list_host_blobs(monitor->inputs, &start);
	child_start_put(writer, &start);
	return writer_end(writer);
}

/* The child reads them when it is confined, and with them gets the network. */
static enum result
send_orders(struct monitor *monitor)
{
	struct writer writer = writer_into(monitor->room, ipc_row(IPC_start)->body_max);

	TRY(write_orders(monitor, &writer));
	return ipc_send(
	    monitor->child_fd, IPC_start, writer_bytes(&writer), &monitor->inputs->network_fd, 1);
}

/* --- From start to end -------------------------------------------------------------------------- */

static enum result
prepare(struct monitor *monitor)
{
	int64_t grace_s = settings_number(monitor->settings, KEYWORD_LoginGraceTime);
	uint64_t now = clock_now_ms();

	monitor->kill_deadline_ms = now + READY_MS;
	if (grace_s > 0)
		monitor->login_deadline_ms = now + (uint64_t)grace_s * 1000;
	TRY(take_signals(&monitor->signal_fd));
	TRY(mem_new(1, IPC_PACKET_MAX, (void **)&monitor->room));
	TRY(login_new(&monitor->login));
	TRY(sessions_new(&monitor->sessions));
	TRY(relay_new(&monitor->relay));
	prepare_network(monitor);
	return send_orders(monitor);
}

static void
clear(struct monitor *monitor)
{
	sessions_end(monitor);
	relay_end(monitor);
	sessions_free(monitor->sessions);
	relay_free(monitor->relay);
	login_free(monitor->login);
	account_free(monitor->account);
	mem_wipe(monitor->session_id, sizeof(monitor->session_id));
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

noreturn void
monitor_run(const struct monitor_inputs *inputs)
{
	struct monitor monitor;
	enum result result;
	int network_fd = inputs->network_fd;

	init(&monitor, inputs);
	/* Host keys are in this memory: no core file, nobody attaches. */
	process_hide();
	log_verbose("connection", "Connection from %s port %u on %s port %u", inputs->peer.address,
	    inputs->peer.port, inputs->local.address, inputs->local.port);
	result = prepare(&monitor);
	fd_close(&network_fd); /* the child has it now */
	if (result == RESULT_OK) {
		monitor_loop_run(&monitor, 0);
	} else {
		log_error("monitor-failed", "connection from %s port %u cannot be served: %s (%s)",
		    inputs->peer.address, inputs->peer.port, result_text(result), strerror(errno));
		phase_kill(&monitor);
	}
	clear(&monitor);
	_exit(result == RESULT_OK ? 0 : 255);
}
