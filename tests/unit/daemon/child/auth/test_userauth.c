/* SPDX-License-Identifier: ISC */
/*
 * Tests of daemon/child/auth/userauth.c.
 */
#include "daemon/child/auth/userauth.h"

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
	const struct auth_answer body = { outcome, BYTES_ROW("publickey"), false };

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
	assert_ok(receive_none(rig, "alice", "ssh-connection"));
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
nothing_of_a_password_is_passed_on(void **state)
{
	struct rig *rig = rig_new("");
	struct writer writer = request(rig, "alice", "ssh-connection", "password");
	struct auth_request what;
	struct conn_event event;

	put_bool(&writer, false);
	put_text(&writer, "hunter2");
	assert_ok(receive(rig, &writer));
	assert_null(memmem(
	    buf_bytes(&rig->outlet.events).data, buf_size(&rig->outlet.events), "hunter2", 7));
	what = asked(rig);
	assert_int_equal(what.method, AUTH_METHOD_OTHER);
	assert_int_equal(what.key_blob.size, 0);
	assert_false(outlet_take_event(&rig->outlet, &event));
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_is_asked_and_the_failure_names_the_methods),
		cmocka_unit_test(a_query_is_answered_with_its_own_key),
		cmocka_unit_test(a_bound_request_brings_the_host_key),
		cmocka_unit_test(success_logs_in_only_after_a_signature),
		cmocka_unit_test(an_answer_that_nothing_asked_for_is_refused),
		cmocka_unit_test(the_banner_comes_once_before_the_first_answer),
		cmocka_unit_test(another_user_or_service_ends_the_connection),
		cmocka_unit_test(a_name_that_is_too_long_ends_the_connection),
		cmocka_unit_test(nothing_of_a_password_is_passed_on),
		cmocka_unit_test(a_key_that_is_too_long_is_tried_as_nothing),
		cmocka_unit_test(cut_off_requests_are_refused),
		cmocka_unit_test(other_login_messages_end_the_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
