/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/rules/trace.c and refusal.c, and of the steps that decisions leave.
 */
#include "monitor/rules/trace.h"

#include <ctype.h>

#include "common/config/config.h"
#include "common/mem.h"
#include "monitor/rules/decide.h"
#include "tests/unit/settings.h"

static const struct setting_origin somewhere = { "/etc/file", 7 };

static void
keeps_what_it_is_told(void **state)
{
	CLEANUP(trace_clear) struct trace trace = { 0 };

	assert_ok(trace_keep(&trace));
	trace_note(&trace, "Match", &somewhere, "does not %s", "hold");
	trace_refuse(&trace, REFUSAL_ROOT, "PermitRootLogin", NULL, "no");
	trace_permission(&trace, "terminal", false, "no-pty", &somewhere, "taken away");
	assert_int_equal(trace.count, 3);
	assert_int_equal(trace.steps[0].kind, TRACE_NOTES);
	assert_string_equal(trace.steps[0].rule, "Match");
	assert_string_equal(trace.steps[0].file, "/etc/file");
	assert_int_equal(trace.steps[0].line, 7);
	assert_string_equal(trace.steps[0].text, "does not hold");
	assert_int_equal(trace.steps[1].refusal, REFUSAL_ROOT);
	assert_string_equal(trace.steps[1].file, "");
	assert_int_equal(trace.steps[2].kind, TRACE_WITHHELD);
	assert_string_equal(trace.steps[2].subject, "terminal");
	assert_int_equal(trace.refusal, REFUSAL_ROOT);
	trace_rewind(&trace, 1);
	assert_int_equal(trace.count, 1);
	assert_int_equal(trace.refusal, REFUSAL_NONE);
}

static void
is_bounded_and_says_so(void **state)
{
	CLEANUP(trace_clear) struct trace trace = { 0 };
	char text[2 * TRACE_TEXT_MAX];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_ok(trace_keep(&trace));
	for (size_t i = 0; i < TRACE_STEPS_MAX; i++)
		trace_pass(&trace, text, &(struct setting_origin){ text, 1 }, "%s", text);
	assert_false(trace.is_cut);
	assert_int_equal(strlen(trace.steps[0].text), TRACE_TEXT_MAX - 1);
	assert_int_equal(strlen(trace.steps[0].rule), TRACE_RULE_MAX - 1);
	assert_int_equal(strlen(trace.steps[0].file), TRACE_FILE_MAX - 1);
	trace_refuse(&trace, REFUSAL_MEMORY, "rule", NULL, "one more");
	assert_true(trace.is_cut);
	assert_int_equal(trace.count, TRACE_STEPS_MAX);
	assert_int_equal(trace.refusal, REFUSAL_MEMORY); /* that is never lost */
}

static void
without_steps_the_refusal_is_known(void **state)
{
	struct trace trace = { 0 };

	trace_refuse(NULL, REFUSAL_ROOT, "rule", NULL, "text");
	trace_note(&trace, "rule", NULL, "text");
	trace_object(&trace, REFUSAL_KEY_FROM, "from=", &somewhere, "text");
	assert_int_equal(trace.count, 0);
	assert_int_equal(trace.refusal, REFUSAL_KEY_FROM);
}

static void
each_refusal_has_a_code_of_its_own(void **state)
{
	for (enum refusal i = REFUSAL_NONE; i < REFUSAL_COUNT; i++) {
		for (const char *at = refusal_code(i); *at != '\0'; at++)
			ROW_TRUE(refusal_code(i), islower((unsigned char)*at) || *at == '-');
		for (enum refusal j = REFUSAL_NONE; j < i; j++)
			ROW_TRUE(refusal_code(i), strcmp(refusal_code(i), refusal_code(j)) != 0);
	}
}

/* --- The steps of a decision -------------------------------------------------------------------- */

static struct account user = { .name = "user", .home = "/h", .shell = "/bin/sh", .uid = 1000 };
static struct account root = { .name = "root", .home = "/h", .shell = "/bin/sh", .uid = 0 };

/* clang-format off */
static const struct {
	const char *settings, *options;
	const struct account *account;
	enum trace_kind kind;
	const char *subject, *rule, *file;
	unsigned line;
	enum refusal refusal;
} rows[] = {
	{ "",                              "",                      &user, TRACE_GRANTS,   "terminal", "PermitTTY",        "default", 0, REFUSAL_NONE },
	{ "\nPermitTTY no\n",              "",                      &user, TRACE_WITHHELD, "terminal", "PermitTTY",        "sshd_config", 2, REFUSAL_NONE },
	{ "",                              "no-pty",                &user, TRACE_WITHHELD, "terminal", "no-pty",           "keys",    5, REFUSAL_NONE },
	{ "",                              "restrict",              &user, TRACE_WITHHELD, "rc file",  "restrict",         "keys",    5, REFUSAL_NONE },
	{ "",                              "restrict,pty",          &user, TRACE_GRANTS,   "terminal", "PermitTTY",        "default", 0, REFUSAL_NONE },
	{ "PermitUserRC no\n",             "restrict",              &user, TRACE_WITHHELD, "rc file",  "PermitUserRC",     "sshd_config", 1, REFUSAL_NONE },
	{ "DisableForwarding yes\n",       "",                      &user, TRACE_WITHHELD, "listening for the client", "DisableForwarding", "sshd_config", 1, REFUSAL_NONE },
	{ "Role jump\n",                   "",                      &user, TRACE_WITHHELD, "sessions", "Role",             "sshd_config", 1, REFUSAL_NONE },
	{ "Role sftp\n",                   "",                      &user, TRACE_WITHHELD, "commands", "Role",             "sshd_config", 1, REFUSAL_NONE },
	{ "Role reverse\n",                "",                      &user, TRACE_WITHHELD, "forwarding to the server's side", "Role", "sshd_config", 1, REFUSAL_NONE },
	{ "Role reverse\n",                "",                      &user, TRACE_WITHHELD, "forwarding to local sockets", "Role", "sshd_config", 1, REFUSAL_NONE },
	{ "AllowTcpForwarding local\n",    "",                      &user, TRACE_WITHHELD, "listening for the client", "AllowTcpForwarding", "sshd_config", 1, REFUSAL_NONE },
	{ "AllowTcpForwarding local\n",    "",                      &user, TRACE_GRANTS,   "forwarding to the server's side", "AllowTcpForwarding", "sshd_config", 1, REFUSAL_NONE },
	{ "",                              "no-port-forwarding",    &user, TRACE_WITHHELD, "forwarding to the server's side", "no-port-forwarding", "keys", 5, REFUSAL_NONE },
	{ "DisableForwarding yes\n",       "",                      &user, TRACE_WITHHELD, "agent",    "DisableForwarding", "sshd_config", 1, REFUSAL_NONE },
	{ "AllowAgentForwarding no\n",     "",                      &user, TRACE_WITHHELD, "agent",    "AllowAgentForwarding", "sshd_config", 1, REFUSAL_NONE },
	{ "",                              "no-agent-forwarding",   &user, TRACE_WITHHELD, "agent",    "no-agent-forwarding", "keys", 5, REFUSAL_NONE },
	{ "",                              "",                      &user, TRACE_WITHHELD, "X11",      "X11Forwarding",    "default", 0, REFUSAL_NONE },
	{ "X11Forwarding yes\n",           "no-X11-forwarding",     &user, TRACE_WITHHELD, "X11",      "no-X11-forwarding", "keys",   5, REFUSAL_NONE },
	{ "X11Forwarding yes\n",           "",                      &user, TRACE_GRANTS,   "X11",      "X11Forwarding",    "sshd_config", 1, REFUSAL_NONE },
	{ "",                              "command=\"ls\"",        &user, TRACE_GRANTS,   "command",  "command=",         "keys",    5, REFUSAL_NONE },
	{ "",                              "permitopen=\"a:1\"",    &user, TRACE_GRANTS,   "permitopen", "permitopen=",    "keys",    5, REFUSAL_NONE },
	{ "",                              "permitlisten=\"1\"",    &user, TRACE_GRANTS,   "permitlisten", "permitlisten=", "keys",   5, REFUSAL_NONE },
	{ "PermitUserEnvironment A*\n",    "environment=\"A=1\"",   &user, TRACE_GRANTS,   "variable", "PermitUserEnvironment", "sshd_config", 1, REFUSAL_NONE },
	{ "PermitUserEnvironment A*\n",    "environment=\"B=1\"",   &user, TRACE_WITHHELD, "variable", "PermitUserEnvironment", "sshd_config", 1, REFUSAL_NONE },
	{ "",                              "from=\"192.0.2.*\"",    &user, TRACE_PASSES,   "",         "from=",            "keys",    5, REFUSAL_NONE },
	{ "",                              "from=\"192.0.3.*\"",    &user, TRACE_OBJECTS,  "",         "from=",            "keys",    5, REFUSAL_KEY_FROM },
	{ "",                              "expiry-time=\"20300101\"", &user, TRACE_PASSES, "",        "expiry-time=",     "keys",    5, REFUSAL_NONE },
	{ "",                              "expiry-time=\"20200101\"", &user, TRACE_OBJECTS, "",       "expiry-time=",     "keys",    5, REFUSAL_KEY_EXPIRED },
	{ "",                              "cert-authority",        &user, TRACE_OBJECTS,  "",         "cert-authority",   "keys",    5, REFUSAL_KEY_KIND },
	{ "PubkeyAuthentication no\n",     "",                      &user, TRACE_OBJECTS,  "",         "PubkeyAuthentication", "sshd_config", 1, REFUSAL_METHOD_OFF },
	{ "PermitRootLogin no\n",          "",                      &root, TRACE_OBJECTS,  "",         "PermitRootLogin",  "sshd_config", 1, REFUSAL_ROOT },
	{ "",                              "",                      &root, TRACE_PASSES,   "",         "PermitRootLogin",  "default", 0, REFUSAL_NONE },
	{ "",                              "",                      NULL,  TRACE_OBJECTS,  "",         "account",          "keys",    5, REFUSAL_USER_UNKNOWN },
};
/* clang-format on */

static bool
has_step(const struct trace *trace, size_t row)
{
	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_step *step = &trace->steps[i];

		if (step->kind == rows[row].kind && strcmp(step->rule, rows[row].rule) == 0 &&
		    strcmp(step->subject, rows[row].subject) == 0 &&
		    strcmp(step->file, rows[row].file) == 0 && step->line == rows[row].line &&
		    step->refusal == rows[row].refusal)
			return true;
	}
	return false;
}

static void
each_rule_leaves_its_step(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(settings_freep) struct settings *settings = settings_of(rows[i].settings);
		CLEANUP(trace_clear) struct trace trace = { 0 };
		CLEANUP(permissions_clear) struct permissions permissions = { 0 };
		struct key_options options;
		char reason[DECIDE_REASON_MAX], name[160];
		const struct decide_question question = {
			.settings = settings,
			.account = rows[i].account,
			.address = BYTES("192.0.2.1"),
			.options = &options,
			.now = { 1795230960, 1795230960 },
			.place = { "keys", 5 },
			.trace = &trace,
		};
		enum result result;

		snprintf(name, sizeof(name), "%s%s", rows[i].settings, rows[i].options);
		assert_ok(trace_keep(&trace));
		ROW_RESULT(name,
		    options_parse(bytes_of_text(rows[i].options), NULL, &options, reason),
		    RESULT_OK);
		result = decide_key(&question, &permissions, reason);
		ROW_TRUE(name, (result == RESULT_OK) == (rows[i].refusal == REFUSAL_NONE));
		ROW_TRUE(name, trace.refusal == rows[i].refusal);
		ROW_TRUE(name, has_step(&trace, i));
	}
}

static void
permissions_without_a_key_have_theirs(void **state)
{
	CLEANUP(settings_freep)
	struct settings *settings = settings_of("PermitRootLogin yes\nPermitTTY no\n");
	CLEANUP(trace_clear) struct trace trace = { 0 };
	CLEANUP(permissions_clear) struct permissions permissions = { 0 };
	char reason[DECIDE_REASON_MAX];
	const struct decide_question question = {
		.settings = settings,
		.account = &root,
		.address = BYTES("192.0.2.1"),
		.trace = &trace,
	};

	assert_ok(trace_keep(&trace));
	assert_ok(decide_password(&question, &permissions, reason));
	assert_int_equal(trace.steps[0].kind, TRACE_PASSES);
	assert_string_equal(trace.steps[0].rule, "PermitRootLogin");
	assert_string_equal(trace.steps[1].subject, "terminal");
	assert_int_equal(trace.steps[1].kind, TRACE_WITHHELD);
	assert_int_equal(trace.steps[1].line, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_it_is_told),
		cmocka_unit_test(is_bounded_and_says_so),
		cmocka_unit_test(without_steps_the_refusal_is_known),
		cmocka_unit_test(each_refusal_has_a_code_of_its_own),
		cmocka_unit_test(each_rule_leaves_its_step),
		cmocka_unit_test(permissions_without_a_key_have_theirs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
