/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes the monitor as a hostile child sees it: a sequence of messages, each `u8 type, u8 descriptors,
 * u16 size, body`. The first byte of the input chooses the phase. Programs are not started here:
 * session_start and spawn_helper are this file's.
 */
#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/config/config.h"
#include "common/crypto/start.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/mem.h"
#include "monitor/login/login.h"
#include "monitor/monitor.h"
#include "monitor/session/start.h"
#include "monitor/spawn.h"

#define MESSAGES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum result
session_start(const struct session_plan *plan, struct session_started *out)
{
	*out = (struct session_started){ 0, -1, -1, -1 };
	return RESULT_SYSTEM;
}

enum result
spawn_helper(const struct spawn_plan *plan, int *socket, pid_t *pid)
{
	return RESULT_SYSTEM;
}

static void
drop_log(void *context, const struct log_event *event)
{
	assert(strlen(event->text) < LOG_TEXT_MAX);
}

static struct settings *
make_settings(void)
{
	static struct settings *settings;
	OWNED_BUF errors;
	struct config *config;

	buf_init(&errors, 65536);
	if (settings != NULL)
		return settings;
	log_set_sink(drop_log, NULL);
	if (crypto_start() != RESULT_OK || config_new(&config) != RESULT_OK ||
	    config_parse(config, "fuzz", bytes_of_text("AcceptEnv LANG\nStrictModes no\n"),
		&errors) != RESULT_OK ||
	    config_effective(config, &settings, &errors) != RESULT_OK)
		abort();
	config_free(config);
	return settings;
}

static void
make_open(struct monitor *monitor)
{
	const struct permissions permissions = {
		.session = true, .pty = true, .forward_local = true, .environment = true
	};
	struct account *account = calloc(1, sizeof(*account));

	assert(account != NULL);
	account->name = strdup("nobody");
	account->home = strdup("/nonexistent");
	account->shell = strdup("/bin/false");
	account->uid = account->gid = 65534;
	phase_open(monitor, account, &permissions);
}

/* What the child was told makes room in the socket for more. */
static void
drain(int fd, uint8_t *room)
{
	struct ipc_message message;

	while (ipc_receive(fd, room, &message) == RESULT_OK)
		ipc_message_clear(&message);
}

static void
feed(struct monitor *monitor, struct reader *reader, int child_end, uint8_t *room)
{
	const bool was_login = monitor->phase == IPC_PHASE_LOGIN;

	for (int i = 0; i < MESSAGES_MAX && reader->left > 0 && monitor->child_fd >= 0; i++) {
		struct ipc_message message = { 0 };
		uint32_t size;

		message.type = (enum ipc_type)(get_byte(reader) % IPC_TYPE_COUNT);
		message.fd_count = get_byte(reader) % (IPC_FDS_MAX + 1);
		size = (uint32_t)get_byte(reader) << 8;
		size |= get_byte(reader);
		message.body = get_raw(reader, size < reader->left ? size : reader->left);
		for (size_t k = 0; k < message.fd_count; k++)
			message.fds[k] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		monitor_handle(monitor, &message);
		ipc_message_clear(&message);
		if (login_deadline_ms(monitor) != 0)
			login_meet_deadline(monitor, login_deadline_ms(monitor));
		drain(child_end, room);
		/* No input holds a signature by a listed key. */
		if (was_login)
			assert(monitor->phase != IPC_PHASE_OPEN && monitor->account == NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t room[IPC_PACKET_MAX];
	struct reader reader = reader_of(bytes_of(data, size));
	const struct monitor_inputs inputs = {
		.settings = make_settings(),
		.network_fd = -1,
		.status_fd = -1,
		.child_program_fd = -1,
		.user_program_fd = -1,
		.peer = { "192.0.2.1", 1234 },
		.local = { "192.0.2.2", 22 },
	};
	struct monitor monitor = {
		.inputs = &inputs,
		.settings = inputs.settings,
		.phase = IPC_PHASE_START,
		.gate = { .direction = CHILD_TO_MONITOR },
		.signal_fd = -1,
	};
	int sockets[2];
	unsigned phase = get_byte(&reader) % 4;

	if (ipc_pair(sockets) != RESULT_OK || fd_set_nonblocking(sockets[0]) != RESULT_OK ||
	    fd_set_nonblocking(sockets[1]) != RESULT_OK || login_new(&monitor.login) != RESULT_OK ||
	    sessions_new(&monitor.sessions) != RESULT_OK || relay_new(&monitor.relay) != RESULT_OK)
		abort();
	monitor.child_fd = sockets[0];
	if (phase > 0)
		phase_login(&monitor);
	if (phase > 1) { /* keys were exchanged */
		monitor.session_id_size = 32;
		monitor.gate.used[IPC_sign] = true;
	}
	if (phase > 2)
		make_open(&monitor);
	feed(&monitor, &reader, sockets[1], room);
	sessions_end(&monitor);
	relay_end(&monitor);
	sessions_free(monitor.sessions);
	relay_free(monitor.relay);
	login_free(monitor.login);
	account_free(monitor.account);
	fd_close(&monitor.child_fd);
	fd_close(&sockets[1]);
	return 0;
}
