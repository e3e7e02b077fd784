/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/login/by_gss.c, by_realm.c and monitor/gss_kex.c, with the processes that know Kerberos played by the test: spawn_helper
 * is this file's.
 */
#include "monitor/login/by_gss.h"

#include "common/spawn.h"
#include "tests/unit/monitor/rig.h"

#define PRINCIPAL "alice@EXAMPLE.ORG"

/* The other ends of the processes, in the order in which they were started. */
static int started[128];
static size_t started_count, acceptor; /* which of them is the acceptor now */
static bool brings_credentials;        /* the acceptor has some with what it judges */
static struct ipc_message heard;
static uint8_t heard_room[IPC_PACKET_MAX];

enum result
spawn_helper(const struct spawn_plan *plan, int *socket, pid_t *pid)
{
	int sockets[2];

	assert_true(started_count < COUNT(started));
	assert_string_equal(plan->name, "sallyport-gss");
	assert_ok(ipc_pair(sockets));
	assert_ok(fd_set_nonblocking(sockets[0]));
	assert_ok(fd_set_nonblocking(sockets[1]));
	*socket = sockets[0];
	started[started_count++] = sockets[1];
	*pid = 0;
	return RESULT_OK;
}

static void
stop(struct rig *rig)
{
	for (size_t i = 0; i < started_count; i++)
		fd_close(&started[i]);
	started_count = acceptor = 0;
	brings_credentials = false;
	rig_free(rig);
}

/* What this process is asked next. */
static struct reader
asked(size_t process, enum ipc_type type)
{
	assert_true(process < started_count);
	assert_ok(ipc_receive(started[process], heard_room, &heard));
	assert_string_equal(ipc_row(heard.type)->name, ipc_row(type)->name);
	return reader_of(heard.body);
}

static void
judge(struct rig *rig, size_t process, uint32_t verdict)
{
	const struct gss_judged judged = { .verdict = verdict,
		.has_credentials = brings_credentials,
		.principal = bytes_of_text(PRINCIPAL),
		.reason = bytes_of_text("because") };
	uint8_t room[1024];
	struct writer writer = writer_into(room, sizeof(room));

	gss_judged_put(&writer, &judged);
	assert_ok(writer_end(&writer));
	assert_ok(ipc_send(started[process], IPC_gss_judged, writer_bytes(&writer), NULL, 0));
	gss_link_receive(&rig->monitor, process == 0 ? GSS_ACCEPTOR : GSS_USER);
}

static void
accept_token(struct rig *rig, uint32_t status, bool has_integrity)
{
	const struct gss_accepted accepted = { .status = status,
		.token = bytes_of_text("to the client"),
		.principal = bytes_of_text(PRINCIPAL),
		.has_integrity = has_integrity,
		.major = 13,
		.minor = 14,
		.text = bytes_of_text("/etc/krb5.keytab has no such key") };
	uint8_t room[1024];
	struct writer writer = writer_into(room, sizeof(room));

	gss_accepted_put(&writer, &accepted);
	assert_ok(writer_end(&writer));
	assert_ok(ipc_send(started[acceptor], IPC_gss_accepted, writer_bytes(&writer), NULL, 0));
	gss_link_receive(&rig->monitor, GSS_ACCEPTOR);
}

static void
say(struct rig *rig, enum gss_step step, const char *token)
{
	uint8_t room[1024];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, step);
	put_text(&writer, token);
	assert_ok(writer_end(&writer));
	rig_say(rig, IPC_gss_from_client, writer_bytes(&writer));
}

static void
try(struct rig *rig)
{
	struct auth_request request;

	auth_request_init(&request, AUTH_METHOD_GSSAPI);
	request.user = bytes_of_text(rig->user);
	request.service = bytes_of_text("ssh-connection");
	rig_authenticate(rig, &request);
}

/* The client is told this step. */
static void
expect_step(struct rig *rig, enum gss_step step)
{
	struct reader reader = rig_told(rig, IPC_gss_to_client);
	struct gss_to_client told;

	gss_to_client_get(&reader, &told);
	assert_ok(reader_end(&reader));
	assert_int_equal(told.step, step);
}

/* It is the client's turn to send a token. */
static struct rig *
rig_with_method(const char *more)
{
	char settings[512];
	struct rig *rig;

	snprintf(
	    settings, sizeof(settings), "GSSAPIAuthentication yes\nPermitRootLogin yes\n%s", more);
	rig = rig_new(settings);
	rig_exchange_keys(rig);
	try(rig);
	(void)asked(0, IPC_gss_start);
	(void)asked(0, IPC_gss_prepare);
	judge(rig, 0, GSS_YES);
	expect_step(rig, GSS_STEP_BEGIN);
	return rig;
}

/* It is its turn to send a MIC. */
static struct rig *
rig_with_context(const char *more)
{
	struct rig *rig = rig_with_method(more);
	struct reader reader;

	say(rig, GSS_STEP_TOKEN, "from the client");
	reader = asked(0, IPC_gss_accept);
	assert_int_equal(get_u32(&reader), GSS_FOR_LOGIN);
	assert_false(get_bool(&reader));
	assert_bytes_text(get_string(&reader), "from the client");
	accept_token(rig, GSS_STATUS_COMPLETE, true);
	expect_step(rig, GSS_STEP_LAST);
	return rig;
}

static void
say_kex(struct rig *rig, bool is_first, const char *token)
{
	uint8_t room[1024];
	struct writer writer = writer_into(room, sizeof(room));

	put_bool(&writer, is_first);
	put_text(&writer, token);
	assert_ok(writer_end(&writer));
	rig_say(rig, IPC_kex_token, writer_bytes(&writer));
}

/* --- Logins ------------------------------------------------------------------------------------- */

static void
the_mic_is_over_what_the_monitor_knows(void **state)
{
	struct rig *rig = rig_with_context("");
	struct reader reader, data;

	say(rig, GSS_STEP_MIC, "a MIC");
	reader = asked(0, IPC_gss_verify);
	assert_int_equal(get_u32(&reader), GSS_FOR_LOGIN);
	data = reader_of(get_string(&reader));
	assert_bytes_text(get_string(&reader), "a MIC");
	assert_ok(reader_end(&reader));
	assert_bytes(get_string(&data), BYTES("0123456789abcdef0123456789abcdef"));
	assert_int_equal(get_byte(&data), SSH_MSG_USERAUTH_REQUEST);
	assert_bytes_text(get_string(&data), rig->user);
	assert_bytes_text(get_string(&data), "ssh-connection");
	assert_bytes_text(get_string(&data), "gssapi-with-mic");
	assert_ok(reader_end(&data));
	stop(rig);
}

/* Whether the principal may is asked of a process that is the user. */
static void
logs_in_when_all_say_so(void **state)
{
	struct rig *rig = rig_with_context("");
	struct reader reader;
	struct gss_start start;

	say(rig, GSS_STEP_MIC, "a MIC");
	judge(rig, 0, GSS_YES);
	assert_int_equal(rig->monitor.phase, IPC_PHASE_LOGIN);
	reader = asked(1, IPC_gss_start);
	gss_start_get(&reader, &start);
	assert_int_equal(start.role, GSS_ROLE_USER);
	assert_int_equal(start.uid, getuid());
	reader = asked(1, IPC_gss_admit);
	assert_bytes_text(get_string(&reader), PRINCIPAL);
	assert_bytes_text(get_string(&reader), rig->user);
	judge(rig, 1, GSS_YES);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_SUCCESS);
	assert_int_equal(rig->monitor.phase, IPC_PHASE_OPEN);
	/* Nothing was delegated: both are let go, and the keys with them. */
	assert_int_equal(gss_link_fd(rig->monitor.gss, GSS_ACCEPTOR), -1);
	assert_int_equal(gss_link_fd(rig->monitor.gss, GSS_USER), -1);
	stop(rig);
}

static void
any_verdict_but_yes_refuses(void **state)
{
	static const uint32_t verdicts[] = { GSS_NO, GSS_NO_ANSWER, 0, 1, (uint32_t)-1, GSS_YES ^ 1,
		GSS_STATUS_COMPLETE };

	for (size_t i = 0; i < COUNT(verdicts); i++) {
		struct rig *rig = rig_with_context("");

		say(rig, GSS_STEP_MIC, "a MIC");
		judge(rig, 0, verdicts[i]);
		assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
		stop(rig);

		rig = rig_with_context("");
		say(rig, GSS_STEP_MIC, "a MIC");
		judge(rig, 0, GSS_YES);
		judge(rig, 1, verdicts[i]);
		assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
		assert_int_equal(rig->monitor.phase, IPC_PHASE_LOGIN);
		stop(rig);
	}
}

static void
a_context_without_integrity_is_of_no_use(void **state)
{
	struct rig *rig = rig_with_method("");

	say(rig, GSS_STEP_TOKEN, "token");
	accept_token(rig, GSS_STATUS_COMPLETE, false);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
	say(rig, GSS_STEP_MIC, "a MIC");
	assert_true(rig_is_attack(rig));
	stop(rig);
}

static void
an_account_that_may_not_log_in_is_not_asked_about(void **state)
{
	char settings[256];
	struct rig *rig;

	snprintf(settings, sizeof(settings), "DenyUsers *\n");
	rig = rig_with_context(settings);
	say(rig, GSS_STEP_MIC, "a MIC");
	judge(rig, 0, GSS_YES);
	assert_int_equal(started_count, 1);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
	stop(rig);
}

static void
fail_after_the_mic(bool is_refused)
{
	struct rig *rig = rig_with_context("GSSAPIDelegateCredentials yes\n");

	brings_credentials = true;
	say(rig, GSS_STEP_MIC, "a MIC");
	judge(rig, 0, GSS_YES);
	assert_false(rig->monitor.gss->has_credentials);
	if (is_refused) { /* as by what changed in between */
		account_free(rig->monitor.login->account);
		rig->monitor.login->account = NULL;
	}
	judge(rig, 1, GSS_YES);
	assert_int_equal(
	    rig_outcome(rig), is_refused ? AUTH_OUTCOME_FAILURE : AUTH_OUTCOME_SUCCESS);
	assert_int_equal(rig->monitor.gss->has_credentials, !is_refused);
	assert_int_equal(rig->monitor.login->gss_has_credentials, !is_refused);
	stop(rig);
}

/* Else whoever logs in later would be given what came with a ticket that was refused. */
static void
credentials_are_kept_of_who_is_logged_in(void **state)
{
	fail_after_the_mic(false);
	fail_after_the_mic(true);
}

/* What the library says may name the keytab, and which keys are in it. */
static void
strangers_are_not_told_of_keys(void **state)
{
	struct rig *rig = rig_with_method("");
	struct gss_to_client told;
	struct reader reader;

	say(rig, GSS_STEP_TOKEN, "token");
	accept_token(rig, GSS_STATUS_FAILED, false);
	reader = rig_told(rig, IPC_gss_to_client);
	gss_to_client_get(&reader, &told);
	assert_int_equal(told.step, GSS_STEP_FAILED);
	assert_bytes_text(told.text, "the token is not acceptable");
	assert_bytes_text(told.token, "to the client");
	assert_int_equal(told.major, 13);
	assert_int_equal(told.minor, 0);
	stop(rig);

	rig = rig_new("GSSAPIKeyExchange yes\n");
	say_kex(rig, true, "one");
	accept_token(rig, GSS_STATUS_FAILED, false);
	reader = rig_told(rig, IPC_kex_taken);
	gss_to_client_get(&reader, &told);
	assert_int_equal(told.step, GSS_STEP_FAILED);
	assert_bytes_text(told.text, "the token is not acceptable");
	assert_int_equal(told.minor, 0);
	stop(rig);
}

/* --- The child's lies --------------------------------------------------------------------------- */

static void
a_step_out_of_turn_is_an_attack(void **state)
{
	struct rig *rig = rig_new("GSSAPIAuthentication yes\n");

	rig_exchange_keys(rig);
	say(rig, GSS_STEP_TOKEN, "token"); /* before the method */
	assert_true(rig_is_attack(rig));
	stop(rig);

	rig = rig_with_method("");
	say(rig, GSS_STEP_MIC, "a MIC"); /* before the context */
	assert_true(rig_is_attack(rig));
	stop(rig);

	rig = rig_with_method("");
	say(rig, GSS_STEP_TOKEN, "token");
	say(rig, GSS_STEP_TOKEN, "token"); /* before the answer */
	assert_true(rig_is_attack(rig));
	stop(rig);

	rig = rig_with_context("");
	say(rig, GSS_STEP_TOKEN, "token"); /* after the last */
	assert_true(rig_is_attack(rig));
	stop(rig);

	rig = rig_with_context("");
	say(rig, GSS_STEP_MIC, "a MIC");
	try(rig); /* another attempt beside this one */
	assert_true(rig_is_attack(rig));
	stop(rig);
}

static void
an_attempt_that_is_left_counts(void **state)
{
	struct rig *rig = rig_with_context("");
	struct auth_request request;

	auth_request_init(&request, AUTH_METHOD_NONE);
	request.user = bytes_of_text(rig->user);
	request.service = bytes_of_text("ssh-connection");
	rig_authenticate(rig, &request);
	assert_int_equal(rig->monitor.login->failures, 1);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
	say(rig, GSS_STEP_MIC, "a MIC");
	assert_true(rig_is_attack(rig));
	stop(rig);
}

/* --- The processes' lies ------------------------------------------------------------------------ */

static void
an_answer_that_nothing_asked_for_ends_the_process(void **state)
{
	struct rig *rig = rig_with_method("");

	judge(rig, 0, GSS_YES);
	assert_int_equal(gss_link_fd(rig->monitor.gss, GSS_ACCEPTOR), -1);
	assert_int_equal(rig->monitor.phase, IPC_PHASE_LOGIN);
	stop(rig);

	rig = rig_with_method("");
	say(rig, GSS_STEP_TOKEN, "token");
	judge(rig, 0, GSS_YES); /* to a token */
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
	stop(rig);

	rig = rig_with_context("");
	say(rig, GSS_STEP_MIC, "a MIC");
	accept_token(rig, GSS_STATUS_COMPLETE, true); /* to a MIC */
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
	stop(rig);
}

static void
a_process_that_ends_is_a_failure(void **state)
{
	struct rig *rig = rig_with_context("");

	say(rig, GSS_STEP_MIC, "a MIC");
	fd_close(&started[0]);
	gss_link_receive(&rig->monitor, GSS_ACCEPTOR);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
	stop(rig);
}

/* --- Passwords ---------------------------------------------------------------------------------- */

static struct rig *
rig_with_password(const char *more)
{
	char settings[512];
	struct auth_request request;
	struct rig *rig;

	snprintf(settings, sizeof(settings),
	    "KerberosAuthentication yes\nPasswordAuthentication yes\nPermitRootLogin yes\n%s",
	    more);
	rig = rig_new(settings);
	rig_exchange_keys(rig);
	auth_request_init(&request, AUTH_METHOD_PASSWORD);
	request.user = bytes_of_text(rig->user);
	request.service = bytes_of_text("ssh-connection");
	request.password = bytes_of_text("typed");
	rig_authenticate(rig, &request);
	(void)asked(0, IPC_gss_start);
	return rig;
}

static void
a_password_is_the_realms_to_judge(void **state)
{
	struct rig *rig = rig_with_password("KerberosOrLocalPasswd no\n");
	struct reader reader = asked(0, IPC_gss_password);

	assert_bytes_text(get_string(&reader), rig->user);
	assert_bytes_text(get_string(&reader), "typed");
	judge(rig, 0, GSS_YES);
	judge(rig, 1, GSS_YES);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_SUCCESS);
	stop(rig);

	rig = rig_with_password("KerberosOrLocalPasswd no\n");
	judge(rig, 0, GSS_NO);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
	stop(rig);

	rig = rig_with_password("KerberosOrLocalPasswd no\n");
	judge(rig, 0, GSS_YES);
	judge(rig, 1, GSS_NO); /* right, and not this user's */
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
	stop(rig);
}

static void
a_ticket_of_a_refused_password_is_nobodys(void **state)
{
	for (int is_refused = 0; is_refused < 2; is_refused++) {
		struct rig *rig = rig_with_password("KerberosOrLocalPasswd no\n");

		(void)asked(0, IPC_gss_password);
		brings_credentials = true;
		judge(rig, 0, GSS_YES);
		if (is_refused) { /* as by what changed in between */
			account_free(rig->monitor.login->account);
			rig->monitor.login->account = NULL;
		}
		judge(rig, 1, GSS_YES);
		assert_int_equal(
		    rig_outcome(rig), is_refused ? AUTH_OUTCOME_FAILURE : AUTH_OUTCOME_SUCCESS);
		assert_int_equal(rig->monitor.gss->has_credentials, !is_refused);
		stop(rig);
	}
}

static void
what_nobody_types_goes_nowhere(void **state)
{
	struct rig *rig = rig_with_password("KerberosOrLocalPasswd no\nDenyUsers *\n");
	struct reader reader = asked(0, IPC_gss_password);

	assert_bytes_text(get_string(&reader), "sallyport-nobody");
	assert_false(bytes_is(get_string(&reader), "typed"));
	judge(rig, 0, GSS_YES);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
	stop(rig);
}

/* It would say which realm is asked, and by which hosts. */
static void
what_a_stranger_is_called_goes_nowhere(void **state)
{
	static const char *const names[] = { "x@ELSEWHERE.EXAMPLE", "no-such-user", "krbtgt/X@Y" };

	for (size_t i = 0; i < COUNT(names); i++) {
		struct rig *rig =
		    rig_new("KerberosAuthentication yes\nPasswordAuthentication yes\n");
		struct auth_request request;
		struct reader reader;

		rig_exchange_keys(rig);
		auth_request_init(&request, AUTH_METHOD_PASSWORD);
		request.user = bytes_of_text(names[i]);
		request.service = bytes_of_text("ssh-connection");
		request.password = bytes_of_text("typed");
		rig_authenticate(rig, &request);
		(void)asked(0, IPC_gss_start);
		reader = asked(0, IPC_gss_password);
		assert_bytes_text(get_string(&reader), "sallyport-nobody");
		assert_false(bytes_is(get_string(&reader), "typed"));
		stop(rig);
	}
}

static void
reply(struct rig *rig, const char *text)
{
	struct auth_replies replies = { .count = 1 };
	uint8_t room[1024];
	struct writer writer = writer_into(room, sizeof(room));

	replies.replies[0] = bytes_of_text(text);
	auth_replies_put(&writer, &replies);
	assert_ok(writer_end(&writer));
	rig_say(rig, IPC_auth_reply, writer_bytes(&writer));
}

/* Asked for by keyboard-interactive it is the same password. */
static struct rig *
rig_with_reply(void)
{
	struct rig *rig = rig_new("KerberosAuthentication yes\nPasswordAuthentication yes\n"
				  "KerberosOrLocalPasswd no\nPermitRootLogin yes\n");
	struct auth_request request;
	struct reader reader;

	rig_exchange_keys(rig);
	auth_request_init(&request, AUTH_METHOD_KEYBOARD);
	request.user = bytes_of_text(rig->user);
	request.service = bytes_of_text("ssh-connection");
	rig_authenticate(rig, &request);
	(void)rig_told(rig, IPC_auth_prompt);
	reply(rig, "typed");
	(void)asked(0, IPC_gss_start);
	reader = asked(0, IPC_gss_password);
	assert_bytes_text(get_string(&reader), rig->user);
	assert_bytes_text(get_string(&reader), "typed");
	return rig;
}

static void
an_answer_is_the_realms_to_judge(void **state)
{
	struct rig *rig = rig_with_reply();

	judge(rig, 0, GSS_YES);
	judge(rig, 1, GSS_YES);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_SUCCESS);
	stop(rig);

	rig = rig_with_reply();
	judge(rig, 0, GSS_NO);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
	stop(rig);

	rig = rig_with_reply();
	judge(rig, 0, GSS_YES);
	judge(rig, 1, GSS_NO);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
	stop(rig);
}

/* --- Key exchange ------------------------------------------------------------------------------- */

#define HASH BYTES("fedcba9876543210fedcba9876543210")

static void
expect_taken(struct rig *rig, enum gss_step step)
{
	struct reader reader = rig_told(rig, IPC_kex_taken);
	struct gss_to_client told;

	gss_to_client_get(&reader, &told);
	assert_ok(reader_end(&reader));
	assert_int_equal(told.step, step);
}

static void
expect_token(bool begins, const char *token)
{
	struct reader reader = asked(0, IPC_gss_accept);

	assert_int_equal(get_u32(&reader), GSS_FOR_KEX);
	assert_int_equal(get_bool(&reader), begins);
	assert_bytes_text(get_string(&reader), token);
	assert_ok(reader_end(&reader));
}

static void
give_mic(struct rig *rig, const char *mic)
{
	uint8_t room[64];
	struct writer writer = writer_into(room, sizeof(room));

	put_text(&writer, mic);
	assert_ok(writer_end(&writer));
	assert_ok(ipc_send(started[acceptor], IPC_gss_signed, writer_bytes(&writer), NULL, 0));
	gss_link_receive(&rig->monitor, GSS_ACCEPTOR);
}

/* The context of a key exchange is there, and no hash. */
static struct rig *
rig_with_kex(void)
{
	struct rig *rig =
	    rig_new("GSSAPIAuthentication yes\nGSSAPIKeyExchange yes\nPermitRootLogin yes\n");

	say_kex(rig, true, "one");
	(void)asked(0, IPC_gss_start);
	expect_token(true, "one");
	accept_token(rig, GSS_STATUS_MORE, true);
	expect_taken(rig, GSS_STEP_TOKEN);
	say_kex(rig, false, "two");
	expect_token(false, "two");
	accept_token(rig, GSS_STATUS_COMPLETE, true);
	expect_taken(rig, GSS_STEP_LAST);
	return rig;
}

static struct rig *
rig_with_keys(void)
{
	struct rig *rig = rig_with_kex();
	struct reader reader;

	rig_sign(rig, "null", HASH);
	reader = asked(0, IPC_gss_sign);
	assert_bytes(get_string(&reader), HASH);
	give_mic(rig, "a MIC");
	reader = rig_told(rig, IPC_signed);
	assert_bytes_text(get_string(&reader), "a MIC");
	rig_say(rig, IPC_kex_done, bytes_of(NULL, 0));
	return rig;
}

static void
the_first_hash_is_the_session_id(void **state)
{
	struct rig *rig = rig_with_keys();

	assert_bytes(bytes_of(rig->monitor.session_id, rig->monitor.session_id_size), HASH);
	stop(rig);
}

static struct rig *
rig_logged_in_by_keys(void)
{
	struct rig *rig = rig_with_keys();
	struct auth_request request;
	struct reader reader, data;

	auth_request_init(&request, AUTH_METHOD_KEYEX);
	request.user = bytes_of_text(rig->user);
	request.service = bytes_of_text("ssh-connection");
	request.signature = bytes_of_text("a MIC");
	rig_authenticate(rig, &request);
	reader = asked(0, IPC_gss_verify);
	assert_int_equal(get_u32(&reader), GSS_FOR_KEX);
	data = reader_of(get_string(&reader));
	assert_bytes_text(get_string(&reader), "a MIC");
	assert_bytes(get_string(&data), HASH);
	(void)get_byte(&data);
	assert_bytes_text(get_string(&data), rig->user);
	assert_bytes_text(get_string(&data), "ssh-connection");
	assert_bytes_text(get_string(&data), "gssapi-keyex");
	assert_ok(reader_end(&data));
	judge(rig, 0, GSS_YES);
	judge(rig, 1, GSS_YES);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_SUCCESS);
	return rig;
}

static void
who_exchanged_keys_logs_in_by_a_mic_of_theirs(void **state)
{
	stop(rig_logged_in_by_keys());
}

/* After a key exchange by a host key there is no context that a MIC could be of. */
static void
without_such_keys_the_method_is_not_there(void **state)
{
	struct rig *rig = rig_new("GSSAPIAuthentication yes\nGSSAPIKeyExchange yes\n");
	struct auth_request request;

	rig_exchange_keys(rig);
	auth_request_init(&request, AUTH_METHOD_KEYEX);
	request.user = bytes_of_text(rig->user);
	request.service = bytes_of_text("ssh-connection");
	request.signature = bytes_of_text("a MIC");
	rig_authenticate(rig, &request);
	assert_int_equal(started_count, 0);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
	stop(rig);
}

static void
a_mic_that_no_key_exchange_needs_is_not_given(void **state)
{
	struct rig *rig = rig_new("GSSAPIKeyExchange yes\n");

	rig_sign(rig, "null", HASH); /* without a context */
	assert_true(rig_is_attack(rig));
	stop(rig);

	rig = rig_with_keys();
	rig_sign(rig, "null", HASH); /* again */
	assert_true(rig_is_attack(rig));
	stop(rig);

	rig = rig_with_keys();
	say_kex(rig, true, "one"); /* another exchange before the login */
	assert_true(rig_is_attack(rig));
	stop(rig);

	rig = rig_with_kex();
	rig_sign(rig, "ssh-ed25519", HASH);
	(void)rig_told(rig, IPC_signed);
	rig_sign(rig, "null", HASH); /* beside a host key's */
	assert_true(rig_is_attack(rig));
	stop(rig);
}

static void
a_token_of_no_key_exchange_is_an_attack(void **state)
{
	struct rig *rig = rig_new("GSSAPIAuthentication yes\n");

	say_kex(rig, true, "one"); /* it is not configured */
	assert_true(rig_is_attack(rig));
	stop(rig);

	rig = rig_new("GSSAPIKeyExchange yes\n");
	say_kex(rig, false, "two"); /* before the first */
	assert_true(rig_is_attack(rig));
	stop(rig);

	rig = rig_new("GSSAPIKeyExchange yes\n");
	say_kex(rig, true, "one");
	say_kex(rig, false, "two"); /* before the answer */
	assert_true(rig_is_attack(rig));
	stop(rig);

	rig = rig_with_kex();
	say_kex(rig, false, "three"); /* after the last */
	assert_true(rig_is_attack(rig));
	stop(rig);

	rig = rig_with_kex();
	say_kex(rig, true, "one"); /* the first again */
	assert_true(rig_is_attack(rig));
	stop(rig);
}

static void
a_context_that_is_not_mutual_makes_no_keys(void **state)
{
	struct rig *rig = rig_new("GSSAPIKeyExchange yes\n");

	say_kex(rig, true, "one");
	accept_token(rig, GSS_STATUS_COMPLETE, false);
	expect_taken(rig, GSS_STEP_FAILED);
	rig_sign(rig, "null", HASH);
	assert_true(rig_is_attack(rig));
	stop(rig);
}

static void
an_acceptor_that_ends_makes_no_keys(void **state)
{
	struct rig *rig = rig_new("GSSAPIKeyExchange yes\n");

	say_kex(rig, true, "one");
	fd_close(&started[0]);
	gss_link_receive(&rig->monitor, GSS_ACCEPTOR);
	expect_taken(rig, GSS_STEP_FAILED);
	stop(rig);

	rig = rig_with_kex();
	rig_sign(rig, "null", HASH);
	fd_close(&started[0]);
	gss_link_receive(&rig->monitor, GSS_ACCEPTOR);
	assert_int_equal(rig->monitor.phase, IPC_PHASE_ENDING);
	stop(rig);
}

/* Whoever is logged in may exchange keys again when that is over; each one executes a program. */
static void
key_exchanges_have_a_ceiling(void **state)
{
	struct rig *rig = rig_logged_in_by_keys();
	unsigned count = 1;

	while (started_count < COUNT(started)) {
		if (count == 60) /* a minute later; else there are too many */
			rig->monitor.gss->kexes_since_ms -= 60000;
		say_kex(rig, true, "one");
		acceptor = started_count - 1;
		if (rig->monitor.gss->kex == GSS_KEX_DONE)
			break;
		accept_token(rig, GSS_STATUS_COMPLETE, true);
		expect_taken(rig, GSS_STEP_LAST);
		rig_sign(rig, "null", HASH);
		give_mic(rig, "a MIC");
		(void)rig_told(rig, IPC_signed);
		rig_say(rig, IPC_kex_done, bytes_of(NULL, 0));
		count++;
	}
	expect_taken(rig, GSS_STEP_FAILED);
	assert_int_equal(count, 120);

	stop(rig);
}

/* Neither end: the acceptor reads clients' tokens, the other is the user. */
static void
its_log_wakes_nobody_up(void **state)
{
	struct rig *rig = rig_with_context("");
	struct support_log seen;
	uint8_t room[256];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, LOG_LEVEL_FATAL);
	put_text(&writer, "accepted");
	put_text(&writer, "Accepted password\nfor root");
	say(rig, GSS_STEP_MIC, "the MIC");
	judge(rig, 0, GSS_YES);
	assert_int_equal(started_count, 2);
	for (size_t i = 0; i < started_count; i++) {
		support_log_capture(&seen);
		log_set_level(LOG_LEVEL_INFO);
		assert_ok(ipc_send(started[i], IPC_gss_log, writer_bytes(&writer), NULL, 0));
		gss_link_receive(&rig->monitor, i == 0 ? GSS_ACCEPTOR : GSS_USER);
		assert_int_equal(seen.count, 1);
		assert_int_equal(seen.level, LOG_LEVEL_INFO);
		assert_string_equal(seen.reason, "gss");
		assert_null(strchr(seen.text, '\n'));
		assert_non_null(strstr(seen.text, "accepted: Accepted password"));
	}
	stop(rig);
}

static void
a_log_of_no_level_is_refused(void **state)
{
	static const uint32_t levels[] = { LOG_LEVEL_QUIET, LOG_LEVEL_DEBUG3 + 1, UINT32_MAX };

	for (size_t i = 0; i < COUNT(levels); i++) {
		struct rig *rig = rig_with_context("");
		uint8_t room[64];
		struct writer writer = writer_into(room, sizeof(room));

		put_u32(&writer, levels[i]);
		put_text(&writer, "a");
		put_text(&writer, "b");
		assert_ok(ipc_send(started[0], IPC_gss_log, writer_bytes(&writer), NULL, 0));
		gss_link_receive(&rig->monitor, GSS_ACCEPTOR);
		assert_int_equal(gss_link_fd(rig->monitor.gss, GSS_ACCEPTOR), -1);
		stop(rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_mic_is_over_what_the_monitor_knows),
		cmocka_unit_test(logs_in_when_all_say_so),
		cmocka_unit_test(any_verdict_but_yes_refuses),
		cmocka_unit_test(a_context_without_integrity_is_of_no_use),
		cmocka_unit_test(an_account_that_may_not_log_in_is_not_asked_about),
		cmocka_unit_test(a_step_out_of_turn_is_an_attack),
		cmocka_unit_test(an_attempt_that_is_left_counts),
		cmocka_unit_test(an_answer_that_nothing_asked_for_ends_the_process),
		cmocka_unit_test(a_process_that_ends_is_a_failure),
		cmocka_unit_test(a_password_is_the_realms_to_judge),
		cmocka_unit_test(a_ticket_of_a_refused_password_is_nobodys),
		cmocka_unit_test(what_nobody_types_goes_nowhere),
		cmocka_unit_test(credentials_are_kept_of_who_is_logged_in),
		cmocka_unit_test(strangers_are_not_told_of_keys),
		cmocka_unit_test(what_a_stranger_is_called_goes_nowhere),
		cmocka_unit_test(an_answer_is_the_realms_to_judge),
		cmocka_unit_test(key_exchanges_have_a_ceiling),
		cmocka_unit_test(the_first_hash_is_the_session_id),
		cmocka_unit_test(who_exchanged_keys_logs_in_by_a_mic_of_theirs),
		cmocka_unit_test(without_such_keys_the_method_is_not_there),
		cmocka_unit_test(a_mic_that_no_key_exchange_needs_is_not_given),
		cmocka_unit_test(a_token_of_no_key_exchange_is_an_attack),
		cmocka_unit_test(a_context_that_is_not_mutual_makes_no_keys),
		cmocka_unit_test(an_acceptor_that_ends_makes_no_keys),
		cmocka_unit_test(its_log_wakes_nobody_up),
		cmocka_unit_test(a_log_of_no_level_is_refused),
	};

	if (!SALLYPORT_KERBEROS) { /* the settings are refused */
		puts("1..0 # SKIP built without Kerberos");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
