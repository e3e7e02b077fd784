/* SPDX-License-Identifier: ISC */
/*
 * Fuzzes the monitor as broken or captured Kerberos processes make it look: a sequence of `u8 what, u16 size, body`.
 * The lowest two bits of `what`: 0 a message of the acceptor, 1 one of the user's process, of the kind that the bits
 * above say; 2 a request of the client's, or with 16 a step of its key exchange, 3 its token or MIC. spawn_helper is this file's.
 *
 * Whatever they say: nobody is logged in but after the user's process was asked whether the principal may be him and
 * said so, and the client's requests have an answer or a turn each.
 */
#include "common/spawn.h"
#include "tests/fuzz/monitor.h"

#define STEPS_MAX 48

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The other ends, in the order in which the processes were started last. */
static int ends[GSS_END_COUNT] = { -1, -1 };
static struct monitor *monitor;

enum result
spawn_helper(const struct spawn_plan *plan, int *socket, pid_t *pid)
{
	const enum gss_end_name name = monitor->gss->ends[GSS_USER].question == GSS_ADMIT &&
					       monitor->gss->ends[GSS_USER].helper.fd < 0
					   ? GSS_USER
					   : GSS_ACCEPTOR;

	return fuzz_helper(&ends[name], socket, pid);
}

static struct settings *
gss_settings(void)
{
	static struct settings *settings;

	return fuzz_settings_of(
	    SALLYPORT_KERBEROS ? "GSSAPIAuthentication yes\nGSSAPIKeyExchange yes\n"
				 "KerberosAuthentication yes\n"
				 "KerberosOrLocalPasswd no\nPermitRootLogin yes\nMaxAuthTries 20\n"
			       : "PermitRootLogin yes\nMaxAuthTries 20\n",
	    &settings);
}

/* What an honest child passes on, when it may. */
static void
request(uint8_t what)
{
	const struct login *login = monitor->login;
	struct auth_request request;
	static uint8_t room[65536];
	struct writer writer = writer_into(room, sizeof(room));

	if (monitor->gate.used[IPC_authenticate] || monitor->phase != IPC_PHASE_LOGIN)
		return;
	auth_request_init(&request, (what & 32) != 0  ? AUTH_METHOD_KEYEX
				    : (what & 4) != 0 ? AUTH_METHOD_PASSWORD
						      : AUTH_METHOD_GSSAPI);
	request.user = bytes_of_text((what & 8) != 0 ? "root" : "no-such-user");
	if (login->raw_user != NULL)
		request.user = bytes_of(login->raw_user, login->raw_user_size);
	request.service = bytes_of_text("ssh-connection");
	request.password = bytes_of_text("typed");
	request.signature = bytes_of_text("MIC");
	auth_request_put(&writer, &request);
	fuzz_ask(monitor, IPC_authenticate, &writer);
}

/* The client's turn, in which it may say anything. */
static void
take_turn(struct bytes token)
{
	const enum gss_turn turn = monitor->login->gss_turn;
	static uint8_t room[IPC_PACKET_MAX];
	struct writer writer = writer_into(room, sizeof(room));

	if (turn == GSS_TURN_NONE || monitor->phase != IPC_PHASE_LOGIN ||
	    token.size > GSS_TOKEN_MAX)
		return;
	put_u32(&writer, turn == GSS_TURN_MIC ? GSS_STEP_MIC : GSS_STEP_TOKEN);
	put_string(&writer, token);
	fuzz_ask(monitor, IPC_gss_from_client, &writer);
}

/* A key exchange: a token, or the hash where there is a context. */
static void
exchange_keys(uint8_t what, struct bytes token)
{
	const enum gss_kex kex = monitor->gss->kex;
	static uint8_t room[IPC_PACKET_MAX];
	struct writer writer = writer_into(room, sizeof(room));

	if (monitor->phase == IPC_PHASE_OPEN &&
	    (monitor->gss->ends[GSS_ACCEPTOR].question != GSS_NOTHING ||
		monitor->gss->ends[GSS_USER].question != GSS_NOTHING))
		return; /* it would be waited for */
	if (monitor->gate.used[IPC_sign] || token.size > GSS_TOKEN_MAX ||
	    (monitor->phase != IPC_PHASE_LOGIN && monitor->phase != IPC_PHASE_OPEN) ||
	    !settings_flag(monitor->settings, KEYWORD_GSSAPIKeyExchange))
		return;
	if (kex == GSS_KEX_READY) {
		put_text(&writer, "null");
		put_text(&writer, "0123456789abcdef0123456789abcdef");
		fuzz_ask(monitor, IPC_sign, &writer);
	} else if (kex == GSS_KEX_NONE || kex == GSS_KEX_MORE) {
		put_bool(&writer, kex == GSS_KEX_NONE);
		put_string(&writer, token);
		fuzz_ask(monitor, IPC_kex_token, &writer);
	}
	if ((what & 32) != 0 && monitor->phase == IPC_PHASE_OPEN)
		monitor_handle(monitor, &(struct ipc_message){ .type = IPC_kex_done });
}

/* The body's first byte chooses a verdict or a status, so that a fuzzer need not find one; or none. */
static void
speak(enum gss_end_name name, uint8_t kind, struct bytes body)
{
	static const uint32_t words[] = { GSS_YES, GSS_NO, GSS_NO_ANSWER, GSS_STATUS_MORE,
		GSS_STATUS_COMPLETE, GSS_STATUS_FAILED };
	static const enum ipc_type types[] = { IPC_gss_accepted, IPC_gss_judged, IPC_gss_exported,
		IPC_gss_stored, IPC_gss_log, IPC_gss_start, IPC_gss_signed };
	static uint8_t room[IPC_PACKET_MAX];
	struct writer writer = writer_into(room, sizeof(room));

	if (body.size > 0) {
		if (body.data[0] < COUNT(words))
			put_u32(&writer, words[body.data[0]]);
		body = bytes_of(body.data + 1, body.size - 1);
	}
	put_raw(&writer, body);
	fuzz_send_raw(ends[name], (uint8_t)types[kind % COUNT(types)], writer_bytes(&writer));
	gss_link_receive(monitor, name);
}

static void
step(struct reader *reader)
{
	const uint8_t what = get_byte(reader);
	const size_t high = get_byte(reader);
	const size_t want = high << 8 | get_byte(reader);
	const struct bytes body = get_raw(reader, want < reader->left ? want : reader->left);
	const bool may_open = monitor->gss->ends[GSS_USER].question == GSS_ADMIT;
	const bool was_open = monitor->phase == IPC_PHASE_OPEN;

	switch (what & 3) {
	case 0:
	case 1:
		speak((enum gss_end_name)(what & 3), what >> 2, body);
		break;
	case 2:
		if ((what & 16) != 0)
			exchange_keys(what, body);
		else
			request(what);
		break;
	default:
		take_turn(body);
	}
	assert(was_open || monitor->phase != IPC_PHASE_OPEN || (may_open && (what & 3) == 1));
	if (login_deadline_ms(monitor) != 0)
		login_meet_deadline(monitor, login_deadline_ms(monitor));
	/* The client is told something, or waits for a process. */
	assert(monitor->phase != IPC_PHASE_LOGIN || !monitor->gate.used[IPC_authenticate] ||
	       monitor->gss->ends[GSS_ACCEPTOR].question != GSS_NOTHING ||
	       monitor->gss->ends[GSS_USER].question != GSS_NOTHING);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader reader = reader_of(bytes_of(data, size));
	struct fuzz_monitor rig;

	fuzz_monitor_begin(&rig);
	monitor = &rig.monitor;
	rig.monitor.settings = rig.inputs.settings = gss_settings();
	phase_login(&rig.monitor);
	if (size == 0 || (data[0] & 16) == 0) { /* keys were exchanged by a host key */
		rig.monitor.session_id_size = 32;
		ipc_gate_shut(&rig.monitor.gate, IPC_sign);
	}
	for (int i = 0; i < STEPS_MAX && reader.left > 0 && rig.monitor.child_fd >= 0; i++) {
		step(&reader);
		fuzz_drain(rig.child_end);
		fuzz_drain(ends[GSS_ACCEPTOR]);
		fuzz_drain(ends[GSS_USER]);
	}
	/* Whoever does not exist is never logged in. */
	assert(rig.monitor.account == NULL || rig.monitor.login->raw_user_size == strlen("root"));
	fuzz_monitor_end(&rig);
	fd_close(&ends[GSS_ACCEPTOR]);
	fd_close(&ends[GSS_USER]);
	return 0;
}
