/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/login/handlers.c: what a child, honest or not, gets for what it asks before login.
 */
#include "tests/unit/monitor/rig.h"

#define SESSION_ID "0123456789abcdef0123456789abcdef"

/* What is signed, and where it differs from what is asked. */
struct signing {
	const char *name;
	const char *session_id, *user, *service, *algorithm;
	bool other_key;  /* signed by a key that is not listed */
	bool is_flagged; /* the byte that says "with signature" */
	enum auth_outcome outcome;
	enum { PLAIN, BOUND, BOUND_TO_OTHER, BOUND_TO_NOTHING, BOUND_IN_REQUEST_ONLY } host;
};

static void
sign(struct rig *rig, const struct signing *signing, struct buf *signature)
{
	const struct key *key = signing->other_key ? rig->other_key : rig->user_key;
	const struct signature_algorithm *algorithm =
	    signature_algorithm_find(bytes_of_text(key_type(key)));
	uint8_t room[4096];
	struct writer writer = writer_into(room, sizeof(room));

	if (strcmp(key_type(key), "ssh-rsa") == 0)
		algorithm = signature_algorithm_find(bytes_of_text("rsa-sha2-256"));
	put_text(&writer, signing->session_id);
	put_byte(&writer, SSH_MSG_USERAUTH_REQUEST);
	put_text(&writer, signing->user == NULL ? rig->user : signing->user);
	put_text(&writer, signing->service);
	put_text(&writer, signing->host == PLAIN || signing->host == BOUND_IN_REQUEST_ONLY
			      ? "publickey"
			      : "publickey-hostbound-v00@openssh.com");
	put_bool(&writer, signing->is_flagged);
	put_text(&writer, signing->algorithm);
	put_string(&writer, key_blob(rig->user_key));
	if (signing->host == BOUND || signing->host == BOUND_TO_OTHER)
		put_string(
		    &writer, key_blob(signing->host == BOUND ? rig->host_key : rig->other_key));
	if (signing->host == BOUND_TO_NOTHING)
		put_text(&writer, "");
	assert_ok(writer_end(&writer));
	assert_non_null(algorithm);
	assert_ok(key_sign(key, algorithm, writer_bytes(&writer), signature));
}

static struct auth_request
request_for(const struct rig *rig, const struct key *key)
{
	return (struct auth_request){
		.method = AUTH_METHOD_PUBLICKEY,
		.user = bytes_of_text(rig->user),
		.service = bytes_of_text("ssh-connection"),
		.algorithm = bytes_of_text(
		    strcmp(key_type(key), "ssh-rsa") == 0 ? "rsa-sha2-256" : key_type(key)),
		.key_blob = key_blob(key),
	};
}

static struct auth_request
request_none(const struct rig *rig)
{
	return (struct auth_request){
		.method = AUTH_METHOD_NONE,
		.user = bytes_of_text(rig->user),
		.service = bytes_of_text("ssh-connection"),
	};
}

/* clang-format off */
static const struct signing signings[] = {
	{ "as it must be",        SESSION_ID, NULL,   "ssh-connection", "ecdsa-sha2-nistp256", false, true,  AUTH_OUTCOME_SUCCESS, PLAIN },
	{ "another session",      "another one's session id........", NULL, "ssh-connection", "ecdsa-sha2-nistp256", false, true, AUTH_OUTCOME_FAILURE, PLAIN },
	{ "another user",         SESSION_ID, "eve",  "ssh-connection", "ecdsa-sha2-nistp256", false, true,  AUTH_OUTCOME_FAILURE, PLAIN },
	{ "another service",      SESSION_ID, NULL,   "ssh-userauth",   "ecdsa-sha2-nistp256", false, true,  AUTH_OUTCOME_FAILURE, PLAIN },
	{ "another algorithm",    SESSION_ID, NULL,   "ssh-connection", "ecdsa-sha2-nistp384", false, true,  AUTH_OUTCOME_FAILURE, PLAIN },
	{ "signed by another",    SESSION_ID, NULL,   "ssh-connection", "ecdsa-sha2-nistp256", true,  true,  AUTH_OUTCOME_FAILURE, PLAIN },
	{ "bound to us",          SESSION_ID, NULL,   "ssh-connection", "ecdsa-sha2-nistp256", false, true,  AUTH_OUTCOME_SUCCESS, BOUND },
	{ "bound to another",     SESSION_ID, NULL,   "ssh-connection", "ecdsa-sha2-nistp256", false, true,  AUTH_OUTCOME_FAILURE, BOUND_TO_OTHER },
	{ "bound to nothing",     SESSION_ID, NULL,   "ssh-connection", "ecdsa-sha2-nistp256", false, true,  AUTH_OUTCOME_FAILURE, BOUND_TO_NOTHING },
	{ "bound in words only",  SESSION_ID, NULL,   "ssh-connection", "ecdsa-sha2-nistp256", false, true,  AUTH_OUTCOME_FAILURE, BOUND_IN_REQUEST_ONLY },
	{ "signed as a query",    SESSION_ID, NULL,   "ssh-connection", "ecdsa-sha2-nistp256", false, false, AUTH_OUTCOME_FAILURE, PLAIN },
};
/* clang-format on */

static void
logs_in_by_the_right_signature_only(void **state)
{
	for (size_t i = 0; i < COUNT(signings); i++) {
		struct rig *rig = rig_new("");
		struct auth_request request = request_for(rig, rig->user_key);
		OWNED_BUF signature;

		buf_init(&signature, KEY_SIGNATURE_MAX);
		rig_exchange_keys(rig);
		sign(rig, &signings[i], &signature);
		request.has_signature = true;
		request.signature = buf_bytes(&signature);
		request.is_hostbound = signings[i].host != PLAIN;
		if (signings[i].host == BOUND || signings[i].host == BOUND_IN_REQUEST_ONLY)
			request.host_key = key_blob(rig->host_key);
		if (signings[i].host == BOUND_TO_OTHER)
			request.host_key = key_blob(rig->other_key);
		rig_authenticate(rig, &request);
		ROW_TRUE(signings[i].name, rig_outcome(rig) == signings[i].outcome);
		ROW_TRUE(signings[i].name, (rig->monitor.phase == IPC_PHASE_OPEN) ==
					       (signings[i].outcome == AUTH_OUTCOME_SUCCESS));
		ROW_TRUE(signings[i].name,
		    (rig->monitor.account != NULL) == (rig->monitor.phase == IPC_PHASE_OPEN));
		rig_free(rig);
	}
}

static void
tells_the_listener_of_a_login(void **state)
{
	struct rig *rig = rig_new("");
	struct auth_request request = request_for(rig, rig->user_key);
	OWNED_BUF signature;
	uint8_t byte = 0;

	buf_init(&signature, KEY_SIGNATURE_MAX);
	assert_int_equal(read(rig->status_pipe[0], &byte, 1), -1);
	rig_exchange_keys(rig);
	assert_int_equal(read(rig->status_pipe[0], &byte, 1), 1);
	assert_int_equal(byte, MONITOR_STATUS_SPOKE);
	assert_int_equal(read(rig->status_pipe[0], &byte, 1), -1);
	sign(rig, &signings[0], &signature);
	request.has_signature = true;
	request.signature = buf_bytes(&signature);
	rig_authenticate(rig, &request);
	assert_int_equal(read(rig->status_pipe[0], &byte, 1), 1);
	assert_int_equal(byte, MONITOR_STATUS_SPOKE);
	assert_int_equal(read(rig->status_pipe[0], &byte, 1), 1);
	assert_int_equal(byte, MONITOR_STATUS_LOGGED_IN);
	assert_string_equal(rig->monitor.account->name, rig->user);
	assert_int_equal(rig->monitor.account->uid, getuid());
	rig_free(rig);
}

static void
a_query_proves_nothing(void **state)
{
	struct rig *rig = rig_new("");
	struct auth_request request = request_for(rig, rig->user_key);
	OWNED_BUF signature;

	buf_init(&signature, KEY_SIGNATURE_MAX);
	rig_exchange_keys(rig);
	rig_authenticate(rig, &request);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_KEY_OK);
	assert_int_equal(rig->monitor.phase, IPC_PHASE_LOGIN);
	/* Queried with the listed key, signed with and for another. */
	request = request_for(rig, rig->other_key);
	sign(rig, &signings[5], &signature);
	request.has_signature = true;
	request.signature = buf_bytes(&signature);
	rig_authenticate(rig, &request);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
	assert_int_equal(rig->monitor.phase, IPC_PHASE_LOGIN);
	rig_free(rig);
}

static void
refuses_broken_signatures(void **state)
{
	const struct bytes signatures[] = { BYTES_ROW(""), BYTES_ROW("\0\0\0\0"),
		BYTES_ROW("\xff\xff\xff\xff"), BYTES_ROW("\0\0\0\023ecdsa-sha2-nistp256\0\0\0\0") };

	for (size_t i = 0; i < COUNT(signatures); i++) {
		struct rig *rig = rig_new("");
		struct auth_request request = request_for(rig, rig->user_key);

		rig_exchange_keys(rig);
		request.has_signature = true;
		request.signature = signatures[i];
		rig_authenticate(rig, &request);
		assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
		rig_free(rig);
	}
}

static void
answers_none_at_once_and_names_the_methods(void **state)
{
	struct rig *rig = rig_new("");
	struct auth_request request = request_none(rig);
	struct auth_answer answer;
	struct reader reader;

	rig_exchange_keys(rig);
	rig_authenticate(rig, &request);
	reader = rig_told(rig, IPC_authenticated);
	auth_answer_get(&reader, &answer);
	assert_int_equal(answer.outcome, AUTH_OUTCOME_FAILURE);
	assert_bytes_text(answer.methods, "publickey,password,keyboard-interactive");
	assert_int_equal(rig->monitor.login->failures, 0);
	rig_free(rig);
}

static void
unknown_and_known_users_wait_for_the_same_moment(void **state)
{
	const char *users[] = { NULL, "no-such-user-anywhere", "", "a\nb" };

	for (size_t i = 0; i < COUNT(users); i++) {
		struct rig *rig = rig_new("");
		struct auth_request request = request_for(rig, rig->other_key);
		uint64_t before = clock_now_ms();

		rig_exchange_keys(rig);
		if (users[i] != NULL)
			request.user = bytes_of_text(users[i]);
		rig_authenticate(rig, &request);
		assert_false(rig_is_told(rig)); /* not yet */
		assert_true(login_deadline_ms(&rig->monitor) >= before + 10);
		login_meet_deadline(&rig->monitor, login_deadline_ms(&rig->monitor) - 1);
		assert_false(rig_is_told(rig));
		assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
		rig_free(rig);
	}
}

static void
ends_after_max_auth_tries(void **state)
{
	struct rig *rig = rig_new("MaxAuthTries 3\n");
	struct auth_request request = request_for(rig, rig->other_key);
	struct reader reader;

	rig_exchange_keys(rig);
	for (int i = 0; i < 2; i++) {
		rig_authenticate(rig, &request);
		assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
	}
	rig_authenticate(rig, &request);
	rig_let_time_pass(rig);
	reader = rig_told(rig, IPC_finish);
	assert_int_equal(get_u32(&reader), SSH_DISCONNECT_PROTOCOL_ERROR);
	assert_bytes_text(get_string(&reader), "Too many authentication failures");
	assert_int_equal(rig->monitor.phase, IPC_PHASE_ENDING);
	assert_false(rig_is_told(rig));
	rig_free(rig);
}

/* --- What only a hostile child does ------------------------------------------------------------- */

static void
nobody_logs_in_before_a_key_exchange(void **state)
{
	struct rig *rig = rig_new("");
	struct auth_request request = request_for(rig, rig->user_key);

	rig_authenticate(rig, &request);
	assert_true(rig_is_attack(rig));
	assert_false(rig_is_told(rig));
	rig_free(rig);
}

static void
an_attempt_before_the_last_was_answered_is_an_attack(void **state)
{
	struct rig *rig = rig_new("");
	struct auth_request request = request_for(rig, rig->other_key);

	rig_exchange_keys(rig);
	rig_authenticate(rig, &request);
	rig_authenticate(rig, &request);
	assert_true(rig_is_attack(rig));
	rig_free(rig);
}

static void
another_user_or_service_in_the_middle_is_an_attack(void **state)
{
	struct rig *rig = rig_new("");
	struct auth_request request = request_none(rig);

	rig_exchange_keys(rig);
	rig_authenticate(rig, &request);
	(void)rig_outcome(rig);
	request.user = bytes_of_text("eve");
	rig_authenticate(rig, &request);
	assert_true(rig_is_attack(rig));
	rig_free(rig);

	rig = rig_new("");
	rig_exchange_keys(rig);
	request = request_none(rig);
	request.service = bytes_of_text("ssh-userauth");
	rig_authenticate(rig, &request);
	assert_true(rig_is_attack(rig));
	rig_free(rig);
}

static void
a_method_that_does_not_exist_is_an_attack(void **state)
{
	struct rig *rig = rig_new("");
	struct auth_request request = request_none(rig);
	uint8_t room[256] = { 0 };
	struct writer writer = writer_into(room, sizeof(room));

	rig_exchange_keys(rig);
	request.method = 77;
	auth_request_put(&writer, &request);
	rig_say(rig, IPC_authenticate, writer_bytes(&writer));
	assert_true(rig_is_attack(rig));
	rig_free(rig);
}

/* A conversation of keyboard-interactive has begun: the child was told the question. */
static struct rig *
rig_in_conversation(void)
{
	struct rig *rig = rig_new("");
	struct auth_request request = request_none(rig);
	struct auth_prompts prompts;
	struct reader reader;

	request.method = AUTH_METHOD_KEYBOARD;
	rig_exchange_keys(rig);
	rig_authenticate(rig, &request);
	reader = rig_told(rig, IPC_auth_prompt);
	auth_prompts_get(&reader, &prompts);
	assert_ok(reader_end(&reader));
	assert_int_equal(prompts.count, 1);
	assert_bytes_text(prompts.prompts[0].text, "Password: ");
	assert_false(prompts.prompts[0].echo);
	return rig;
}

static void
reply(struct rig *rig, uint32_t count)
{
	struct auth_replies replies = { .count = count };
	uint8_t room[1024];
	struct writer writer = writer_into(room, sizeof(room));

	for (uint32_t i = 0; i < count; i++)
		replies.replies[i] = bytes_of_text("not the password");
	auth_replies_put(&writer, &replies);
	rig_say(rig, IPC_auth_reply, writer_bytes(&writer));
}

static void
replies_are_only_for_questions(void **state)
{
	struct rig *rig = rig_new("");

	rig_exchange_keys(rig);
	reply(rig, 1); /* nothing was asked */
	assert_true(rig_is_attack(rig));
	rig_free(rig);

	rig = rig_in_conversation();
	reply(rig, 2); /* not as many as questions */
	assert_true(rig_is_attack(rig));
	rig_free(rig);

	rig = rig_in_conversation();
	reply(rig, 1);
	reply(rig, 1); /* again */
	assert_true(rig_is_attack(rig));
	rig_free(rig);

	rig = rig_in_conversation();
	reply(rig, 1);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
	reply(rig, 1); /* after the end */
	assert_true(rig_is_attack(rig));
	rig_free(rig);
}

static void
an_attempt_beside_an_answer_is_an_attack(void **state)
{
	struct rig *rig = rig_in_conversation();
	struct auth_request request = request_for(rig, rig->user_key);

	reply(rig, 1);
	rig_authenticate(rig, &request); /* while that waits to be answered */
	assert_true(rig_is_attack(rig));
	rig_free(rig);
}

static void
a_conversation_that_is_left_is_a_failure(void **state)
{
	struct rig *rig = rig_in_conversation();
	struct auth_request request = request_for(rig, rig->other_key);

	rig_authenticate(rig, &request);
	assert_int_equal(rig->monitor.login->failures, 1);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
	assert_int_equal(rig->monitor.login->failures, 2);
	reply(rig, 1);
	assert_true(rig_is_attack(rig));
	rig_free(rig);
}

static struct auth_answer
sign_in(struct rig *rig)
{
	struct auth_request request = request_for(rig, rig->user_key);
	struct auth_answer answer;
	struct reader reader;
	OWNED_BUF signature;

	buf_init(&signature, KEY_SIGNATURE_MAX);
	sign(rig, &signings[0], &signature);
	request.has_signature = true;
	request.signature = buf_bytes(&signature);
	rig_authenticate(rig, &request);
	rig_let_time_pass(rig);
	reader = rig_told(rig, IPC_authenticated);
	auth_answer_get(&reader, &answer);
	assert_ok(reader_end(&reader));
	return answer;
}

static void
one_method_is_not_enough_where_two_are_required(void **state)
{
	struct rig *rig = rig_new("AuthenticationMethods publickey,password\n");
	struct auth_answer answer;

	rig_exchange_keys(rig);
	answer = sign_in(rig);
	assert_int_equal(answer.outcome, AUTH_OUTCOME_FAILURE);
	assert_true(answer.partial_success);
	assert_bytes_text(answer.methods, "password");
	assert_int_equal(rig->monitor.phase, IPC_PHASE_LOGIN);
	assert_null(rig->monitor.account);
	answer = sign_in(rig); /* once more is not the next */
	assert_int_equal(answer.outcome, AUTH_OUTCOME_FAILURE);
	assert_false(answer.partial_success);
	assert_int_equal(rig->monitor.login->failures, 1);
	rig_free(rig);
}

static void
one_key_is_not_two(void **state)
{
	struct rig *rig = rig_new("AuthenticationMethods publickey,publickey\n");
	struct auth_request request = request_for(rig, rig->user_key);
	struct auth_answer answer;

	rig_exchange_keys(rig);
	answer = sign_in(rig);
	assert_true(answer.partial_success);
	assert_bytes_text(answer.methods, "publickey");
	rig_authenticate(rig, &request); /* a query, so that the client goes on to the next key */
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
	answer = sign_in(rig);
	assert_int_equal(answer.outcome, AUTH_OUTCOME_FAILURE);
	assert_false(answer.partial_success);
	assert_int_equal(rig->monitor.phase, IPC_PHASE_LOGIN);
	rig_free(rig);
}

static void
where_no_list_can_be_passed_the_connection_ends(void **state)
{
	struct rig *rig = rig_new("AuthenticationMethods publickey,password\n"
				  "PasswordAuthentication no\n");
	struct auth_request request = request_none(rig);
	struct reader reader;

	rig_exchange_keys(rig);
	rig_authenticate(rig, &request);
	reader = rig_told(rig, IPC_finish);
	assert_int_equal(get_u32(&reader), SSH_DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE);
	assert_int_equal(rig->monitor.phase, IPC_PHASE_ENDING);
	rig_free(rig);
}

static void
pubkey_authentication_no_refuses_the_right_signature(void **state)
{
	struct rig *rig = rig_new("PubkeyAuthentication no\n");
	struct auth_request request = request_for(rig, rig->user_key);
	OWNED_BUF signature;

	buf_init(&signature, KEY_SIGNATURE_MAX);
	rig_exchange_keys(rig);
	sign(rig, &signings[0], &signature);
	request.has_signature = true;
	request.signature = buf_bytes(&signature);
	rig_authenticate(rig, &request);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_FAILURE);
	rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logs_in_by_the_right_signature_only),
		cmocka_unit_test(tells_the_listener_of_a_login),
		cmocka_unit_test(a_query_proves_nothing),
		cmocka_unit_test(refuses_broken_signatures),
		cmocka_unit_test(answers_none_at_once_and_names_the_methods),
		cmocka_unit_test(unknown_and_known_users_wait_for_the_same_moment),
		cmocka_unit_test(ends_after_max_auth_tries),
		cmocka_unit_test(nobody_logs_in_before_a_key_exchange),
		cmocka_unit_test(an_attempt_before_the_last_was_answered_is_an_attack),
		cmocka_unit_test(another_user_or_service_in_the_middle_is_an_attack),
		cmocka_unit_test(a_method_that_does_not_exist_is_an_attack),
		cmocka_unit_test(replies_are_only_for_questions),
		cmocka_unit_test(an_attempt_beside_an_answer_is_an_attack),
		cmocka_unit_test(a_conversation_that_is_left_is_a_failure),
		cmocka_unit_test(one_method_is_not_enough_where_two_are_required),
		cmocka_unit_test(one_key_is_not_two),
		cmocka_unit_test(where_no_list_can_be_passed_the_connection_ends),
		cmocka_unit_test(pubkey_authentication_no_refuses_the_right_signature),
	};
	struct support_log log;

	support_log_capture(&log);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
