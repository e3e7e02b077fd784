/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes the monitor as a broken or captured PAM process makes it look: a sequence of `u8 what, u8 type, u16 size,
 * body`. An even `what` is a message of that process; an odd one a request of the client's: a password, a
 * conversation, or its answers. spawn_helper is this file's.
 *
 * Whatever it says: nobody is logged in but after it was asked and called a password right, and the client's requests
 * have an answer or a question each.
 */
#include "common/pam_bodies.h"
#include "common/spawn.h"
#include "tests/fuzz/monitor.h"

#define STEPS_MAX 48

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int pam_end = -1;

enum result
spawn_helper(const struct spawn_plan *plan, int *socket, pid_t *pid)
{
	return fuzz_helper(&pam_end, socket, pid);
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
		fuzz_ask(monitor, IPC_auth_reply, &writer);
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
	fuzz_ask(monitor, IPC_authenticate, &writer);
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
		fuzz_send_raw(pam_end, type, body);
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
	static struct settings *settings;
	struct reader reader = reader_of(bytes_of(data, size));
	struct fuzz_monitor rig;

	fuzz_monitor_begin(&rig);
	rig.monitor.settings = rig.inputs.settings = fuzz_settings_of(
	    "UsePAM yes\nPermitRootLogin yes\nMaxAuthTries 20\nLoginRecords no\n", &settings);
	phase_login(&rig.monitor);
	rig.monitor.session_id_size = 32;
	for (int i = 0; i < STEPS_MAX && reader.left > 0 && rig.monitor.child_fd >= 0; i++) {
		step(&rig.monitor, &reader);
		fuzz_drain(rig.child_end);
		fuzz_drain(pam_end);
	}
	/* Whoever does not exist is never logged in. */
	assert(rig.monitor.account == NULL || rig.monitor.login->raw_user_size == strlen("root"));
	fuzz_monitor_end(&rig);
	fd_close(&pam_end);
	return 0;
}
