/* SPDX-License-Identifier: ISC */
/*
 * Tests of daemon/ctl/explain_cli.c, explain_text.c and explain_json.c. What is found is tested against live logins,
 * in tests/interop/test_explain.py.
 */
#include "daemon/ctl/explain.h"

#include "common/mem.h"
#include "tests/unit/support.h"

#define WORDS_MAX 32

/* The words of a line. */
static enum result
parse(const char *line, char *room, struct explain_request *request)
{
	char *argv[WORDS_MAX] = { NULL };
	char *rest = room;
	int argc = 0;

	strcpy(room, line);
	while (rest != NULL && argc < WORDS_MAX - 1)
		argv[argc++] = strsep(&rest, " ");
	return explain_parse(argc, argv, request);
}

static void
reads_its_command_line(void **state)
{
	struct explain_request request;
	char room[512];

	assert_ok(parse("explain -f file -o A=b --key k --method keyboard-interactive --password "
			"--local-address ::1 --local-port 2222 --connect a:1 alice 192.0.2.1",
	    room, &request));
	assert_string_equal(request.config_file, "file");
	assert_int_equal(request.option_count, 1);
	assert_int_equal(request.credential_count, 3);
	assert_string_equal(request.credentials[0].method, "publickey");
	assert_string_equal(request.credentials[0].file, "k");
	assert_string_equal(request.credentials[1].method, "keyboard-interactive");
	assert_string_equal(request.credentials[2].method, "password");
	assert_string_equal(request.user, "alice");
	assert_string_equal(request.address, "192.0.2.1");
	assert_string_equal(request.local_address, "::1");
	assert_int_equal(request.local_port, 2222);
	assert_string_equal(request.connect, "a:1");
	assert_false(request.is_json);
}

static const char *const wrong[] = {
	"explain",
	"explain alice",
	"explain alice 192.0.2.1 more",
	"explain alice example.org",
	"explain --local-address here alice 192.0.2.1",
	"explain --local-port 0 alice 192.0.2.1",
	"explain --local-port 65536 alice 192.0.2.1",
	"explain --method publickey alice 192.0.2.1",
	"explain --method hostbased alice 192.0.2.1",
	"explain --unknown alice 192.0.2.1",
	"explain --key",
	"explain --key 1 --key 2 --key 3 --key 4 --key 5 --key 6 --key 7 --key 8 --key 9 a 1.1.1.1",
};

static void
refuses_what_it_does_not_understand(void **state)
{
	struct explain_request request;
	char room[512];

	for (size_t i = 0; i < COUNT(wrong); i++)
		ROW_RESULT(wrong[i], parse(wrong[i], room, &request), RESULT_CONFIG);
}

static void
fill(struct explanation *out)
{
	const struct setting_origin origin = { "/etc/file", 3 };

	*out = (struct explanation){ .verdict = EXPLAIN_ALLOWED,
		.offered = "publickey",
		.has_permissions = true,
		.permissions = { .session = true, .pty = true } };
	assert_ok(trace_keep(&out->trace));
	trace_pass(&out->trace, "Match", &origin, "holds: User \"a\x1b\"");
	trace_permission(&out->trace, "terminal", true, "PermitTTY", &origin, "fine");
}

static void
texts_for_people_have_no_surprises(void **state)
{
	const struct explain_request request = { .user = "al\nice", .address = "192.0.2.1" };
	CLEANUP(explanation_clear) struct explanation explanation;
	OWNED_BUF out;

	buf_init(&out, 65536);
	fill(&explanation);
	assert_ok(explain_put_text(&request, &explanation, &out));
	assert_bytes_text(buf_bytes(&out),
	    "al\\012ice from 192.0.2.1: allowed\n"
	    "rules:\n"
	    "  passes   Match (/etc/file:3): holds: User \"a\\033\"\n"
	    "methods offered: publickey\n"
	    "permissions:\n"
	    "  terminal                         yes  PermitTTY (/etc/file:3): fine\n");
}

static void
a_refusal_names_its_code(void **state)
{
	const struct explain_request request = { .user = "alice", .address = "192.0.2.1" };
	CLEANUP(explanation_clear) struct explanation explanation;
	OWNED_BUF text, json;

	buf_init(&text, 65536);
	buf_init(&json, 65536);
	explanation = (struct explanation){
		.verdict = EXPLAIN_REFUSED, .refusal = REFUSAL_KEY_FROM, .reason = "not from there"
	};
	assert_ok(explain_put_text(&request, &explanation, &text));
	assert_bytes_text(buf_bytes(&text),
	    "alice from 192.0.2.1: refused: not from there [key-from]\nrules:\n"
	    "methods offered: none\n");
	assert_ok(explain_put_json(&request, &explanation, &json));
	assert_bytes_text(buf_bytes(&json),
	    "{\"version\":1,\"user\":\"alice\",\"address\":\"192.0.2.1\",\"verdict\":\"refused\","
	    "\"reason\":\"key-from\",\"text\":\"not from there\",\"offered\":\"\",\"next\":\"\","
	    "\"rules\":[],\"cut\":false}\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_its_command_line),
		cmocka_unit_test(refuses_what_it_does_not_understand),
		cmocka_unit_test(texts_for_people_have_no_surprises),
		cmocka_unit_test(a_refusal_names_its_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
