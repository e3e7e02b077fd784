/* SPDX-License-Identifier: ISC */
/*
 * What the listener is told of a connection on which nobody logged in: by what the monitor saw itself.
 */
#include "monitor/status.h"

#include "tests/unit/monitor/rig.h"

static uint8_t
told_at_the_end(struct rig *rig)
{
	uint8_t byte, last = 0;

	status_tell_end(&rig->monitor);
	while (read(rig->status_pipe[0], &byte, 1) == 1)
		last = byte == MONITOR_STATUS_SPOKE ? last : byte;
	return last;
}

static void
ask(struct rig *rig, enum auth_method method, const char *user)
{
	const struct auth_request request = {
		.method = method,
		.user = bytes_of_text(user),
		.service = bytes_of_text("ssh-connection"),
		.algorithm = bytes_of_text(method == AUTH_METHOD_PUBLICKEY ? "ssh-ed25519" : ""),
		.key_blob =
		    method == AUTH_METHOD_PUBLICKEY ? key_blob(rig->host_key) : bytes_of(NULL, 0),
	};

	rig_authenticate(rig, &request);
	rig_let_time_pass(rig);
	(void)rig_is_told(rig);
}

static void
who_only_asks_what_may_be_tried_attempted_nothing(void **state)
{
	struct rig *rig = rig_new("");

	rig_exchange_keys(rig);
	assert_int_equal(told_at_the_end(rig), MONITOR_STATUS_NO_ATTEMPT);
	ask(rig, AUTH_METHOD_NONE, rig->user);
	assert_int_equal(told_at_the_end(rig), MONITOR_STATUS_NO_ATTEMPT);
	rig_free(rig);
}

static void
who_asks_about_a_key_that_would_do_attempted_nothing(void **state)
{
	struct rig *rig = rig_new("");
	const struct auth_request request = {
		.method = AUTH_METHOD_PUBLICKEY,
		.user = bytes_of_text(rig->user),
		.service = bytes_of_text("ssh-connection"),
		.algorithm = bytes_of_text(key_type(rig->user_key)),
		.key_blob = key_blob(rig->user_key),
	};

	rig_exchange_keys(rig);
	rig_authenticate(rig, &request);
	assert_int_equal(rig_outcome(rig), AUTH_OUTCOME_KEY_OK);
	assert_int_equal(told_at_the_end(rig), MONITOR_STATUS_NO_ATTEMPT);
	rig_free(rig);
}

static void
a_refused_key_or_method_is_a_failure(void **state)
{
	struct rig *rig = rig_new("");

	rig_exchange_keys(rig);
	ask(rig, AUTH_METHOD_PUBLICKEY, rig->user);
	assert_int_equal(told_at_the_end(rig), MONITOR_STATUS_FAILED);
	rig_free(rig);
	rig = rig_new("");
	rig_exchange_keys(rig);
	ask(rig, AUTH_METHOD_NONE, rig->user);
	ask(rig, AUTH_METHOD_OTHER, rig->user);
	assert_int_equal(told_at_the_end(rig), MONITOR_STATUS_FAILED);
	rig_free(rig);
}

/* It counts when it was refused, and not only when the answer was waited for. */
static void
a_failure_that_was_not_answered_counts(void **state)
{
	struct rig *rig = rig_new("");
	const struct auth_request request = {
		.method = AUTH_METHOD_OTHER,
		.user = bytes_of_text("nobody-of-this-name"),
		.service = bytes_of_text("ssh-connection"),
	};

	rig_exchange_keys(rig);
	rig_authenticate(rig, &request);
	assert_false(rig_is_told(rig));
	assert_int_equal(told_at_the_end(rig), MONITOR_STATUS_INVALID_USER);
	rig_free(rig);
}

static void
an_unknown_user_is_named_so(void **state)
{
	struct rig *rig = rig_new("");

	rig_exchange_keys(rig);
	ask(rig, AUTH_METHOD_PUBLICKEY, "nobody-of-this-name");
	assert_int_equal(told_at_the_end(rig), MONITOR_STATUS_INVALID_USER);
	rig_free(rig);
}

static void
refuse_connection_is_said(void **state)
{
	struct rig *rig = rig_new("RefuseConnection yes\n");

	rig_exchange_keys(rig);
	ask(rig, AUTH_METHOD_NONE, rig->user);
	assert_int_equal(told_at_the_end(rig), MONITOR_STATUS_REFUSED);
	rig_free(rig);
}

/* An attack is one whatever was noted before, and nothing that comes later hides it. */
static void
an_attack_is_a_crash(void **state)
{
	struct rig *rig = rig_new("");

	rig_exchange_keys(rig);
	status_note(&rig->monitor, MONITOR_STATUS_TOO_SLOW);
	rig_say(rig, IPC_resize_pty, bytes_of(NULL, 0));
	assert_true(rig_is_attack(rig));
	status_note(&rig->monitor, MONITOR_STATUS_REFUSED);
	assert_int_equal(told_at_the_end(rig), MONITOR_STATUS_CRASHED);
	rig_free(rig);
}

/* Nothing of what went wrong before the network was handed over is the peer's fault. */
static void
nothing_is_said_where_there_was_no_client(void **state)
{
	struct rig *rig = rig_new("");

	rig->monitor.has_client = false;
	status_note(&rig->monitor, MONITOR_STATUS_CRASHED);
	assert_int_equal(told_at_the_end(rig), 0);
	rig_free(rig);
}

static void
nothing_is_said_after_a_login(void **state)
{
	struct rig *rig = rig_new("");
	struct account *account = calloc(1, sizeof(*account));
	struct permissions permissions = { 0 };

	assert_non_null(account);
	rig_exchange_keys(rig);
	ask(rig, AUTH_METHOD_OTHER, rig->user);
	phase_open(&rig->monitor, account, &permissions);
	phase_captured(&rig->monitor);
	assert_int_equal(told_at_the_end(rig), MONITOR_STATUS_ATTACK);
	rig_free(rig);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_only_asks_what_may_be_tried_attempted_nothing),
		cmocka_unit_test(who_asks_about_a_key_that_would_do_attempted_nothing),
		cmocka_unit_test(a_refused_key_or_method_is_a_failure),
		cmocka_unit_test(a_failure_that_was_not_answered_counts),
		cmocka_unit_test(an_unknown_user_is_named_so),
		cmocka_unit_test(refuse_connection_is_said),
		cmocka_unit_test(an_attack_is_a_crash),
		cmocka_unit_test(nothing_is_said_where_there_was_no_client),
		cmocka_unit_test(nothing_is_said_after_a_login),
	};
	struct support_log log;

	support_log_capture(&log);
	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
