/* SPDX-License-Identifier: ISC */
/*
 * Tests of monitor/session/rights.c.
 */
#include "monitor/session/rights.h"

#include "common/config/config.h"
#include "common/mem.h"
#include "tests/unit/settings.h"

static char key_command[] = "of the key";

static void
the_configuration_s_command_comes_first(void **state)
{
	CLEANUP(settings_freep) struct settings *none = settings_of("");
	CLEANUP(settings_freep)
	struct settings *forced = settings_of("ForceCommand of the server\n");
	const struct permissions free_login = { .user_rc = true };
	const struct permissions bound = { .user_rc = true, .command = key_command };

	assert_null(rights_command(none, &free_login));
	assert_string_equal(rights_command(none, &bound), "of the key");
	assert_string_equal(rights_command(forced, &free_login), "of the server");
	assert_string_equal(rights_command(forced, &bound), "of the server");
	assert_true(rights_rc(none, &bound));
	assert_false(rights_rc(forced, &free_login));
	assert_false(rights_rc(none, &(struct permissions){ .user_rc = false }));
}

static const struct trace_step *
step_of(const struct trace *trace, const char *subject)
{
	for (size_t i = trace->count; i > 0; i--) {
		if (strcmp(trace->steps[i - 1].subject, subject) == 0)
			return &trace->steps[i - 1];
	}
	return NULL;
}

static void
tells_where_each_list_stands(void **state)
{
	CLEANUP(settings_freep)
	struct settings *settings = settings_of(
	    "AcceptEnv LANG LC_*\nMaxSessions 0\nForceCommand ls\nPermitOpen a:1 b:2\n");
	CLEANUP(trace_clear) struct trace trace = { 0 };
	const struct permissions permissions = { .forward_local = true, .user_rc = true };

	assert_ok(trace_keep(&trace));
	rights_tell(settings, &permissions, &trace);
	assert_string_equal(step_of(&trace, "variables of the client")->text, "LANG LC_*");
	assert_int_equal(step_of(&trace, "variables of the client")->line, 1);
	assert_int_equal(step_of(&trace, "variables of the server")->kind, TRACE_WITHHELD);
	assert_int_equal(step_of(&trace, "sessions")->kind, TRACE_WITHHELD);
	assert_string_equal(step_of(&trace, "command")->text, "ls");
	assert_int_equal(step_of(&trace, "rc file")->kind, TRACE_WITHHELD);
	assert_string_equal(step_of(&trace, "places to connect to")->text, "a:1 b:2");
	assert_null(step_of(&trace, "places to listen on")); /* it may not listen at all */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_configuration_s_command_comes_first),
		cmocka_unit_test(tells_where_each_list_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
