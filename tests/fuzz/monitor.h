/* SPDX-License-Identifier: ISC */
/*
 * A monitor without processes for the fuzzers: its child's end of the socket is theirs. Edge, in tests
 * only.
 */
#pragma once

#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/config/config.h"
#include "common/crypto/start.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "monitor/login/gss_link.h"
#include "monitor/login/login.h"
#include "monitor/login/pam_link.h"
#include "monitor/monitor.h"
#include "tests/fuzz/fuzz.h"

struct fuzz_monitor {
	struct monitor monitor;
	struct monitor_inputs inputs;
	int child_end; /* owned */
};

/* The settings of this text, made once and kept in `kept`. */
static inline struct settings *
fuzz_settings_of(const char *text, struct settings **kept)
{
	OWNED_BUF errors;
	struct config *config;

	buf_init(&errors, CONFIG_ERRORS_MAX);
	if (*kept != NULL)
		return *kept;
	if (config_new(&config) != RESULT_OK ||
	    config_parse(config, "fuzz", bytes_of_text(text), &errors) != RESULT_OK ||
	    config_effective(config, NULL, kept, &errors) != RESULT_OK)
		abort();
	config_free(config);
	return *kept;
}

/* Those of most fuzzers, when libcrypto and the log were started. */
static inline struct settings *
fuzz_monitor_settings(void)
{
	static struct settings *settings;

	log_set_sink(fuzz_drop_log, NULL);
	if (crypto_start() != RESULT_OK)
		abort();
	return fuzz_settings_of(
	    "AcceptEnv LANG\nStrictModes no\nLoginRecords no\nModuliFile /nonexistent\n"
	    "HostbasedAuthentication yes\nPermitTunnel yes\n"
	    "X11Forwarding yes\nXAuthLocation /bin/sh\n"
	    "KexAlgorithms +diffie-hellman-group-exchange-sha256\n",
	    &settings);
}

/* Both ends of a socket for messages; nobody waits at either. */
static inline void
fuzz_pair(int *monitors, int *ours)
{
	int sockets[2];

	if (ipc_pair(sockets) != RESULT_OK || fd_set_nonblocking(sockets[0]) != RESULT_OK ||
	    fd_set_nonblocking(sockets[1]) != RESULT_OK)
		abort();
	*monitors = sockets[0];
	*ours = sockets[1];
}

/* A helper that is no process, for spawn_helper: what it says comes from the fuzzer's end, whatever was there before. */
static inline enum result
fuzz_helper(int *end, int *socket, pid_t *pid)
{
	fd_close(end);
	fuzz_pair(socket, end);
	*pid = 0; /* nobody that could be killed */
	return RESULT_OK;
}

/* What was said to an end of ours makes room in its socket. */
static inline void
fuzz_drain(int fd)
{
	static uint8_t room[IPC_PACKET_MAX];
	struct ipc_message message;

	while (fd >= 0 && ipc_receive(fd, room, &message) == RESULT_OK)
		ipc_message_clear(&message);
}

/* A message of the child's. */
static inline void
fuzz_ask(struct monitor *monitor, enum ipc_type type, struct writer *writer)
{
	struct ipc_message message = { .type = type, .body = writer_bytes(writer) };

	assert(writer_end(writer) == RESULT_OK);
	monitor_handle(monitor, &message);
}

/* A helper's message, if it is there. Not ipc_send, which asserts what an honest sender keeps to. */
static inline void
fuzz_send_raw(int fd, uint8_t type, struct bytes body)
{
	struct iovec parts[2] = { { &type, 1 }, { (void *)(uintptr_t)body.data, body.size } };
	struct msghdr header = { .msg_iov = parts, .msg_iovlen = 2 };

	if (fd >= 0)
		(void)!sendmsg(fd, &header, MSG_NOSIGNAL);
}

/* A monitor in phase START. `out` must stay where it is. */
static inline void
fuzz_monitor_begin(struct fuzz_monitor *out)
{
	*out = (struct fuzz_monitor){
		.inputs = monitor_inputs_none(),
	};
	out->inputs.settings = fuzz_monitor_settings();
	out->inputs.peer = (struct monitor_endpoint){ "192.0.2.1", 1234 };
	out->inputs.local = (struct monitor_endpoint){ "192.0.2.2", 22 };
	out->monitor = (struct monitor){
		.inputs = &out->inputs,
		.settings = out->inputs.settings,
		.phase = IPC_PHASE_START,
		.gate = { .direction = CHILD_TO_MONITOR },
		.child_pidfd = -1,
		.signal_fd = -1,
	};
	fuzz_pair(&out->monitor.child_fd, &out->child_end);
	if (login_new(&out->monitor.login) != RESULT_OK ||
	    pam_link_new(&out->monitor.pam) != RESULT_OK ||
	    gss_link_new(&out->monitor.gss) != RESULT_OK ||
	    sessions_new(&out->monitor.sessions) != RESULT_OK ||
	    relay_new(&out->monitor.relay) != RESULT_OK)
		abort();
}

/* Somebody who has nothing is logged in, and may do everything. */
static inline void
fuzz_monitor_open(struct fuzz_monitor *rig)
{
	struct permissions permissions = { .session = true,
		.pty = true,
		.forward_local = true,
		.forward_remote = true,
		.unix_local = true,
		.unix_remote = true,
		.environment = true,
		.forward_agent = true,
		.forward_x11 = true,
		.tunnel = true,
		.is_tunnel_bound = true,
		.tunnel_unit = 7 };
	struct account *account = calloc(1, sizeof(*account));

	assert(account != NULL);
	account->name = strdup("nobody");
	account->home = strdup("/nonexistent");
	account->shell = strdup("/bin/false");
	account->uid = account->gid = 65534;
	phase_open(&rig->monitor, account, &permissions);
}

static inline void
fuzz_monitor_end(struct fuzz_monitor *rig)
{
	sessions_end(&rig->monitor);
	relay_end(&rig->monitor);
	sessions_free(rig->monitor.sessions);
	relay_free(rig->monitor.relay);
	free(rig->monitor.tunnels);
	login_free(rig->monitor.login);
	pam_link_free(rig->monitor.pam);
	gss_link_free(rig->monitor.gss);
	account_free(rig->monitor.account);
	fd_close(&rig->monitor.child_fd);
	fd_close(&rig->monitor.child_pidfd);
	fd_close(&rig->child_end);
}
