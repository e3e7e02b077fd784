/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/ipc_table.c and of the table itself: every message in every phase from every side.
 * The expectations are written down here a second time, by hand: whoever changes a row of the boundary
 * must mean it.
 */
#include "common/ipc_table.h"

#include "common/ipc.h"
#include "tests/unit/support.h"

#define S IPC_PHASE_START
#define L IPC_PHASE_LOGIN
#define O IPC_PHASE_OPEN
#define E IPC_PHASE_ENDING

enum again {
	ALWAYS,    /* may come again at once */
	NEVER,     /* not again */
	WHEN_TOLD, /* again after ipc_gate_again, which some code calls */
};

/* clang-format off */
static const struct expected {
	const char *name;
	enum ipc_type type;
	enum ipc_direction direction;
	unsigned phases;
	enum again again;
	size_t body_max, fds_max;
} expected[] = {
	{ "start",           IPC_start,           MONITOR_TO_CHILD, S,             NEVER,     65536,  2 },
	{ "born",            IPC_born,            CHILD_TO_MONITOR, S,             NEVER,     4,      1 },
	{ "ready",           IPC_ready,           CHILD_TO_MONITOR, S,             NEVER,     0,      0 },
	{ "sign",            IPC_sign,            CHILD_TO_MONITOR, L | O,         WHEN_TOLD, 256,    0 },
	{ "signed",          IPC_signed,          MONITOR_TO_CHILD, L | O,         ALWAYS,    16384,  0 },
	{ "choose_group",    IPC_choose_group,    CHILD_TO_MONITOR, L | O,         WHEN_TOLD, 12,     0 },
	{ "group_chosen",    IPC_group_chosen,    MONITOR_TO_CHILD, L | O,         ALWAYS,    4096,   0 },
	{ "kex_done",        IPC_kex_done,        CHILD_TO_MONITOR, L | O,         ALWAYS,    0,      0 },
	{ "prove_host_keys", IPC_prove_host_keys, CHILD_TO_MONITOR, O,             WHEN_TOLD, 16384,  0 },
	{ "host_keys_proved", IPC_host_keys_proved, MONITOR_TO_CHILD, O,           ALWAYS,    32768,  0 },
	{ "authenticate",    IPC_authenticate,    CHILD_TO_MONITOR, L,             WHEN_TOLD, 65536,  0 },
	{ "authenticated",   IPC_authenticated,   MONITOR_TO_CHILD, L | O,         ALWAYS,    16384,  0 },
	{ "auth_prompt",     IPC_auth_prompt,     MONITOR_TO_CHILD, L,             ALWAYS,    32768,  0 },
	{ "auth_reply",      IPC_auth_reply,      CHILD_TO_MONITOR, L,             WHEN_TOLD, 65536,  0 },
	{ "user_policy",     IPC_user_policy,     MONITOR_TO_CHILD, L,             NEVER,     32768,  0 },
	{ "open_session",    IPC_open_session,    CHILD_TO_MONITOR, O,             ALWAYS,    4,      0 },
	{ "session_opened",  IPC_session_opened,  MONITOR_TO_CHILD, O,             ALWAYS,    1024,   0 },
	{ "open_pty",        IPC_open_pty,        CHILD_TO_MONITOR, O,             ALWAYS,    8192,   0 },
	{ "pty_opened",      IPC_pty_opened,      MONITOR_TO_CHILD, O,             ALWAYS,    8,      1 },
	{ "set_env",         IPC_set_env,         CHILD_TO_MONITOR, O,             ALWAYS,    65536,  0 },
	{ "env_set",         IPC_env_set,         MONITOR_TO_CHILD, O,             ALWAYS,    8,      0 },
	{ "start_session",   IPC_start_session,   CHILD_TO_MONITOR, O,             ALWAYS,    131072, 0 },
	{ "session_started", IPC_session_started, MONITOR_TO_CHILD, O,             ALWAYS,    1024,   3 },
	{ "resize_pty",      IPC_resize_pty,      CHILD_TO_MONITOR, O,             ALWAYS,    20,     0 },
	{ "signal_session",  IPC_signal_session,  CHILD_TO_MONITOR, O,             ALWAYS,    64,     0 },
	{ "signal_sent",     IPC_signal_sent,     MONITOR_TO_CHILD, O,             ALWAYS,    8,      0 },
	{ "session_ended",   IPC_session_ended,   MONITOR_TO_CHILD, O | E,         ALWAYS,    256,    0 },
	{ "close_session",   IPC_close_session,   CHILD_TO_MONITOR, O | E,         ALWAYS,    4,      0 },
	{ "connect_tcp",     IPC_connect_tcp,     CHILD_TO_MONITOR, O,             ALWAYS,    1024,   0 },
	{ "connected",       IPC_connected,       MONITOR_TO_CHILD, O,             ALWAYS,    1024,   1 },
	{ "cancel_connect",  IPC_cancel_connect,  CHILD_TO_MONITOR, O,             ALWAYS,    4,      0 },
	{ "log",             IPC_log,             CHILD_TO_MONITOR, S | L | O | E, ALWAYS,    1200,   0 },
	{ "violation",       IPC_violation,       CHILD_TO_MONITOR, S | L | O | E, NEVER,     8,      0 },
	{ "ending",          IPC_ending,          CHILD_TO_MONITOR, L | O | E,     NEVER,     2048,   0 },
	{ "finish",          IPC_finish,          MONITOR_TO_CHILD, L | O | E,     NEVER,     1024,   0 },
	{ "user_start",      IPC_user_start,      MONITOR_TO_USER,  O,             NEVER,     8192,   0 },
	{ "user_ready",      IPC_user_ready,      USER_TO_MONITOR,  O | E,         NEVER,     0,      0 },
	{ "user_connect",    IPC_user_connect,    MONITOR_TO_USER,  O,             ALWAYS,    1024,   0 },
	{ "user_connected",  IPC_user_connected,  USER_TO_MONITOR,  O | E,         ALWAYS,    1024,   1 },
	{ "user_cancel",     IPC_user_cancel,     MONITOR_TO_USER,  O,             ALWAYS,    4,      0 },
	{ "user_log",        IPC_user_log,        USER_TO_MONITOR,  O | E,         ALWAYS,    1200,   0 },
	{ "pam_start",       IPC_pam_start,       MONITOR_TO_PAM,   L,             NEVER,     4096,   0 },
	{ "pam_password",    IPC_pam_password,    MONITOR_TO_PAM,   L,             ALWAYS,    4096,   0 },
	{ "pam_converse",    IPC_pam_converse,    MONITOR_TO_PAM,   L,             ALWAYS,    0,      0 },
	{ "pam_reply",       IPC_pam_reply,       MONITOR_TO_PAM,   L,             ALWAYS,    65536,  0 },
	{ "pam_change",      IPC_pam_change,      MONITOR_TO_PAM,   L,             ALWAYS,    4096,   0 },
	{ "pam_account",     IPC_pam_account,     MONITOR_TO_PAM,   L,             ALWAYS,    0,      0 },
	{ "pam_open",        IPC_pam_open,        MONITOR_TO_PAM,   L,             NEVER,     131072, 0 },
	{ "pam_run",         IPC_pam_run,         MONITOR_TO_PAM,   O,             ALWAYS,    131072, 4 },
	{ "pam_prompt",      IPC_pam_prompt,      PAM_TO_MONITOR,   L,             ALWAYS,    32768,  0 },
	{ "pam_done",        IPC_pam_done,        PAM_TO_MONITOR,   L,             ALWAYS,    8192,   0 },
	{ "pam_opened",      IPC_pam_opened,      PAM_TO_MONITOR,   O,             NEVER,     131072, 0 },
	{ "pam_ran",         IPC_pam_ran,         PAM_TO_MONITOR,   O,             ALWAYS,    4,      0 },
	{ "pam_log",         IPC_pam_log,         PAM_TO_MONITOR,   L | O | E,     ALWAYS,    1200,   0 },
	{ "nursery_start",   IPC_nursery_start,   LISTENER_TO_NURSERY, S,          NEVER,     65536,  0 },
	{ "nursery_fork",    IPC_nursery_fork,    LISTENER_TO_NURSERY, S,          ALWAYS,    0,      1 },
	{ "nursery_ended",   IPC_nursery_ended,   NURSERY_TO_LISTENER, S,          ALWAYS,    8,      0 },
	{ "nursery_log",     IPC_nursery_log,     NURSERY_TO_LISTENER, S,          ALWAYS,    1200,   0 },
	{ "open_tunnel",     IPC_open_tunnel,     CHILD_TO_MONITOR, O,             ALWAYS,    12,     0 },
	{ "tunnel_opened",   IPC_tunnel_opened,   MONITOR_TO_CHILD, O,             ALWAYS,    1024,   1 },
	{ "send_break",      IPC_send_break,      CHILD_TO_MONITOR, O,             ALWAYS,    4,      0 },
	{ "break_sent",      IPC_break_sent,      MONITOR_TO_CHILD, O,             ALWAYS,    8,      0 },
	{ "gss_to_client",   IPC_gss_to_client,   MONITOR_TO_CHILD, L,             ALWAYS,    65536,  0 },
	{ "gss_from_client", IPC_gss_from_client, CHILD_TO_MONITOR, L,             WHEN_TOLD, 65536,  0 },
	{ "gss_start",       IPC_gss_start,       MONITOR_TO_GSS,   L,             NEVER,     65536,  0 },
	{ "gss_prepare",     IPC_gss_prepare,     MONITOR_TO_GSS,   L,             ALWAYS,    0,      0 },
	{ "gss_accept",      IPC_gss_accept,      MONITOR_TO_GSS,   L,             ALWAYS,    65536,  0 },
	{ "gss_verify",      IPC_gss_verify,      MONITOR_TO_GSS,   L,             ALWAYS,    65536,  0 },
	{ "gss_password",    IPC_gss_password,    MONITOR_TO_GSS,   L,             ALWAYS,    4096,   0 },
	{ "gss_admit",       IPC_gss_admit,       MONITOR_TO_GSS,   L,             ALWAYS,    4096,   0 },
	{ "gss_export",      IPC_gss_export,      MONITOR_TO_GSS,   L,             NEVER,     4,      0 },
	{ "gss_store",       IPC_gss_store,       MONITOR_TO_GSS,   L,             NEVER,     131072, 0 },
	{ "gss_accepted",    IPC_gss_accepted,    GSS_TO_MONITOR,   L | O,         ALWAYS,    131072, 0 },
	{ "gss_judged",      IPC_gss_judged,      GSS_TO_MONITOR,   L,             ALWAYS,    8192,   0 },
	{ "gss_exported",    IPC_gss_exported,    GSS_TO_MONITOR,   O,             NEVER,     131072, 0 },
	{ "gss_stored",      IPC_gss_stored,      GSS_TO_MONITOR,   O,             NEVER,     1024,   0 },
	{ "gss_log",         IPC_gss_log,         GSS_TO_MONITOR,   L | O | E,     ALWAYS,    1200,   0 },
	{ "kex_token",       IPC_kex_token,       CHILD_TO_MONITOR, L | O,         WHEN_TOLD, 65536,  0 },
	{ "kex_taken",       IPC_kex_taken,       MONITOR_TO_CHILD, L | O,         ALWAYS,    65536,  0 },
	{ "gss_sign",        IPC_gss_sign,        MONITOR_TO_GSS,   L,             ALWAYS,    128,    0 },
	{ "gss_signed",      IPC_gss_signed,      GSS_TO_MONITOR,   L | O,         ALWAYS,    1024,   0 },
	{ "listen",          IPC_listen,          CHILD_TO_MONITOR, O,             ALWAYS,    1024,   0 },
	{ "listening",       IPC_listening,       MONITOR_TO_CHILD, O,             ALWAYS,    1024,   0 },
	{ "unlisten",        IPC_unlisten,        CHILD_TO_MONITOR, O,             ALWAYS,    4,      0 },
	{ "unlistened",      IPC_unlistened,      MONITOR_TO_CHILD, O,             ALWAYS,    8,      0 },
	{ "accept_more",     IPC_accept_more,     CHILD_TO_MONITOR, O,             ALWAYS,    4,      0 },
	{ "accepted",        IPC_accepted,        MONITOR_TO_CHILD, O,             ALWAYS,    512,    1 },
	{ "user_listen",     IPC_user_listen,     MONITOR_TO_USER,  O,             ALWAYS,    1024,   0 },
	{ "user_listening",  IPC_user_listening,  USER_TO_MONITOR,  O | E,         ALWAYS,    1024,   0 },
	{ "user_unlisten",   IPC_user_unlisten,   MONITOR_TO_USER,  O,             ALWAYS,    4,      0 },
	{ "user_unlistened", IPC_user_unlistened, USER_TO_MONITOR,  O | E,         ALWAYS,    4,      0 },
	{ "user_accept_more", IPC_user_accept_more, MONITOR_TO_USER, O,            ALWAYS,    4,      0 },
	{ "user_accepted",   IPC_user_accepted,   USER_TO_MONITOR,  O | E,         ALWAYS,    512,    1 },
	{ "connect_unix",    IPC_connect_unix,    CHILD_TO_MONITOR, O,             ALWAYS,    512,    0 },
	{ "probe",           IPC_probe,           MONITOR_TO_CHILD, O,             ALWAYS,    4,      0 },
	{ "forward_agent",   IPC_forward_agent,   CHILD_TO_MONITOR, O,             ALWAYS,    5,      0 },
	{ "agent_forwarded", IPC_agent_forwarded, MONITOR_TO_CHILD, O,             ALWAYS,    8,      0 },
	{ "forward_x11",     IPC_forward_x11,     CHILD_TO_MONITOR, O,             ALWAYS,    512,    0 },
	{ "x11_forwarded",   IPC_x11_forwarded,   MONITOR_TO_CHILD, O,             ALWAYS,    8,      0 },
	{ "debug",           IPC_debug,           MONITOR_TO_CHILD, O,             ALWAYS,    1024,   0 },
};
/* clang-format on */

static const enum ipc_phase phases[] = { S, L, O, E };
static const enum ipc_direction directions[] = { MONITOR_TO_CHILD, CHILD_TO_MONITOR,
	MONITOR_TO_USER, USER_TO_MONITOR, MONITOR_TO_PAM, PAM_TO_MONITOR, LISTENER_TO_NURSERY,
	NURSERY_TO_LISTENER, MONITOR_TO_GSS, GSS_TO_MONITOR };

static uint8_t body[IPC_BODY_MAX + 1];

static struct ipc_message
message_of(enum ipc_type type, size_t size, size_t fds)
{
	return (struct ipc_message){ .type = type,
		.body = bytes_of(body, size),
		.fds = { -1, -1, -1, -1 },
		.fd_count = fds };
}

/* Admits one message through a fresh gate. */
static enum result
admit(enum ipc_direction direction, enum ipc_phase phase, struct ipc_message message)
{
	struct ipc_gate gate = { .direction = direction };
	const char *why = "";
	const enum result result = ipc_gate_admit(&gate, phase, &message, &why);

	assert_true((result == RESULT_OK) == (why == NULL));
	return result;
}

static void
has_exactly_the_expected_rows(void **state)
{
	assert_int_equal(COUNT(expected), IPC_TYPE_COUNT);
	for (size_t i = 0; i < COUNT(expected); i++) {
		ROW_TRUE(expected[i].name, expected[i].type == i);
		ROW_TRUE(expected[i].name,
		    strcmp(ipc_row(expected[i].type)->name, expected[i].name) == 0);
	}
}

static void
admits_each_message_in_its_phases_from_its_side_only(void **state)
{
	for (size_t i = 0; i < COUNT(expected); i++) {
		for (size_t p = 0; p < COUNT(phases); p++) {
			for (size_t d = 0; d < COUNT(directions); d++) {
				const bool allowed = directions[d] == expected[i].direction &&
						     (phases[p] & expected[i].phases) != 0;

				ROW_RESULT(expected[i].name,
				    admit(directions[d], phases[p],
					message_of(expected[i].type, 0, 0)),
				    allowed ? RESULT_OK : RESULT_PROTOCOL);
			}
		}
	}
}

/* One of the phases in which the message is allowed. */
static enum ipc_phase
some_phase(const struct expected *row)
{
	return (enum ipc_phase)(row->phases & -row->phases);
}

static void
admits_bodies_up_to_their_ceiling(void **state)
{
	for (size_t i = 0; i < COUNT(expected); i++) {
		const struct expected *row = &expected[i];

		ROW_RESULT(row->name,
		    admit(row->direction, some_phase(row), message_of(row->type, row->body_max, 0)),
		    RESULT_OK);
		ROW_RESULT(row->name,
		    admit(row->direction, some_phase(row),
			message_of(row->type, row->body_max + 1, 0)),
		    RESULT_PROTOCOL);
	}
}

static void
admits_descriptors_up_to_their_number(void **state)
{
	for (size_t i = 0; i < COUNT(expected); i++) {
		const struct expected *row = &expected[i];

		ROW_RESULT(row->name,
		    admit(row->direction, some_phase(row), message_of(row->type, 0, row->fds_max)),
		    RESULT_OK);
		ROW_RESULT(row->name,
		    admit(row->direction, some_phase(row),
			message_of(row->type, 0, row->fds_max + 1)),
		    RESULT_PROTOCOL);
	}
}

static void
counts_how_often(void **state)
{
	for (size_t i = 0; i < COUNT(expected); i++) {
		const struct expected *row = &expected[i];
		struct ipc_gate gate = { .direction = row->direction };
		const struct ipc_message message = message_of(row->type, 0, 0);
		const char *why;

		ROW_RESULT(
		    row->name, ipc_gate_admit(&gate, some_phase(row), &message, &why), RESULT_OK);
		ROW_RESULT(row->name, ipc_gate_admit(&gate, some_phase(row), &message, &why),
		    row->again == ALWAYS ? RESULT_OK : RESULT_PROTOCOL);
		if (row->again != WHEN_TOLD)
			continue;
		ipc_gate_again(&gate, row->type);
		ROW_RESULT(
		    row->name, ipc_gate_admit(&gate, some_phase(row), &message, &why), RESULT_OK);
	}
}

static void
a_refused_message_does_not_use_up_the_right(void **state)
{
	struct ipc_gate gate = { .direction = CHILD_TO_MONITOR };
	struct ipc_message message = message_of(IPC_sign, 257, 0);
	const char *why;

	assert_result(ipc_gate_admit(&gate, L, &message, &why), RESULT_PROTOCOL);
	message.body.size = 256;
	assert_result(ipc_gate_admit(&gate, S, &message, &why), RESULT_PROTOCOL);
	assert_ok(ipc_gate_admit(&gate, L, &message, &why));
}

static void
no_body_is_beyond_what_a_packet_holds(void **state)
{
	for (size_t i = 0; i < COUNT(expected); i++) {
		ROW_TRUE(expected[i].name, expected[i].body_max + 1 <= IPC_PACKET_MAX);
		ROW_TRUE(expected[i].name, expected[i].fds_max <= IPC_FDS_MAX);
	}
}

static void
an_unknown_type_is_our_bug(void *context)
{
	ipc_row(IPC_TYPE_COUNT);
}

static void
asserts_that_a_row_exists(void **state)
{
	assert_true(support_asserts(an_unknown_type_is_our_bug, NULL));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_exactly_the_expected_rows),
		cmocka_unit_test(admits_each_message_in_its_phases_from_its_side_only),
		cmocka_unit_test(admits_bodies_up_to_their_ceiling),
		cmocka_unit_test(admits_descriptors_up_to_their_number),
		cmocka_unit_test(counts_how_often),
		cmocka_unit_test(a_refused_message_does_not_use_up_the_right),
		cmocka_unit_test(no_body_is_beyond_what_a_packet_holds),
		cmocka_unit_test(asserts_that_a_row_exists),
	};

	return cmocka_run_group_tests_name("ipc_table", tests, NULL, NULL);
}
