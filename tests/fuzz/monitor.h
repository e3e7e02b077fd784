/* SPDX-License-Identifier: ISC */
/*
 * A monitor without processes for the fuzzers: its child's end of the socket is theirs. Edge, in tests
 * only.
 */
#pragma once

#include <assert.h>
#include <stdlib.h>

#include "common/config/config.h"
#include "common/crypto/start.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "monitor/login/login.h"
#include "monitor/login/pam_link.h"
#include "monitor/monitor.h"

struct fuzz_monitor {
	struct monitor monitor;
	struct monitor_inputs inputs;
	int child_end; /* owned */
};

static inline void
fuzz_monitor_drop_log(void *context, const struct log_event *event)
{
	assert(strlen(event->text) < LOG_TEXT_MAX);
}

static inline struct settings *
fuzz_monitor_settings(void)
{
	static struct settings *settings;
	OWNED_BUF errors;
	struct config *config;

	buf_init(&errors, CONFIG_ERRORS_MAX);
	if (settings != NULL)
		return settings;
	log_set_sink(fuzz_monitor_drop_log, NULL);
	if (crypto_start() != RESULT_OK || config_new(&config) != RESULT_OK ||
	    config_parse(config, "fuzz",
		bytes_of_text("AcceptEnv LANG\nStrictModes no\nModuliFile /nonexistent\n"
			      "HostbasedAuthentication yes\n"
			      "KexAlgorithms +diffie-hellman-group-exchange-sha256\n"),
		&errors) != RESULT_OK ||
	    config_effective(config, NULL, &settings, &errors) != RESULT_OK)
		abort();
	config_free(config);
	return settings;
}

/* A monitor in phase START. `out` must stay where it is. */
static inline void
fuzz_monitor_begin(struct fuzz_monitor *out)
{
	int sockets[2];

	*out = (struct fuzz_monitor){
		.inputs = {
			.settings = fuzz_monitor_settings(),
			.network_fd = -1,
			.status_fd = -1,
			.child_fd = -1,
			.user_program_fd = -1,
			.pam_program_fd = -1,
			.name_program_fd = -1,
			.peer = { "192.0.2.1", 1234 },
			.local = { "192.0.2.2", 22 },
		},
	};
	out->monitor = (struct monitor){
		.inputs = &out->inputs,
		.settings = out->inputs.settings,
		.phase = IPC_PHASE_START,
		.gate = { .direction = CHILD_TO_MONITOR },
		.child_pidfd = -1,
		.signal_fd = -1,
	};
	if (ipc_pair(sockets) != RESULT_OK || fd_set_nonblocking(sockets[0]) != RESULT_OK ||
	    fd_set_nonblocking(sockets[1]) != RESULT_OK ||
	    login_new(&out->monitor.login) != RESULT_OK ||
	    pam_link_new(&out->monitor.pam) != RESULT_OK ||
	    sessions_new(&out->monitor.sessions) != RESULT_OK ||
	    relay_new(&out->monitor.relay) != RESULT_OK)
		abort();
	out->monitor.child_fd = sockets[0];
	out->child_end = sockets[1];
}

/* Somebody who has nothing is logged in, and may do everything. */
static inline void
fuzz_monitor_open(struct fuzz_monitor *rig)
{
	struct permissions permissions = {
		.session = true, .pty = true, .forward_local = true, .environment = true
	};
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
	login_free(rig->monitor.login);
	pam_link_free(rig->monitor.pam);
	account_free(rig->monitor.account);
	fd_close(&rig->monitor.child_fd);
	fd_close(&rig->monitor.child_pidfd);
	fd_close(&rig->child_end);
}
