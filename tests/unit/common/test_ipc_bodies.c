/* SPDX-License-Identifier: ISC */
/*
 * Tests of common/ipc_bodies.c: what one side writes the other side reads, and nothing that is cut or
 * has bytes left over is taken.
 */
#include "common/ipc_bodies.h"

#include "common/pam_bodies.h"

#include "tests/unit/support.h"

#define ROOM 65536

/* One kind of body behind two functions: write a sample; read it and compare. */
struct kind {
	const char *name;
	void (*put)(struct writer *writer);
	void (*get)(struct reader *reader);   /* may leave the reader failed */
	void (*check)(struct reader *reader); /* reads again and compares every field */
};

#define TEXT(literal) bytes_of((literal), sizeof(literal) - 1)

/* --- child_start --------------------------------------------------------------------------------- */

static void
put_child_start(struct writer *writer)
{
	const struct child_start start = { .policy.log_level = 5,
		.version = TEXT("SSH-2.0-x"),
		.kex_algorithms = TEXT("kex"),
		.host_key_algorithms = TEXT("host"),
		.ciphers = TEXT("cipher"),
		.macs = TEXT("mac"),
		.policy.user_key_algorithms = TEXT("user"),
		.policy.banner = TEXT(""),
		.channels_max = 256,
		.policy.window_max_bytes = 0x80000000u,
		.policy.channel_timeouts = TEXT("\0\0\0\1*\0\0\0\7"),
		.policy.user_timeout_s = 77,
		.compression = COMPRESSION_FROM_KEYS,
		.policy.qos_interactive = 0xb8,
		.policy.qos_bulk = CHILD_QOS_NONE,
		.policy.rekey_bytes = UINT64_C(1) << 40,
		.policy.rekey_s = 3600,
		.policy.alive_interval_s = 15,
		.policy.alive_count_max = 3,
		.host_key_count = 2,
		.host_keys = { TEXT("first"), TEXT("second") } };

	child_start_put(writer, &start);
}

static void
get_child_start(struct reader *reader)
{
	struct child_start start;

	child_start_get(reader, &start);
}

static void
check_child_start(struct reader *reader)
{
	struct child_start start;

	child_start_get(reader, &start);
	assert_int_equal(start.policy.log_level, 5);
	assert_bytes(start.version, TEXT("SSH-2.0-x"));
	assert_bytes(start.kex_algorithms, TEXT("kex"));
	assert_bytes(start.host_key_algorithms, TEXT("host"));
	assert_bytes(start.ciphers, TEXT("cipher"));
	assert_bytes(start.macs, TEXT("mac"));
	assert_bytes(start.policy.user_key_algorithms, TEXT("user"));
	assert_bytes(start.policy.banner, TEXT(""));
	assert_int_equal(start.channels_max, 256);
	assert_int_equal(start.policy.window_max_bytes, 0x80000000u);
	assert_int_equal(start.policy.channel_timeouts.size, 9);
	assert_int_equal(start.policy.user_timeout_s, 77);
	assert_int_equal(start.compression, COMPRESSION_FROM_KEYS);
	assert_int_equal(start.policy.qos_interactive, 0xb8);
	assert_int_equal(start.policy.qos_bulk, CHILD_QOS_NONE);
	assert_int_equal(start.policy.rekey_bytes, UINT64_C(1) << 40);
	assert_int_equal(start.policy.rekey_s, 3600);
	assert_int_equal(start.policy.alive_interval_s, 15);
	assert_int_equal(start.policy.alive_count_max, 3);
	assert_int_equal(start.host_key_count, 2);
	assert_bytes(start.host_keys[0], TEXT("first"));
	assert_bytes(start.host_keys[1], TEXT("second"));
}

/* --- auth_request, auth_answer --------------------------------------------------------------------- */

static void
put_auth_request(struct writer *writer)
{
	auth_request_put(writer, &(struct auth_request){ .method = AUTH_METHOD_PUBLICKEY,
				     .user = TEXT("bob"),
				     .service = TEXT("ssh-connection"),
				     .algorithm = TEXT("ssh-ed25519"),
				     .key_blob = TEXT("blob"),
				     .is_hostbound = true,
				     .host_key = TEXT("host"),
				     .has_signature = true,
				     .signature = TEXT("signature"),
				     .password = TEXT("old"),
				     .is_change = true,
				     .new_password = TEXT("new"),
				     .client_host = TEXT("host.example"),
				     .client_user = TEXT("alice") });
}

static void
get_auth_request(struct reader *reader)
{
	struct auth_request request;

	auth_request_get(reader, &request);
}

static void
check_auth_request(struct reader *reader)
{
	struct auth_request request;

	auth_request_get(reader, &request);
	assert_int_equal(request.method, AUTH_METHOD_PUBLICKEY);
	assert_bytes(request.user, TEXT("bob"));
	assert_bytes(request.service, TEXT("ssh-connection"));
	assert_bytes(request.algorithm, TEXT("ssh-ed25519"));
	assert_bytes(request.key_blob, TEXT("blob"));
	assert_true(request.is_hostbound);
	assert_bytes(request.host_key, TEXT("host"));
	assert_true(request.has_signature);
	assert_bytes(request.signature, TEXT("signature"));
	assert_bytes(request.password, TEXT("old"));
	assert_true(request.is_change);
	assert_bytes(request.new_password, TEXT("new"));
	assert_bytes(request.client_host, TEXT("host.example"));
	assert_bytes(request.client_user, TEXT("alice"));
}

static void
put_auth_answer(struct writer *writer)
{
	auth_answer_put(writer, &(struct auth_answer){ AUTH_OUTCOME_KEY_OK, TEXT("publickey"), true,
				    TEXT("notice"), TEXT("prompt") });
}

static void
get_auth_answer(struct reader *reader)
{
	struct auth_answer answer;

	auth_answer_get(reader, &answer);
}

static void
check_auth_answer(struct reader *reader)
{
	struct auth_answer answer;

	auth_answer_get(reader, &answer);
	assert_int_equal(answer.outcome, AUTH_OUTCOME_KEY_OK);
	assert_bytes(answer.methods, TEXT("publickey"));
	assert_true(answer.partial_success);
	assert_bytes(answer.notice, TEXT("notice"));
	assert_bytes(answer.prompt, TEXT("prompt"));
}

/* --- auth_prompts, auth_replies -------------------------------------------------------------------- */

static void
put_auth_prompts(struct writer *writer)
{
	auth_prompts_put(
	    writer, &(struct auth_prompts){ .name = TEXT("name"),
			.instruction = TEXT("do this"),
			.count = 2,
			.prompts = { { TEXT("Who"), true }, { TEXT("What"), false } } });
}

static void
get_auth_prompts(struct reader *reader)
{
	struct auth_prompts prompts;

	auth_prompts_get(reader, &prompts);
}

static void
check_auth_prompts(struct reader *reader)
{
	struct auth_prompts prompts;

	auth_prompts_get(reader, &prompts);
	assert_bytes(prompts.name, TEXT("name"));
	assert_bytes(prompts.instruction, TEXT("do this"));
	assert_int_equal(prompts.count, 2);
	assert_bytes(prompts.prompts[0].text, TEXT("Who"));
	assert_true(prompts.prompts[0].echo);
	assert_bytes(prompts.prompts[1].text, TEXT("What"));
	assert_false(prompts.prompts[1].echo);
}

static void
put_auth_replies(struct writer *writer)
{
	auth_replies_put(
	    writer, &(struct auth_replies){ .count = 2, .replies = { TEXT("a"), TEXT("bc") } });
}

static void
get_auth_replies(struct reader *reader)
{
	struct auth_replies replies;

	auth_replies_get(reader, &replies);
}

static void
check_auth_replies(struct reader *reader)
{
	struct auth_replies replies;

	auth_replies_get(reader, &replies);
	assert_int_equal(replies.count, 2);
	assert_bytes(replies.replies[1], TEXT("bc"));
}

/* --- pty_request, x11_request, session_request, session_end ---------------------------------------- */

static void
put_pty_request(struct writer *writer)
{
	pty_request_put(writer,
	    &(struct pty_request){ 7, TEXT("xterm"), 80, 24, 640, 480, TEXT("\1\0\0\0\1\0") });
}

static void
get_pty_request(struct reader *reader)
{
	struct pty_request request;

	pty_request_get(reader, &request);
}

static void
check_pty_request(struct reader *reader)
{
	struct pty_request request;

	pty_request_get(reader, &request);
	assert_int_equal(request.id, 7);
	assert_bytes(request.term, TEXT("xterm"));
	assert_int_equal(request.columns, 80);
	assert_int_equal(request.rows, 24);
	assert_int_equal(request.width_px, 640);
	assert_int_equal(request.height_px, 480);
	assert_bytes(request.modes, TEXT("\1\0\0\0\1\0"));
}

static void
put_x11_request(struct writer *writer)
{
	x11_request_put(
	    writer, &(struct x11_request){ 7, true, TEXT("MIT-MAGIC-COOKIE-1"), TEXT("00ff"), 2 });
}

static void
get_x11_request(struct reader *reader)
{
	struct x11_request request;

	x11_request_get(reader, &request);
}

static void
check_x11_request(struct reader *reader)
{
	struct x11_request request;

	x11_request_get(reader, &request);
	assert_int_equal(request.id, 7);
	assert_true(request.is_single);
	assert_bytes(request.protocol, TEXT("MIT-MAGIC-COOKIE-1"));
	assert_bytes(request.cookie, TEXT("00ff"));
	assert_int_equal(request.screen, 2);
}

static void
put_session_request(struct writer *writer)
{
	session_request_put(
	    writer, &(struct session_request){ 3, SESSION_KIND_EXEC, TEXT("id -u") });
}

static void
get_session_request(struct reader *reader)
{
	struct session_request request;

	session_request_get(reader, &request);
}

static void
check_session_request(struct reader *reader)
{
	struct session_request request;

	session_request_get(reader, &request);
	assert_int_equal(request.id, 3);
	assert_int_equal(request.kind, SESSION_KIND_EXEC);
	assert_bytes(request.command, TEXT("id -u"));
}

static void
put_session_end(struct writer *writer)
{
	session_end_put(writer, &(struct session_end){ 9, true, 255, TEXT("TERM"), true });
}

static void
get_session_end(struct reader *reader)
{
	struct session_end end;

	session_end_get(reader, &end);
}

static void
check_session_end(struct reader *reader)
{
	struct session_end end;

	session_end_get(reader, &end);
	assert_int_equal(end.id, 9);
	assert_true(end.by_signal);
	assert_int_equal(end.status, 255);
	assert_bytes(end.signal_name, TEXT("TERM"));
	assert_true(end.core_dumped);
}

/* --- tcp_request, ending_notice -------------------------------------------------------------------- */

static void
put_tcp_request(struct writer *writer)
{
	tcp_request_put(
	    writer, &(struct tcp_request){ 1, TEXT("example.org"), 443, TEXT("127.0.0.1"), 4711 });
}

static void
get_tcp_request(struct reader *reader)
{
	struct tcp_request request;

	tcp_request_get(reader, &request);
}

static void
check_tcp_request(struct reader *reader)
{
	struct tcp_request request;

	tcp_request_get(reader, &request);
	assert_int_equal(request.id, 1);
	assert_bytes(request.host, TEXT("example.org"));
	assert_int_equal(request.port, 443);
	assert_bytes(request.originator, TEXT("127.0.0.1"));
	assert_int_equal(request.originator_port, 4711);
}

static void
put_ending_notice(struct writer *writer)
{
	ending_notice_put(writer,
	    &(struct ending_notice){ true, 11, TEXT("disconnected by user"), ENDING_UNUSED });
}

static void
get_ending_notice(struct reader *reader)
{
	struct ending_notice notice;

	ending_notice_get(reader, &notice);
}

static void
check_ending_notice(struct reader *reader)
{
	struct ending_notice notice;

	ending_notice_get(reader, &notice);
	assert_true(notice.by_peer);
	assert_int_equal(notice.reason, 11);
	assert_bytes(notice.text, TEXT("disconnected by user"));
}

/* --- user_start, user_connect ---------------------------------------------------------------------- */

static void
put_user_start(struct writer *writer)
{
	user_start_put(writer, &(struct user_start){ .change_user = true,
				   .uid = 1000,
				   .gid = 100,
				   .group_count = 3,
				   .groups = { 100, 27, 4 },
				   .user = TEXT("bob"),
				   .home = TEXT("/home/bob"),
				   .log_level = 3,
				   .root = TEXT("/srv/bob") });
}

static void
get_user_start(struct reader *reader)
{
	struct user_start start;

	user_start_get(reader, &start);
}

static void
check_user_start(struct reader *reader)
{
	struct user_start start;

	user_start_get(reader, &start);
	assert_true(start.change_user);
	assert_int_equal(start.uid, 1000);
	assert_int_equal(start.gid, 100);
	assert_int_equal(start.group_count, 3);
	assert_int_equal(start.groups[2], 4);
	assert_bytes(start.user, TEXT("bob"));
	assert_bytes(start.home, TEXT("/home/bob"));
	assert_int_equal(start.log_level, 3);
	assert_bytes(start.root, TEXT("/srv/bob"));
}

static void
put_user_connect(struct writer *writer)
{
	user_connect_put(writer, &(struct user_connect){ 5, FORWARD_TCP, TEXT("::1"), 25, 6 });
}

static void
get_user_connect(struct reader *reader)
{
	struct user_connect request;

	user_connect_get(reader, &request);
}

static void
check_user_connect(struct reader *reader)
{
	struct user_connect request;

	user_connect_get(reader, &request);
	assert_int_equal(request.id, 5);
	assert_int_equal(request.kind, FORWARD_TCP);
	assert_bytes(request.host, TEXT("::1"));
	assert_int_equal(request.port, 25);
	assert_int_equal(request.family, 6);
}

/* --- what is listened on --------------------------------------------------------------------------- */

static void
put_unix_request(struct writer *writer)
{
	unix_request_put(writer, &(struct unix_request){ 9, TEXT("/run/x") });
}

static void
get_unix_request(struct reader *reader)
{
	struct unix_request request;

	unix_request_get(reader, &request);
}

static void
check_unix_request(struct reader *reader)
{
	struct unix_request request;

	unix_request_get(reader, &request);
	assert_int_equal(request.id, 9);
	assert_bytes(request.path, TEXT("/run/x"));
}

static void
put_listen_request(struct writer *writer)
{
	listen_request_put(
	    writer, &(struct listen_request){ 3, FORWARD_TCP, TEXT("localhost"), 8080 });
}

static void
get_listen_request(struct reader *reader)
{
	struct listen_request request;

	listen_request_get(reader, &request);
}

static void
check_listen_request(struct reader *reader)
{
	struct listen_request request;

	listen_request_get(reader, &request);
	assert_int_equal(request.id, 3);
	assert_int_equal(request.kind, FORWARD_TCP);
	assert_bytes(request.place, TEXT("localhost"));
	assert_int_equal(request.port, 8080);
}

static void
put_listen_answer(struct writer *writer)
{
	listen_answer_put(
	    writer, &(struct listen_answer){ 3, 0, 8080, TEXT("why"), UINT64_MAX, 77 });
}

static void
get_listen_answer(struct reader *reader)
{
	struct listen_answer answer;

	listen_answer_get(reader, &answer);
}

static void
check_listen_answer(struct reader *reader)
{
	struct listen_answer answer;

	listen_answer_get(reader, &answer);
	assert_int_equal(answer.id, 3);
	assert_int_equal(answer.reason, 0);
	assert_int_equal(answer.port, 8080);
	assert_bytes(answer.text, TEXT("why"));
	assert_true(answer.device == UINT64_MAX && answer.inode == 77);
}

static void
put_user_listen(struct writer *writer)
{
	user_listen_put(writer, &(struct user_listen){ 3, FORWARD_TCP, TEXT("127.0.0.1"),
				    TEXT("::1"), 8080, 6, 0177, true });
}

static void
get_user_listen(struct reader *reader)
{
	struct user_listen request;

	user_listen_get(reader, &request);
}

static void
check_user_listen(struct reader *reader)
{
	struct user_listen request;

	user_listen_get(reader, &request);
	assert_int_equal(request.id, 3);
	assert_int_equal(request.kind, FORWARD_TCP);
	assert_bytes(request.place, TEXT("127.0.0.1"));
	assert_bytes(request.another, TEXT("::1"));
	assert_int_equal(request.port, 8080);
	assert_int_equal(request.family, 6);
	assert_int_equal(request.mask, 0177);
	assert_true(request.replaces);
}

static void
put_accepted_notice(struct writer *writer)
{
	accepted_notice_put(writer, &(struct accepted_notice){ 3, TEXT("192.0.2.1"), 4711 });
}

static void
get_accepted_notice(struct reader *reader)
{
	struct accepted_notice notice;

	accepted_notice_get(reader, &notice);
}

static void
check_accepted_notice(struct reader *reader)
{
	struct accepted_notice notice;

	accepted_notice_get(reader, &notice);
	assert_int_equal(notice.id, 3);
	assert_bytes(notice.originator, TEXT("192.0.2.1"));
	assert_int_equal(notice.originator_port, 4711);
}

/* --- pam_start, pam_done, pam_open, pam_opened, pam_run -------------------------------------------- */

static void
put_pam_start(struct writer *writer)
{
	pam_start_put(writer, &(struct pam_start){ TEXT("sallyport"), TEXT("bob"), TEXT("::1"),
				  TEXT("::1 1 ::1 22"), true, 3 });
}

static void
get_pam_start(struct reader *reader)
{
	struct pam_start start;

	pam_start_get(reader, &start);
}

static void
check_pam_start(struct reader *reader)
{
	struct pam_start start;

	pam_start_get(reader, &start);
	assert_bytes(start.service, TEXT("sallyport"));
	assert_bytes(start.user, TEXT("bob"));
	assert_bytes(start.rhost, TEXT("::1"));
	assert_bytes(start.connection, TEXT("::1 1 ::1 22"));
	assert_true(start.permits_empty);
	assert_int_equal(start.log_level, 3);
}

static void
put_pam_done(struct writer *writer)
{
	pam_done_put(writer, &(struct pam_done){ PASSWORD_EXPIRED, TEXT("why"), TEXT("notice") });
}

static void
get_pam_done(struct reader *reader)
{
	struct pam_done done;

	pam_done_get(reader, &done);
}

static void
check_pam_done(struct reader *reader)
{
	struct pam_done done;

	pam_done_get(reader, &done);
	assert_int_equal(done.verdict, PASSWORD_EXPIRED);
	assert_bytes(done.reason, TEXT("why"));
	assert_bytes(done.notice, TEXT("notice"));
}

static void
put_pam_open(struct writer *writer)
{
	pam_open_put(writer, &(struct pam_open){ .change_user = true,
				 .group_count = 2,
				 .groups = { 100, 200 },
				 .auth_info = TEXT("password\n") });
}

static void
get_pam_open(struct reader *reader)
{
	struct pam_open open;

	pam_open_get(reader, &open);
}

static void
check_pam_open(struct reader *reader)
{
	struct pam_open open;

	pam_open_get(reader, &open);
	assert_true(open.change_user);
	assert_int_equal(open.group_count, 2);
	assert_int_equal(open.groups[1], 200);
	assert_bytes(open.auth_info, TEXT("password\n"));
}

static void
put_pam_opened(struct writer *writer)
{
	pam_opened_put(writer, &(struct pam_opened){ .verdict = PASSWORD_RIGHT,
				   .reason = TEXT("why"),
				   .notice = TEXT("motd"),
				   .variable_count = 2,
				   .variables = { TEXT("A=1"), TEXT("B=2") } });
}

static void
get_pam_opened(struct reader *reader)
{
	struct pam_opened opened;

	pam_opened_get(reader, &opened);
}

static void
check_pam_opened(struct reader *reader)
{
	struct pam_opened opened;

	pam_opened_get(reader, &opened);
	assert_int_equal(opened.verdict, PASSWORD_RIGHT);
	assert_bytes(opened.reason, TEXT("why"));
	assert_bytes(opened.notice, TEXT("motd"));
	assert_int_equal(opened.variable_count, 2);
	assert_bytes(opened.variables[1], TEXT("B=2"));
}

static void
put_pam_run(struct writer *writer)
{
	pam_run_put(writer, &(struct pam_run){ .path = TEXT("/bin/sh"),
				.argument_count = 2,
				.arguments = { TEXT("sh"), TEXT("-c") },
				.variable_count = 1,
				.variables = { TEXT("A=1") },
				.change_user = true,
				.uid = 1000,
				.gid = 100,
				.user = TEXT("bob"),
				.home = TEXT("/home/bob"),
				.shell = TEXT("/bin/bash"),
				.runs_user_rc = true,
				.terminal = TEXT("/dev/pts/1"),
				.notice = TEXT("motd"),
				.root = TEXT("/srv"),
				.serves_sftp = true,
				.xauth = TEXT("/usr/bin/xauth"),
				.xauth_commands = TEXT("add unix:10.0 . 00\n"),
				.rc_line = TEXT("a 00\n") });
}

static void
get_pam_run(struct reader *reader)
{
	struct pam_run run;

	pam_run_get(reader, &run);
}

static void
check_pam_run(struct reader *reader)
{
	struct pam_run run;

	pam_run_get(reader, &run);
	assert_bytes(run.path, TEXT("/bin/sh"));
	assert_int_equal(run.argument_count, 2);
	assert_bytes(run.arguments[1], TEXT("-c"));
	assert_int_equal(run.variable_count, 1);
	assert_bytes(run.variables[0], TEXT("A=1"));
	assert_true(run.change_user && run.runs_user_rc && run.serves_sftp);
	assert_bytes(run.root, TEXT("/srv"));
	assert_int_equal(run.uid, 1000);
	assert_int_equal(run.gid, 100);
	assert_bytes(run.user, TEXT("bob"));
	assert_bytes(run.home, TEXT("/home/bob"));
	assert_bytes(run.shell, TEXT("/bin/bash"));
	assert_bytes(run.terminal, TEXT("/dev/pts/1"));
	assert_bytes(run.notice, TEXT("motd"));
	assert_bytes(run.xauth, TEXT("/usr/bin/xauth"));
	assert_bytes(run.xauth_commands, TEXT("add unix:10.0 . 00\n"));
	assert_bytes(run.rc_line, TEXT("a 00\n"));
}

/* --------------------------------------------------------------------------------------------------- */

#define KIND(name)                                          \
	{                                                   \
#name, put_##name, get_##name, check_##name \
	}
static const struct kind kinds[] = {
	KIND(child_start),
	KIND(auth_request),
	KIND(auth_answer),
	KIND(auth_prompts),
	KIND(auth_replies),
	KIND(pty_request),
	KIND(x11_request),
	KIND(session_request),
	KIND(session_end),
	KIND(tcp_request),
	KIND(ending_notice),
	KIND(user_start),
	KIND(user_connect),
	KIND(unix_request),
	KIND(listen_request),
	KIND(listen_answer),
	KIND(user_listen),
	KIND(accepted_notice),
	KIND(pam_start),
	KIND(pam_done),
	KIND(pam_open),
	KIND(pam_opened),
	KIND(pam_run),
};

static uint8_t room[ROOM];

static void
reads_what_was_written(void **state)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct writer writer = writer_into(room, sizeof(room));
		struct reader reader;

		kinds[i].put(&writer);
		ROW_RESULT(kinds[i].name, writer_end(&writer), RESULT_OK);
		reader = reader_of(writer_bytes(&writer));
		kinds[i].check(&reader);
		ROW_RESULT(kinds[i].name, reader_end(&reader), RESULT_OK);
	}
}

static void
refuses_every_prefix(void **state)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct writer writer = writer_into(room, sizeof(room));

		kinds[i].put(&writer);
		for (size_t size = 0; size < writer.used; size++) {
			struct reader reader = reader_of(bytes_of(room, size));

			kinds[i].get(&reader);
			ROW_RESULT(kinds[i].name, reader_end(&reader), RESULT_TRUNCATED);
		}
	}
}

static void
refuses_a_byte_too_many(void **state)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct writer writer = writer_into(room, sizeof(room));
		struct reader reader;

		kinds[i].put(&writer);
		put_byte(&writer, 0);
		reader = reader_of(writer_bytes(&writer));
		kinds[i].get(&reader);
		ROW_RESULT(kinds[i].name, reader_end(&reader), RESULT_TRAILING);
	}
}

static void
writes_nothing_beyond_its_room(void **state)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct writer writer = writer_into(room, 10);

		memset(room, 0x55, 64);
		kinds[i].put(&writer);
		ROW_RESULT(kinds[i].name, writer_end(&writer), RESULT_LIMIT);
		ROW_TRUE(kinds[i].name, room[10] == 0x55 && room[63] == 0x55);
	}
}

static void
counts_are_limited(void **state)
{
	struct child_start start;
	struct user_start user;
	struct writer writer = writer_into(room, sizeof(room));
	struct reader reader;

	put_child_start(&writer);
	/* The count stands in front of the two keys: 4 + 5 and 4 + 6 bytes. */
	room[writer.used - 21] = 1;
	reader = reader_of(writer_bytes(&writer));
	child_start_get(&reader, &start);
	assert_result(reader_end(&reader), RESULT_LIMIT);
	assert_int_equal(start.host_key_count, 0);

	writer = writer_into(room, sizeof(room));
	put_user_start(&writer);
	room[1 + 4 + 4 + 2] = 4; /* 1024 + 3 groups */
	reader = reader_of(writer_bytes(&writer));
	user_start_get(&reader, &user);
	assert_result(reader_end(&reader), RESULT_LIMIT);
	assert_int_equal(user.group_count, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_was_written),
		cmocka_unit_test(refuses_every_prefix),
		cmocka_unit_test(refuses_a_byte_too_many),
		cmocka_unit_test(writes_nothing_beyond_its_room),
		cmocka_unit_test(counts_are_limited),
	};

	return cmocka_run_group_tests_name("ipc_bodies", tests, NULL, NULL);
}
