/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes the monitor as a hostile child sees it: a sequence of messages, each `u8 type, u8 descriptors,
 * u16 size, body`. The first byte of the input chooses the phase. Programs are not started here:
 * session_start, spawn_helper and tun_open are this file's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/spawn.h"
#include "monitor/forward/tun.h"
#include "monitor/session/start.h"
#include "tests/fuzz/monitor.h"

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

enum result
tun_open(
    const struct monitor *monitor, const struct tunnel_request *request, struct tun_device *out)
{
	*out = (struct tun_device){ .fd = open("/dev/null", O_RDWR | O_CLOEXEC) };
	assert(request->mode == 1 || request->mode == 2);
	assert(request->unit == 7); /* what the login is bound to */
	snprintf(out->name, sizeof(out->name), "tun7");
	return out->fd < 0 ? RESULT_SYSTEM : RESULT_OK;
}

static void
feed(struct monitor *monitor, struct reader *reader, int child_end)
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
		fuzz_drain(child_end);
		/* No input holds a signature by a listed key. */
		if (was_login)
			assert(monitor->phase != IPC_PHASE_OPEN && monitor->account == NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader reader = reader_of(bytes_of(data, size));
	unsigned phase = get_byte(&reader) % 4;
	struct fuzz_monitor rig;

	fuzz_monitor_begin(&rig);
	if (phase > 0)
		phase_login(&rig.monitor);
	if (phase > 1) { /* keys were exchanged */
		rig.monitor.session_id_size = 32;
		rig.monitor.gate.used[IPC_sign] = true;
	}
	if (phase > 2)
		fuzz_monitor_open(&rig);
	feed(&rig.monitor, &reader, rig.child_end);
	fuzz_monitor_end(&rig);
	return 0;
}
