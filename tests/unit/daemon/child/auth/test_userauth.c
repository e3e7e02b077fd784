/* SPDX-License-Identifier: ISC */
/*
 * Tests of daemon/child/auth/userauth.c.
 */
#include "daemon/child/auth/userauth.h"

#include "common/gss_bodies.h"
#include "tests/unit/support.h"

struct rig {
	struct userauth auth;
	struct outlet outlet;
	uint8_t room[64 * 1024];
};

static struct rig *
rig_new(const char *banner)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	outlet_init(&rig->outlet);
	assert_ok(userauth_init(&rig->auth, bytes_of_text(banner)));
	return rig;
}

static void
rig_free(struct rig *rig)
{
	userauth_clear(&rig->auth);
	outlet_clear(&rig->outlet);
	free(rig);
}

static struct writer
request(struct rig *rig, const char *user, const char *service, const char *method)
{
	struct writer writer = writer_into(rig->room, sizeof(rig->room));

	put_byte(&writer, SSH_MSG_USERAUTH_REQUEST);
	put_text(&writer, user);
	put_text(&writer, service);
	put_text(&writer, method);
	return writer;
}

static enum result
receive(struct rig *rig, const struct writer *writer)
{
	assert_ok(writer_end(writer));
	return userauth_receive(&rig->auth, writer_bytes(writer), &rig->outlet);
}

static enum result
receive_none(struct rig *rig, const char *user, const char *service)
{
	struct writer writer = request(rig, user, service, "none");

	return receive(rig, &writer);
}

/* A method that nobody serves. */
static enum result
receive_unknown(struct rig *rig)
{
	struct writer writer = request(rig, "alice", "ssh-connection", "magic");

	put_text(&writer, "hunter2");
	return receive(rig, &writer);
}

static enum result
receive_password(struct rig *rig, const char *password, const char *new_password)
{
	struct writer writer = request(rig, "alice", "ssh-connection", "password");

	put_bool(&writer, new_password != NULL);
	put_text(&writer, password);
	if (new_password != NULL)
		put_text(&writer, new_password);
	return receive(rig, &writer);
}

static enum result
receive_keyboard(struct rig *rig)
{
	struct writer writer = request(rig, "alice", "ssh-connection", "keyboard-interactive");

	put_text(&writer, "");
	put_text(&writer, "pam,other");
	return receive(rig, &writer);
}

static enum result
receive_replies(struct rig *rig, uint32_t count, const char *reply)
{
	struct writer writer = writer_into(rig->room, sizeof(rig->room));

	put_byte(&writer, SSH_MSG_USERAUTH_INFO_RESPONSE);
	put_u32(&writer, count);
	for (uint32_t i = 0; i < count; i++)
		put_text(&writer, reply);
	return receive(rig, &writer);
}

/* One question, not shown. */
static enum result
prompt(struct rig *rig)
{
	const struct auth_prompts prompts = { .name = BYTES_ROW(""),
		.instruction = BYTES_ROW("Hello"),
		.count = 1,
		.prompts = { { BYTES_ROW("Password: "), false } } };

	return userauth_prompt(&rig->auth, &prompts, &rig->outlet);
}

static enum result
receive_publickey(struct rig *rig, bool with_signature)
{
	struct writer writer = request(rig, "alice", "ssh-connection", "publickey");

	put_bool(&writer, with_signature);
	put_text(&writer, "ssh-ed25519");
	put_text(&writer, "blob");
	if (with_signature)
		put_text(&writer, "signature");
	return receive(rig, &writer);
}

static struct auth_request
asked(struct rig *rig)
{
	struct auth_request request;
	struct conn_event event;
	struct reader reader;

	assert_true(outlet_take_event(&rig->outlet, &event));
	assert_int_equal(event.kind, CONN_ASK);
	assert_int_equal(event.ask, IPC_authenticate);
	reader = reader_of(event.bytes);
	auth_request_get(&reader, &request);
	assert_ok(reader_end(&reader));
	return request;
}

static enum result
answer(struct rig *rig, enum auth_outcome outcome, bool *is_logged_in)
{
	const struct auth_answer body = { .outcome = outcome,
		.methods = BYTES_ROW("publickey"),
		.prompt = BYTES_ROW("New password: ") };

	return userauth_answer(&rig->auth, &body, &rig->outlet, is_logged_in);
}

static uint8_t
told(struct rig *rig)
{
	struct bytes payload;

	assert_true(outlet_take_packet(&rig->outlet, &payload));
	return payload.data[0];
}

static void
none_is_asked_and_the_failure_names_the_methods(void **state)
{
	struct rig *rig = rig_new("");
	struct auth_request what;
	struct bytes payload;
	bool is_logged_in;

	assert_ok(receive_none(rig, "alice", "ssh-connection"));
	what = asked(rig);
	assert_int_equal(what.method, AUTH_METHOD_NONE);
	assert_bytes_text(what.user, "alice");
	assert_true(userauth_is_waiting(&rig->auth));
	assert_ok(answer(rig, AUTH_OUTCOME_FAILURE, &is_logged_in));
	assert_false(is_logged_in);
	assert_false(userauth_is_waiting(&rig->auth));
	assert_true(outlet_take_packet(&rig->outlet, &payload));
	assert_bytes(payload, BYTES("\063\0\0\0\011publickey\0"));
	rig_free(rig);
}

static void
a_bound_request_brings_the_host_key(void **state)
{
	struct rig *rig = rig_new("");
	struct writer writer =
	    request(rig, "alice", "ssh-connection", "publickey-hostbound-v00@openssh.com");
	struct auth_request what;

	put_bool(&writer, true);
	put_text(&writer, "ssh-ed25519");
	put_text(&writer, "blob");
	put_text(&writer, "host key");
	put_text(&writer, "signature");
	assert_ok(receive(rig, &writer));
	what = asked(rig);
	assert_int_equal(what.method, AUTH_METHOD_PUBLICKEY);
	assert_true(what.is_hostbound && what.has_signature);
	assert_bytes_text(what.host_key, "host key");
	assert_bytes_text(what.signature, "signature");
	rig_free(rig);
}

static struct auth_request
asked_for_host(const char *host, size_t user_size, bool has_more, enum result *result)
{
	struct rig *rig = rig_new("");
	struct writer writer = request(rig, "alice", "ssh-connection", "hostbased");
	struct auth_request what = { .method = 0 };
	static char user[USER_NAME_MAX + 2];

	memset(user, 'u', sizeof(user));
	put_text(&writer, "ssh-ed25519");
	put_text(&writer, "blob");
	put_text(&writer, host);
	put_string(&writer, bytes_of(user, user_size));
	put_text(&writer, "signature");
	if (has_more)
		put_byte(&writer, 0);
	*result = receive(rig, &writer);
	if (*result == RESULT_OK) {
		what = asked(rig);
		assert_true(what.method == AUTH_METHOD_OTHER || what.has_signature);
		assert_true(what.method != AUTH_METHOD_HOST ||
			    (bytes_is(what.client_host, host) && bytes_is(what.key_blob, "blob") &&
				bytes_equal(what.client_user, bytes_of(user, user_size)) &&
				bytes_is(what.signature, "signature")));
		assert_true(what.method == AUTH_METHOD_HOST || what.client_host.size == 0);
	}
	rig_free(rig);
	return what;
}

static void
a_host_speaks_for_its_user(void **state)
{
	char long_host[AUTH_HOST_MAX + 2];
	enum result result;

	memset(long_host, 'h', sizeof(long_host) - 1);
	long_host[sizeof(long_host) - 1] = '\0';
	assert_int_equal(asked_for_host("h.example", 3, false, &result).method, AUTH_METHOD_HOST);
	assert_int_equal(
	    asked_for_host(long_host + 1, USER_NAME_MAX, false, &result).method, AUTH_METHOD_HOST);
	/* Longer names are tried as nothing. */
	assert_int_equal(asked_for_host(long_host, 3, false, &result).method, AUTH_METHOD_OTHER);
	assert_int_equal(
	    asked_for_host("h", USER_NAME_MAX + 1, false, &result).method, AUTH_METHOD_OTHER);
	(void)asked_for_host("h", 3, true, &result);
	assert_int_not_equal(result, RESULT_OK);
}

static void
a_query_is_answered_with_its_own_key(void **state)
{
	struct rig *rig = rig_new("");
	struct auth_request what;
	struct bytes payload;
	bool is_logged_in;

	assert_ok(receive_publickey(rig, false));
	what = asked(rig);
	assert_int_equal(what.method, AUTH_METHOD_PUBLICKEY);
	assert_false(what.has_signature);
	assert_ok(answer(rig, AUTH_OUTCOME_KEY_OK, &is_logged_in));
	assert_false(is_logged_in);
	assert_true(outlet_take_packet(&rig->outlet, &payload));
	assert_bytes(payload, BYTES("\074\0\0\0\013ssh-ed25519\0\0\0\004blob"));
	rig_free(rig);
}

static void
success_logs_in_only_after_a_signature(void **state)
{
	struct rig *rig = rig_new("");
	bool is_logged_in;

	assert_ok(receive_publickey(rig, true));
	assert_true(asked(rig).has_signature);
	assert_ok(answer(rig, AUTH_OUTCOME_SUCCESS, &is_logged_in));
	assert_true(is_logged_in);
	assert_int_equal(told(rig), SSH_MSG_USERAUTH_SUCCESS);
	rig_free(rig);

	rig = rig_new("");
	assert_ok(receive_publickey(rig, false));
	assert_result(answer(rig, AUTH_OUTCOME_SUCCESS, &is_logged_in), RESULT_MALFORMED);
	assert_false(is_logged_in);
	rig_free(rig);

	rig = rig_new("");
	assert_ok(receive_unknown(rig));
	assert_result(answer(rig, AUTH_OUTCOME_SUCCESS, &is_logged_in), RESULT_MALFORMED);
	assert_false(is_logged_in);
	rig_free(rig);
}

static void
an_answer_that_nothing_asked_for_is_refused(void **state)
{
	struct rig *rig = rig_new("");
	bool is_logged_in;

	assert_result(answer(rig, AUTH_OUTCOME_SUCCESS, &is_logged_in), RESULT_MALFORMED);
	assert_false(is_logged_in);
	rig_free(rig);
}

static void
the_banner_comes_once_before_the_first_answer(void **state)
{
	struct rig *rig = rig_new("Welcome\n");
	bool is_logged_in;

	assert_ok(receive_none(rig, "alice", "ssh-connection"));
	assert_ok(answer(rig, AUTH_OUTCOME_FAILURE, &is_logged_in));
	assert_int_equal(told(rig), SSH_MSG_USERAUTH_BANNER);
	assert_int_equal(told(rig), SSH_MSG_USERAUTH_FAILURE);
	assert_ok(receive_none(rig, "alice", "ssh-connection"));
	assert_ok(answer(rig, AUTH_OUTCOME_FAILURE, &is_logged_in));
	assert_int_equal(told(rig), SSH_MSG_USERAUTH_FAILURE);
	rig_free(rig);
}

static void
another_user_or_service_ends_the_connection(void **state)
{
	struct rig *rig = rig_new("");
	bool is_logged_in;

	assert_ok(receive_none(rig, "alice", "ssh-connection"));
	assert_ok(answer(rig, AUTH_OUTCOME_FAILURE, &is_logged_in));
	assert_result(receive_none(rig, "bob", "ssh-connection"), RESULT_PROTOCOL);
	assert_int_equal(rig->outlet.fault_reason, SSH_DISCONNECT_PROTOCOL_ERROR);
	rig_free(rig);

	rig = rig_new("");
	assert_result(receive_none(rig, "alice", "ssh-userauth"), RESULT_PROTOCOL);
	assert_int_equal(rig->outlet.fault_reason, SSH_DISCONNECT_SERVICE_NOT_AVAILABLE);
	rig_free(rig);
}

static void
a_name_that_is_too_long_ends_the_connection(void **state)
{
	struct rig *rig = rig_new("");
	char name[USER_NAME_MAX + 2];

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_result(receive_none(rig, name, "ssh-connection"), RESULT_PROTOCOL);
	assert_int_equal(rig->outlet.fault_reason, SSH_DISCONNECT_ILLEGAL_USER_NAME);
	rig_free(rig);
}

static void
nothing_of_an_unknown_method_is_passed_on(void **state)
{
	struct rig *rig = rig_new("");
	struct auth_request what;
	struct conn_event event;

	assert_ok(receive_unknown(rig));
	assert_null(memmem(
	    buf_bytes(&rig->outlet.events).data, buf_size(&rig->outlet.events), "hunter2", 7));
	what = asked(rig);
	assert_int_equal(what.method, AUTH_METHOD_OTHER);
	assert_int_equal(what.key_blob.size, 0);
	assert_false(outlet_take_event(&rig->outlet, &event));
	rig_free(rig);
}

static void
a_password_is_asked_and_may_have_to_be_changed(void **state)
{
	struct rig *rig = rig_new("");
	struct auth_request what;
	struct bytes payload;
	bool is_logged_in;

	assert_ok(receive_password(rig, "hunter2", NULL));
	what = asked(rig);
	assert_int_equal(what.method, AUTH_METHOD_PASSWORD);
	assert_bytes_text(what.password, "hunter2");
	assert_false(what.is_change);
	assert_ok(answer(rig, AUTH_OUTCOME_CHANGE, &is_logged_in));
	assert_false(is_logged_in);
	assert_true(outlet_take_packet(&rig->outlet, &payload));
	assert_bytes(payload, BYTES("\074\0\0\0\016New password: \0\0\0\0"));
	assert_ok(receive_password(rig, "hunter2", "better"));
	what = asked(rig);
	assert_true(what.is_change);
	assert_bytes_text(what.new_password, "better");
	assert_ok(answer(rig, AUTH_OUTCOME_SUCCESS, &is_logged_in));
	assert_true(is_logged_in);
	rig_free(rig);

	rig = rig_new("");
	assert_ok(receive_keyboard(rig));
	assert_result(answer(rig, AUTH_OUTCOME_CHANGE, &is_logged_in), RESULT_MALFORMED);
	rig_free(rig);
}

static void
a_password_that_is_too_long_is_tried_as_nothing(void **state)
{
	struct rig *rig = rig_new("");
	static char text[AUTH_PASSWORD_MAX + 2];
	struct auth_request what;

	memset(text, 'x', AUTH_PASSWORD_MAX + 1);
	assert_ok(receive_password(rig, text, NULL));
	what = asked(rig);
	assert_int_equal(what.method, AUTH_METHOD_OTHER);
	assert_int_equal(what.password.size, 0);
	rig_free(rig);
}

static void
questions_are_passed_on_and_their_answers(void **state)
{
	struct rig *rig = rig_new("");
	struct auth_replies replies;
	struct conn_event event;
	struct reader reader;
	struct bytes payload;
	bool is_logged_in;

	assert_ok(receive_keyboard(rig));
	assert_int_equal(asked(rig).method, AUTH_METHOD_KEYBOARD);
	assert_ok(prompt(rig));
	assert_false(userauth_is_waiting(&rig->auth));
	assert_true(outlet_take_packet(&rig->outlet, &payload));
	assert_bytes(
	    payload, BYTES("\074\0\0\0\0\0\0\0\005Hello\0\0\0\0\0\0\0\001\0\0\0\012Password: \0"));
	assert_ok(receive_replies(rig, 1, "hunter2"));
	assert_true(userauth_is_waiting(&rig->auth));
	assert_true(outlet_take_event(&rig->outlet, &event));
	assert_int_equal(event.ask, IPC_auth_reply);
	reader = reader_of(event.bytes);
	auth_replies_get(&reader, &replies);
	assert_ok(reader_end(&reader));
	assert_int_equal(replies.count, 1);
	assert_bytes_text(replies.replies[0], "hunter2");
	assert_ok(answer(rig, AUTH_OUTCOME_SUCCESS, &is_logged_in));
	assert_true(is_logged_in);
	rig_free(rig);
}

static void
another_number_of_answers_is_a_failed_attempt(void **state)
{
	const uint32_t counts[] = { 0, 2, 33, 100 };

	for (size_t i = 0; i < COUNT(counts); i++) {
		struct rig *rig = rig_new("");
		struct auth_request what;

		assert_ok(receive_keyboard(rig));
		(void)asked(rig);
		assert_ok(prompt(rig));
		assert_ok(receive_replies(rig, counts[i], "hunter2"));
		what = asked(rig);
		assert_int_equal(what.method, AUTH_METHOD_OTHER);
		assert_bytes_text(what.user, "alice");
		rig_free(rig);
	}
}

static void
answers_come_only_after_questions(void **state)
{
	struct rig *rig = rig_new("");
	bool is_logged_in;

	assert_ok(receive_keyboard(rig));
	assert_ok(answer(rig, AUTH_OUTCOME_FAILURE, &is_logged_in));
	assert_result(receive_replies(rig, 1, "hunter2"), RESULT_PROTOCOL);
	rig_free(rig);

	rig = rig_new("");
	assert_ok(receive_password(rig, "hunter2", NULL));
	assert_result(prompt(rig), RESULT_MALFORMED);
	rig_free(rig);

	/* Nothing is to be answered while the user is asked. */
	rig = rig_new("");
	assert_ok(receive_keyboard(rig));
	assert_ok(prompt(rig));
	assert_result(answer(rig, AUTH_OUTCOME_SUCCESS, &is_logged_in), RESULT_MALFORMED);
	assert_false(is_logged_in);
	rig_free(rig);
}

static void
a_new_request_takes_the_place_of_the_answers(void **state)
{
	struct rig *rig = rig_new("");

	assert_ok(receive_keyboard(rig));
	(void)asked(rig);
	assert_ok(prompt(rig));
	assert_ok(receive_password(rig, "hunter2", NULL));
	assert_int_equal(asked(rig).method, AUTH_METHOD_PASSWORD);
	assert_result(receive_replies(rig, 1, "hunter2"), RESULT_PROTOCOL);
	rig_free(rig);
}

static void
what_the_monitor_has_to_say_comes_before_its_answer(void **state)
{
	const struct auth_answer body = { .outcome = AUTH_OUTCOME_FAILURE,
		.methods = BYTES_ROW("password"),
		.notice = BYTES_ROW("Closed today\n") };
	struct rig *rig = rig_new("Welcome\n");
	struct bytes payload;
	bool is_logged_in;

	assert_ok(receive_none(rig, "alice", "ssh-connection"));
	assert_ok(userauth_answer(&rig->auth, &body, &rig->outlet, &is_logged_in));
	assert_int_equal(told(rig), SSH_MSG_USERAUTH_BANNER);
	assert_true(outlet_take_packet(&rig->outlet, &payload));
	assert_bytes(payload, BYTES("\065\0\0\0\015Closed today\n\0\0\0\0"));
	assert_int_equal(told(rig), SSH_MSG_USERAUTH_FAILURE);
	rig_free(rig);
}

static void
a_key_that_is_too_long_is_tried_as_nothing(void **state)
{
	struct rig *rig = rig_new("");
	struct writer writer = request(rig, "alice", "ssh-connection", "publickey");
	static uint8_t blob[20000];

	put_bool(&writer, false);
	put_text(&writer, "ssh-rsa");
	put_string(&writer, bytes_of(blob, sizeof(blob)));
	assert_ok(receive(rig, &writer));
	assert_int_equal(asked(rig).method, AUTH_METHOD_OTHER);
	rig_free(rig);
}

static void
cut_off_requests_are_refused(void **state)
{
	struct rig *rig = rig_new("");
	struct writer writer = request(rig, "alice", "ssh-connection", "publickey");
	size_t whole;

	put_bool(&writer, true);
	put_text(&writer, "ssh-ed25519");
	put_text(&writer, "blob");
	put_text(&writer, "signature");
	whole = writer.used;
	for (size_t size = 1; size < whole; size++) {
		struct rig *cut = rig_new("");

		assert_result(userauth_receive(&cut->auth, bytes_of(rig->room, size), &cut->outlet),
		    RESULT_TRUNCATED);
		rig_free(cut);
	}
	rig_free(rig);
}

static void
other_login_messages_end_the_connection(void **state)
{
	for (int number = 51; number < 80; number++) {
		struct rig *rig = rig_new("");
		uint8_t message[8] = { (uint8_t)number };

		assert_result(
		    userauth_receive(&rig->auth, bytes_of(message, sizeof(message)), &rig->outlet),
		    RESULT_PROTOCOL);
		rig_free(rig);
	}
}

/* --- gssapi-with-mic ---------------------------------------------------------------------------- */

#define KERBEROS "\006\011\052\206\110\206\367\022\001\002\002"

static enum result
receive_gss(struct rig *rig, uint32_t count, const struct bytes *mechanisms)
{
	struct writer writer = request(rig, "alice", "ssh-connection", "gssapi-with-mic");

	put_u32(&writer, count);
	for (uint32_t i = 0; i < count; i++)
		put_string(&writer, mechanisms[i]);
	return receive(rig, &writer);
}

static enum result
receive_step(struct rig *rig, enum ssh_message number, const char *token)
{
	struct writer writer = writer_into(rig->room, sizeof(rig->room));

	put_byte(&writer, (uint8_t)number);
	if (token != NULL)
		put_text(&writer, token);
	return receive(rig, &writer);
}

static enum result
tell_step(struct rig *rig, enum gss_step step, const char *token)
{
	const struct gss_to_client told = { .step = step,
		.token = bytes_of_text(token),
		.major = 7,
		.minor = 8,
		.text = bytes_of_text("why") };

	return userauth_gss(&rig->auth, &told, &rig->outlet);
}

static void
expect_step(struct rig *rig, enum gss_step step, const char *token)
{
	struct conn_event event;
	struct reader reader;

	assert_true(outlet_take_event(&rig->outlet, &event));
	assert_int_equal(event.ask, IPC_gss_from_client);
	reader = reader_of(event.bytes);
	assert_int_equal(get_u32(&reader), step);
	assert_bytes_text(get_string(&reader), token);
	assert_ok(reader_end(&reader));
}

/* The client's token is awaited. */
static struct rig *
rig_with_mechanism(void)
{
	const struct bytes mechanisms[] = { BYTES("\006\001x"), BYTES(KERBEROS) };
	struct rig *rig = rig_new("");
	struct bytes payload;

	assert_ok(receive_gss(rig, 2, mechanisms));
	assert_int_equal(asked(rig).method, AUTH_METHOD_GSSAPI);
	assert_true(userauth_is_waiting(&rig->auth));
	assert_ok(tell_step(rig, GSS_STEP_BEGIN, ""));
	assert_true(outlet_take_packet(&rig->outlet, &payload));
	assert_bytes(payload, BYTES("\074\0\0\0\013" KERBEROS));
	assert_false(userauth_is_waiting(&rig->auth));
	return rig;
}

static void
tokens_go_both_ways_and_a_mic_follows(void **state)
{
	struct rig *rig = rig_with_mechanism();
	struct bytes payload;
	bool is_logged_in;

	assert_ok(receive_step(rig, SSH_MSG_USERAUTH_GSSAPI_TOKEN, "one"));
	expect_step(rig, GSS_STEP_TOKEN, "one");
	assert_true(userauth_is_waiting(&rig->auth));
	assert_ok(tell_step(rig, GSS_STEP_TOKEN, "two"));
	assert_true(outlet_take_packet(&rig->outlet, &payload));
	assert_bytes(payload, BYTES("\075\0\0\0\003two"));
	assert_ok(receive_step(rig, SSH_MSG_USERAUTH_GSSAPI_TOKEN, "three"));
	expect_step(rig, GSS_STEP_TOKEN, "three");
	assert_ok(tell_step(rig, GSS_STEP_LAST, "")); /* nothing to send */
	assert_false(outlet_take_packet(&rig->outlet, &payload));
	assert_ok(receive_step(rig, SSH_MSG_USERAUTH_GSSAPI_MIC, "mic"));
	expect_step(rig, GSS_STEP_MIC, "mic");
	assert_ok(answer(rig, AUTH_OUTCOME_SUCCESS, &is_logged_in));
	assert_true(is_logged_in);
	rig_free(rig);
}

static void
without_kerberos_there_is_no_mechanism(void **state)
{
	static const char der[] = KERBEROS;
	const struct bytes mechanisms[] = { bytes_of("", 0), bytes_of(der + 2, 9),
		bytes_of(der, 10), bytes_of(der, 12) };
	struct rig *rig = rig_new("");

	assert_ok(receive_gss(rig, COUNT(mechanisms), mechanisms));
	assert_int_equal(asked(rig).method, AUTH_METHOD_OTHER);
	rig_free(rig);

	rig = rig_new("");
	assert_ok(receive_gss(rig, 0, NULL));
	assert_int_equal(asked(rig).method, AUTH_METHOD_OTHER);
	rig_free(rig);
}

static void
gss_messages_have_their_order(void **state)
{
	static const enum ssh_message early[] = { SSH_MSG_USERAUTH_GSSAPI_MIC,
		SSH_MSG_USERAUTH_GSSAPI_EXCHANGE_COMPLETE, SSH_MSG_USERAUTH_GSSAPI_RESPONSE,
		SSH_MSG_USERAUTH_GSSAPI_ERROR, 62, 67, 79 };
	struct rig *rig;

	for (size_t i = 0; i < COUNT(early); i++) {
		rig = rig_with_mechanism();
		assert_result(receive_step(rig, early[i], "x"), RESULT_PROTOCOL);
		rig_free(rig);
	}
	rig = rig_with_mechanism();
	assert_ok(receive_step(rig, SSH_MSG_USERAUTH_GSSAPI_TOKEN, "one"));
	assert_ok(tell_step(rig, GSS_STEP_LAST, "two"));
	assert_result(receive_step(rig, SSH_MSG_USERAUTH_GSSAPI_TOKEN, "x"), RESULT_PROTOCOL);
	rig_free(rig);

	rig = rig_new("");
	assert_result(receive_step(rig, SSH_MSG_USERAUTH_GSSAPI_TOKEN, "x"), RESULT_PROTOCOL);
	assert_result(tell_step(rig, GSS_STEP_BEGIN, ""), RESULT_MALFORMED);
	rig_free(rig);

	rig = rig_with_mechanism();
	assert_result(tell_step(rig, GSS_STEP_TOKEN, ""), RESULT_MALFORMED); /* the client's turn */
	rig_free(rig);
}

static void
a_client_without_integrity_fails(void **state)
{
	struct rig *rig = rig_with_mechanism();

	assert_ok(receive_step(rig, SSH_MSG_USERAUTH_GSSAPI_TOKEN, "one"));
	expect_step(rig, GSS_STEP_TOKEN, "one");
	assert_ok(tell_step(rig, GSS_STEP_LAST, "two"));
	assert_ok(receive_step(rig, SSH_MSG_USERAUTH_GSSAPI_EXCHANGE_COMPLETE, NULL));
	assert_int_equal(asked(rig).method, AUTH_METHOD_OTHER);
	rig_free(rig);
}

/* RFC 4462 section 3.11: the next request has the answer. */
static void
the_clients_error_is_heard_and_not_answered(void **state)
{
	struct rig *rig = rig_with_mechanism();
	struct conn_event event;
	struct bytes payload;

	assert_ok(receive_step(rig, SSH_MSG_USERAUTH_GSSAPI_ERRTOK, "x"));
	assert_false(outlet_take_event(&rig->outlet, &event));
	assert_false(outlet_take_packet(&rig->outlet, &payload));
	assert_false(userauth_is_waiting(&rig->auth));
	assert_result(receive_step(rig, SSH_MSG_USERAUTH_GSSAPI_TOKEN, "x"), RESULT_PROTOCOL);
	assert_ok(receive_none(rig, "alice", "ssh-connection"));
	rig_free(rig);
}

static void
an_error_of_the_mechanism_comes_before_the_failure(void **state)
{
	struct rig *rig = rig_with_mechanism();
	struct bytes payload;
	bool is_logged_in;

	assert_ok(receive_step(rig, SSH_MSG_USERAUTH_GSSAPI_TOKEN, "one"));
	assert_ok(tell_step(rig, GSS_STEP_FAILED, "error"));
	assert_true(outlet_take_packet(&rig->outlet, &payload));
	assert_bytes(payload, BYTES("\100\0\0\0\007\0\0\0\010\0\0\0\003why\0\0\0\0"));
	assert_true(outlet_take_packet(&rig->outlet, &payload));
	assert_bytes(payload, BYTES("\101\0\0\0\005error"));
	assert_true(userauth_is_waiting(&rig->auth));
	assert_ok(answer(rig, AUTH_OUTCOME_FAILURE, &is_logged_in));
	assert_false(is_logged_in);
	rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_is_asked_and_the_failure_names_the_methods),
		cmocka_unit_test(a_host_speaks_for_its_user),
		cmocka_unit_test(a_query_is_answered_with_its_own_key),
		cmocka_unit_test(a_bound_request_brings_the_host_key),
		cmocka_unit_test(success_logs_in_only_after_a_signature),
		cmocka_unit_test(an_answer_that_nothing_asked_for_is_refused),
		cmocka_unit_test(the_banner_comes_once_before_the_first_answer),
		cmocka_unit_test(another_user_or_service_ends_the_connection),
		cmocka_unit_test(a_name_that_is_too_long_ends_the_connection),
		cmocka_unit_test(nothing_of_an_unknown_method_is_passed_on),
		cmocka_unit_test(a_password_is_asked_and_may_have_to_be_changed),
		cmocka_unit_test(a_password_that_is_too_long_is_tried_as_nothing),
		cmocka_unit_test(questions_are_passed_on_and_their_answers),
		cmocka_unit_test(another_number_of_answers_is_a_failed_attempt),
		cmocka_unit_test(answers_come_only_after_questions),
		cmocka_unit_test(a_new_request_takes_the_place_of_the_answers),
		cmocka_unit_test(what_the_monitor_has_to_say_comes_before_its_answer),
		cmocka_unit_test(a_key_that_is_too_long_is_tried_as_nothing),
		cmocka_unit_test(cut_off_requests_are_refused),
		cmocka_unit_test(other_login_messages_end_the_connection),
		cmocka_unit_test(tokens_go_both_ways_and_a_mic_follows),
		cmocka_unit_test(without_kerberos_there_is_no_mechanism),
		cmocka_unit_test(gss_messages_have_their_order),
		cmocka_unit_test(a_client_without_integrity_fails),
		cmocka_unit_test(the_clients_error_is_heard_and_not_answered),
		cmocka_unit_test(an_error_of_the_mechanism_comes_before_the_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
