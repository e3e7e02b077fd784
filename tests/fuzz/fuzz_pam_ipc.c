/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes the monitor as a broken or captured PAM process makes it look: a sequence of `u8 what, u8 type, u16 size,
 * body`. An even `what` is a message of that process; an odd one a request of the client's: a password, a
 * conversation, or its answers. spawn_helper is this file's.
 *
 * Whatever it says: nobody is logged in but after it was asked and called a password right, and the client's requests
 * have an answer or a question each.
 */
#include <sys/socket.h>

#include "common/pam_bodies.h"
#include "common/spawn.h"
#include "tests/fuzz/monitor.h"

#define STEPS_MAX 48

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int pam_end = -1;

enum result
spawn_helper(const struct spawn_plan *plan, int *socket, pid_t *pid)
{
	int sockets[2];

	if (ipc_pair(sockets) != RESULT_OK || fd_set_nonblocking(sockets[0]) != RESULT_OK ||
	    fd_set_nonblocking(sockets[1]) != RESULT_OK)
		abort();
	fd_close(&pam_end);
	*socket = sockets[0];
	pam_end = sockets[1];
	*pid = 0; /* nobody that could be killed */
	return RESULT_OK;
}

static struct settings *
pam_settings(void)
{
	static struct settings *settings;
	struct config *config;
	OWNED_BUF errors;

	buf_init(&errors, CONFIG_ERRORS_MAX);
	(void)fuzz_monitor_settings(); /* the log's sink, and libcrypto */
	if (settings != NULL)
		return settings;
	if (config_new(&config) != RESULT_OK ||
	    config_parse(config, "fuzz",
		bytes_of_text("UsePAM yes\nPermitRootLogin yes\nMaxAuthTries 20\n"),
		&errors) != RESULT_OK ||
	    config_effective(config, NULL, &settings, &errors) != RESULT_OK)
		abort();
	config_free(config);
	return settings;
}

/* What was said to the other ends makes room in their sockets. */
static void
drain(int fd)
{
	static uint8_t room[IPC_PACKET_MAX];
	struct ipc_message message;

	while (fd >= 0 && ipc_receive(fd, room, &message) == RESULT_OK)
		ipc_message_clear(&message);
}

static void
ask(struct monitor *monitor, enum ipc_type type, struct writer *writer)
{
	struct ipc_message message = { .type = type, .body = writer_bytes(writer) };

	assert(writer_end(writer) == RESULT_OK);
	monitor_handle(monitor, &message);
}

/* What an honest child passes on, when it may. */
static void
request(struct monitor *monitor, uint8_t what)
{
	struct login *login = monitor->login;
	struct auth_replies replies = { .count = login->prompt_count };
	struct auth_request request;
	static uint8_t room[65536];
	struct writer writer = writer_into(room, sizeof(room));

	if (login->is_prompted && (what & 2) != 0) {
		for (uint32_t i = 0; i < replies.count; i++)
			replies.replies[i] = bytes_of_text("typed");
		auth_replies_put(&writer, &replies);
		ask(monitor, IPC_auth_reply, &writer);
		return;
	}
	if (monitor->gate.used[IPC_authenticate] || monitor->phase != IPC_PHASE_LOGIN)
		return;
	auth_request_init(&request, (what & 4) != 0 ? AUTH_METHOD_KEYBOARD : AUTH_METHOD_PASSWORD);
	request.user = bytes_of_text((what & 8) != 0 ? "root" : "no-such-user");
	request.user = login->raw_user == NULL ? request.user
					       : bytes_of(login->raw_user, login->raw_user_size);
	request.service = bytes_of_text("ssh-connection");
	request.password = bytes_of_text("typed");
	request.is_change = (what & 16) != 0;
	auth_request_put(&writer, &request);
	ask(monitor, IPC_authenticate, &writer);
}

static void
send_raw(uint8_t type, struct bytes body)
{
	struct iovec parts[2] = { { &type, 1 }, { (void *)(uintptr_t)body.data, body.size } };
	struct msghdr header = { .msg_iov = parts, .msg_iovlen = 2 };

	if (pam_end >= 0)
		(void)!sendmsg(pam_end, &header, MSG_NOSIGNAL);
}

static void
step(struct monitor *monitor, struct reader *reader)
{
	const uint8_t what = get_byte(reader);
	const uint8_t type = get_byte(reader);
	const size_t high = get_byte(reader);
	const size_t want = high << 8 | get_byte(reader);
	const struct bytes body = get_raw(reader, want < reader->left ? want : reader->left);
	const enum pam_question question = monitor->pam->question;
	const bool was_open = monitor->phase == IPC_PHASE_OPEN;

	if ((what & 1) != 0) {
		request(monitor, what);
		assert(was_open || monitor->phase != IPC_PHASE_OPEN);
	} else {
		send_raw(type, body);
		pam_link_receive(monitor);
		assert(was_open || monitor->phase != IPC_PHASE_OPEN ||
		       (question != PAM_NOTHING && question != PAM_SESSION));
	}
	if (login_deadline_ms(monitor) != 0)
		login_meet_deadline(monitor, login_deadline_ms(monitor));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader reader = reader_of(bytes_of(data, size));
	struct fuzz_monitor rig;

	fuzz_monitor_begin(&rig);
	rig.monitor.settings = rig.inputs.settings = pam_settings();
	phase_login(&rig.monitor);
	rig.monitor.session_id_size = 32;
	for (int i = 0; i < STEPS_MAX && reader.left > 0 && rig.monitor.child_fd >= 0; i++) {
		step(&rig.monitor, &reader);
		drain(rig.child_end);
		drain(pam_end);
	}
	/* Whoever does not exist is never logged in. */
	assert(rig.monitor.account == NULL || rig.monitor.login->raw_user_size == strlen("root"));
	fuzz_monitor_end(&rig);
	fd_close(&pam_end);
	return 0;
}
