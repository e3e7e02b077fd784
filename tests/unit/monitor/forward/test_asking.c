/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/forward/asking.c and monitor/keys/tokens.c: what a program is told, and what its answer means.
 */
#include "monitor/forward/asking.h"

#include <stdlib.h>

#include "common/mem.h"
#include "monitor/keys/tokens.h"
#include "tests/unit/support.h"

#define EXITED(status) ((status) << 8)
#define KILLED         9

static void
what_it_prints_is_a_place_or_nothing(void **state)
{
	static const struct {
		const char *printed;
		bool is_permitted, is_elsewhere;
		enum forward_kind where;
		const char *place;
		uint32_t port;
	} rows[] = {
		{ "", true, false, 0, NULL, 0 },
		{ "\n", true, false, 0, NULL, 0 },
		{ "connect localhost 80", true, true, FORWARD_TCP, "localhost", 80 },
		{ "connect localhost 80\n", true, true, FORWARD_TCP, "localhost", 80 },
		{ "connect fe80::1%eth0 65535\n", true, true, FORWARD_TCP, "fe80::1%eth0", 65535 },
		{ "connect a_b.example-1 1\n", true, true, FORWARD_TCP, "a_b.example-1", 1 },
		{ "connect-unix /run/a b\n", true, true, FORWARD_UNIX, "/run/a b", 0 },
		{ "\n\n", false, false, 0, NULL, 0 },
		{ "ok\n", false, false, 0, NULL, 0 },
		{ " connect localhost 80\n", false, false, 0, NULL, 0 },
		{ "CONNECT localhost 80\n", false, false, 0, NULL, 0 },
		{ "connect\n", false, false, 0, NULL, 0 },
		{ "connect localhost\n", false, false, 0, NULL, 0 },
		{ "connect localhost \n", false, false, 0, NULL, 0 },
		{ "connect  80\n", false, false, 0, NULL, 0 },
		{ "connect localhost 0\n", false, false, 0, NULL, 0 },
		{ "connect localhost 65536\n", false, false, 0, NULL, 0 },
		{ "connect localhost -1\n", false, false, 0, NULL, 0 },
		{ "connect localhost 80 \n", false, false, 0, NULL, 0 },
		{ "connect localhost  80\n", false, false, 0, NULL, 0 },
		{ "connect localhost 80\nand more", false, false, 0, NULL, 0 },
		{ "connect -h 80\n", false, false, 0, NULL, 0 },
		{ "connect [::1] 80\n", false, false, 0, NULL, 0 },
		{ "connect a;b 80\n", false, false, 0, NULL, 0 },
		{ "connect-unix \n", false, false, 0, NULL, 0 },
		{ "connect-unix run\n", false, false, 0, NULL, 0 },
		{ "connect-unix ~/run\n", false, false, 0, NULL, 0 },
		{ "connect-unix /\033[2J\n", false, false, 0, NULL, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct asked_verdict verdict;

		asked_judge(
		    ASKED_DIRECT_TCPIP, EXITED(0), bytes_of_text(rows[i].printed), &verdict);
		ROW_TRUE(rows[i].printed, verdict.is_permitted == rows[i].is_permitted);
		ROW_TRUE(rows[i].printed, verdict.is_faulty == !rows[i].is_permitted);
		if (!rows[i].is_permitted)
			continue;
		ROW_TRUE(rows[i].printed, verdict.is_elsewhere == rows[i].is_elsewhere);
		if (!rows[i].is_elsewhere)
			continue;
		ROW_TRUE(rows[i].printed, verdict.where == rows[i].where);
		ROW_TRUE(rows[i].printed, bytes_is(verdict.place, rows[i].place));
		ROW_TRUE(rows[i].printed, verdict.port == rows[i].port);
	}
}

static void
places_have_a_length(void **state)
{
	struct asked_verdict verdict;
	char line[400];

	for (int size = 250; size < 260; size++) {
		snprintf(line, sizeof(line), "connect %0*d 80\n", size, 0);
		asked_judge(ASKED_DIRECT_STREAMLOCAL, EXITED(0), bytes_of_text(line), &verdict);
		assert_int_equal(verdict.is_permitted, size <= 255);
	}
	for (int size = 100; size < 115; size++) {
		snprintf(line, sizeof(line), "connect-unix /%0*d\n", size - 1, 0);
		asked_judge(ASKED_DIRECT_TCPIP, EXITED(0), bytes_of_text(line), &verdict);
		assert_int_equal(verdict.is_permitted, size <= 107);
	}
}

static void
only_connections_are_made_elsewhere(void **state)
{
	static const enum asked_kind kinds[] = { ASKED_DIRECT_TCPIP, ASKED_DIRECT_STREAMLOCAL,
		ASKED_TCPIP_FORWARD, ASKED_STREAMLOCAL_FORWARD };
	struct asked_verdict verdict;

	for (size_t i = 0; i < COUNT(kinds); i++) {
		asked_judge(kinds[i], EXITED(0), bytes_of_text("connect-unix /x\n"), &verdict);
		assert_int_equal(verdict.is_permitted, i < 2);
		asked_judge(kinds[i], EXITED(0), bytes_of_text(""), &verdict);
		assert_true(verdict.is_permitted && !verdict.is_elsewhere);
	}
}

static void
whoever_does_not_exit_with_0_refuses(void **state)
{
	static const struct {
		int status;
		const char *printed, *text;
	} rows[] = {
		{ EXITED(1), "", "ForwardingCommand does not permit this" },
		{ EXITED(255), "\nsecond\n", "ForwardingCommand does not permit this" },
		{ EXITED(1), "ask alice\nsecond\n", "ask alice" },
		{ EXITED(1), "connect localhost 80\n", "connect localhost 80" },
		{ EXITED(1), "a\tb\033c\377d\r\n", "abcd" },
		{ KILLED, "last words", "last words" },
	};
	struct asked_verdict verdict;
	char line[ASKED_PRINTED_MAX];

	for (size_t i = 0; i < COUNT(rows); i++) {
		asked_judge(
		    ASKED_DIRECT_TCPIP, rows[i].status, bytes_of_text(rows[i].printed), &verdict);
		ROW_TRUE(rows[i].text, !verdict.is_permitted && !verdict.is_faulty);
		assert_string_equal(verdict.text, rows[i].text);
	}
	memset(line, 'x', sizeof(line));
	asked_judge(ASKED_TCPIP_FORWARD, EXITED(1), bytes_of(line, sizeof(line)), &verdict);
	assert_int_equal(strlen(verdict.text), ASKED_TEXT_MAX);
}

/* --- What it is told ---------------------------------------------------------------------------- */

static void
tokens_stand_for_what_was_asked(void **state)
{
	static char name[] = "alice", home[] = "/home/alice";
	const struct monitor_inputs inputs = { .peer = { "192.0.2.1", 1234 },
		.local = { "192.0.2.2", 22 } };
	const struct account account = { .name = name, .home = home, .uid = 1001 };
	const struct asked asked = { .kind = ASKED_STREAMLOCAL_FORWARD,
		.place = bytes_of_text("-%u $(x)\n"),
		.port = 7,
		.key = "SHA256:abc" };
	const struct token_source source = { &inputs, &account, asked_put_token, &asked };
	const struct token_source common = { &inputs, &account, NULL, NULL };
	static const struct {
		const char *word, *result;
		bool is_common;
	} rows[] = {
		{ "", "", true },
		{ "as it is", "as it is", true },
		{ "%%u", "%u", true },
		{ "%u:%U:%h", "alice:1001:/home/alice", true },
		{ "%C", "192.0.2.2 22 192.0.2.1 1234", true },
		{ "%K", "streamlocal-forward@openssh.com", false },
		{ "x%Hx", "x-%u $(x)\nx", false }, /* once, and not again what came of it */
		{ "%P%f", "7SHA256:abc", false },
		{ "%", NULL, true },
		{ "x%", NULL, true },
		{ "%t", NULL, true },
		{ "%D", NULL, true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char *word = NULL;

		ROW_RESULT(rows[i].word, tokens_expand(&source, rows[i].word, &word),
		    rows[i].result == NULL ? RESULT_MALFORMED : RESULT_OK);
		if (word != NULL)
			assert_string_equal(word, rows[i].result);
		free(word);
		word = NULL;
		ROW_RESULT(rows[i].word, tokens_expand(&common, rows[i].word, &word),
		    rows[i].result == NULL || !rows[i].is_common ? RESULT_MALFORMED : RESULT_OK);
		free(word);
	}
}

static void
a_key_that_there_is_not_is_nothing(void **state)
{
	const struct asked asked = { .kind = ASKED_DIRECT_TCPIP, .key = "" };
	OWNED_BUF out;

	buf_init(&out, 100);
	assert_ok(asked_put_token(&asked, 'f', &out));
	assert_int_equal(buf_size(&out), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_prints_is_a_place_or_nothing),
		cmocka_unit_test(places_have_a_length),
		cmocka_unit_test(only_connections_are_made_elsewhere),
		cmocka_unit_test(whoever_does_not_exit_with_0_refuses),
		cmocka_unit_test(tokens_stand_for_what_was_asked),
		cmocka_unit_test(a_key_that_there_is_not_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
