/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/loop.c's gate and handlers, monitor/sign.c, monitor/reports.c and monitor/phase.c:
 * what a child gets for each message in each phase.
 */
#include "tests/unit/monitor/rig.h"

#define HASH  BYTES("0123456789abcdef0123456789abcdef")
#define OTHER BYTES("fedcba9876543210fedcba9876543210")

/* Where the log goes between tests that read it. */
static struct support_log unread;

/* Somebody is logged in, with all permissions. */
static void
open_phase(struct rig *rig)
{
	struct permissions permissions = { .session = true,
		.pty = true,
		.forward_local = true,
		.environment = true,
		.commands = true };
	struct account *account;

	assert_ok(account_find(rig->user, &account));
	phase_open(&rig->monitor, account, &permissions);
}

static bool
is_a_clients(const struct ipc_row *row)
{
	return row->direction == CHILD_TO_MONITOR &&
	       (row->phases & (IPC_PHASE_LOGIN | IPC_PHASE_OPEN)) != 0;
}

static void
what_the_table_does_not_allow_ends_the_connection(void **state)
{
	const enum ipc_phase phases[] = { IPC_PHASE_START, IPC_PHASE_LOGIN, IPC_PHASE_OPEN,
		IPC_PHASE_ENDING };

	for (size_t p = 0; p < COUNT(phases); p++) {
		for (int type = 0; type < IPC_TYPE_COUNT; type++) {
			const struct ipc_row *row = ipc_row((enum ipc_type)type);
			struct rig *rig;

			if (row->direction == CHILD_TO_MONITOR && (row->phases & phases[p]) != 0)
				continue;
			rig = rig_new("");
			rig->monitor.phase = phases[p];
			rig_say(rig, (enum ipc_type)type, bytes_of(NULL, 0));
			if (phases[p] == IPC_PHASE_ENDING && is_a_clients(row))
				ROW_TRUE(row->name, !rig_is_attack(rig)); /* it crossed the end */
			else
				ROW_TRUE(row->name, rig_is_attack(rig));
			ROW_TRUE(row->name, !rig_is_told(rig));
			rig_free(rig);
		}
	}
}

static void
a_body_that_does_not_parse_is_an_attack(void **state)
{
	uint8_t garbage[64];

	memset(garbage, 0xff, sizeof(garbage));
	for (int type = 0; type < IPC_TYPE_COUNT; type++) {
		const struct ipc_row *row = ipc_row((enum ipc_type)type);
		struct rig *rig;

		if (row->direction != CHILD_TO_MONITOR)
			continue;
		rig = rig_new("");
		if ((row->phases & IPC_PHASE_OPEN) != 0)
			open_phase(rig);
		else
			rig->monitor.phase = (row->phases & IPC_PHASE_LOGIN) != 0 ? IPC_PHASE_LOGIN
										  : IPC_PHASE_START;
		rig_say(rig, (enum ipc_type)type, bytes_of(garbage, sizeof(garbage)));
		ROW_TRUE(row->name, rig_is_attack(rig));
		rig_free(rig);
	}
}

static void
one_signature_before_login(void **state)
{
	struct rig *rig = rig_new("");

	rig_sign(rig, "ssh-ed25519", HASH);
	(void)rig_told(rig, IPC_signed);
	rig_say(rig, IPC_kex_done, bytes_of(NULL, 0));
	rig_sign(rig, "ssh-ed25519", OTHER);
	assert_true(rig_is_attack(rig));
	assert_false(rig_is_told(rig));
	rig_free(rig);
}

static void
the_signature_is_over_the_hash(void **state)
{
	struct rig *rig = rig_new("");
	struct bytes signature;
	struct reader reader;

	rig_sign(rig, "ssh-ed25519", HASH);
	reader = rig_told(rig, IPC_signed);
	signature = get_string(&reader);
	assert_ok(reader_end(&reader));
	assert_ok(key_verify(rig->host_key, signature_algorithm_find(bytes_of_text("ssh-ed25519")),
	    HASH, signature));
	rig_free(rig);
}

static void
one_signature_for_each_key_exchange_after_login_and_the_session_stays(void **state)
{
	struct rig *rig = rig_new("");

	rig_exchange_keys(rig);
	open_phase(rig);
	rig_say(rig, IPC_kex_done, bytes_of(NULL, 0));
	rig_sign(rig, "ssh-ed25519", OTHER);
	(void)rig_told(rig, IPC_signed);
	assert_bytes(bytes_of(rig->monitor.session_id, rig->monitor.session_id_size), HASH);
	rig_sign(rig, "ssh-ed25519", OTHER);
	assert_true(rig_is_attack(rig));
	rig_free(rig);
}

static void
ask_group(struct rig *rig, uint32_t least, uint32_t wanted, uint32_t most)
{
	uint8_t room[12];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, least);
	put_u32(&writer, wanted);
	put_u32(&writer, most);
	rig_say(rig, IPC_choose_group, writer_bytes(&writer));
}

#define WITH_GROUPS "KexAlgorithms +diffie-hellman-group-exchange-sha256\nModuliFile /nonexistent\n"

/* Of the fixed ones, since there is no file; 0: there is none. */
static void
a_group_of_the_size_that_fits(void **state)
{
	static const struct {
		const char *name;
		uint32_t least, wanted, most;
		size_t bits;
	} sizes[] = {
		{ "what is wanted", 2048, 4096, 8192, 4096 },
		{ "the next above", 2048, 3072, 8192, 4096 },
		{ "the largest, for want of a larger", 2048, 7000, 7000, 4096 },
		{ "none so small", 512, 1024, 1024, 0 },
		{ "small is raised", 512, 1024, 8192, 2048 },
		{ "a gap", 5000, 5000, 8000, 0 },
		{ "beyond all", 8192, 16384, UINT32_MAX, 8192 },
	};

	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct rig *rig = rig_new(WITH_GROUPS);
		struct reader reader;

		ask_group(rig, sizes[i].least, sizes[i].wanted, sizes[i].most);
		reader = rig_told(rig, IPC_group_chosen);
		ROW_TRUE(sizes[i].name, get_string(&reader).size * 8 == sizes[i].bits);
		ROW_TRUE(sizes[i].name, get_string(&reader).size == (sizes[i].bits > 0));
		assert_ok(reader_end(&reader));
		rig_free(rig);
	}
}

static void
no_group_that_is_not_configured_or_impossible(void **state)
{
	struct rig *rig = rig_new("");

	ask_group(rig, 2048, 2048, 8192);
	assert_true(rig_is_attack(rig));
	rig_free(rig);
	rig = rig_new(WITH_GROUPS);
	ask_group(rig, 2048, 8192, 8191);
	assert_true(rig_is_attack(rig));
	rig_free(rig);
}

static void
one_group_before_login(void **state)
{
	struct rig *rig = rig_new(WITH_GROUPS);

	ask_group(rig, 2048, 2048, 8192);
	(void)rig_told(rig, IPC_group_chosen);
	rig_exchange_keys(rig);
	ask_group(rig, 2048, 2048, 8192);
	assert_true(rig_is_attack(rig));
	rig_free(rig);
}

static void
one_group_for_each_key_exchange_after_login(void **state)
{
	struct rig *rig = rig_new(WITH_GROUPS);

	ask_group(rig, 2048, 2048, 8192);
	(void)rig_told(rig, IPC_group_chosen);
	rig_exchange_keys(rig);
	open_phase(rig);
	for (int i = 0; i < 2; i++) {
		ask_group(rig, 2048, 2048, 8192);
		(void)rig_told(rig, IPC_group_chosen);
		rig_say(rig, IPC_kex_done, bytes_of(NULL, 0));
	}
	ask_group(rig, 2048, 2048, 8192);
	(void)rig_told(rig, IPC_group_chosen);
	ask_group(rig, 2048, 2048, 8192);
	assert_true(rig_is_attack(rig));
	rig_free(rig);
}

static void
signs_only_by_what_is_offered(void **state)
{
	const char *algorithms[] = { "rsa-sha2-512", "ecdsa-sha2-nistp256", "ssh-rsa", "", "x" };
	const char *restriction[] = { "HostKeyAlgorithms rsa-sha2-512\n" };

	for (size_t i = 0; i < COUNT(algorithms); i++) {
		struct rig *rig = rig_new("");

		rig_sign(rig, algorithms[i], HASH);
		ROW_TRUE(algorithms[i], rig_is_attack(rig));
		ROW_TRUE(algorithms[i], rig->monitor.session_id_size == 0);
		rig_free(rig);
	}
	for (size_t i = 0; i < COUNT(restriction); i++) {
		struct rig *rig = rig_new(restriction[i]);

		rig_sign(rig, "ssh-ed25519", HASH);
		assert_true(rig_is_attack(rig));
		rig_free(rig);
	}
}

static void
signs_nothing_but_hashes(void **state)
{
	uint8_t long_one[65] = { 0 };
	const struct bytes hashes[] = { BYTES_ROW(""), BYTES_ROW("short"),
		bytes_of(long_one, sizeof(long_one)) };

	for (size_t i = 0; i < COUNT(hashes); i++) {
		struct rig *rig = rig_new("");

		rig_sign(rig, "ssh-ed25519", hashes[i]);
		assert_true(rig_is_attack(rig));
		rig_free(rig);
	}
}

static void
host_keys_are_proved_by_their_owner(void **state)
{
	struct rig *rig = rig_new("");
	uint8_t room[4096];
	struct writer data = writer_into(room, sizeof(room));
	struct bytes signature;
	struct reader reader;
	uint8_t blob[512];
	struct writer body = writer_into(blob, sizeof(blob));

	rig_exchange_keys(rig);
	open_phase(rig);
	put_string(&body, key_blob(rig->host_key));
	rig_say(rig, IPC_prove_host_keys, writer_bytes(&body));
	reader = rig_told(rig, IPC_host_keys_proved);
	signature = get_string(&reader);
	assert_ok(reader_end(&reader));
	put_text(&data, "hostkeys-prove-00@openssh.com");
	put_string(&data, HASH);
	put_string(&data, key_blob(rig->host_key));
	assert_ok(key_verify(rig->host_key, signature_algorithm_find(bytes_of_text("ssh-ed25519")),
	    writer_bytes(&data), signature));
	body = writer_into(blob, sizeof(blob));
	put_string(&body, key_blob(rig->user_key)); /* not ours */
	rig_say(rig, IPC_prove_host_keys, writer_bytes(&body));
	reader = rig_told(rig, IPC_host_keys_proved);
	assert_int_equal(reader.left, 0);
	assert_false(rig_is_attack(rig));
	rig_free(rig);
}

static void
proofs_have_an_end(void **state)
{
	struct rig *rig = rig_new("");
	struct reader reader;
	uint8_t blob[512];
	struct writer body = writer_into(blob, sizeof(blob));
	size_t proved = 0;

	rig_exchange_keys(rig);
	open_phase(rig);
	put_string(&body, key_blob(rig->host_key));
	for (int i = 0; i < 100; i++) {
		rig_say(rig, IPC_prove_host_keys, writer_bytes(&body));
		reader = rig_told(rig, IPC_host_keys_proved);
		proved += reader.left > 0;
	}
	assert_int_equal(proved, 8);
	rig_free(rig);
}

static void
say_log(struct rig *rig, uint32_t level, const char *text)
{
	uint8_t room[1200];
	struct writer writer = writer_into(room, sizeof(room));

	put_u32(&writer, level);
	put_text(&writer, "reason");
	put_text(&writer, text);
	rig_say(rig, IPC_log, writer_bytes(&writer));
}

static void
the_childs_log_is_quoted_tamed_and_bounded(void **state)
{
	struct rig *rig = rig_new("");
	struct support_log seen;

	support_log_capture(&seen);
	log_set_level(LOG_LEVEL_INFO);
	say_log(rig, LOG_LEVEL_FATAL, "one\nAccepted publickey for root");
	assert_int_equal(seen.level, LOG_LEVEL_INFO);
	assert_string_equal(seen.reason, "network-process");
	assert_null(strchr(seen.text, '\n'));
	assert_non_null(strstr(seen.text, "192.0.2.1"));
	for (int i = 0; i < 5000; i++)
		say_log(rig, LOG_LEVEL_INFO, "flood");
	assert_true(seen.count <= 201);
	assert_false(rig_is_attack(rig));
	rig_free(rig);
	support_log_capture(&unread);
}

static void
a_forbidden_call_is_named_in_the_log(void **state)
{
	struct rig *rig = rig_new("");
	struct support_log seen;
	uint8_t room[8];
	struct writer writer = writer_into(room, sizeof(room));

	support_log_capture(&seen);
	put_u32(&writer, 59);
	put_u32(&writer, 0xc000003e); /* x86-64 */
	rig_say(rig, IPC_violation, writer_bytes(&writer));
	assert_non_null(strstr(seen.text, "attack"));
	assert_non_null(strstr(seen.text, "59 (execve)"));
	assert_true(rig_is_attack(rig));
	rig_free(rig);
	support_log_capture(&unread);
}

static void
sessions_and_forwards_have_owners(void **state)
{
	struct rig *rig = rig_new("MaxSessions 2\n");
	uint8_t id[4] = { 0, 0, 0, 1 };
	struct reader reader;

	open_phase(rig);
	rig_say(rig, IPC_open_session, bytes_of(id, 4));
	reader = rig_told(rig, IPC_session_opened);
	assert_int_equal(get_u32(&reader), 1);
	assert_int_equal(get_u32(&reader), 0);
	id[3] = 2;
	rig_say(rig, IPC_open_session, bytes_of(id, 4));
	reader = rig_told(rig, IPC_session_opened);
	(void)get_u32(&reader);
	assert_int_equal(get_u32(&reader), 0);
	id[3] = 3; /* MaxSessions */
	rig_say(rig, IPC_open_session, bytes_of(id, 4));
	reader = rig_told(rig, IPC_session_opened);
	(void)get_u32(&reader);
	assert_int_equal(get_u32(&reader), SSH_OPEN_ADMINISTRATIVELY_PROHIBITED);
	assert_false(rig_is_attack(rig));
	id[3] = 1; /* the same once more */
	rig_say(rig, IPC_open_session, bytes_of(id, 4));
	assert_true(rig_is_attack(rig));
	rig_free(rig);
}

static void
a_cause_that_there_is_not_is_an_attack(void **state)
{
	struct rig *rig = rig_new("");
	const struct ending_notice notice = { false, 11, bytes_of_text("bye"), ENDING_CAUSE_COUNT };
	uint8_t room[256];
	struct writer writer = writer_into(room, sizeof(room));

	ending_notice_put(&writer, &notice);
	rig_say(rig, IPC_ending, writer_bytes(&writer));
	assert_true(rig_is_attack(rig));
	rig_free(rig);
}

static void
the_cause_of_an_end_is_its_reason(void **state)
{
	static const char *const reasons[ENDING_CAUSE_COUNT] = {
		[ENDING_OTHER] = "disconnecting",
		[ENDING_CLIENT_SILENT] = "client-silent",
		[ENDING_UNUSED] = "unused-connection",
		[ENDING_USER_IDLE] = "idle-user",
		[ENDING_PEER_DEAD] = "dead-peer",
	};

	for (uint32_t cause = 0; cause < ENDING_CAUSE_COUNT; cause++) {
		struct rig *rig = rig_new("");
		const struct ending_notice notice = { false, 11, bytes_of_text("bye"), cause };
		struct support_log seen;
		uint8_t room[256];
		struct writer writer = writer_into(room, sizeof(room));

		support_log_capture(&seen);
		ending_notice_put(&writer, &notice);
		rig_say(rig, IPC_ending, writer_bytes(&writer));
		assert_int_equal(seen.count, 1);
		assert_string_equal(seen.reason, reasons[cause]);
		rig_free(rig);
		support_log_capture(&unread);
	}
}

static void
a_connection_grows_old_from_its_login_on(void **state)
{
	struct rig *rig = rig_new("MaxSessionAge 60\n");
	const uint64_t now_ms = clock_now_ms();

	assert_true(rig->monitor.age_deadline_ms == 0);
	open_phase(rig);
	assert_true(rig->monitor.age_deadline_ms >= now_ms + 60000);
	assert_true(rig->monitor.age_deadline_ms < now_ms + 70000);
	phase_end(&rig->monitor, SSH_DISCONNECT_BY_APPLICATION, "");
	assert_true(rig->monitor.age_deadline_ms == 0);
	rig_free(rig);
}

static void
the_last_word_ends_the_connection(void **state)
{
	struct rig *rig = rig_new("");
	const struct ending_notice notice = { true, 11, bytes_of_text("bye\x1b[2J"), ENDING_OTHER };
	struct support_log seen;
	uint8_t room[256];
	struct writer writer = writer_into(room, sizeof(room));

	support_log_capture(&seen);
	ending_notice_put(&writer, &notice);
	rig_say(rig, IPC_ending, writer_bytes(&writer));
	assert_int_equal(rig->monitor.phase, IPC_PHASE_ENDING);
	assert_true(rig->monitor.kill_deadline_ms > 0);
	assert_int_equal(seen.count, 2);
	assert_null(strchr(seen.text, '\x1b'));
	rig_say(rig, IPC_ending, writer_bytes(&writer));
	assert_true(rig_is_attack(rig));
	rig_free(rig);
	support_log_capture(&unread);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_table_does_not_allow_ends_the_connection),
		cmocka_unit_test(a_body_that_does_not_parse_is_an_attack),
		cmocka_unit_test(one_signature_before_login),
		cmocka_unit_test(the_signature_is_over_the_hash),
		cmocka_unit_test(
		    one_signature_for_each_key_exchange_after_login_and_the_session_stays),
		cmocka_unit_test(a_group_of_the_size_that_fits),
		cmocka_unit_test(no_group_that_is_not_configured_or_impossible),
		cmocka_unit_test(one_group_before_login),
		cmocka_unit_test(one_group_for_each_key_exchange_after_login),
		cmocka_unit_test(signs_only_by_what_is_offered),
		cmocka_unit_test(signs_nothing_but_hashes),
		cmocka_unit_test(host_keys_are_proved_by_their_owner),
		cmocka_unit_test(proofs_have_an_end),
		cmocka_unit_test(the_childs_log_is_quoted_tamed_and_bounded),
		cmocka_unit_test(a_forbidden_call_is_named_in_the_log),
		cmocka_unit_test(sessions_and_forwards_have_owners),
		cmocka_unit_test(the_last_word_ends_the_connection),
		cmocka_unit_test(a_cause_that_there_is_not_is_an_attack),
		cmocka_unit_test(the_cause_of_an_end_is_its_reason),
		cmocka_unit_test(a_connection_grows_old_from_its_login_on),
	};

	support_log_capture(&unread);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
